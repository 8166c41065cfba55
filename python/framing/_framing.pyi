"""
The Rust half of the package `framing`, which re-exports its public names.
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
    A header that holds the length as an unsigned integer, alone or among other bytes.

    The payload's size is the integer plus `length_adjustment`. The header's other `size - length_size` bytes are
    its fields: a sender passes them as `fields=`, and a receiver gets them with `keep_header=True`.

    Args:
        length_size: The integer's size in bytes, 1 to 8.
        byteorder: `"big"` (network byte order) or `"little"`.
        length_offset: The index, in bytes, of the integer in the header.
        length_adjustment: Bytes to add to the integer to get the payload size: -4 if an integer of four
            bytes counts itself. A negative payload size raises `InvalidHeader`.
        size: The header's size in bytes, up to 4096. By default the header ends with the integer.
        fields: The other bytes of the header, in order, which are written when a send passes no `fields=`. By
            default they are zeros.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: An argument is out of range, or no payload is possible with this adjustment.

    A header is immutable, hashable, comparable and picklable.

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
        The byte order of the length field: `"big"` or `"little"`.
        """
    @property
    def fields(self, /) -> bytes | None:
        """
        The header's other bytes, which are written when a send passes none; `None` means zeros.
        """
    @property
    def length_adjustment(self, /) -> int:
        """
        Bytes to add to the length field to get the payload size.
        """
    @property
    def length_offset(self, /) -> int:
        """
        The index of the length field's first byte.
        """
    @property
    def length_size(self, /) -> int:
        """
        The size of the length field in bytes.
        """
    @property
    def size(self, /) -> int:
        """
        The size of the header in bytes.
        """

@final
class DecimalHeader:
    """
    A header that holds the length as decimal text, padded to a fixed width, as in the sockets tutorial.

    It writes exactly what `format(length, f"{fill}{align}{width}")` writes. Unless `strict`, it reads
    every form that matches ` *[0-9]+ *` over `width` bytes: left, right, centred, zero-padded.
    It refuses a sign, `_`, a tab, a newline, NUL and non-ASCII digits as soon as they arrive.

    Args:
        width: The size of the length in bytes, 1 to 4096.
        align: `"<"` puts the digits left, `">"` right, `"^"` in the centre.
        fill: The padding: a space, or `"0"` together with `align=">"`.
        unit: What the length counts: `"bytes"` of the payload, or `"chars"`, the code points of a
            payload that is UTF-8 text (for peers that call `len()` on a `str`).
        strict: Accept only the very bytes that this header would write.
        length_offset: The index, in bytes, of the length in the header; more than 0 if other bytes precede it.
        size: The header's size in bytes, up to 4096. By default the header ends with the length.
        fields: The other bytes of the header, in order, which are written when a send passes no `fields=`. By
            default they are spaces. A receiver accepts any bytes there and gets them with `keep_header=True`.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: An argument is out of range.

    A header is immutable, hashable, comparable and picklable.

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
        The alignment of the digits: `"<"` left, `">"` right, `"^"` centred.
        """
    @property
    def fields(self, /) -> bytes | None:
        """
        The header's other bytes, which are written when a send passes none; `None` means spaces.
        """
    @property
    def fill(self, /) -> Literal[" ", "0"]:
        """
        The padding: `" "` or `"0"`.
        """
    @property
    def length_offset(self, /) -> int:
        """
        The index of the length field's first byte.
        """
    @property
    def size(self, /) -> int:
        """
        The size of the header in bytes.
        """
    @property
    def strict(self, /) -> bool:
        """
        Whether only the very bytes that this header would write are accepted.
        """
    @property
    def unit(self, /) -> Literal["bytes", "chars"]:
        """
        What the length counts: `"bytes"` or `"chars"`.
        """
    @property
    def width(self, /) -> int:
        """
        The size of the length field in bytes.
        """

@final
class FrameDecoder:
    """
    Turn a byte stream into frames.

    The decoder does no I/O: feed it the bytes you receive. The frames do not depend on how the stream was cut into
    chunks.

    Args:
        header: A header object, or an `int` as the width in bytes of a `DecimalHeader`.
        max_frame_size: The largest payload accepted, in the header's unit. By default
            1,000,000,000, or the largest the header can express if that is less. The limit is checked on the
            header. Memory follows the bytes that have arrived, never the length that was announced.
        keep_header: Return each frame as header + payload, as received, instead of the payload.
        on_oversize: What to do with a frame over `max_frame_size`. `"error"` refuses the stream. `"skip"` discards
            the frame as it arrives, counts it in `stats` and logs a warning to the logger `framing` (when many are
            skipped at once, only for the first ones); the next frame is delivered as if the skipped one had not
            been there. Discarded bytes appear in no `partial`, and `take_buffered` and `detach` do not return them.
        max_skip: The longest frame to skip, in the header's unit; a longer one raises `FrameTooLarge`.
            `None` means no limit.
        max_consecutive_empty: How many empty frames may follow each other; one more raises `InvalidPayload`.
            `None` means any number.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: The width is out of range, or the header cannot express the limit.

    Frames before a bad one are delivered first: the call returns them and sets `error`, and the next call
    raises. From then on every call raises an equal error and takes no bytes, until `reset`.

    Threads may share a decoder; each call is atomic.

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
        Take the bytes that were written to the view from `get_buffer`, and return the frames they complete: the
        second half of `asyncio.BufferedProtocol`'s contract.

        Args:
            nbytes: The number of bytes written, counted from the start of the view.

        Raises:
            InvalidHeader, FrameTooLarge, InvalidPayload: As for `feed`.
            ValueError: `nbytes` is negative or exceeds the size of the view; or it is more than 0 and `get_buffer`
                has not been called since the last `buffer_updated`. No bytes are taken.
        """
    @property
    def buffered(self, /) -> int:
        """
        The number of buffered bytes of the unfinished frame, header included.
        """
    @property
    def error(self, /) -> FramingError | MemoryError | None:
        """
        The error for which the stream was refused, or `None`.
        """
    def feed(self, /, data: Buffer) -> "list[bytes]":
        """
        Take received bytes and return the frames they complete, in order.

        Args:
            data: A contiguous bytes-like object. All of it is consumed.

        Raises:
            InvalidHeader: A byte cannot be part of a header. It is raised as soon as that byte arrives.
            FrameTooLarge: A header announces more than `max_frame_size`.
            InvalidPayload: The header counts code points and the payload is not UTF-8, the byte behind a netstring's
                payload is not a comma, or more than `max_consecutive_empty` empty frames followed each other.
            MemoryError: There was no memory for a frame, and the stream is refused as for the other errors. Or there
                was no memory for the list, and the next call returns the frames.
            TypeError: `data` is not bytes-like.
        """
    def feed_eof(self, /) -> None:
        """
        Report the end of the stream. The call may be repeated, and more bytes may be fed afterwards.

        Raises:
            TruncatedFrame: The stream ended inside a frame. The decoder keeps the bytes it has.
            InvalidHeader, FrameTooLarge, InvalidPayload: The stream was refused by an earlier call.
        """
    def get_buffer(self, /, sizehint: SupportsIndex = -1) -> memoryview:
        """
        Return memory to receive into: the first half of `asyncio.BufferedProtocol`'s contract.

        The rest of a large frame is received straight into its final memory. You may keep the view; it never shows
        a frame that has been delivered. Write to it only before `buffer_updated`: afterwards it may be memory of
        the unfinished frame. Its contents before you write are unspecified and may be bytes of earlier reads.

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
        How many empty frames may follow each other; `None` means any number.
        """
    @property
    def max_frame_size(self, /) -> int:
        """
        The largest payload accepted, in the header's unit.
        """
    @property
    def max_skip(self, /) -> int | None:
        """
        The longest frame that is skipped, in the header's unit; `None` means no limit.
        """
    @property
    def needed(self, /) -> int:
        """
        The least number of bytes that can complete the next step: the rest of the header, then the
        rest of the payload. Reading exactly that much never reads beyond a frame. It is 0 on a refused
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
        What happens to a frame over `max_frame_size`: `"error"` or `"skip"`.
        """
    def reset(self, /) -> None:
        """
        Forget the stream. The decoder is as new, and `offset` and `stats` are zero.
        """
    @property
    def stats(self, /) -> FrameStats:
        """
        A snapshot of the decoder's counters.
        """
    def take_buffered(self, /) -> bytes:
        """
        Return the bytes of the unfinished frame, header included, and forget them.

        On a refused stream this returns everything from the refused frame's first byte on, so that the stream can
        change its protocol. Afterwards `offset` is the offset behind those bytes.
        """

@final
class FrameEncoder:
    """
    Turn payloads into frames. A frame is a header, then the payload.

    The encoder does no I/O and has no state.

    A payload is a `str`, which is sent as UTF-8, or any contiguous object with the buffer protocol.
    Its length is measured in bytes, or in code points if the header has `unit="chars"`.

    `fields` are the bytes of a `BinaryHeader` or a `DecimalHeader` that are not its length, in order. By default
    they are the header's own `fields`: zeros in a `BinaryHeader` and spaces in a `DecimalHeader`, unless it was
    made with others.

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
        The bytes that follow every payload.
        """
    def encode(self, /, payload: "str | Buffer", *, fields: "Buffer | None" = None) -> bytes:
        """
        Return the frame of one payload: header + payload.

        Args:
            payload, fields: See the class.

        Raises:
            FrameTooLarge: The payload is over `max_frame_size`.
            InvalidPayload: The header counts code points and the payload is not UTF-8; or the payload is smaller
                than the header can express.
            TypeError: The payload is neither a `str` nor bytes-like.
            ValueError: `fields` is not as long as the header's bytes beside its length.
        """
    def encode_into(self, /, payload: str | Buffer, buffer: Buffer, offset: SupportsIndex = 0, *, fields: Buffer | None = None) -> int:
        """
        Write the frame of one payload into the caller's buffer.

        Args:
            payload: See the class. It may overlap with `buffer`.
            buffer: A writable contiguous bytes-like object.
            offset: The index in `buffer`, in bytes, at which the frame begins.
            fields: See the class.

        Returns:
            The number of bytes written.

        Raises:
            BufferTooSmall: The frame does not fit behind `offset`. `buffer` is unchanged.
            FrameTooLarge, InvalidPayload, TypeError, ValueError: As for `encode`. `buffer` is unchanged.
            ValueError: `offset` is negative or exceeds the size of `buffer`.
        """
    def encode_many(self, /, payloads: Iterable[str | Buffer], *, fields: Buffer | None = None) -> bytes:
        """
        Return the frames of many payloads, one after the other, in one `bytes` object.

        Args:
            payloads: Any iterable of payloads (not a single `str` or bytes-like object). All are
                collected before the first one is encoded, so a generator must not reuse a buffer.
            fields: See the class. They are the same for every frame.

        Raises:
            FrameTooLarge, InvalidPayload, TypeError, ValueError: As for `encode`. An error about a payload has a note with
                its index.
        """
    @property
    def header(self, /) -> DecimalHeader | BinaryHeader | VarintHeader | NetstringHeader:
        """
        The header format.
        """
    def header_for(self, /, payload: str | Buffer, *, fields: Buffer | None = None) -> bytes:
        """
        Return the header of a payload alone, for `sock.sendmsg([header, payload])`.

        A netstring also needs a `b","` behind its payload.

        Args:
            payload, fields: See the class.

        Raises:
            FrameTooLarge, InvalidPayload, TypeError, ValueError: As for `encode`.
        """
    @property
    def max_frame_size(self, /) -> int:
        """
        The largest payload, in the header's unit.
        """

@final
class FramedSocket:
    """
    Send and receive frames over a connected stream socket, which may be blocking or not.

    Args:
        sock: A TCP or Unix stream socket, or an object with a socket's methods, such as an `ssl.SSLSocket`: at least
            `fileno`, `send`, `recv_into` or `recv`, `gettimeout`, `settimeout` and `close`. It belongs to this object
            until `detach` gives it back.
        header: The header of received frames: a header object, or an `int` as the width in bytes of a
            `DecimalHeader`.
        **options: The other options of `FrameOptions`. Each is also a read-only attribute.

    Raises:
        TypeError: An argument has the wrong type, or `sock` lacks methods; the message names them. Nothing has been
            sent.
        ValueError: `sock` is not a stream socket, or another argument is out of range.

    `timeout` arguments are seconds for the whole call; `None` waits for ever, 0 does not wait, and `"default"` means
    the socket's own timeout (`settimeout`). A call that runs out of time loses nothing: the next one continues the
    same frame.

    Threads may share the object, and one may send while another receives. The frames of several senders never mix,
    and each of several receivers gets whole frames.

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
        Return the next frame. Iteration stops when the peer ends the stream between two frames.
        """
    def __repr__(self, /) -> str: ...
    @staticmethod
    def _configured(sock: Any, config: _Config) -> FramedSocket:
        """
        Make a connection from options that have been checked before.
        """
    def _pending(self, /) -> bool:
        """
        Return whether a receiving call would end at once because of what is buffered.
        """
    def close(self, /) -> None:
        """
        Close the connection and drop what is buffered.

        Calls that wait in other threads raise `ConnectionClosed`, as does every later call.
        """
    @property
    def closed(self, /) -> bool:
        """
        Whether this object has been closed or detached.
        """
    def detach(self, /) -> "tuple[Any, bytes]":
        """
        Stop using the socket and give it back.

        Returns:
            The socket, and the bytes that were received and not returned, as they came over the wire.

        Raises:
            RuntimeError: A send is unfinished, or another call is using the connection.
            ConnectionClosed: The connection has been closed.
        """
    def fileno(self, /) -> int:
        """
        Return the socket's descriptor, or -1 once this object is closed or detached.
        """
    def flush(self, /, *, timeout: float | Literal["default"] | None = "default") -> None:
        """
        Send the bytes that earlier sends could not finish.

        Args:
            timeout: See the class.

        Raises:
            SendIncomplete: Some bytes are still unsent.
            ConnectionClosed, OSError: As for `send`.
        """
    @property
    def frame_timeout(self, /) -> float | None:
        """
        The seconds that the peer may take to send one frame; `None` means no limit.
        """
    def gettimeout(self, /) -> float | None:
        """
        Return the socket's timeout in seconds, or `None` if it waits for ever.
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
        This side's address, as the socket's `getsockname` returns it.

        Raises:
            OSError: The socket is closed.
        """
    @property
    def max_consecutive_empty(self, /) -> int | None:
        """
        How many empty frames may follow each other; `None` means any number.
        """
    @property
    def max_frame_size(self, /) -> int:
        """
        The largest payload sent or accepted, in the unit of `header`.
        """
    @property
    def max_skip(self, /) -> int | None:
        """
        The longest frame that is skipped, in the unit of `header`; `None` means no limit.
        """
    @property
    def on_oversize(self, /) -> Literal["error", "skip"]:
        """
        What happens to a received frame over `max_frame_size`: `"error"` or `"skip"`.
        """
    @property
    def pending_send(self, /) -> int:
        """
        The number of wire bytes that have been accepted and not yet sent.
        """
    def recv(self, /, *, timeout: float | Literal["default"] | None = "default") -> bytes:
        """
        Receive one frame and return it.

        Args:
            timeout: See the class.

        Raises:
            ConnectionClosed: The stream ended between two frames; `local` is true if this side closed it.
            TruncatedFrame: The stream ended inside a frame.
            FrameTimeout: The deadline passed. The next call continues the same frame.
            FrameWouldBlock: No whole frame has arrived and the call may not wait. The next call continues the same
                frame.
            FrameStalled: The peer took longer than `frame_timeout` over one frame. The connection is dead.
            InvalidHeader, FrameTooLarge, InvalidPayload: As for `FrameDecoder.feed`. Every later call raises it, too.
            OSError: The socket raised it.
        """
    def recv_into(self, /, buffer: Buffer, *, timeout: float | Literal["default"] | None = "default") -> int:
        """
        Receive one frame into the caller's buffer.

        Args:
            buffer: A writable contiguous bytes-like object.
            timeout: See the class.

        Returns:
            The size of the frame in bytes. The bytes behind the frame in `buffer` are unchanged. If the call raises,
            the contents of `buffer` are unspecified.

        Raises:
            BufferTooSmall: The frame does not fit. The next call of any kind receives it.
            ConnectionClosed, TruncatedFrame, FrameTimeout, FrameWouldBlock, FrameStalled, InvalidHeader,
            FrameTooLarge, InvalidPayload, OSError: As for `recv`.
        """
    def recv_many(self, /, max_frames: SupportsIndex | None = None, *, timeout: float | Literal["default"] | None = "default") -> "list[bytes]":
        """
        Receive all frames that have arrived and return them as a list; wait for one if there is none.

        The list has every frame that is complete after at most one further read. After `select` reports the socket
        readable, `recv_many(timeout=0)` leaves no complete frame in a buffer. An error behind the frames is raised by
        the next call, and `select` does not report it: call until `FrameWouldBlock`, or use `framing.wait`, which
        does.

        Args:
            max_frames: The largest number of frames to return, at least 1; `None` returns all. The others stay for the
                next call.
            timeout: See the class.

        Raises:
            ConnectionClosed, TruncatedFrame, FrameTimeout, FrameWouldBlock, FrameStalled, InvalidHeader,
            FrameTooLarge, InvalidPayload, OSError: As for `recv`, if no frame precedes the error.
        """
    @property
    def remote_address(self, /) -> Any:
        """
        The peer's address, as the socket's `getpeername` returns it.

        Raises:
            OSError: The socket is closed, or the connection is gone.
        """
    def send(self, /, payload: str | Buffer, *, fields: Buffer | None = None, timeout: float | Literal["default"] | None = "default") -> None:
        """
        Send one frame. One system call sends header and payload, and they are not copied together first.

        Args:
            payload: A `str`, sent as UTF-8, or any contiguous bytes-like object.
            fields: The bytes of a `BinaryHeader` or a `DecimalHeader` that are not its length, in order. By default
                they are those of `send_header`.
            timeout: See the class.

        Raises:
            SendIncomplete: The send stopped part-way. The frame is accepted: the rest is kept, and the next `send` or
                `flush` sends it before anything else. Do not send the frame again.
            SendTimeout, SendWouldBlock: The send could not begin. The payload was not taken.
            FrameTooLarge, InvalidPayload, TypeError, ValueError: As for `FrameEncoder.encode`. Nothing was sent.
            ConnectionClosed: The connection was closed on this side.
            OSError: The socket raised it.
        """
    def send_encoded(self, /, wire: Buffer, *, timeout: float | Literal["default"] | None = "default") -> None:
        """
        Send bytes that already are frames, without checking them.

        Use this to forward frames that were received with `keep_header`, or to encode a frame once and send it to
        many peers.

        Args:
            wire: Whole frames, in a contiguous bytes-like object.
            timeout: See the class.

        Raises:
            SendIncomplete, SendTimeout, SendWouldBlock, TypeError, ConnectionClosed, OSError: As for `send`.
        """
    @property
    def send_header(self, /) -> DecimalHeader | BinaryHeader | VarintHeader | NetstringHeader:
        """
        The header of sent frames.
        """
    def send_many(self, /, payloads: Iterable[str | Buffer], *, fields: Buffer | None = None, timeout: float | Literal["default"] | None = "default") -> None:
        """
        Send many frames in as few system calls as possible.

        Args:
            payloads: Any iterable of payloads. All are collected and checked before the first one is sent.
            fields: As for `send`. They are the same for every frame.
            timeout: See the class.

        Raises:
            SendIncomplete: The send stopped part-way. All frames are accepted, as with `send`.
            SendTimeout, SendWouldBlock: The send could not begin. No payload was taken.
            FrameTooLarge, InvalidPayload, TypeError, ValueError, ConnectionClosed, OSError: As for `send`.
        """
    def setblocking(self, /, flag: "bool") -> None:
        """
        Call `settimeout(None)` if `flag` is true, and `settimeout(0)` if it is false.
        """
    def settimeout(self, /, timeout: "float | None") -> None:
        """
        Set the socket's timeout.

        Args:
            timeout: Seconds, `None` to wait for ever, or 0 not to wait.
        """
    def shutdown(self, /, how: SupportsIndex = 1) -> None:
        """
        End one direction of the connection, or both.

        By default this ends sending. The bytes that earlier sends left go out first, the peer sees the end of the
        stream behind them, and this side can still receive. Over TLS it can only if the peer is not sending at that
        moment: Python's `ssl` loses what arrives during the call, and then this call and later ones raise `OSError`.

        Args:
            how: `socket.SHUT_WR`, `SHUT_RD` or `SHUT_RDWR`.

        Raises:
            SendIncomplete: With `SHUT_WR`, the bytes that earlier sends left could not be sent.
            ConnectionClosed: As for `send`.
            OSError: The socket raised it. Or, over TLS, the peer was sending, and what it sent is lost.
        """
    @property
    def socket(self, /) -> Any:
        """
        The underlying socket.
        """
    @property
    def stats(self, /) -> FrameStats:
        """
        A snapshot of the counters of received frames. `buffered` counts all bytes that have been received and not
        returned.
        """

@final
class NetstringHeader:
    """
    A header of decimal text and a colon, with a comma behind the payload: `12:hello world!,`.

    The specification is <https://cr.yp.to/proto/netstrings.txt>.
    A leading zero raises `InvalidHeader`. Any byte but a comma behind the payload raises `InvalidPayload`.

    Args:
        max_digits: The largest number of digits in a length, 1 to 19.

    Raises:
        TypeError: `max_digits` is not an integer.
        ValueError: `max_digits` is out of range.

    A header is immutable, hashable, comparable and picklable.

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
        The largest number of digits in a length.
        """

@final
class VarintHeader:
    """
    A header that holds the length as a varint (LEB128), as protobuf's delimited messages do.

    Each byte holds seven bits of the number, the lowest first; every byte but the last has its high bit set. The
    format is described in <https://protobuf.dev/programming-guides/encoding/#varints>. The header writes the
    shortest form of a number and, unless `strict`, also reads longer ones.

    Args:
        max_bytes: The largest size of a header in bytes, 1 to 10. A longer header, or a number that does not fit
            into 64 bits, raises `InvalidHeader`.
        strict: Accept only the shortest form of a number.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: `max_bytes` is out of range.

    A header is immutable, hashable, comparable and picklable.

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
        The largest size of a header in bytes.
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
    The owner of the memory that a view from `get_buffer` shows.

    A transport can use it like a view, and making a view for each read would cost more.
    """
    def __getitem__(self, index: Any, /) -> Any: ...
    def __len__(self, /) -> int: ...
    def __setitem__(self, index: Any, value: Any, /) -> None: ...

@final
class _Config:
    """
    The checked options that say how connections are framed.

    Args:
        header: The header of received frames.
        options: The other options of `framing.FrameOptions`.

    Raises:
        TypeError, ValueError: An option is wrong, or no option has that name.
    """
    def __new__(cls, /, header: SupportsIndex | DecimalHeader | BinaryHeader | VarintHeader | NetstringHeader = 10, **options: Unpack[OptionsBesideHeader]) -> _Config: ...
    @property
    def frame_timeout(self, /) -> float | None:
        """
        The seconds that the peer may take to send one frame; `None` means no limit.
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
        How many empty frames may follow each other; `None` means any number.
        """
    @property
    def max_frame_size(self, /) -> int:
        """
        The largest payload sent or accepted, in the unit of `header`.
        """
    @property
    def max_skip(self, /) -> int | None:
        """
        The longest frame that is skipped, in the unit of `header`; `None` means no limit.
        """
    @property
    def on_oversize(self, /) -> Literal["error", "skip"]:
        """
        What happens to a received frame over `max_frame_size`: `"error"` or `"skip"`.
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
    Claim the module for this interpreter, and refuse a second one.

    The classes and the cached Python objects exist once in a process. With two interpreters, an exception that one
    raises would not be caught in the other, and all cached objects would dangle after the first one has ended.

    Raises:
        ImportError: Another interpreter has claimed the module.
    """

def _forked() -> None:
    """
    Called in the child of a fork: it has only the thread that forked.
    """

def _payload_size(head: bytes, header: SupportsIndex | DecimalHeader | BinaryHeader | VarintHeader | NetstringHeader, max_frame_size: SupportsIndex | None) -> int | None:
    """
    Return the payload's size in bytes, given its header.

    The result is `None` if `head` is not a whole header, if it is refused, or if the header gives only a lower bound.
    The caller then uses a decoder.
    """

def decode(data: Buffer, header: SupportsIndex | DecimalHeader | BinaryHeader | VarintHeader | NetstringHeader = 10, *, max_frame_size: SupportsIndex | None = None, keep_header: bool = False) -> "list[bytes]":
    """
    Return the frames of a whole capture.

    Args:
        data: The capture, a contiguous bytes-like object.
        header, max_frame_size, keep_header: As for `FrameDecoder`.

    Raises:
        TruncatedFrame: `data` ends inside a frame.
        InvalidHeader, FrameTooLarge, InvalidPayload: As for `FrameDecoder.feed`, anywhere in `data`.

    The attribute `frames` of each of these errors lists the good frames before it.

    >>> decode(b"5         hello0         ")
    [b'hello', b'']
    """

def encode(payload: "str | Buffer", header: SupportsIndex | DecimalHeader | BinaryHeader | VarintHeader | NetstringHeader = 10, *, max_frame_size: SupportsIndex | None = None, fields: "Buffer | None" = None) -> bytes:
    """
    Return the frame of one payload: header + payload.

    Args:
        payload: A `str`, sent as UTF-8, or any contiguous bytes-like object.
        header, max_frame_size, fields: As for `FrameEncoder`. Use that class for many frames: it is faster.

    Raises:
        FrameTooLarge, InvalidPayload, TypeError, ValueError: As for `FrameEncoder` and its `encode`.

    >>> encode("hello")
    b'5         hello'
    """

def recv_frame(sock: Any, header: SupportsIndex | DecimalHeader | BinaryHeader | VarintHeader | NetstringHeader = 10, *, max_frame_size: SupportsIndex | None = None, keep_header: bool = False, timeout: float | Literal["default"] | None = "default") -> bytes:
    """
    Receive one frame and return it, without reading a byte beyond it.

    The bytes behind the frame stay in the socket for the next reader.

    Args:
        sock: A stream socket, or an object with a socket's methods, such as an `ssl.SSLSocket`.
        header, max_frame_size, keep_header: As for `FrameDecoder`.
        timeout: Seconds for the whole call, `None` to wait for ever, or 0 not to wait. `"default"` means
            `sock.gettimeout()`.

    Raises:
        ConnectionClosed: The stream ended before the frame's first byte.
        TruncatedFrame: The stream ended inside the frame.
        FrameTimeout, FrameWouldBlock: The frame has not arrived completely. Like that of `TruncatedFrame`, `partial`
            has the bytes that did: feed them to a `FrameDecoder` to carry on.
        InvalidHeader, FrameTooLarge, InvalidPayload: As for `FrameDecoder.feed`. `partial` has every byte that was
            taken from the socket.
        ValueError: `sock` is not a stream socket.
        OSError: The socket raised it.
    """

def send_frame(sock: Any, payload: str | Buffer, header: SupportsIndex | DecimalHeader | BinaryHeader | VarintHeader | NetstringHeader = 10, *, max_frame_size: SupportsIndex | None = None, fields: Buffer | None = None, timeout: float | Literal["default"] | None = "default") -> None:
    """
    Send one frame. One system call sends header and payload.

    Args:
        sock: A stream socket, or an object with a socket's methods, such as an `ssl.SSLSocket`.
        payload: A `str`, sent as UTF-8, or any contiguous bytes-like object.
        header, max_frame_size, fields: As for `FrameEncoder`.
        timeout: Seconds for the whole call, `None` to wait for ever, or 0 not to wait. `"default"` means
            `sock.gettimeout()`.

    Raises:
        SendIncomplete: The send stopped part-way. Its `remaining` has the wire bytes that must follow.
        SendTimeout, SendWouldBlock: The send could not begin. Nothing was sent.
        FrameTooLarge, InvalidPayload, TypeError, ValueError: As for `FrameEncoder.encode`. Nothing was sent.
        ValueError: `sock` is not a stream socket.
        OSError: The socket raised it.
    """
