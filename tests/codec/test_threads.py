"""One encoder and one decoder, many threads: every call is atomic."""

from __future__ import annotations

import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator

import framing
import pytest
from framing import FrameDecoder, FrameEncoder
from support.pairs import begin

pytestmark = pytest.mark.dev_mode

THREADS = 8
CALLS = 2000


@pytest.fixture(autouse=True)
def switching_often() -> Iterator[None]:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


def together(work: Callable[[int], None]) -> None:
    """Runs `work(number)` in all threads at once, and raises what one of them raised."""
    start = threading.Barrier(THREADS)

    def run(number: int) -> None:
        start.wait()
        work(number)

    for call in [begin(run, number) for number in range(THREADS)]:
        call.result()


def test_a_shared_decoder_takes_each_chunk_as_one() -> None:
    decoder = FrameDecoder()
    got: Counter[bytes] = Counter()
    lock = threading.Lock()

    def work(number: int) -> None:
        mine: Counter[bytes] = Counter()
        for call in range(CALLS):
            payload = b"%d.%d" % (number, call)
            mine.update(decoder.feed(framing.encode(payload) + framing.encode(b"")))
            assert decoder.needed == 10
            assert decoder.stats.buffered == 0
        with lock:
            got.update(mine)

    together(work)
    expected = Counter(b"%d.%d" % (number, call) for number in range(THREADS) for call in range(CALLS))
    expected[b""] = THREADS * CALLS
    assert got == expected
    assert decoder.stats.frames == 2 * THREADS * CALLS
    assert decoder.offset == decoder.stats.wire_bytes


def test_a_shared_decoder_survives_pieces_in_any_order() -> None:
    """Every piece is the same, so it does not matter whose comes first: no byte is lost or doubled."""
    decoder = FrameDecoder()
    frames: list[list[bytes]] = [[] for _ in range(THREADS)]
    wire = framing.encode("1111111111")  # 20 bytes, which are pieces of one another in no other way
    assert len(wire) == 20
    pieces = THREADS * CALLS

    def work(number: int) -> None:
        for _ in range(CALLS):
            frames[number] += decoder.feed(b"0" * 10)
            decoder.get_buffer()

    together(work)
    assert sum(map(len, frames)) == pieces
    assert decoder.stats.wire_bytes == 10 * pieces


def test_views_from_several_threads() -> None:
    decoder = FrameDecoder()

    def work(_: int) -> None:
        for _ in range(CALLS):
            view = decoder.get_buffer()
            view[:10] = b"0" * 10
            try:
                assert set(decoder.buffer_updated(10)) <= {b""}
            except framing.InvalidHeader as error:
                # Another thread has taken this view, and this one a view that nobody has written to.
                assert error.header == b"\0"
                decoder.reset()
            except ValueError as error:
                assert "get_buffer" in str(error)

    together(work)


def test_resets_and_faults_from_several_threads() -> None:
    decoder = FrameDecoder()

    def work(number: int) -> None:
        for call in range(CALLS):
            try:
                decoder.feed(b"5         hello" if (number + call) % 3 else b"x")
            except framing.InvalidHeader as error:
                assert error.header[-1:] in b"xhelo"
            decoder.take_buffered()
            if decoder.error is not None:
                decoder.reset()
            assert decoder.buffered <= 15 * THREADS

    together(work)


def test_a_shared_encoder() -> None:
    encoder = FrameEncoder()

    def work(number: int) -> None:
        payload = bytes([number]) * (number * 100)
        expected = b"%-10d%b" % (len(payload), payload)
        buffer = bytearray(len(expected))
        for _ in range(CALLS):
            assert encoder.encode(payload) == expected
            assert encoder.encode_many([payload, b""]) == expected + b"0         "
            assert encoder.encode_into(payload, buffer) == len(expected)
            assert buffer == expected
            assert encoder.header_for(payload) == expected[:10]

    together(work)


def test_a_buffer_that_another_thread_changes_meanwhile() -> None:
    """What is read is anybody's guess, but it is read within bounds, and nothing hangs."""
    decoder = FrameDecoder(max_frame_size=1000)
    shared = bytearray(b"5         hello" * 100)

    def work(number: int) -> None:
        for call in range(CALLS // 4):
            if number % 2:
                shared[call % len(shared)] = 48 + call % 10
                continue
            try:
                decoder.feed(shared)
            except framing.FramingError:
                decoder.reset()

    together(work)
