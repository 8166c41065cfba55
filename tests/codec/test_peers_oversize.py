"""What Netty's LengthFieldBasedFrameDecoderTest says of frames that are too long: those behind them come."""

from __future__ import annotations

import logging

import framing
import pytest
from framing import BinaryHeader, FrameDecoder

# Its limit is on a frame with its header, ours on the payload.
HEADER_SIZE = 4

TOO_LONG = b"\0\0\0\x20" + bytes(range(32))
SHORT = b"\0\0\0\x01a"


def read(decoder: FrameDecoder, chunks: list[bytes]) -> list[list[bytes]]:
    """What each chunk brings."""
    return [decoder.feed(chunk) for chunk in chunks]


def keeping_headers() -> FrameDecoder:
    """As `new LengthFieldBasedFrameDecoder(16, 0, 4)`, but for the exception."""
    return FrameDecoder(
        BinaryHeader(4), max_frame_size=16 - HEADER_SIZE, keep_header=True, on_oversize="skip"
    )


@pytest.mark.parametrize(
    "cut",
    [
        pytest.param(len(TOO_LONG + SHORT), id="testDiscardTooLongFrame1"),
        pytest.param(14, id="testDiscardTooLongFrame2"),
        *range(len(TOO_LONG + SHORT)),
    ],
)
def test_a_frame_behind_one_that_is_too_long(cut: int, caplog: pytest.LogCaptureFixture) -> None:
    stream = TOO_LONG + SHORT
    decoder = keeping_headers()
    first, second = read(decoder, [stream[:cut], stream[cut:]])
    decoder.feed_eof()
    assert first + second == [SHORT]
    assert (decoder.stats.skipped_frames, decoder.stats.skipped_bytes) == (1, len(TOO_LONG))
    # Where Netty throws, this tells.
    assert [record.args for record in caplog.records] == [(32, 0)]


@pytest.mark.parametrize(
    "chunks",
    [
        pytest.param([b"\0\0\0\x02", b"\0\0", b"\0\0\0\x01A"], id="testFailSlowTooLongFrameRecovery"),
        pytest.param([b"\0\0\0\x02", b"\0\0\0\0\0\x01A"], id="testFailFastTooLongFrameRecovery"),
    ],
)
def test_one_after_the_other_is_survived(chunks: list[bytes], caplog: pytest.LogCaptureFixture) -> None:
    decoder = FrameDecoder(BinaryHeader(4), max_frame_size=5 - HEADER_SIZE, on_oversize="skip")
    size = len(b"".join(chunks))
    for turn in range(2):
        caplog.clear()
        assert decoder.feed(chunks[0]) == []
        # Told when its header is there, as with `failFast`, and not again when the rest is.
        assert [(it.levelno, it.args) for it in caplog.records] == [(logging.WARNING, (2, turn * size))]
        assert decoder.error is None
        assert read(decoder, chunks[1:]) == [[]] * (len(chunks) - 2) + [[b"A"]]
        assert len(caplog.records) == 1
        assert decoder.stats.skipped_frames == turn + 1
    decoder.feed_eof()


def test_a_frame_as_long_as_the_limit_is_none_of_them() -> None:
    decoder = keeping_headers()
    fits = b"\0\0\0\x0c" + bytes(12)
    longer = b"\0\0\0\x0d" + bytes(13)
    assert decoder.feed(fits + longer + fits) == [fits, fits]
    assert decoder.stats.skipped_frames == 1


def test_what_is_announced_counts_not_what_comes() -> None:
    """Its `failFast=false` would report at the frame's end only: a frame that has none is told of here."""
    decoder = keeping_headers()
    assert decoder.feed(b"\xff\xff\xff\xff" + SHORT * 1000) == []
    assert decoder.needed == 0xFFFFFFFF - len(SHORT * 1000)
    with pytest.raises(framing.TruncatedFrame):
        decoder.feed_eof()
    bounded = FrameDecoder(BinaryHeader(4), max_frame_size=12, on_oversize="skip", max_skip=1 << 20)
    with pytest.raises(framing.FrameTooLarge):
        bounded.feed(b"\xff\xff\xff\xff")
