"""What holds for every payload that is encoded, and that decoding gives it back."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypedDict

import framing
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import model
from support.driver import observe
from support.headers import (
    PADDINGS,
    UNITS,
    Align,
    Binary,
    Decimal,
    Fill,
    Header,
    Netstring,
    Stop,
    Varint,
)
from support.model import Outcome
from support.strategies import (
    TEXT,
    WIDTHS,
    Payload,
    binaries,
    cuts,
    fields,
    headers,
    narrow_headers,
    netstrings,
    payload_objects,
    varints,
)

few = settings(max_examples=max(10, settings().max_examples // 6))

WIDE = WIDTHS | st.integers(1, 4096)

FORMATS = {
    **{
        f"decimal {align}{fill} {unit}{' strict' if strict else ''}": st.builds(
            Decimal, WIDE, st.just(align), st.just(fill), st.just(unit), st.just(strict)
        )
        for align, fill in PADDINGS
        for unit in UNITS
        for strict in (False, True)
    },
    "binary": binaries(),
    "varint": varints(),
    "netstring": netstrings(),
}


# Every short number and some of the long ones; one more digit, one more byte, and what is next to it.
LENGTHS = sorted(
    set(range(10_000))
    | set(range(0, 10**8, 9_973))
    | {
        base**power + near
        for base, most in ((2, 27), (10, 8))
        for power in range(1, most + 1)
        for near in (-1, 0, 1)
    }
)
WIDE_ENOUGH = [Decimal(), Binary(), Binary(5, "little", 1, -9, 8), Varint(), Netstring()]


class FieldsOption(TypedDict, total=False):
    fields: bytes


def options(header: Header) -> st.SearchStrategy[FieldsOption]:
    """What may be said beside the payload: nothing, or the header's other bytes."""
    nothing = FieldsOption()
    return st.just(nothing) | fields(header).map(lambda it: FieldsOption(fields=it))


@pytest.mark.parametrize(("align", "fill"), PADDINGS)
@given(data=st.data(), width=st.integers(1, 4096) | WIDTHS)
def test_a_decimal_header_is_what_format_writes(
    data: st.DataObject, align: Align, fill: Fill, width: int
) -> None:
    header = Decimal(width, align, fill, data.draw(st.sampled_from(UNITS)))
    length = data.draw(st.integers(0, min(10**width - 1, 300)))
    encoder = framing.FrameEncoder(header.library())
    assert encoder.header_for(b"x" * length) == format(length, f"{fill}{align}{width}").encode()


@pytest.mark.parametrize("header", WIDE_ENOUGH, ids=repr)
def test_headers_of_lengths_great_and_small(header: Header) -> None:
    # Never touched, so it takes no memory.
    payload = memoryview(bytes(max(LENGTHS)))
    encoder = framing.FrameEncoder(header.library())
    for length in LENGTHS:
        assert encoder.header_for(payload[:length]) == header.write(length), length


@pytest.mark.parametrize("name", FORMATS)
@few
@given(data=st.data(), keep_header=st.booleans())
def test_decoding_gives_back_what_was_encoded(
    name: str, data: st.DataObject, keep_header: bool
) -> None:
    header = data.draw(FORMATS[name])
    payloads = data.draw(st.lists(payload_objects(header), max_size=5))
    option = data.draw(options(header))
    encoder = framing.FrameEncoder(header.library())
    wires = [header.frame(body, length, **option) for _, body, length in payloads]
    for (payload, body, _), wire in zip(payloads, wires, strict=True):
        assert encoder.encode(payload, **option) == wire
        assert framing.encode(payload, header.library(), **option) == wire
        assert encoder.header_for(payload, **option) + body + header.trailer == wire
    stream = encoder.encode_many((payload for payload, _, _ in payloads), **option)
    assert stream == b"".join(wires)
    assert encoder.encode_many([payload for payload, _, _ in payloads], **option) == stream

    frames = wires if keep_header else [body for _, body, _ in payloads]
    assert framing.decode(stream, header.library(), keep_header=keep_header) == frames
    decoder = framing.FrameDecoder(header.library(), keep_header=keep_header)
    outcome, _ = observe(decoder, data.draw(cuts(stream)))
    assert outcome == Outcome(frames, "clean", {}, len(stream), header.lacking(b""))


@given(data=st.data(), header=headers(), before=st.integers(0, 9), behind=st.integers(0, 9))
def test_encode_into_writes_the_frame_and_nothing_else(
    data: st.DataObject, header: Header, before: int, behind: int
) -> None:
    payload, body, length = data.draw(payload_objects(header))
    option = data.draw(options(header))
    wire = header.frame(body, length, **option)
    encoder = framing.FrameEncoder(header.library())
    room = bytearray(b"\xee" * (before + len(wire) + behind))
    assert encoder.encode_into(payload, room, before, **option) == len(wire)
    assert room == b"\xee" * before + wire + b"\xee" * behind

    small = bytearray(b"\xee" * (before + data.draw(st.integers(0, len(wire) - 1))))
    untouched = bytes(small)
    with pytest.raises(framing.BufferTooSmall) as caught:
        encoder.encode_into(payload, memoryview(small), before, **option)
    assert (caught.value.needed, caught.value.available) == (len(wire), len(small) - before)
    assert small == untouched


def refusals(
    encoder: framing.FrameEncoder, header: Header, payload: Payload
) -> list[framing.FramingError]:
    """What every way of encoding says to a payload, after a good one where there can be two."""
    room = bytearray(1000)
    good = bytes(header.least)
    calls: list[Callable[[], object]] = [
        lambda: encoder.encode(payload),
        lambda: encoder.encode_many([good, payload]),
        lambda: encoder.encode_into(payload, room),
        lambda: encoder.header_for(payload),
    ]
    errors = []
    for call in calls:
        with pytest.raises(framing.FramingError) as caught:
            call()
        errors.append(caught.value)
    assert room == bytes(1000)
    return errors


@given(data=st.data(), header=headers())
def test_nothing_over_the_limit_is_encoded(data: st.DataObject, header: Header) -> None:
    payload, body, length = data.draw(payload_objects(header).filter(lambda it: it[2] > header.least))
    limit = data.draw(st.integers(header.least, length - 1))
    encoder = framing.FrameEncoder(header.library(), max_frame_size=limit)
    assert refusals(encoder, header, payload) == [framing.FrameTooLarge(length, limit, None)] * 4
    at_the_limit = framing.FrameEncoder(header.library(), max_frame_size=length)
    assert at_the_limit.encode(payload) == header.frame(body, length)


@given(data=st.data(), header=narrow_headers())
def test_nothing_the_header_cannot_express_is_encoded(data: st.DataObject, header: Header) -> None:
    length = header.most + 1 + data.draw(st.integers(0, 3))
    encoder = framing.FrameEncoder(header.library())
    errors = refusals(encoder, header, "é" * length if header.unit == "chars" else b"x" * length)
    assert errors == [framing.FrameTooLarge(length, header.most, None)] * 4
    assert encoder.encode(b"x" * header.most) == header.frame(b"x" * header.most)


@given(data=st.data(), size=st.integers(1, 8), adjustment=st.integers(1, 300))
def test_nothing_shorter_than_the_header_can_say_is_encoded(
    data: st.DataObject, size: int, adjustment: int
) -> None:
    header = Binary(size, length_adjustment=adjustment)
    length = data.draw(st.integers(0, adjustment - 1))
    encoder = framing.FrameEncoder(header.library())
    first, *others = refusals(encoder, header, b"x" * length)
    assert isinstance(first, framing.InvalidPayload)
    assert re.findall(r"[0-9]+", first.reason) == [str(length), str(adjustment)]
    assert (first.offset, others) == (None, [first] * 3)
    assert encoder.encode(b"x" * adjustment) == bytes(size) + b"x" * adjustment


@given(data=st.data(), good=TEXT, tail=st.binary(max_size=4))
def test_what_is_not_utf8_is_not_encoded_as_chars(data: st.DataObject, good: str, tail: bytes) -> None:
    broken = data.draw(
        st.sampled_from([b"\x80", b"\xc0\x80", b"\xe2\x28", b"\xed\xa0\x80", b"\xf5", b"\xff"])
    )
    payload = good.encode() + broken + tail
    header = Decimal(unit="chars")
    encoder = framing.FrameEncoder(header.library())
    with pytest.raises(Stop) as stop:
        model.text_size(payload, len(payload))
    reason = str(stop.value.facts["reason"])
    assert refusals(encoder, header, payload) == [framing.InvalidPayload(None, reason)] * 4
