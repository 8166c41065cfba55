"""Memory follows what has arrived, never what was claimed; and nothing is left behind."""

from __future__ import annotations

import collections
import gc
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterator

import framing
import pytest
from framing import FrameDecoder

pytestmark = pytest.mark.dev_mode

GIGABYTE = 10**9
CLAIM = b"%-10d" % GIGABYTE
OBJECTS = 2048  # what Python's objects around the bytes may take


@pytest.fixture(autouse=True)
def tracing() -> Iterator[None]:
    # What is there before a test need not be looked at by each collection of it.
    gc.collect()
    gc.freeze()
    tracemalloc.start()
    yield
    tracemalloc.stop()


def traced(work: Callable[[], object]) -> tuple[int, int]:
    """Bytes that are held, and that were held at most, because of `work`; its result is kept alive."""
    gc.collect()
    before = tracemalloc.get_traced_memory()[0]
    tracemalloc.reset_peak()
    result = work()
    gc.collect()
    now, peak = tracemalloc.get_traced_memory()
    del result
    return now - before, peak - before


def after(*chunks: bytes) -> FrameDecoder:
    decoder = FrameDecoder()
    for chunk in chunks:
        decoder.feed(chunk)
    return decoder


def test_ten_thousand_claims_of_a_gigabyte_cost_little() -> None:
    held, peak = traced(lambda: [after(CLAIM) for _ in range(10_000)])
    assert held < 10_000 * 512
    assert peak < 10_000 * 1024


def test_one_byte_of_a_gigabyte_is_given_little() -> None:
    held, peak = traced(lambda: [after(CLAIM, b"x") for _ in range(10_000)])
    assert held < 10_000 * 1024
    assert peak < 10_000 * 1024


def test_a_read_into_a_frame_of_which_little_has_arrived_is_worth_its_call() -> None:
    decoder = after(CLAIM, b"x")
    view = decoder.get_buffer()
    assert 4 * 1024 <= len(view) <= 64 * 1024
    view.release()
    decoder.feed(b"x" * 60_000)
    assert len(decoder.get_buffer()) >= 4 * 1024


@pytest.mark.parametrize("size", [100, 10_000, 200_000])
@pytest.mark.parametrize("kind", [bytes, bytearray])
def test_capacity_stays_within_four_times_what_has_arrived(
    size: int, kind: type[bytes | bytearray]
) -> None:
    decoder = after(CLAIM)
    arrived = 10
    for _ in range(20):
        # A chunk may be kept instead of copied: it counts.
        held, _ = traced(lambda: decoder.feed(kind(b"x" * size)))
        arrived += size
        assert held <= 64 * 1024 + 4 * arrived + OBJECTS
    total, _ = traced(decoder.reset)
    assert -total <= 64 * 1024 + 4 * arrived + OBJECTS


def test_a_small_piece_does_not_keep_a_large_chunk() -> None:
    # The frame in front is gone; what is left is 20,000 bytes and the room that they justify.
    held, _ = traced(lambda: after(framing.encode(b"x" * 3_000_000) + CLAIM + b"x" * 20_000))
    assert held < 64 * 1024 + 4 * 20_010 + OBJECTS


def test_a_frame_does_not_keep_its_neighbours() -> None:
    def one_of_many() -> bytes:
        chunk = framing.encode(b"x" * 1_000_000) + framing.encode(b"small")
        return FrameDecoder().feed(chunk)[1]

    held, _ = traced(one_of_many)
    assert held < 1000


@pytest.mark.parametrize("chunk", [65_536, 1_000_000])
def test_a_large_frame_peaks_at_about_its_size(chunk: int) -> None:
    size = 50_000_000

    def receive() -> bytes:
        decoder = after(b"%-10d" % size)
        frames: list[bytes] = []
        for _ in range(0, size, chunk):
            frames = decoder.feed(bytes(min(chunk, size - decoder.buffered + 10)))
        return frames[0]

    held, peak = traced(receive)
    assert held < size + OBJECTS
    # While it moves into its final memory it is there twice: a quarter of it, at most.
    assert peak < size * 1.3


def test_an_idle_decoder_is_small() -> None:
    held, _ = traced(lambda: [FrameDecoder() for _ in range(1000)])
    assert held / 1000 <= 512


def test_an_idle_decoder_holds_no_receive_buffer() -> None:
    def used() -> FrameDecoder:
        decoder = FrameDecoder()
        decoder.get_buffer()[:12] = b"2         hi"
        assert decoder.buffer_updated(12) == [b"hi"]
        return decoder

    used()
    held, _ = traced(lambda: [used() for _ in range(100)])
    assert held / 100 <= 600


def test_nothing_is_left_behind() -> None:
    """References, not bytes: every frame, view and error is gone when its owner is."""
    large = framing.encode(bytes(700_000))

    def everything(_: int) -> None:
        decoder = FrameDecoder()
        decoder.feed(framing.encode(b"x") * 100)
        decoder.feed(large[:300_000])
        decoder.feed(large[300_000:])
        decoder.get_buffer()
        decoder.feed(b"10        half")
        with pytest.raises(framing.TruncatedFrame):
            decoder.feed_eof()
        with pytest.raises(framing.InvalidHeader):
            framing.decode(b"GET / HTTP/1.1")
        with pytest.raises(TypeError):
            framing.FrameEncoder().encode_many([b"", 5])  # type: ignore[list-item]

    for number in range(50):
        everything(number)
    held, _ = traced(lambda: collections.deque(map(everything, range(200)), maxlen=0))
    assert held < 20_000


ONE_GIGABYTE = """
import resource, sys, framing
unit = 1 if sys.platform == "darwin" else 1024
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
decoder = framing.FrameDecoder()
decoder.feed(framing.encode(b"x" * 2**20))
before = peak()
decoder.feed(b"%-10d" % 10**9)
left, frames = 10**9, []
while left:
    size = min(left, 2**20)
    frames = decoder.feed(b"x" * size)
    left -= size
assert [len(frame) for frame in frames] == [10**9]
print((peak() - before) / 10**9)
"""


@pytest.mark.slow
def test_a_gigabyte_peaks_at_its_own_size() -> None:
    """In a process of its own, by what the system says it used at most."""
    program = [sys.executable, "-c", ONE_GIGABYTE]
    output = subprocess.run(program, check=True, capture_output=True, text=True).stdout
    assert float(output) <= 1.05


ONE_BYTE_OF_A_GIGABYTE = """
import framing
def resident():
    lines = open("/proc/self/status").read().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS"))
def begun():
    decoder = framing.FrameDecoder()
    decoder.feed(b"1000000000x")
    return decoder
some = [begun() for _ in range(100)]
before = resident()
decoders = [begun() for _ in range(10_000)]
print((resident() - before) / 10_000)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_ten_thousand_frames_of_a_gigabyte_of_which_a_byte_has_come() -> None:
    """In a process of its own, by what the system says is resident."""
    program = [sys.executable, "-c", ONE_BYTE_OF_A_GIGABYTE]
    output = subprocess.run(program, check=True, capture_output=True, text=True).stdout
    assert float(output) <= 1024


NO_MEMORY = """
import resource, sys, framing
data, extra = eval(sys.argv[1]), int(sys.argv[2])
decoder = framing.FrameDecoder()
decoder.feed(b"3         ab")
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
hard = resource.getrlimit(resource.RLIMIT_AS)[1]
resource.setrlimit(resource.RLIMIT_AS, (used + extra, hard))
try:
    frames = decoder.feed(data)
except MemoryError:
    resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
    # What was complete is delivered when there is memory again, and only then the fault.
    try:
        frames = decoder.feed(b"")
    except MemoryError:
        frames = []
    print("short", end=" ")
resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
assert len(frames) == decoder.stats.frames, (len(frames), decoder.stats)
assert frames[:1] in ([b"abc"], []), frames[:1]
try:
    decoder.feed(b"")
    assert decoder.error is None
except (MemoryError, framing.InvalidHeader) as error:
    assert decoder.error is not None, error
decoder.reset()
assert decoder.feed(b"2         ok") == [b"ok"]
print("fine")
"""


if sys.platform == "linux":

    @pytest.mark.slow
    @pytest.mark.parametrize("extra", [2, 10, 20, 40, 400])
    @pytest.mark.parametrize(
        "data",
        [
            'b"c" + b"0         " * 2_000_000',
            'b"c50000000  " + b"x" * 50_000_000',
            'b"c?" * 30_000_000',
        ],
    )
    def test_a_lack_of_memory_is_an_error_that_loses_no_frame(data: str, extra: int) -> None:
        program = [sys.executable, "-c", NO_MEMORY, data, str(extra * 1_000_000)]
        done = subprocess.run(program, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout in ("fine\n", "short fine\n")
