"""Frames over the limit that are skipped, and floods of empty ones: the decoder."""

from __future__ import annotations

import gc
import logging
import subprocess
import sys
import tracemalloc
from typing import Any

import framing
import pytest
from framing import BinaryHeader, DecimalHeader, FrameDecoder, NetstringHeader, VarintHeader
from support.oversize import warnings
from support.refusal import refusal

pytestmark = pytest.mark.dev_mode

LIMIT = 5

HEADERS = [
    DecimalHeader(),
    DecimalHeader(unit="chars"),
    BinaryHeader(2),
    BinaryHeader(1, length_offset=1, length_adjustment=-2, size=4),
    VarintHeader(),
    NetstringHeader(),
]
each_header = pytest.mark.parametrize("header", HEADERS, ids=repr)

Header = DecimalHeader | BinaryHeader | VarintHeader | NetstringHeader

TEXTS = ["", "é", "too long", "12345", "größer!", "too long", "a", "x" * 200, "end"]
GOOD = ["", "é", "12345", "a", "end"]


def skipping(header: Header, **options: Any) -> FrameDecoder:
    return FrameDecoder(header, max_frame_size=LIMIT, on_oversize="skip", **options)


def skipped(header: Header, texts: list[str]) -> tuple[list[tuple[int, int]], int]:
    """Length and offset of each that is too long, and the bytes of all of them as they are sent."""
    offset, facts, size = 0, [], 0
    for text in texts:
        wire = framing.encode(text, header)
        chars = isinstance(header, DecimalHeader) and header.unit == "chars"
        length = len(text) if chars else len(text.encode())
        if length > LIMIT:
            facts.append((length, offset))
            size += len(wire)
        offset += len(wire)
    return facts, size


@each_header
def test_good_frames_around_come_out_however_the_stream_is_cut(
    header: Header, caplog: pytest.LogCaptureFixture
) -> None:
    stream = b"".join(framing.encode(text, header) for text in TEXTS)
    facts, size = skipped(header, TEXTS)
    for step in (1, 2, 3, 7, 50, len(stream)):
        caplog.clear()
        decoder = skipping(header)
        frames = []
        for at in range(0, len(stream), step):
            frames += decoder.feed(stream[at : at + step])
            stats = decoder.stats
            fed = min(at + step, len(stream))
            assert stats.wire_bytes + stats.skipped_bytes + stats.buffered == fed
        decoder.feed_eof()
        assert [frame.decode() for frame in frames] == GOOD
        assert (decoder.stats.frames, decoder.stats.skipped_frames) == (len(GOOD), len(facts))
        assert decoder.stats.skipped_bytes == size
        assert decoder.offset == len(stream)
        assert decoder.error is None
        assert warnings(caplog) == facts


@each_header
def test_with_the_header_kept(header: Header) -> None:
    wires = [framing.encode(text, header) for text in TEXTS]
    decoder = skipping(header, keep_header=True)
    assert decoder.feed(b"".join(wires)) == [framing.encode(text, header) for text in GOOD]


def test_by_the_view_too(caplog: pytest.LogCaptureFixture) -> None:
    decoder = skipping(DecimalHeader())
    stream = framing.encode("ok") + framing.encode(b"x" * 1_000_000) + framing.encode("too")
    frames = []
    while stream:
        view = decoder.get_buffer()
        count = min(len(view), len(stream), 100_000)
        view[:count] = stream[:count]
        stream = stream[count:]
        frames += decoder.buffer_updated(count)
    assert frames == [b"ok", b"too"]
    assert warnings(caplog) == [(1_000_000, 12)]


def test_nothing_of_it_is_kept() -> None:
    decoder = skipping(DecimalHeader())
    chunk = b"x" * 100_000
    gc.collect()
    tracemalloc.start()
    try:
        decoder.feed(b"%-10d" % 10**9)
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        for _ in range(50):
            assert decoder.feed(chunk) == []
            assert (decoder.buffered, decoder.stats.buffered) == (0, 0)
        assert tracemalloc.get_traced_memory()[1] - before < 10_000
    finally:
        tracemalloc.stop()
    assert decoder.needed == 10**9 - 5_000_000
    assert decoder.stats.skipped_bytes == 5_000_010


def test_its_end_is_an_end_inside_a_frame() -> None:
    decoder = skipping(NetstringHeader())
    decoder.feed(b"6:abcdef")
    with pytest.raises(framing.TruncatedFrame) as caught:
        decoder.feed_eof()
    error = caught.value
    assert (error.stage, error.expected, error.received) == ("payload", 7, 6)
    assert decoder.feed(b",2:ok,") == [b"ok"]
    decoder.feed_eof()


def test_what_is_wrong_with_it_refuses_the_stream() -> None:
    decoder = skipping(NetstringHeader())
    with pytest.raises(framing.InvalidPayload) as caught:
        decoder.feed(b"6:abcdef-2:ok,")
    assert caught.value.offset == 0
    assert decoder.take_buffered() == b"-2:ok,"
    text = skipping(DecimalHeader(unit="chars"))
    assert text.feed(b"2         ok6         abcde\xff") == [b"ok"]
    assert isinstance(text.error, framing.InvalidPayload)
    assert text.error.offset == 12
    assert (text.stats.skipped_bytes, text.take_buffered()) == (15, b"\xff")


def test_a_bound_on_what_is_skipped(caplog: pytest.LogCaptureFixture) -> None:
    decoder = skipping(DecimalHeader(), max_skip=10)
    wire = framing.encode(b"0123456789") + framing.encode("ok") + framing.encode(b"0123456789a")
    assert decoder.feed(wire) == [b"ok"]
    assert decoder.error == framing.FrameTooLarge(11, LIMIT, 32)
    assert decoder.stats.skipped_frames == 1
    assert decoder.take_buffered() == framing.encode(b"0123456789a")
    assert warnings(caplog) == [(10, 0)]


def test_without_it_the_stream_is_refused_as_ever() -> None:
    for decoder in FrameDecoder(max_frame_size=5), FrameDecoder(max_frame_size=5, on_oversize="error"):
        with pytest.raises(framing.FrameTooLarge):
            decoder.feed(b"6         abcdef")
        assert (decoder.stats.skipped_frames, decoder.stats.skipped_bytes) == (0, 0)


@each_header
@pytest.mark.parametrize("skip", [False, True])
def test_empty_frames_are_bounded_one_after_the_other(header: Header, skip: bool) -> None:
    texts = ["", "", "a", "", "", *(["too long"] if skip else ["b"]), "", "", ""]
    wires = [framing.encode(text, header) for text in texts]
    stream = b"".join(wires)
    for step in (1, 5, len(stream)):
        decoder = FrameDecoder(
            header,
            max_frame_size=LIMIT,
            on_oversize="skip" if skip else "error",
            max_consecutive_empty=2,
        )
        frames: list[bytes] = []
        for at in range(0, len(stream), step):
            try:
                frames += decoder.feed(stream[at : at + step])
            except framing.InvalidPayload as error:
                assert error == decoder.error
        assert [frame.decode() for frame in frames] == [
            text for text in texts[:-1] if len(text) <= LIMIT
        ]
        assert isinstance(decoder.error, framing.InvalidPayload)
        assert decoder.error.offset == len(stream) - len(wires[-1])
        assert "empty" in decoder.error.reason


def test_none_may_be_empty() -> None:
    decoder = FrameDecoder(max_consecutive_empty=0)
    assert decoder.feed(framing.encode("a") + framing.encode("")) == [b"a"]
    assert isinstance(decoder.error, framing.InvalidPayload)


def test_a_reset_forgets_what_was_skipped_and_what_was_empty() -> None:
    decoder = skipping(DecimalHeader(), max_consecutive_empty=1)
    decoder.feed(framing.encode("") + framing.encode("too long")[:-1])
    decoder.reset()
    assert decoder.stats == framing.FrameStats()
    assert decoder.feed(framing.encode("")) == [b""]


def test_a_handler_of_the_log_that_raises_costs_no_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    class Failing(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            raise ZeroDivisionError(record.getMessage())

    told: list[Any] = []
    monkeypatch.setattr("sys.unraisablehook", told.append)
    handler = Failing()
    logging.getLogger("framing").addHandler(handler)
    try:
        wire = framing.encode("too long") + framing.encode("ok")
        assert skipping(DecimalHeader()).feed(wire) == [b"ok"]
    finally:
        logging.getLogger("framing").removeHandler(handler)
    assert [type(one.exc_value) for one in told] == [ZeroDivisionError]


def test_the_arguments_are_shown() -> None:
    decoder = skipping(DecimalHeader(), max_skip=9, max_consecutive_empty=3)
    assert (decoder.on_oversize, decoder.max_skip, decoder.max_consecutive_empty) == ("skip", 9, 3)
    usual = FrameDecoder()
    assert (usual.on_oversize, usual.max_skip, usual.max_consecutive_empty) == ("error", None, None)


@pytest.mark.parametrize(
    ("arguments", "kind", "words"),
    [
        ({"on_oversize": "ignore"}, ValueError, ["on_oversize", "'error' or 'skip'", "ignore"]),
        ({"on_oversize": None}, TypeError, ["on_oversize", "a str", "NoneType"]),
        ({"on_oversize": True}, TypeError, ["on_oversize", "a str", "bool"]),
        ({"max_skip": 10}, ValueError, ["max_skip", "on_oversize='skip'"]),
        ({"on_oversize": "skip", "max_skip": "9"}, TypeError, ["max_skip", "integer or None", "str"]),
        ({"on_oversize": "skip", "max_skip": -1}, ValueError, ["max_skip", "-1"]),
        (
            {"on_oversize": "skip", "max_skip": 4, "max_frame_size": 5},
            ValueError,
            ["max_skip must be at least 5", "not 4"],
        ),
        ({"max_consecutive_empty": -1}, ValueError, ["max_consecutive_empty", "-1"]),
        ({"max_consecutive_empty": 1.5}, TypeError, ["max_consecutive_empty", "float"]),
    ],
)
def test_a_bad_argument(arguments: dict[str, Any], kind: type[Exception], words: list[str]) -> None:
    text = refusal(kind, lambda: FrameDecoder(**arguments))
    for word in words:
        assert word in text


def test_a_flood_is_no_flood_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    assert skipping(DecimalHeader()).feed(framing.encode("too long") * 100 + framing.encode("ok")) == [
        b"ok"
    ]
    *first, last = [record.getMessage() for record in caplog.records]
    assert len(first) == 16
    assert "84 more frames" in last


def test_what_is_handed_out_of_a_bad_one_moves_the_offset() -> None:
    cases: list[tuple[Header, bytes, bytes]] = [
        (NetstringHeader(), b"6:abcdef;xyz", b";xyz"),
        (DecimalHeader(unit="chars"), b"6         abc\xffzzz", b"\xffzzz"),
    ]
    for header, wire, rest in cases:
        decoder = skipping(header)
        with pytest.raises(framing.InvalidPayload):
            decoder.feed(wire)
        assert (decoder.offset, decoder.take_buffered()) == (0, rest)
        assert decoder.offset == len(wire)


DAEMON = """
import logging, threading, time, framing

class Slow(logging.Handler):
    def emit(self, record):
        logged.set()
        time.sleep(0.0005)

def feed():
    decoder = framing.FrameDecoder(max_frame_size=0, on_oversize="skip")
    while True:
        decoder.feed(b"1         x" * 10)

logged = threading.Event()
logging.getLogger("framing").addHandler(Slow())
threading.Thread(target=feed, daemon=True).start()
logged.wait()
"""


@pytest.mark.slow
def test_the_interpreter_ends_while_a_daemon_thread_logs() -> None:
    for _ in range(5):
        done = subprocess.run(
            [sys.executable, "-c", DAEMON], check=False, capture_output=True, text=True, timeout=60
        )
        assert (done.returncode, done.stderr) == (0, "")
