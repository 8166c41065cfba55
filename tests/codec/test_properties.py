"""What holds for every stream: of the decoder, and of it and the model."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import replace

import framing
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import model
from support.driver import WAYS, Take, Way, by_view, observe
from support.headers import Binary, Decimal, Header, Netstring, Varint
from support.model import Outcome
from support.strategies import LONGEST_BODY, Case, cases, cuts, good_cases, last_words

few = settings(max_examples=max(10, settings().max_examples // 6))

# What asyncio reads at a time: a frame that lacks more is received in its own memory.
READ_SIZE = 256 * 1024

# One of each format, wide enough for several times that.
LARGE = [Decimal(), Binary(3, "little", 2, -3, 7), Varint(), Netstring()]


def new_decoder(case: Case) -> framing.FrameDecoder:
    return framing.FrameDecoder(
        case.header.library(), max_frame_size=case.limit, keep_header=case.keep_header
    )


def expected(case: Case) -> Outcome:
    return model.decode(case.stream, case.header, case.limit, case.keep_header)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
@given(data=st.data(), case=cases())
def test_cuts_change_nothing(way: Way, data: st.DataObject, case: Case) -> None:
    whole, _ = observe(new_decoder(case), [case.stream])
    pieces, _ = observe(new_decoder(case), data.draw(cuts(case.stream)), way)
    assert pieces == whole


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
        payloads = model.decode(case.stream[:fed], case.header, case.limit).frames
        sizes = [len(payload) for payload in payloads]
        assert len(sizes) == len(frames)
        assert stats.payload_bytes == sum(sizes)
        assert stats.largest_frame == max(sizes, default=0)
    assert frames == expected(case).frames[: len(frames)]


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
            if case.keep_header:
                assert completed[0] == case.stream[before:at]
        frames += completed
    outcome = expected(case)
    assert frames == outcome.frames
    if outcome.end == "clean":
        assert at == len(case.stream)


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


@given(data=st.data(), case=good_cases())
def test_after_take_buffered_a_frame_may_begin(data: st.DataObject, case: Case) -> None:
    end = data.draw(st.integers(0, len(case.stream)))
    decoder = new_decoder(case)
    decoder.feed(case.stream[:end])
    offset = decoder.offset
    assert decoder.take_buffered() == case.stream[offset:end]
    assert (decoder.buffered, decoder.needed) == (0, case.header.lacking(b""))
    decoder.feed_eof()
    assert decoder.feed(case.stream) == expected(case).frames
    decoder.feed_eof()


@given(case=good_cases(), more=st.binary(max_size=20))
def test_a_dead_decoder_stays_dead(case: Case, more: bytes) -> None:
    case = replace(case, limit=min(LONGEST_BODY, case.header.limit(None)))
    decoder = new_decoder(case)
    words = last_words(case.header) + more
    outcome, _ = observe(decoder, [case.stream, words])
    assert outcome == expected(replace(case, stream=case.stream + words))
    assert outcome.end in ("InvalidHeader", "FrameTooLarge")
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
        with pytest.raises(framing.FramingError) as caught:
            call()
        assert caught.value == first
        assert caught.value is not first
        assert copy.copy(caught.value) == first
        assert (decoder.buffered, decoder.needed) == (buffered, 0)
    assert size == 1
    assert decoder.take_buffered() == words
    with pytest.raises(framing.FramingError):
        decoder.feed(case.stream)

    decoder.reset()
    assert decoder.error is None
    assert (decoder.offset, decoder.stats) == (0, framing.FrameStats())
    assert observe(decoder, [case.stream])[0] == expected(case)


@pytest.mark.parametrize("header", LARGE, ids=lambda header: type(header).__name__)
@few
@given(data=st.data(), size=st.integers(READ_SIZE - 9000, 3 * READ_SIZE), keep_header=st.booleans())
def test_large_frames_by_every_way(
    header: Header, data: st.DataObject, size: int, keep_header: bool
) -> None:
    payload = (bytes(range(251)) * (size // 251 + 1))[:size]
    large = header.frame(payload)
    end = data.draw(st.sampled_from([0, 1, 2, len(large) - 1]) | st.integers(0, len(large)))
    stream = header.frame(b"abc") + large + large[:end]
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
