"""The ways to give bytes to a `FrameDecoder`, and what it then knows, in the model's words."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, TypeAlias

import framing
import pytest
from support.model import Outcome
from support.model_binary import Binary
from support.model_decimal import Decimal
from support.model_format import Header
from support.model_netstring import Netstring
from support.model_varint import Varint

FACTS = {
    "InvalidHeader": ("header",),
    "FrameTooLarge": ("length", "limit"),
    "InvalidPayload": ("reason",),
    "TruncatedFrame": ("stage", "expected", "received"),
}

# Any of the library's headers.
Format: TypeAlias = (
    framing.DecimalHeader | framing.BinaryHeader | framing.VarintHeader | framing.NetstringHeader
)

Take = Callable[[], list[bytes]]
# Offers bytes: gives the number of those that will be taken, and the call that takes them.
Way = Callable[[framing.FrameDecoder, bytes], tuple[int, Take]]


def by_feed(decoder: framing.FrameDecoder, data: bytes) -> tuple[int, Take]:
    return len(data), partial(decoder.feed, data)


def by_view(decoder: framing.FrameDecoder, data: bytes) -> tuple[int, Take]:
    """As a transport does it."""
    view = decoder.get_buffer()
    size = min(len(view), len(data))
    assert size > 0, "a view is never empty"
    view[:size] = data[:size]
    return size, partial(decoder.buffer_updated, size)


def by_reused_buffer(decoder: framing.FrameDecoder, data: bytes) -> tuple[int, Take]:
    """As after `recv_into`: the caller's buffer has other bytes in it afterwards."""

    def take() -> list[bytes]:
        buffer = bytearray(data)
        try:
            return decoder.feed(memoryview(buffer))
        finally:
            buffer[:] = b"\xee" * len(buffer)

    return len(data), take


WAYS: list[Way] = [by_feed, by_view, by_reused_buffer]


def library_header(header: Header) -> Format:
    """The library's header of the model's arguments."""
    match header:
        case Decimal(width, align, fill, unit, strict, offset, size, fields):
            among_fields: dict[str, Any] = {}
            if (offset, size, fields) != (0, None, None):
                among_fields = {"length_offset": offset, "size": size, "fields": fields}
            return framing.DecimalHeader(
                width, align=align, fill=fill, unit=unit, strict=strict, **among_fields
            )
        case Binary(length_size, byteorder, offset, adjustment, size, fields):
            default_fields: dict[str, Any] = {} if fields is None else {"fields": fields}
            return framing.BinaryHeader(
                length_size,
                byteorder=byteorder,
                length_offset=offset,
                length_adjustment=adjustment,
                size=size,
                **default_fields,
            )
        case Varint(max_bytes, strict):
            return framing.VarintHeader(max_bytes, strict=strict)
        case Netstring(max_digits):
            return framing.NetstringHeader(max_digits)
    raise TypeError(f"the library has no such header: {header!r}")


def observe(
    decoder: framing.FrameDecoder, chunks: Iterable[bytes], way: Way = by_feed
) -> tuple[Outcome, int]:
    """Gives `chunks` to `decoder` until they end or it dies, then the end. Also counts the bytes given."""
    frames: list[bytes] = []
    given = 0
    for chunk in chunks:
        rest = chunk
        while rest and decoder.error is None:
            size, take = way(decoder, rest)
            given, rest = given + size, rest[size:]
            try:
                completed = take()
            except framing.FramingError as error:
                assert error == decoder.error
            else:
                assert completed or decoder.error is None, "an error with no frame before it is raised"
                frames += completed
    assert all(type(frame) is bytes for frame in frames)
    assert decoder.offset + decoder.buffered == given
    end, facts = ending(decoder)
    return Outcome(frames, end, facts, decoder.offset, decoder.needed), given


def ending(decoder: framing.FrameDecoder) -> tuple[str, dict[str, object]]:
    """What `feed_eof` says, twice, and what else must hold then."""
    try:
        decoder.feed_eof()
    except framing.TruncatedFrame as error:
        assert decoder.error is None
        assert error.partial is not None
        assert len(error.partial) == decoder.buffered
        with pytest.raises(framing.TruncatedFrame) as again:
            decoder.feed_eof()
        assert again.value == error
        return facts_of(error)
    except framing.FramingError as error:
        assert decoder.error == error
        assert getattr(error, "offset", None) == decoder.offset
        return facts_of(error)
    assert decoder.error is None
    assert decoder.buffered == 0
    decoder.feed_eof()
    return "clean", {}


def facts_of(error: framing.FramingError) -> tuple[str, dict[str, object]]:
    name = type(error).__name__
    return name, {fact: getattr(error, fact) for fact in FACTS[name]}
