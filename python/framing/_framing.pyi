"""
The Rust half of the package `framing`, which re-exports all of this.
"""

from collections.abc import Iterable
from framing._errors import FramingError
from framing._stats import FrameStats
from typing import Unpack
from framing._options import OptionsBesideHeader
from typing import Any, Final, Literal, SupportsIndex, final
from typing_extensions import Buffer, disjoint_base

__all__ = ["DEFAULT_MAX_FRAME_SIZE", "__version__", "BinaryHeader", "DecimalHeader", "FrameDecoder", "FrameEncoder", "FramedSocket", "NetstringHeader", "VarintHeader", "_Arrival", "_BufferExporter", "_Config", "_FrameIteration", "_FrameQueue", "_FrameReceiver", "_Item", "_Outbox", "_Wakeups", "_claim", "_forked", "_payload_size", "decode", "encode", "recv_frame", "send_frame"]

DEFAULT_MAX_FRAME_SIZE: Final[int]
__version__: Final[str]

@final
class BinaryHeader:
    """
    A length as an unsigned integer, alone or among other bytes of a header.

    The payload has as many bytes as the integer says, and `length_adjustment` more. The header's other bytes,
    `size - length_size` of them, are its fields: whoever sends gives them as `fields=` (zeros if not given), and
    `keep_header=True` returns them.

    Args:
        length_size: Bytes of the integer, 1 to 8.
        byteorder: `"big"` (network byte order) or `"little"`.
        length_offset: The index, in bytes, of the integer in the header.
        length_adjustment: Bytes to add to the integer for the bytes of the payload: -4 where an integer of four
            bytes counts itself. A negative result is an `InvalidHeader`.
        size: Bytes of the header, up to 4096; by default it ends with the integer.
        fields: The other bytes of the header, in order, that are written where a send gives none; by default
            zeros.

    Raises:
        ValueError: An argument is none of these, or with this adjustment there could be no payload.

    Immutable, hashable, comparable, picklable.

    >>> BinaryHeader(4, length_offset=1, length_adjustment=-4)
    BinaryHeader(4, length_offset=1, length_adjustment=-4)
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, length_size: SupportsIndex = 4, *, byteorder: Literal["big", "little"] = "big", length_offset: SupportsIndex = 0, length_adjustment: SupportsIndex = 0, size: SupportsIndex | None = None, fields: Buffer | None = None) -> BinaryHeader: ...
    def __reduce__(self, /) -> "tuple[object, ...]": ...
    def __repr__(self, /) -> str: ...
    @property
    def byteorder(self, /) -> Literal["big", "little"]:
        """
        The order of the length's bytes: `"big"` or `"little"`.
        """
    @property
    def fields(self, /) -> bytes | None:
        """
        The other bytes of the header, which are written where a send gives none; `None` for zeros.
        """
    @property
    def length_adjustment(self, /) -> int:
        """
        Bytes to add to the length field to get the payload size.
        """
    @property
    def length_offset(self, /) -> int:
        """
        The index of the length's first byte.
        """
    @property
    def length_size(self, /) -> int:
        """
        Bytes of the length.
        """
    @property
    def size(self, /) -> int:
        """
        Bytes of the header.
        """

@final
class DecimalHeader:
    """
    A length as decimal text, padded to a fixed width: the header of the sockets tutorial.

    Written exactly as `format(length, f"{fill}{align}{width}")` writes it. Read, unless `strict`, in
    every form that matches ` *[0-9]+ *` over `width` bytes: left, right, centred, zero-padded.
    A sign, `_`, a tab, a newline, NUL and non-ASCII digits are refused as soon as they arrive.

    Args:
        width: Bytes of the length, 1 to 4096.
        align: `"<"` digits left, `">"` right, `"^"` centred.
        fill: The padding: a space, or `"0"` together with `align=">"`.
        unit: What the length counts: `"bytes"` of the payload, or `"chars"`, the code points of a
            payload that is UTF-8 text (for peers that call `len()` on a `str`).
        strict: Accept only the very bytes this header would write.
        length_offset: The index, in bytes, of the length in the header, where other bytes stand before it.
        size: Bytes of the header, up to 4096; by default it ends with the length.
        fields: The other bytes of the header, in order, that are written where a send gives none; by default
            spaces. Those that are read are not judged; `keep_header=True` returns them.

    Raises:
        ValueError: An argument is none of these.

    Immutable, hashable, comparable, picklable.

    >>> DecimalHeader(16, align=">")
    DecimalHeader(16, align='>')
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, width: SupportsIndex = 10, *, align: Literal["<", ">", "^"] = "<", fill: Literal[" ", "0"] = " ", unit: Literal["bytes", "chars"] = "bytes", strict: bool = False, length_offset: SupportsIndex = 0, size: SupportsIndex | None = None, fields: Buffer | None = None) -> DecimalHeader: ...
    def __reduce__(self, /) -> "tuple[object, ...]": ...
    def __repr__(self, /) -> str: ...
    @property
    def align(self, /) -> Literal["<", ">", "^"]:
        """
        The side on which the digits stand: `"<"` left, `">"` right, `"^"` centred.
        """
    @property
    def fields(self, /) -> bytes | None:
        """
        The other bytes of the header, which are written where a send gives none; `None` for spaces.
        """
    @property
    def fill(self, /) -> Literal[" ", "0"]:
        """
        The padding: `" "` or `"0"`.
        """
    @property
    def length_offset(self, /) -> int:
        """
        The index of the length's first byte.
        """
    @property
    def size(self, /) -> int:
        """
        Bytes of the header.
        """
    @property
    def strict(self, /) -> bool:
        """
        Whether only the very bytes this header would write are accepted.
        """
    @property
    def unit(self, /) -> Literal["bytes", "chars"]:
        """
        What the length counts: `"bytes"` or `"chars"`.
        """
    @property
    def width(self, /) -> int:
        """
        Bytes of the length.
        """

@final
class FrameDecoder:
    """
    Turns a byte stream into frames. Does no I/O: feed it what you receive, however it was cut.

    Args:
        header: A header object, or an `int` as the width in bytes of a `DecimalHeader`.
        max_frame_size: The largest payload accepted, in the header's unit. By default
            1,000,000,000, or the largest the header can express if that is less. It is judged on the
            header; memory follows what has arrived, never what was announced.
        keep_header: Give each frame as header + payload, as received, instead of the payload.
        on_oversize: What becomes of a frame over `max_frame_size`: `"error"`, and the stream is refused; or
            `"skip"`, and it is discarded as it arrives, counted in `stats`, and logged as a warning of the logger
            `framing` (of many at once the first ones). The next frame is delivered as if it had not been there.
            What was discarded is in no `partial`, and is not given back by `take_buffered` or `detach`.
        max_skip: The longest frame that is skipped, in the header's unit; a longer one is a `FrameTooLarge`.
            `None` for no bound.
        max_consecutive_empty: How many empty frames may follow each other; one more is an `InvalidPayload`.
            `None` for any number.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: The width is out of range, or the header cannot express the limit.

    Frames before a bad one are delivered first: the call returns them, sets `error`, and the next call
    raises. From then on every call raises an equal error and takes nothing, until `reset`.

    May be shared between threads; each call is atomic.

    >>> decoder = FrameDecoder()
    >>> decoder.feed(b"5         hello3         ab")
    [b'hello']
    >>> decoder.needed
    1
    >>> decoder.feed(b"c")
    [b'abc']
    """
    def __new__(cls, /, header: SupportsIndex | DecimalHeader | BinaryHeader | VarintHeader | NetstringHeader = 10, *, max_frame_size: SupportsIndex | None = None, keep_header: bool = False, on_oversize: Literal["error", "skip"] = "error", max_skip: SupportsIndex | None = None, max_consecutive_empty: SupportsIndex | None = None) -> FrameDecoder: ...
    def __repr__(self, /) -> str: ...
    def buffer_updated(self, /, nbytes: SupportsIndex) -> "list[bytes]":
        """
        Takes the bytes that have been written to the view from `get_buffer`, and gives the frames they
        complete: the second half of `asyncio.BufferedProtocol`'s contract.

        Args:
            nbytes: The number of bytes written, from the view's first one on.

        Raises:
            InvalidHeader, FrameTooLarge, InvalidPayload: As `feed`.
            ValueError: `nbytes` is negative, or more than the view has; where there is no view that has
                not been taken yet, more than 0. Nothing is taken then.
        """
    @property
    def buffered(self, /) -> int:
        """
        Bytes of the unfinished frame, header included.
        """
    @property
    def error(self, /) -> FramingError | MemoryError | None:
        """
        What the stream was refused for, or `None`.
        """
    def feed(self, /, data: Buffer) -> "list[bytes]":
        """
        Takes received bytes and gives the frames they complete, in order.

        Args:
            data: A contiguous bytes-like object. All of it is taken.

        Raises:
            InvalidHeader: A byte cannot be part of a header; raised when that byte arrives.
            FrameTooLarge: A header announces more than `max_frame_size`.
            InvalidPayload: The header counts code points and the payload is not UTF-8.
            MemoryError: There was no memory for a frame: the stream is refused like for the others. Or
                there was none for the list; then the next call gives the frames.
            TypeError: `data` is not bytes-like.
        """
    def feed_eof(self, /) -> None:
        """
        Says that the stream has ended. May be repeated; more may be fed afterwards.

        Raises:
            TruncatedFrame: The stream ended inside a frame. The decoder keeps what it has.
            InvalidHeader, FrameTooLarge, InvalidPayload: The stream had been refused before.
        """
    def get_buffer(self, /, sizehint: SupportsIndex = -1) -> memoryview:
        """
        Gives memory to receive into: the first half of `asyncio.BufferedProtocol`'s contract.

        The rest of a large frame is received straight into its final memory. The view may be kept as
        long as one likes, and never shows a frame that has been delivered. Write to it only before
        `buffer_updated`: afterwards it may be memory of the unfinished frame. What it shows before it
        is written to is unspecified: it may be bytes of earlier reads.

        Args:
            sizehint: The number of bytes wanted, in `BufferedProtocol`'s sense: the view may be
                larger or smaller. It is never empty.
        """
    @property
    def header(self, /) -> DecimalHeader | BinaryHeader | VarintHeader | NetstringHeader:
        """
        The header format.
        """
    @property
    def keep_header(self, /) -> bool:
        """
        Whether frames begin with their header.
        """
    @property
    def max_consecutive_empty(self, /) -> int | None:
        """
        How many empty frames may follow each other; `None` for any number.
        """
    @property
    def max_frame_size(self, /) -> int:
        """
        The largest payload accepted, in the header's unit.
        """
    @property
    def max_skip(self, /) -> int | None:
        """
        The longest frame that is skipped, in the header's unit; `None` for no bound.
        """
    @property
    def needed(self, /) -> int:
        """
        The least number of bytes that can complete the next step: the rest of the header, then the
        rest of the payload. Reading exactly that much never reads beyond a frame. 0 on a refused
        stream.
        """
    @property
    def offset(self, /) -> int:
        """
        The stream offset, in bytes, of the unfinished frame's first byte.
        """
    @property
    def on_oversize(self, /) -> Literal["error", "skip"]:
        """
        What becomes of a frame over `max_frame_size`: `"error"` or `"skip"`.
        """
    def reset(self, /) -> None:
        """
        Forgets the stream: the decoder is as new, with `offset` and `stats` at zero.
        """
    @property
    def stats(self, /) -> FrameStats:
        """
        A snapshot of the counters.
        """
    def take_buffered(self, /) -> bytes:
        """
        Hands out the bytes of the unfinished frame, header included, and forgets them. On a refused
        stream: everything from the refused frame's first byte on. This is how a stream changes
        protocol. `offset` is behind them afterwards.
        """

@final
class FrameEncoder:
    """
    Turns payloads into frames: header, then payload. Does no I/O and has no state.

    A payload is a `str`, which is sent as UTF-8, or any contiguous object with the buffer protocol.
    Its length is measured in bytes, or in code points where the header says `unit="chars"`.

    `fields` are the bytes of a `BinaryHeader` that are not its length, in order; zeros if not given.

    Args:
        header: A header object, or an `int` as the width in bytes of a `DecimalHeader`.
        max_frame_size: The largest payload, in the header's unit. By default 1,000,000,000, or
            the largest the header can express if that is less.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: The width is out of range, or the header cannot express the limit.

    >>> FrameEncoder().encode("hello")
    b'5         hello'
    """
    def __new__(cls, /, header: SupportsIndex | DecimalHeader | BinaryHeader | VarintHeader | NetstringHeader = 10, *, max_frame_size: SupportsIndex | None = None) -> FrameEncoder: ...
    def __repr__(self, /) -> str: ...
    @property
    def _trailer(self, /) -> bytes:
        """
        What must stand behind every payload.
        """
    def encode(self, /, payload: "str | Buffer", *, fields: "Buffer | None" = None) -> bytes:
        """
        Gives the frame of one payload: header + payload.

        Args:
            payload, fields: See the class.

        Raises:
            FrameTooLarge: The payload is over `max_frame_size`.
            InvalidPayload: The header counts code points and the payload is not UTF-8; or its length can say no
                number as small as the payload's.
            TypeError: The payload is neither a `str` nor bytes-like.
            ValueError: `fields` are not as many bytes as the header has beside its length.
        """
    def encode_into(self, /, payload: str | Buffer, buffer: Buffer, offset: SupportsIndex = 0, *, fields: Buffer | None = None) -> int:
        """
        Writes the frame of one payload into the caller's buffer.

        Args:
            payload: As for `encode`. It may overlap with `buffer`.
            buffer: A writable contiguous bytes-like object.
            offset: The index in `buffer`, in bytes, of the frame's first byte.
            fields: See the class.

        Returns:
            The bytes written.

        Raises:
            BufferTooSmall: The frame does not fit behind `offset`; `buffer` is untouched.
            FrameTooLarge, InvalidPayload, TypeError, ValueError: As `encode`; `buffer` is untouched.
            ValueError: `offset` is not an index of `buffer`.
        """
    def encode_many(self, /, payloads: Iterable[str | Buffer], *, fields: Buffer | None = None) -> bytes:
        """
        Gives the frames of many payloads, one after the other, in one `bytes`.

        Args:
            payloads: Any iterable of payloads (not a single `str` or bytes-like object). All are
                taken before the first one is encoded, so a generator cannot reuse a buffer.
            fields: The same for every frame.

        Raises:
            FrameTooLarge, InvalidPayload, TypeError, ValueError: As `encode`; nothing is returned then.
        """
    @property
    def header(self, /) -> DecimalHeader | BinaryHeader | VarintHeader | NetstringHeader:
        """
        The header format.
        """
    def header_for(self, /, payload: str | Buffer, *, fields: Buffer | None = None) -> bytes:
        """
        Gives the header of a payload alone, for `sock.sendmsg([header, payload])`.

        Behind a netstring's payload there must be a `b","`.

        Args:
            payload, fields: See the class.

        Raises:
            FrameTooLarge, InvalidPayload, TypeError, ValueError: As `encode`.
        """
    @property
    def max_frame_size(self, /) -> int:
        """
        The largest payload, in the header's unit.
        """

@final
class FramedSocket:
    """
    Frames over a connected stream socket. Blocking or not, as the socket is.

    Args:
        sock: A TCP or Unix stream socket, or an object with a socket's methods, such as an `ssl.SSLSocket`: at least
            `fileno`, `send`, `recv_into` or `recv`, `gettimeout`, `settimeout` and `close`. It belongs to this object
            from now on, until `detach` gives it back.
        header: The header of received frames: a header object, or an `int` as the width in bytes of a
            `DecimalHeader`.
        **options: The others of `FrameOptions`. Each is a read-only attribute, too.

    Raises:
        TypeError: An argument has the wrong type; or `sock` lacks methods, which are named. Nothing has been sent.
        ValueError: `sock` is no stream socket, or another argument is out of range.

    `timeout` arguments are seconds for the whole call; `None` waits for ever, 0 does not wait, and `"default"` is
    the socket's own (`settimeout`). A call that runs out of time has lost nothing: the next one continues the same
    frame.

    May be shared between threads. One may send while another receives. Frames of many senders never mix,
    and each of many receivers gets whole ones.

    >>> import socket
    >>> ours, theirs = map(FramedSocket, socket.socketpair())
    >>> ours.send("hello")
    >>> theirs.recv()
    b'hello'
    >>> ours.close()
    >>> list(theirs)
    []
    >>> theirs.close()
    """
    def __enter__(self, /) -> FramedSocket: ...
    def __exit__(self, /, *_exception: "object") -> None: ...
    def __iter__(self, /) -> FramedSocket: ...
    def __new__(cls, /, sock: Any, header: SupportsIndex | DecimalHeader | BinaryHeader | VarintHeader | NetstringHeader = 10, **options: Unpack[OptionsBesideHeader]) -> FramedSocket: ...
    def __next__(self, /) -> bytes:
        """
        The next frame, until the peer ends the stream between two frames.
        """
    def __repr__(self, /) -> str: ...
    @staticmethod
    def _configured(sock: Any, config: _Config) -> FramedSocket:
        """
        A connection whose options have been judged before.
        """
    def _pending(self, /) -> bool:
        """
        Whether a call that receives would end at once because of what is here.
        """
    def close(self, /) -> None:
        """
        Closes the connection, and drops what is buffered. Calls that wait in other threads end with
        `ConnectionClosed`, as does every later call.
        """
    @property
    def closed(self, /) -> bool:
        """
        Whether this object has been closed or detached.
        """
    def detach(self, /) -> "tuple[Any, bytes]":
        """
        Gives the socket back, and the bytes that were received and not returned, as they came over the wire.

        Raises:
            RuntimeError: A send is pending, or another call is using the connection.
            ConnectionClosed: The connection has been closed.
        """
    def fileno(self, /) -> int:
        """
        The socket's descriptor; -1 once this object is closed or detached.
        """
    def flush(self, /, *, timeout: float | Literal["default"] | None = "default") -> None:
        """
        Sends what earlier calls have left.

        Raises:
            SendIncomplete: Some is still left.
            ConnectionClosed, OSError: As `send`.
        """
    @property
    def frame_timeout(self, /) -> float | None:
        """
        Seconds that the peer may take over one frame; `None` for no limit.
        """
    def gettimeout(self, /) -> float | None:
        """
        The socket's timeout in seconds; `None` where it waits for ever.
        """
    @property
    def header(self, /) -> DecimalHeader | BinaryHeader | VarintHeader | NetstringHeader:
        """
        The header of received frames.
        """
    @property
    def keep_header(self, /) -> bool:
        """
        Whether received frames begin with their header.
        """
    @property
    def local_address(self, /) -> Any:
        """
        This side's address, as the socket's `getsockname` says it.

        Raises:
            OSError: The socket is closed.
        """
    @property
    def max_consecutive_empty(self, /) -> int | None:
        """
        How many empty frames may follow each other; `None` for any number.
        """
    @property
    def max_frame_size(self, /) -> int:
        """
        The largest payload sent or accepted, in the unit of `header`.
        """
    @property
    def max_skip(self, /) -> int | None:
        """
        The longest frame that is skipped, in the unit of `header`; `None` for no bound.
        """
    @property
    def on_oversize(self, /) -> Literal["error", "skip"]:
        """
        What becomes of a received frame over `max_frame_size`.
        """
    @property
    def pending_send(self, /) -> int:
        """
        Bytes, as they go over the wire, that have been accepted and not yet sent.
        """
    def recv(self, /, *, timeout: float | Literal["default"] | None = "default") -> bytes:
        """
        Receives one frame.

        Args:
            timeout: See the class.

        Raises:
            ConnectionClosed: The stream has ended between two frames; `local` if this side closed it.
            TruncatedFrame: It has ended inside a frame.
            FrameTimeout: The deadline passed. The next call continues the same frame.
            FrameWouldBlock: There is no whole frame, and the call may not wait. Likewise.
            FrameStalled: `frame_timeout` has passed. The connection is dead.
            InvalidHeader, FrameTooLarge, InvalidPayload: As `FrameDecoder.feed`; also every later call.
            OSError: The socket's own.
        """
    def recv_into(self, /, buffer: Buffer, *, timeout: float | Literal["default"] | None = "default") -> int:
        """
        Receives one frame into the caller's buffer.

        Args:
            buffer: A writable contiguous bytes-like object.
            timeout: See the class.

        Returns:
            The bytes of the frame; those behind them in `buffer` are untouched. Where the call ends without a
            frame, what `buffer` has is unspecified.

        Raises:
            BufferTooSmall: The frame does not fit. It stays, for the next call of any kind.
            ConnectionClosed, TruncatedFrame, FrameTimeout, FrameWouldBlock, FrameStalled, InvalidHeader,
            FrameTooLarge, InvalidPayload, OSError: As `recv`.
        """
    def recv_many(self, /, max_frames: SupportsIndex | None = None, *, timeout: float | Literal["default"] | None = "default") -> "list[bytes]":
        """
        Receives the frames that are here: waits for one where there is none, then gives all that are
        complete after at most one further read. After `select` says readable, `recv_many(timeout=0)`
        leaves no frame behind in a buffer. An error behind the frames waits for the next call, and `select`
        does not see it: call until `FrameWouldBlock`, or use `wait`, which does.

        Args:
            max_frames: The most to return, at least 1; `None` for all. The others stay for the next call.
            timeout: See the class.

        Raises:
            ConnectionClosed, TruncatedFrame, FrameTimeout, FrameWouldBlock, FrameStalled, InvalidHeader,
            FrameTooLarge, InvalidPayload, OSError: As `recv`, where there is no frame before it.
        """
    @property
    def remote_address(self, /) -> Any:
        """
        The peer's address, as the socket's `getpeername` says it.

        Raises:
            OSError: The socket is closed, or the connection is gone.
        """
    def send(self, /, payload: str | Buffer, *, fields: Buffer | None = None, timeout: float | Literal["default"] | None = "default") -> None:
        """
        Sends one frame. Header and payload go out by one call, without being put together.

        Args:
            payload: A `str`, sent as UTF-8, or any contiguous bytes-like object.
            fields: The bytes of a `BinaryHeader` that are not its length, in order; zeros if not given.
            timeout: See the class.

        Raises:
            SendIncomplete: It stopped part-way. The frame is accepted: what is left is kept and goes out
                before anything else, by the next `send` or `flush`. Do not send it again.
            SendTimeout, SendWouldBlock: It could not begin. The payload was not taken.
            FrameTooLarge, InvalidPayload, TypeError, ValueError: As `FrameEncoder.encode`; nothing was sent.
            ConnectionClosed: The connection was closed on this side.
            OSError: The socket's own.
        """
    def send_encoded(self, /, wire: Buffer, *, timeout: float | Literal["default"] | None = "default") -> None:
        """
        Sends bytes that are frames already: to forward what came with `keep_header`, or to encode once and
        send to many. They are not looked at.

        Args:
            wire: Whole frames, in a contiguous bytes-like object.
            timeout: See the class.

        Raises:
            SendIncomplete, SendTimeout, SendWouldBlock, TypeError, ConnectionClosed, OSError: As `send`.
        """
    @property
    def send_header(self, /) -> DecimalHeader | BinaryHeader | VarintHeader | NetstringHeader:
        """
        The header of sent frames.
        """
    def send_many(self, /, payloads: Iterable[str | Buffer], *, fields: Buffer | None = None, timeout: float | Literal["default"] | None = "default") -> None:
        """
        Sends many frames, in as few calls to the system as possible.

        Args:
            payloads: Any iterable of payloads. All are taken and judged before the first one is sent.
            fields: As for `send`, the same for every frame.
            timeout: See the class.

        Raises:
            SendIncomplete: It stopped part-way. All the frames are accepted, as with `send`.
            SendTimeout, SendWouldBlock: It could not begin. None of the payloads was taken.
            FrameTooLarge, InvalidPayload, TypeError, ValueError, ConnectionClosed, OSError: As `send`.
        """
    def setblocking(self, /, flag: "bool") -> None:
        """
        `settimeout(None)` if `flag` is true, `settimeout(0)` if it is false.
        """
    def settimeout(self, /, timeout: "float | None") -> None:
        """
        Sets the socket's timeout.

        Args:
            timeout: Seconds, `None` to wait for ever, 0 not to wait.
        """
    def shutdown(self, /, how: SupportsIndex = 1) -> None:
        """
        Ends one direction, or both. The default says "nothing more from me": what earlier sends have left goes
        out first, the peer sees the end behind it, and can still be heard. Over TLS only a peer that is silent at
        that moment can: Python's `ssl` loses what arrives just then, and this call and later ones say so.

        Args:
            how: `socket.SHUT_WR`, `SHUT_RD` or `SHUT_RDWR`.

        Raises:
            SendIncomplete: With `SHUT_WR`, what earlier sends have left cannot be sent.
            ConnectionClosed: As `send`.
            OSError: The socket's own. Over TLS: the peer was sending, and what it sent is lost.
        """
    @property
    def socket(self, /) -> Any:
        """
        The socket.
        """
    @property
    def stats(self, /) -> FrameStats:
        """
        A snapshot of the counters of received frames. `buffered` are all bytes that have been received and not
        returned.
        """

@final
class NetstringHeader:
    """
    A length as decimal text and a colon, with a comma behind the payload: `12:hello world!,`.

    The specification is <https://cr.yp.to/proto/netstrings.txt>.
    Leading zeros are an `InvalidHeader`; a byte other than the comma where that must stand is an `InvalidPayload`.

    Args:
        max_digits: The most digits of a length, 1 to 19.

    Raises:
        ValueError: `max_digits` is out of range.

    Immutable, hashable, comparable, picklable.

    >>> NetstringHeader()
    NetstringHeader(10)
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, max_digits: SupportsIndex = 10) -> NetstringHeader: ...
    def __reduce__(self, /) -> "tuple[object, ...]": ...
    def __repr__(self, /) -> str: ...
    @property
    def max_digits(self, /) -> int:
        """
        The most digits of a length.
        """

@final
class VarintHeader:
    """
    A length as a varint (LEB128), as before each of protobuf's delimited messages: seven bits in each byte, the
    lowest first, and the high bit in each byte but the last.

    The format is described in <https://protobuf.dev/programming-guides/encoding/#varints>.

    Args:
        max_bytes: The most bytes of a header, 1 to 10. What goes on for longer, or does not fit into 64 bits, is an
            `InvalidHeader`.
        strict: Accept only the shortest form of a number, the one that is written.

    Raises:
        ValueError: `max_bytes` is out of range.

    Immutable, hashable, comparable, picklable.

    >>> VarintHeader(5)
    VarintHeader(5)
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, max_bytes: SupportsIndex = 10, *, strict: bool = False) -> VarintHeader: ...
    def __reduce__(self, /) -> "tuple[object, ...]": ...
    def __repr__(self, /) -> str: ...
    @property
    def max_bytes(self, /) -> int:
        """
        The most bytes of a header.
        """
    @property
    def strict(self, /) -> bool:
        """
        Whether only the shortest form of a number is accepted.
        """

@final
class _Arrival:
    """
    The arrival of a frame: awaited once, by one task.
    """
    def __await__(self, /) -> _Arrival: ...
    def __iter__(self, /) -> _Arrival: ...
    def __next__(self, /) -> _Arrival:
        """
        Begins to wait, or ends the wait: then the frame is the value of a `StopIteration`.
        """
    @property
    def _asyncio_future_blocking(self, /) -> bool: ...
    @_asyncio_future_blocking.setter
    def _asyncio_future_blocking(self, /, blocking: bool) -> None: ...
    def add_done_callback(self, /, callback: Any, *, context: Any | None = None) -> None: ...
    def cancel(self, /, msg: Any | None = None) -> bool:
        """
        Called by the task, which leaves the message to us.
        """
    def cancelled(self, /) -> bool: ...
    def close(self, /) -> None:
        """
        Ends the wait; nothing has been taken.
        """
    def done(self, /) -> bool: ...
    def get_loop(self, /) -> Any: ...
    def result(self, /) -> None:
        """
        Called by the task to find out whether it is to go on.
        """
    def send(self, /, _value: Any) -> _Arrival:
        """
        Part of the coroutine protocol; `None` is all that can be sent.
        """
    def throw(self, /, kind: Any, value: Any | None = None, _traceback: Any | None = None) -> None:
        """
        Ends the wait by an exception; nothing has been taken.
        """

@final
class _BufferExporter:
    """
    The owner of the memory that a view from `get_buffer` shows. To a transport it is as good as a view, and costs less
    than to make one for each read.
    """
    def __getitem__(self, index: Any, /) -> Any: ...
    def __len__(self, /) -> int: ...
    def __setitem__(self, index: Any, value: Any, /) -> None: ...

@final
class _Config:
    """
    How connections are framed: their options, judged.

    Args:
        header: How received frames begin.
        options: The others of `framing.FrameOptions`.

    Raises:
        TypeError, ValueError: An option is wrong, or there is none of that name.
    """
    def __new__(cls, /, header: SupportsIndex | DecimalHeader | BinaryHeader | VarintHeader | NetstringHeader = 10, **options: Unpack[OptionsBesideHeader]) -> _Config: ...
    @property
    def frame_timeout(self, /) -> float | None:
        """
        Seconds that the peer may take over one frame; `None` for no limit.
        """
    @property
    def header(self, /) -> DecimalHeader | BinaryHeader | VarintHeader | NetstringHeader:
        """
        The header of received frames.
        """
    @property
    def keep_header(self, /) -> bool:
        """
        Whether received frames begin with their header.
        """
    @property
    def max_consecutive_empty(self, /) -> int | None:
        """
        How many empty frames may follow each other; `None` for any number.
        """
    @property
    def max_frame_size(self, /) -> int:
        """
        The largest payload accepted, in the unit of `header`.
        """
    @property
    def max_skip(self, /) -> int | None:
        """
        The longest frame that is skipped, in the unit of `header`; `None` for no bound.
        """
    @property
    def on_oversize(self, /) -> Literal["error", "skip"]:
        """
        What becomes of a received frame over `max_frame_size`.
        """
    @property
    def send_header(self, /) -> DecimalHeader | BinaryHeader | VarintHeader | NetstringHeader:
        """
        The header of sent frames.
        """

@disjoint_base
class _FrameIteration:
    """
    What `FramedStream` is iterated by.
    """
    def __aiter__(self, /) -> _FrameIteration: ...
    def __anext__(self, /) -> _Item:
        """
        The next frame, until the peer ends the stream between two frames.
        """
    def __new__(cls, /, queue: _FrameQueue) -> _FrameIteration: ...

@disjoint_base
class _FrameQueue:
    """
    The receiving half of a stream.

    What it calls on itself: `_pause()` and `_resume()` when too much waits, and when little does; `_progressed()`
    after each read, if it is watched.
    """
    def __new__(cls, /, outbox: _Outbox, event_loop: Any, wakeups: _Wakeups, config: _Config, *, high: SupportsIndex, low: SupportsIndex) -> _FrameQueue: ...
    def _arrival(self, /) -> _Arrival:
        """
        What awaits the next frame.
        """
    def _arrivals(self, /, max_frames: SupportsIndex | None) -> _Arrival:
        """
        What awaits the next frames, at least one.
        """
    def _close(self, /) -> None:
        """
        Drops what was received, and takes nothing any more.
        """
    def _end(self, /) -> Any | None:
        """
        What the end of the stream amounts to: `None` between two frames, else the error.
        """
    def _finish(self, /) -> None:
        """
        Says that no more bytes will come, and wakes who waits for some.
        """
    @property
    def _is_awaited(self, /) -> bool:
        """
        Whether somebody is receiving.
        """
    def _next(self, /) -> bytes | None:
        """
        The next frame, or `None` where it has to be awaited.
        """
    @property
    def _outbox(self, /) -> _Outbox:
        """
        Where frames are put.
        """
    def _stalled(self, /) -> Any:
        """
        The error for a peer that has not finished a frame in time.
        """
    def _take_wire(self, /) -> bytes:
        """
        Everything that was received and not returned, as it came. Takes nothing any more.
        """
    @property
    def _unfinished(self, /) -> int | None:
        """
        The stream offset of an unfinished frame; `None` between two frames, on a refused stream, and while others
        wait before it.
        """
    def buffer_updated(self, /, nbytes: SupportsIndex) -> None:
        """
        Part of `asyncio.BufferedProtocol`: so many bytes have been received.
        """
    def get_buffer(self, /, sizehint: Any) -> "Buffer":
        """
        Part of `asyncio.BufferedProtocol`: memory for the transport to receive into.
        """
    @property
    def stats(self, /) -> FrameStats:
        """
        A snapshot of the counters; what waits is buffered, too.
        """

@disjoint_base
class _FrameReceiver:
    """
    The receiving half of a protocol.

    What it calls on itself: `frame_received(frame)` for each frame, unless a class of its own has
    `frames_received(frames)`; `error_received(error)`, once; `_progressed()` after each read, if it is watched.
    """
    def __new__(cls, /, *_arguments: "object", **_named: "object") -> _FrameReceiver:
        """
        Takes whatever arguments a class of its own has for itself.
        """
    def _configure(self, /, config: _Config) -> None:
        """
        Says how frames begin. Before the first byte.
        """
    def _end(self, /) -> Any | None:
        """
        What the end of the stream amounts to: `None` between two frames, or where nothing is to be told any more;
        else the error.
        """
    def _stalled(self, /) -> Any:
        """
        The error for a peer that has not finished a frame in time.
        """
    def _start(self, /, outbox: _Outbox) -> None:
        """
        Says where replies go, so that those to one batch go together.
        """
    def _stop(self, /) -> None:
        """
        Delivers nothing from now on.
        """
    @property
    def _unfinished(self, /) -> int | None:
        """
        The stream offset of an unfinished frame; `None` between two frames, and on a refused stream.
        """
    def buffer_updated(self, /, nbytes: SupportsIndex) -> None:
        """
        Part of `asyncio.BufferedProtocol`: so many bytes have been received.
        """
    def frames_received(self, /, frames: "list[bytes]") -> None:
        """
        Called with the frames that one read has completed, in order. By default it calls `frame_received` with
        each; override either.

        Args:
            frames: At least one frame, as `bytes`.
        """
    def get_buffer(self, /, sizehint: Any) -> "Buffer":
        """
        Part of `asyncio.BufferedProtocol`: memory for the transport to receive into.
        """
    @property
    def keep_header(self, /) -> bool:
        """
        Whether received frames begin with their header.
        """
    def send(self, /, payload: str | Buffer, *, fields: Buffer | None = None) -> None:
        """
        Sends one frame.

        It is handed to the transport whole, and may be sent together with others that follow at once, at the latest
        in the next turn of the event loop. Never waits: `pause_writing` says when the transport has too much.

        Args:
            payload: A `str`, sent as UTF-8, or any contiguous bytes-like object.
            fields: The bytes of a `BinaryHeader` that are not its length, in order; zeros if not given.

        Raises:
            FrameTooLarge, InvalidPayload, TypeError, ValueError: As `FrameEncoder.encode`; nothing was sent.
            ConnectionClosed: The connection was closed on this side.
            BrokenPipeError: The connection is gone, or `write_eof` was called.
        """
    @property
    def stats(self, /) -> FrameStats:
        """
        A snapshot of the counters of received frames.
        """

@final
class _Item:
    """
    One step of an iteration. It is not the [`Arrival`] itself, which asyncio would take for a future wherever a program
    hands it over (`wait_for`, `gather`).
    """
    def __await__(self, /) -> _Arrival:
        """
        The same each time: `anext(stream, default)` asks for it at every step.
        """

@final
class _Outbox:
    """
    The sending half of a connection.
    """
    def __new__(cls, /, config: _Config) -> _Outbox: ...
    def _turn(self, /) -> None:
        """
        What the loop calls in its next turn.
        """
    @property
    def barred(self, /) -> bool:
        """
        Whether nothing is taken.
        """
    @barred.setter
    def barred(self, /, barred: bool) -> None: ...
    def bind(self, /, write: Any, call_soon: Any) -> None:
        """
        Says where frames go: by the `write` of a transport, and by the `call_soon` of its loop.
        """
    def flush(self, /) -> None:
        """
        Hands over what waits.
        """
    @property
    def header(self, /) -> DecimalHeader | BinaryHeader | VarintHeader | NetstringHeader:
        """
        The header format.
        """
    @property
    def max_frame_size(self, /) -> int:
        """
        The largest payload sent or accepted, in the header's unit.
        """
    def put(self, /, payload: str | Buffer, fields: Buffer | None = None) -> bool:
        """
        Takes one payload. False: the box is barred or spent, nothing was taken.
        """
    def put_encoded(self, /, wire: Buffer) -> bool:
        """
        Takes bytes that are frames already.
        """
    def put_many(self, /, payloads: Iterable[str | Buffer], fields: Buffer | None = None) -> bool:
        """
        Takes many payloads, or none.
        """
    def put_now(self, /, payload: str | Buffer, fields: Buffer | None = None) -> bool:
        """
        Takes one payload. False: the box is barred, nothing was taken.
        """
    def renew(self, /) -> None:
        """
        Says that the loop has had a turn.
        """
    @property
    def size(self, /) -> int:
        """
        Bytes that wait for company.
        """
    @property
    def spent(self, /) -> bool:
        """
        Whether the loop is to have a turn before more is sent.
        """
    def unbind(self, /) -> None:
        """
        Forgets the transport, and what was not handed over.
        """

@final
class _Wakeups:
    """
    One for each event loop.
    """
    def __new__(cls, /) -> _Wakeups: ...
    def _turn(self, /) -> None:
        """
        What the loop calls in its next turn.
        """

def _claim() -> None:
    """
    Claim the process for this interpreter; a second one is refused.

    The classes are made once in a process, and so is what is remembered of Python's: exceptions that one interpreter
    raises would not be those that another one catches, and all would dangle when the first one has ended.

    Raises:
        ImportError: Another interpreter has claimed it.
    """

def _forked() -> None:
    """
    Called in the child of a fork: it has only the thread that forked.
    """

def _payload_size(head: bytes, header: SupportsIndex | DecimalHeader | BinaryHeader | VarintHeader | NetstringHeader, max_frame_size: SupportsIndex | None) -> int | None:
    """
    The bytes of the payload behind a header. `None` where `head` is no whole header, where it is refused, and where the
    header says only what may be the least: then a decoder is to see it.
    """

def decode(data: Buffer, header: SupportsIndex | DecimalHeader | BinaryHeader | VarintHeader | NetstringHeader = 10, *, max_frame_size: SupportsIndex | None = None, keep_header: bool = False) -> "list[bytes]":
    """
    Gives the frames of a whole capture.

    Args:
        data: The capture, a contiguous bytes-like object.
        header, max_frame_size, keep_header: As for `FrameDecoder`.

    Raises:
        TruncatedFrame: `data` ends inside a frame.
        InvalidHeader, FrameTooLarge, InvalidPayload: As `FrameDecoder.feed`, wherever in `data`.

    Whichever it is, its `frames` are the good ones before it.

    >>> decode(b"5         hello0         ")
    [b'hello', b'']
    """

def encode(payload: "str | Buffer", header: SupportsIndex | DecimalHeader | BinaryHeader | VarintHeader | NetstringHeader = 10, *, max_frame_size: SupportsIndex | None = None, fields: "Buffer | None" = None) -> bytes:
    """
    Gives the frame of one payload: header + payload.

    Args:
        payload: A `str`, sent as UTF-8, or any contiguous bytes-like object.
        header, max_frame_size, fields: As for `FrameEncoder`, which is faster for more than one frame.

    Raises:
        FrameTooLarge, InvalidPayload, TypeError, ValueError: As `FrameEncoder` and its `encode`.

    >>> encode("hello")
    b'5         hello'
    """

def recv_frame(sock: Any, header: SupportsIndex | DecimalHeader | BinaryHeader | VarintHeader | NetstringHeader = 10, *, max_frame_size: SupportsIndex | None = None, keep_header: bool = False, timeout: float | Literal["default"] | None = "default") -> bytes:
    """
    Receives one frame, and not a byte beyond it: what follows is there for the next call of anybody.

    Args:
        sock: A stream socket, or an object with its methods (an `ssl.SSLSocket`, say).
        header, max_frame_size, keep_header: As for `FrameDecoder`.
        timeout: Seconds for the whole call, `None` for as long as it takes, 0 not to wait; `"default"` is what
            `sock.gettimeout()` says.

    Raises:
        ConnectionClosed: The stream ended before the frame's first byte.
        TruncatedFrame: It ended inside the frame.
        FrameTimeout, FrameWouldBlock: Not all of the frame is here. Like `TruncatedFrame` they carry what had
            arrived as `partial`: feed it to a `FrameDecoder` to carry on.
        InvalidHeader, FrameTooLarge, InvalidPayload: As `FrameDecoder.feed`; `partial` has every byte that was taken
            from the socket.
        ValueError: `sock` is no stream socket.
        OSError: The socket's own.
    """

def send_frame(sock: Any, payload: str | Buffer, header: SupportsIndex | DecimalHeader | BinaryHeader | VarintHeader | NetstringHeader = 10, *, max_frame_size: SupportsIndex | None = None, fields: Buffer | None = None, timeout: float | Literal["default"] | None = "default") -> None:
    """
    Sends one frame: header and payload, by one gathering call.

    Args:
        sock: A stream socket, or an object with its methods (an `ssl.SSLSocket`, say).
        payload: A `str`, sent as UTF-8, or any contiguous bytes-like object.
        header, max_frame_size, fields: As for `FrameEncoder`.
        timeout: Seconds for the whole call, `None` for as long as it takes, 0 not to wait; `"default"` is what
            `sock.gettimeout()` says.

    Raises:
        SendIncomplete: It stopped part-way; `remaining` has the wire bytes that must follow.
        SendTimeout, SendWouldBlock: It stopped before the first byte: nothing was sent.
        FrameTooLarge, InvalidPayload, TypeError, ValueError: As `FrameEncoder.encode`; nothing was sent.
        ValueError: `sock` is no stream socket.
        OSError: The socket's own.
    """
