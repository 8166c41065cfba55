"""Functions that read and write one frame over asyncio's own streams, for scripts that keep using them."""

from __future__ import annotations

import copy
import weakref
from functools import partial
from typing import TYPE_CHECKING, SupportsIndex

from .._errors import (
    ConcurrencyError,
    ConnectionClosed,
    FrameTooLarge,
    FramingError,
    InvalidHeader,
    InvalidPayload,
)
from .._framing import FrameDecoder, FrameEncoder, _payload_size, encode

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from typing_extensions import Buffer

    from .._header import Header, HeaderLike

__all__ = ["read_frame", "write_frame"]

_READ_SIZE = 256 * 1024
"""Bytes to take out of a reader at once: it makes two copies of them."""

_COPIED = 256 * 1024
"""Bytes of a payload that costs more to copy than a second write does."""

_reading: set[int] = set()
"""Readers, by their ids, with a call inside. The call keeps its reader alive, and nothing here the call."""

_unfinished: dict[weakref.ref[asyncio.StreamReader], FrameDecoder | FramingError] = {}
"""What calls that gave up have read of a frame, or what the stream was refused for. A WeakKeyDictionary, but whether it
is empty is known at once."""

_latest: tuple[object, object, object, Callable[[], FrameDecoder], int] = (
    object(),
    None,
    None,
    FrameDecoder,
    0,
)
"""The arguments of a recent call, which have been judged; what makes decoders of them; and the fewest bytes that a
header has."""


async def read_frame(
    reader: asyncio.StreamReader,
    header: HeaderLike = 10,
    *,
    max_frame_size: SupportsIndex | None = None,
    keep_header: bool = False,
) -> bytes:
    """Read one frame and return it, without reading a byte beyond it.

    The bytes behind the frame stay in the reader for its next user. A call that ends early, because it is cancelled,
    by `asyncio.timeout` or by an error of the reader, loses nothing: the bytes that it has read are kept as long as the
    reader lives, and the next call continues the frame. Until then nobody else may read from the reader.

    A refused stream stays refused: every later call raises an equal error and reads nothing. A refused header has been
    read to its last byte at most, so the bytes behind it are still in the reader.

    Args:
        reader: The stream's reader.
        header: The header of the frames: a header object, or an int as the width in bytes of a `DecimalHeader`.
        max_frame_size: The largest payload accepted, in the header's unit. By default 1,000,000,000, or the
            largest the header can express if that is less.
        keep_header: Return the frame as header + payload, as received.

    Raises:
        ConnectionClosed: The stream ended before the frame's first byte.
        TruncatedFrame: The stream ended inside the frame. `partial` has the bytes that had arrived.
        InvalidHeader, FrameTooLarge, InvalidPayload: As for `FrameDecoder.feed`. `offset` is 0, because a call counts
            from the first byte of its frame. `partial` has every byte of the frame that was read.
        ConcurrencyError: Another call is reading a frame from this reader.
        ValueError: An earlier call began the frame with other arguments; repeat those to continue it. Or an
            argument is out of range.
        OSError: The reader raised it.
    """
    known_header, known_limit, known_keep, new_decoder, least = _latest
    if header is not known_header or max_frame_size is not known_limit or keep_header is not known_keep:
        new_decoder, least = _judge(header, max_frame_size, keep_header)
    me = id(reader)
    if me in _reading:
        raise ConcurrencyError("another call is reading a frame from this reader")
    if _unfinished:
        decoder = _begun(reader, new_decoder)
        if decoder is not None:
            return await _finish(reader, decoder, b"")
    # Most payloads have arrived when their header has. Then the frame is read without a decoder.
    wire = payload = b""
    try:
        _reading.add(me)
        wire = await reader.read(least)
        size = _payload_size(wire, header, max_frame_size)
        if size is not None and size <= _READ_SIZE:
            payload = await reader.read(size) if size else b""
            if len(payload) == size:
                return wire + payload if keep_header else payload
    except BaseException:
        if wire:
            decoder = new_decoder()
            decoder.feed(wire)
            _keep(reader, decoder)
        raise
    finally:
        _reading.discard(me)
    return await _finish(reader, new_decoder(), wire + payload)


def write_frame(
    writer: asyncio.StreamWriter,
    payload: str | Buffer,
    header: HeaderLike = 10,
    *,
    max_frame_size: SupportsIndex | None = None,
    fields: Buffer | None = None,
) -> None:
    """Write one frame. Like `writer.write` this does not wait; `await writer.drain()` does.

    Args:
        writer: The stream's writer.
        payload: A `str`, sent as UTF-8, or any contiguous bytes-like object, which may be changed after the call.
        header: The header of the frames: a header object, or an int as the width in bytes of a `DecimalHeader`.
        max_frame_size: The largest payload, in the header's unit. By default 1,000,000,000, or the largest the
            header can express if that is less.
        fields: The bytes of a `BinaryHeader` or a `DecimalHeader` that are not its length, in order. By default
            they are those of `header`.

    Raises:
        FrameTooLarge, InvalidPayload, TypeError, ValueError: As for `FrameEncoder` and its `encode`. Nothing was
            written.
        RuntimeError: The writer raised it, because `write_eof` was called.
    """
    if type(payload) is bytes and len(payload) >= _COPIED:
        # Nobody can change it, or write in between.
        encoder = FrameEncoder(header, max_frame_size=max_frame_size)
        writer.write(encoder.header_for(payload, fields=fields))
        writer.write(payload)
        if encoder._trailer:  # noqa: SLF001
            writer.write(encoder._trailer)  # noqa: SLF001
        return
    writer.write(encode(payload, header, max_frame_size=max_frame_size, fields=fields))


async def _finish(reader: asyncio.StreamReader, decoder: FrameDecoder, wire: bytes) -> bytes:
    """Read the rest of a frame, of which `wire` has been read and not been fed."""
    me = id(reader)
    try:
        _reading.add(me)
        # A stream that was refused says so here.
        while not (frames := decoder.feed(wire)):
            wire = await reader.read(min(decoder.needed, _READ_SIZE))
            if not wire:
                decoder.feed_eof()
                raise ConnectionClosed
        return frames[0]
    except (InvalidHeader, FrameTooLarge, InvalidPayload) as error:
        # Nobody else has these bytes.
        error._partial = decoder.take_buffered()  # noqa: SLF001
        # Without its traceback, which refers to the reader.
        _keep(reader, copy.copy(error))
        raise
    except BaseException:
        if decoder.buffered:
            _keep(reader, decoder)
        raise
    finally:
        _reading.discard(me)


def _keep(reader: asyncio.StreamReader, rest: FrameDecoder | FramingError) -> None:
    _unfinished[weakref.ref(reader, _unfinished.pop)] = rest


def _begun(
    reader: asyncio.StreamReader, new_decoder: Callable[[], FrameDecoder]
) -> FrameDecoder | None:
    """Take out what has been kept for a reader, and check that it was begun with the same arguments."""
    reference = weakref.ref(reader)
    decoder = _unfinished.get(reference)
    if decoder is None:
        return None
    if isinstance(decoder, FramingError):
        raise copy.copy(decoder)
    if decoder.error is None and _arguments(decoder) != _arguments(new_decoder()):
        raise ValueError(
            f"this reader is inside a frame that was begun with header={decoder.header!r},"
            f" max_frame_size={decoder.max_frame_size}, keep_header={decoder.keep_header}"
        )
    del _unfinished[reference]
    return decoder


def _judge(
    header: HeaderLike, max_frame_size: SupportsIndex | None, keep_header: bool
) -> tuple[Callable[[], FrameDecoder], int]:
    """Check the arguments, remember them as the latest, and return what makes decoders and the least header size."""
    global _latest
    new_decoder = partial(FrameDecoder, header, max_frame_size=max_frame_size, keep_header=keep_header)
    least = new_decoder().needed
    _latest = (header, max_frame_size, keep_header, new_decoder, least)
    return new_decoder, least


def _arguments(decoder: FrameDecoder) -> tuple[Header, int, bool]:
    return decoder.header, decoder.max_frame_size, decoder.keep_header
