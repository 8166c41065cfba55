"""What holds for every stream: of the decoder, and of it and the model."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator

import framing
import model
import pytest
from driver import WAYS, Take, Way, by_view, decimal, observe
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from model import Align, Fill, Header, Outcome, Unit
from strategies import (
    PADDINGS,
    TEXT,
    UNITS,
    WIDTHS,
    Case,
    Payload,
    cases,
    cuts,
    good_cases,
    headers,
    payload_objects,
)

usual = settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
few = settings(usual, max_examples=40)

# What asyncio reads at a time: a frame that lacks more is received in its own memory.
READ_SIZE = 256 * 1024


def new_decoder(case: Case) -> framing.FrameDecoder:
    return framing.FrameDecoder(
        decimal(case.header), max_frame_size=case.limit, keep_header=case.keep_header
    )


def expected(case: Case) -> Outcome:
    return model.decode(case.stream, case.header, case.limit, case.keep_header)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
@usual
@given(data=st.data(), case=cases())
def test_cuts_change_nothing(way: Way, data: st.DataObject, case: Case) -> None:
    whole, _ = observe(new_decoder(case), [case.stream])
    pieces, _ = observe(new_decoder(case), data.draw(cuts(case.stream)), way)
    assert pieces == whole


@usual
@given(data=st.data(), case=cases())
def test_the_model_agrees(data: st.DataObject, case: Case) -> None:
    decoder = new_decoder(case)
    outcome, fed = observe(decoder, data.draw(cuts(case.stream)))
    assert outcome == expected(case)
    refused = outcome.end not in ("clean", "TruncatedFrame")
    assert refused == (decoder.error is not None)
    assert refused or fed == len(case.stream)

    left = decoder.take_buffered()
    assert left == case.stream[outcome.offset : fed]
    assert (decoder.buffered, decoder.take_buffered()) == (0, b"")


@usual
@given(data=st.data(), case=cases())
def test_every_byte_is_accounted_for(data: st.DataObject, case: Case) -> None:
    decoder = new_decoder(case)
    fed = 0
    frames: list[bytes] = []
    for piece in data.draw(cuts(case.stream)):
        if decoder.error is not None:
            break
        fed += len(piece)
        so_far = model.decode(case.stream[:fed], case.header, case.limit, case.keep_header)
        try:
            frames += decoder.feed(piece)
        except framing.FramingError as error:
            assert type(error).__name__ == so_far.end
        stats = decoder.stats
        assert (decoder.offset, decoder.needed) == (so_far.offset, so_far.needed)
        assert stats.wire_bytes + decoder.buffered == fed
        assert stats.wire_bytes == decoder.offset
        assert stats.buffered == decoder.buffered
        assert stats.frames == len(frames)
        kept = case.header.width if case.keep_header else 0
        sizes = [len(frame) - kept for frame in frames]
        assert stats.payload_bytes == sum(sizes)
        assert stats.largest_frame == max(sizes, default=0)
    assert frames == expected(case).frames[: len(frames)]


@usual
@given(case=cases())
def test_reading_what_is_needed_never_reads_beyond_a_frame(case: Case) -> None:
    decoder = new_decoder(case)
    frames: list[bytes] = []
    at = 0
    while decoder.error is None and decoder.needed <= len(case.stream) - at:
        needed = decoder.needed
        assert needed > 0
        before = decoder.offset
        piece = case.stream[at : at + needed]
        at += needed
        try:
            completed = decoder.feed(piece)
        except framing.FramingError as error:
            assert error == decoder.error
            break
        if completed:
            assert len(completed) == 1
            assert decoder.buffered == 0
            assert decoder.offset == at
            assert (
                completed[0]
                == case.stream[before if case.keep_header else before + case.header.width : at]
            )
        frames += completed
    outcome = expected(case)
    assert frames == outcome.frames
    if outcome.end == "clean":
        assert at == len(case.stream)


@usual
@given(data=st.data(), case=good_cases())
def test_what_a_truncated_frame_carries_goes_on(data: st.DataObject, case: Case) -> None:
    end = data.draw(st.integers(0, len(case.stream)))
    decoder = new_decoder(case)
    frames = decoder.feed(case.stream[:end])
    partial = b""
    if decoder.buffered:
        with pytest.raises(framing.TruncatedFrame) as caught:
            decoder.feed_eof()
        assert caught.value.partial == case.stream[decoder.offset : end]
        partial = caught.value.partial
        with pytest.raises(framing.TruncatedFrame) as asked_late:
            decoder.feed_eof()
    else:
        decoder.feed_eof()

    heir = new_decoder(case)
    assert heir.feed(partial) == []
    assert heir.feed(case.stream[end:]) == expected(case).frames[len(frames) :]
    heir.feed_eof()
    # The decoder that raised has lost nothing either.
    assert frames + decoder.feed(case.stream[end:]) == expected(case).frames
    decoder.feed_eof()
    if partial:
        assert asked_late.value.partial == partial


@usual
@given(data=st.data(), case=good_cases())
def test_after_take_buffered_a_frame_may_begin(data: st.DataObject, case: Case) -> None:
    end = data.draw(st.integers(0, len(case.stream)))
    decoder = new_decoder(case)
    decoder.feed(case.stream[:end])
    offset = decoder.offset
    assert decoder.take_buffered() == case.stream[offset:end]
    assert (decoder.buffered, decoder.needed) == (0, case.header.width)
    decoder.feed_eof()
    assert decoder.feed(case.stream) == expected(case).frames
    decoder.feed_eof()


@usual
@given(case=good_cases(), more=st.binary(max_size=20))
def test_a_dead_decoder_stays_dead(case: Case, more: bytes) -> None:
    decoder = new_decoder(case)
    outcome, _ = observe(decoder, [case.stream, b"x" + more])
    assert (outcome.end, outcome.facts) == ("InvalidHeader", {"header": b"x"})
    assert outcome.offset == len(case.stream)
    first = decoder.error
    buffered = decoder.buffered

    size, take = by_view(decoder, b"5")
    calls: list[Callable[[], object]] = [
        take,
        lambda: decoder.buffer_updated(0),
        lambda: decoder.feed(case.stream),
        lambda: decoder.feed(b""),
        decoder.feed_eof,
    ]
    for call in calls * 2:
        with pytest.raises(framing.InvalidHeader) as caught:
            call()
        assert caught.value == first
        assert caught.value is not first
        assert copy.copy(caught.value) == first
        assert (decoder.buffered, decoder.needed) == (buffered, 0)
    assert size == 1
    assert decoder.take_buffered() == b"x" + more
    with pytest.raises(framing.InvalidHeader):
        decoder.feed(case.stream)

    decoder.reset()
    assert decoder.error is None
    assert (decoder.offset, decoder.stats) == (0, framing.FrameStats())
    assert observe(decoder, [case.stream])[0] == expected(case)


@few
@given(data=st.data(), size=st.integers(READ_SIZE - 9000, 3 * READ_SIZE), keep_header=st.booleans())
def test_large_frames_by_every_way(data: st.DataObject, size: int, keep_header: bool) -> None:
    header = Header()
    payload = (bytes(range(251)) * (size // 251 + 1))[:size]
    end = data.draw(st.integers(0, 2) | st.integers(0, size))
    stream = (
        header.write(3) + b"abc" + header.write(size) + payload + header.write(size) + payload[:end]
    )
    case = Case(header, None, keep_header, stream)
    decoder = new_decoder(case)
    held: list[tuple[framing.TruncatedFrame, bytes]] = []

    def pieces() -> Iterator[bytes]:
        fed = 0
        for piece in data.draw(cuts(stream)):
            yield piece
            fed += len(piece)
            try:
                decoder.feed_eof()
            except framing.TruncatedFrame as error:
                held.append((error, stream[decoder.offset : fed]))

    def by_any(decoder: framing.FrameDecoder, rest: bytes) -> tuple[int, Take]:
        way: Way = data.draw(st.sampled_from(WAYS))
        return way(decoder, rest)

    outcome, _ = observe(decoder, pieces(), by_any)
    assert outcome == expected(case)
    assert decoder.take_buffered() == stream[outcome.offset :]
    for error, partial in held:
        assert error.partial == partial


@pytest.mark.parametrize(("align", "fill"), PADDINGS)
@usual
@given(data=st.data(), width=st.integers(1, 4096) | WIDTHS)
def test_a_header_is_what_format_writes(
    data: st.DataObject, align: Align, fill: Fill, width: int
) -> None:
    header = Header(width, align, fill, data.draw(st.sampled_from(UNITS)))
    length = data.draw(st.integers(0, min(10**width - 1, 300)))
    encoder = framing.FrameEncoder(decimal(header))
    assert encoder.header_for(b"x" * length) == format(length, f"{fill}{align}{width}").encode()


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize(("align", "fill"), PADDINGS)
@few
@given(data=st.data(), width=WIDTHS | st.integers(1, 4096), keep_header=st.booleans())
def test_decoding_gives_back_what_was_encoded(
    data: st.DataObject,
    align: Align,
    fill: Fill,
    unit: Unit,
    strict: bool,
    width: int,
    keep_header: bool,
) -> None:
    header = Header(width, align, fill, unit, strict)
    payloads = data.draw(st.lists(payload_objects(header), max_size=5))
    encoder = framing.FrameEncoder(decimal(header))
    wires = [header.write(length) + body for _, body, length in payloads]
    for (payload, body, _), wire in zip(payloads, wires, strict=True):
        assert encoder.encode(payload) == wire
        assert framing.encode(payload, decimal(header)) == wire
        assert encoder.header_for(payload) + body == wire
    stream = encoder.encode_many(payload for payload, _, _ in payloads)
    assert stream == b"".join(wires)
    assert encoder.encode_many([payload for payload, _, _ in payloads]) == stream

    frames = wires if keep_header else [body for _, body, _ in payloads]
    assert framing.decode(stream, decimal(header), keep_header=keep_header) == frames
    decoder = new_decoder(Case(header, None, keep_header, stream))
    outcome, _ = observe(decoder, data.draw(cuts(stream)))
    assert outcome == Outcome(frames, "clean", {}, len(stream), width)


@usual
@given(data=st.data(), header=headers(), before=st.integers(0, 9), behind=st.integers(0, 9))
def test_encode_into_writes_the_frame_and_nothing_else(
    data: st.DataObject, header: Header, before: int, behind: int
) -> None:
    payload, body, length = data.draw(payload_objects(header))
    wire = header.write(length) + body
    encoder = framing.FrameEncoder(decimal(header))
    room = bytearray(b"\xee" * (before + len(wire) + behind))
    assert encoder.encode_into(payload, room, before) == len(wire)
    assert room == b"\xee" * before + wire + b"\xee" * behind

    small = bytearray(b"\xee" * (before + data.draw(st.integers(0, len(wire) - 1))))
    untouched = bytes(small)
    with pytest.raises(framing.BufferTooSmall) as caught:
        encoder.encode_into(payload, memoryview(small), before)
    assert (caught.value.needed, caught.value.available) == (len(wire), len(small) - before)
    assert small == untouched


def refusals(encoder: framing.FrameEncoder, payload: Payload) -> list[framing.FramingError]:
    """What every way of encoding says to a payload, after a good one where there can be two."""
    room = bytearray(200)
    calls: list[Callable[[], object]] = [
        lambda: encoder.encode(payload),
        lambda: encoder.encode_many([b"", payload]),
        lambda: encoder.encode_into(payload, room),
        lambda: encoder.header_for(payload),
    ]
    errors = []
    for call in calls:
        with pytest.raises(framing.FramingError) as caught:
            call()
        errors.append(caught.value)
    assert room == bytes(200)
    return errors


@usual
@given(data=st.data(), header=headers())
def test_nothing_over_the_limit_is_encoded(data: st.DataObject, header: Header) -> None:
    payload, body, length = data.draw(payload_objects(header).filter(lambda it: it[2] > 0))
    limit = data.draw(st.integers(0, length - 1))
    encoder = framing.FrameEncoder(decimal(header), max_frame_size=limit)
    assert refusals(encoder, payload) == [framing.FrameTooLarge(length, limit, None)] * 4
    at_the_limit = framing.FrameEncoder(decimal(header), max_frame_size=length)
    assert at_the_limit.encode(payload) == header.write(length) + body


@usual
@given(data=st.data(), width=st.integers(1, 3), units=st.sampled_from(UNITS))
def test_nothing_the_header_cannot_express_is_encoded(
    data: st.DataObject, width: int, units: Unit
) -> None:
    align, fill = data.draw(st.sampled_from(PADDINGS))
    length = 10**width + data.draw(st.integers(0, 3))
    encoder = framing.FrameEncoder(decimal(Header(width, align, fill, units)))
    errors = refusals(encoder, "é" * length if units == "chars" else b"x" * length)
    assert errors == [framing.FrameTooLarge(length, 10**width - 1, None)] * 4


@usual
@given(data=st.data(), good=TEXT, tail=st.binary(max_size=4))
def test_what_is_not_utf8_is_not_encoded_as_chars(data: st.DataObject, good: str, tail: bytes) -> None:
    broken = data.draw(
        st.sampled_from([b"\x80", b"\xc0\x80", b"\xe2\x28", b"\xed\xa0\x80", b"\xf5", b"\xff"])
    )
    payload = good.encode() + broken + tail
    encoder = framing.FrameEncoder(framing.DecimalHeader(unit="chars"))
    with pytest.raises(model.Stop) as stop:
        model.text_size(payload, len(payload))
    reason = str(stop.value.facts["reason"])
    assert refusals(encoder, payload) == [framing.InvalidPayload(None, reason)] * 4
