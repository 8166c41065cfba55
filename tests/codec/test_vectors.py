"""Every vector of tests/vectors, by every way into the decoder and however it is cut."""

from __future__ import annotations

import framing
import pytest
from support import golden, model
from support.driver import WAYS, Take, by_feed, by_view, facts_of, observe
from support.golden import Vector

VECTORS = golden.load()

# Longer streams are cut in two at some places, not at all.
EVERY_CUT = 2048
SOME_CUTS = 16
# Of longer streams only the head and the tail come byte by byte: what lies between is one payload.
BYTE_BY_BYTE = 16_384
ENDS = 1024

every_vector = pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)


def new_decoder(vector: Vector) -> framing.FrameDecoder:
    return framing.FrameDecoder(
        vector.header.library(),
        max_frame_size=vector.max_frame_size,
        keep_header=vector.keep_header,
    )


def check_hint(vector: Vector, error: BaseException | None) -> None:
    for phrase in vector.hints:
        assert isinstance(error, (framing.InvalidHeader, framing.FrameTooLarge, framing.TruncatedFrame))
        if phrase is None:
            assert error.hint is None
        else:
            assert error.hint is not None
            assert phrase in error.hint


def end_of(decoder: framing.FrameDecoder) -> framing.FramingError | None:
    """What ends the stream, where it does not end well."""
    try:
        decoder.feed_eof()
    except framing.FramingError as error:
        return error
    return None


@every_vector
def test_whole(vector: Vector) -> None:
    by_the_book = model.decode(vector.stream, vector.header, vector.max_frame_size, vector.keep_header)
    assert by_the_book == vector.outcome
    assert vector.left == vector.stream[by_the_book.offset :]
    for way in WAYS:
        decoder = new_decoder(vector)
        outcome, given = observe(decoder, [vector.stream], way)
        assert outcome == vector.outcome, way.__name__
        assert given == len(vector.stream)
        check_hint(vector, end_of(decoder))
        assert decoder.take_buffered() == vector.left
        assert decoder.buffered == 0


@every_vector
def test_in_small_pieces(vector: Vector) -> None:
    for way in WAYS:
        decoder = new_decoder(vector)
        outcome, given = observe(decoder, single_bytes(vector.stream), way)
        assert outcome == vector.outcome, way.__name__
        assert decoder.take_buffered() == vector.stream[outcome.offset : given]
    # And by both ways in turn.
    decoder = new_decoder(vector)
    ways = [by_view, by_feed]

    def in_turn(decoder: framing.FrameDecoder, data: bytes) -> tuple[int, Take]:
        ways.reverse()
        return ways[0](decoder, data)

    step = 3 if len(vector.stream) <= BYTE_BY_BYTE else len(vector.stream) // 1000
    chunks = [vector.stream[at : at + step] for at in range(0, len(vector.stream), step)]
    assert observe(decoder, chunks, in_turn)[0] == vector.outcome


def single_bytes(stream: bytes) -> list[bytes]:
    """The stream in single bytes, but for the middle of a long one."""
    if len(stream) <= BYTE_BY_BYTE:
        return [stream[at : at + 1] for at in range(len(stream))]
    head, middle, tail = stream[:ENDS], stream[ENDS:-ENDS], stream[-ENDS:]
    return [*single_bytes(head), middle, *single_bytes(tail)]


@every_vector
def test_cut_in_two(vector: Vector) -> None:
    size = len(vector.stream)
    step = 1 if size < EVERY_CUT else size // SOME_CUTS
    for way in WAYS:
        for cut in range(0, size + 1, step):
            decoder = new_decoder(vector)
            outcome, given = observe(decoder, [vector.stream[:cut], vector.stream[cut:]], way)
            assert outcome == vector.outcome, f"{way.__name__}, cut at {cut}"
            assert decoder.take_buffered() == vector.stream[outcome.offset : given], f"cut at {cut}"


@every_vector
def test_the_function_decode(vector: Vector) -> None:
    def decode() -> list[bytes]:
        frames: list[bytes] = framing.decode(
            vector.stream,
            vector.header.library(),
            max_frame_size=vector.max_frame_size,
            keep_header=vector.keep_header,
        )
        return frames

    if vector.outcome.end == "clean":
        assert decode() == vector.outcome.frames
        return
    with pytest.raises(framing.FramingError) as caught:
        decode()
    assert facts_of(caught.value) == (vector.outcome.end, vector.outcome.facts)
    check_hint(vector, caught.value)
    if isinstance(caught.value, framing.TruncatedFrame):
        assert caught.value.partial == vector.left
    else:
        assert getattr(caught.value, "offset", None) == vector.outcome.offset
