"""
The Rust half of the package `framing`, which re-exports all of this.
"""

from collections.abc import Iterable
from framing._errors import FramingError
from framing._stats import FrameStats
from typing import Final, SupportsIndex, final
from typing_extensions import Buffer

__all__ = ["MAX_FRAME_SIZE", "__version__", "DecimalHeader", "FrameDecoder", "FrameEncoder", "decode", "encode"]

MAX_FRAME_SIZE: Final[int]
__version__: Final[str]

@final
class DecimalHeader:
    """
    A length as decimal text, padded to a fixed width: the header of the sockets tutorial.

    Written exactly as `format(length, f"{fill}{align}{width}")` writes it. Read, unless `strict`, in
    every form that matches ` *[0-9]+ *` over `width` bytes: left, right, centred, zero-padded.
    A sign, `_`, a tab, a newline, NUL and non-ASCII digits are refused as soon as they arrive.

    Args:
        width: Bytes of the header, 1 to 4096.
        align: `"<"` digits left, `">"` right, `"^"` centred.
        fill: The padding: a space, or `"0"` together with `align=">"`.
        unit: What the length counts: `"bytes"` of the payload, or `"chars"`, the code points of a
            payload that is UTF-8 text (for peers that call `len()` on a `str`).
        strict: Accept only the very bytes this header would write.

    Raises:
        ValueError: An argument is none of these.

    Immutable, hashable, comparable, picklable.

    >>> DecimalHeader(16, align=">")
    DecimalHeader(16, align='>')
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, width: SupportsIndex = ..., *, align: str = ..., fill: str = ..., unit: str = ..., strict: bool = ...) -> DecimalHeader: ...
    def __reduce__(self, /) -> "tuple[object, ...]": ...
    def __repr__(self, /) -> str: ...
    @property
    def align(self, /) -> str:
        """
        Where the digits stand: `"<"`, `">"` or `"^"`.
        """
    @property
    def fill(self, /) -> str:
        """
        The padding: `" "` or `"0"`.
        """
    @property
    def strict(self, /) -> bool:
        """
        Whether only the very bytes this header would write are accepted.
        """
    @property
    def unit(self, /) -> str:
        """
        What the length counts: `"bytes"` or `"chars"`.
        """
    @property
    def width(self, /) -> int:
        """
        Bytes of the header.
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
    def __new__(cls, /, header: SupportsIndex | DecimalHeader = ..., *, max_frame_size: SupportsIndex | None = None, keep_header: bool = ...) -> FrameDecoder: ...
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
    def get_buffer(self, /, sizehint: SupportsIndex = ...) -> memoryview:
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
    def header(self, /) -> DecimalHeader:
        """
        The header format.
        """
    @property
    def keep_header(self, /) -> bool:
        """
        Whether frames begin with their header.
        """
    @property
    def max_frame_size(self, /) -> int:
        """
        The largest payload accepted, in the header's unit.
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
    def __new__(cls, /, header: SupportsIndex | DecimalHeader = ..., *, max_frame_size: SupportsIndex | None = None) -> FrameEncoder: ...
    def __repr__(self, /) -> str: ...
    def encode(self, /, payload: str | Buffer) -> bytes:
        """
        Gives the frame of one payload: header + payload.

        Raises:
            FrameTooLarge: The payload is over `max_frame_size`.
            InvalidPayload: The header counts code points and the payload is not UTF-8.
            TypeError: The payload is neither a `str` nor bytes-like.
        """
    def encode_into(self, /, payload: str | Buffer, buffer: Buffer, offset: SupportsIndex = ...) -> int:
        """
        Writes the frame of one payload into the caller's buffer.

        Args:
            payload: As for `encode`. It may overlap with `buffer`.
            buffer: A writable contiguous bytes-like object.
            offset: The index in `buffer`, in bytes, of the frame's first byte.

        Returns:
            The bytes written.

        Raises:
            BufferTooSmall: The frame does not fit behind `offset`; `buffer` is untouched.
            FrameTooLarge, InvalidPayload, TypeError: As `encode`; `buffer` is untouched.
            ValueError: `offset` is not an index of `buffer`.
        """
    def encode_many(self, /, payloads: Iterable[str | Buffer]) -> bytes:
        """
        Gives the frames of many payloads, one after the other, in one `bytes`.

        Args:
            payloads: Any iterable of payloads (not a single `str` or bytes-like object). All are
                taken before the first one is encoded, so a generator cannot reuse a buffer.

        Raises:
            FrameTooLarge, InvalidPayload, TypeError: As `encode`; nothing is returned then.
        """
    @property
    def header(self, /) -> DecimalHeader:
        """
        The header format.
        """
    def header_for(self, /, payload: str | Buffer) -> bytes:
        """
        Gives the header of a payload alone, for `sock.sendmsg([header, payload])`.

        Raises:
            FrameTooLarge, InvalidPayload, TypeError: As `encode`.
        """
    @property
    def max_frame_size(self, /) -> int:
        """
        The largest payload, in the header's unit.
        """

def decode(data: Buffer, header: SupportsIndex | DecimalHeader = ..., *, max_frame_size: SupportsIndex | None = None, keep_header: bool = ...) -> "list[bytes]":
    """
    Gives the frames of a whole capture.

    Args:
        data: The capture, a contiguous bytes-like object.
        header, max_frame_size, keep_header: As for `FrameDecoder`.

    Raises:
        TruncatedFrame: `data` ends inside a frame.
        InvalidHeader, FrameTooLarge, InvalidPayload: As `FrameDecoder.feed`, wherever in `data`.

    >>> decode(b"5         hello0         ")
    [b'hello', b'']
    """

def encode(payload: str | Buffer, header: SupportsIndex | DecimalHeader = ..., *, max_frame_size: SupportsIndex | None = None) -> bytes:
    """
    Gives the frame of one payload: header + payload.

    Args:
        payload: A `str`, sent as UTF-8, or any contiguous bytes-like object.
        header, max_frame_size: As for `FrameEncoder`, which is faster for more than one frame.

    Raises:
        FrameTooLarge, InvalidPayload, TypeError: As `FrameEncoder.encode`.
        ValueError: As `FrameEncoder`.

    >>> encode("hello")
    b'5         hello'
    """
