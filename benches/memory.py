"""How much memory the codec takes: measured in fresh processes, so that nothing else is in the figures."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import harness

_PRELUDE = """
import framing, gc, sys
def status(key):
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(key + ":"))
"""

_ONE_LARGE_FRAME = """
size = int(sys.argv[1])
decoder = framing.FrameDecoder()
size_of_chunk = 256 * 1024
decoder.feed(framing.encode(b"x" * size_of_chunk))
before = status("VmHWM")
decoder.feed(b"%-10d" % size)
left = size
frames = []
while left:
    # A new one each time, as from a socket.
    frames = decoder.feed(b"x" * min(left, size_of_chunk))
    left -= min(left, size_of_chunk)
assert len(frames) == 1 and len(frames[0]) == size
print(status("VmHWM") - before)
"""

_IDLE = """
count = int(sys.argv[1])
decoders = [None] * count
framing.FrameDecoder().feed(framing.encode(b"x"))
gc.collect()
before = status("VmRSS")
for index in range(count):
    decoders[index] = framing.FrameDecoder()
print((status("VmRSS") - before) / count)
"""

_LEAK = """
frames, start = int(sys.argv[1]), int(sys.argv[1]) // 10
decoder = framing.FrameDecoder()
encoder = framing.FrameEncoder()
batch = encoder.encode_many([bytes(32)] * 1000)
large = encoder.encode(bytes(200_000))
done = 0
before = None
while done < frames:
    decoder.feed(batch)
    decoder.feed(large[:70_000]); decoder.feed(large[70_000:])
    view = decoder.get_buffer(); view[:42] = batch[:42]; decoder.buffer_updated(42)
    try:
        framing.decode(b"bad")
    except framing.InvalidHeader:
        pass
    done += 1002
    if before is None and done >= start:
        before = status("VmRSS")
print(status("VmRSS") - before)
"""


def rows(option: harness.Options) -> list[harness.Row]:
    """The memory rows; Linux only, where /proc says."""
    if not sys.platform.startswith("linux"):
        return []
    size = 10_000_000 if option.quick else 1_000_000_000
    idle = 2_000 if option.quick else 100_000
    frames = 100_000 if option.quick else 10_000_000
    return [
        row("memory: one large frame (VmHWM)", "its size", _run(_ONE_LARGE_FRAME, size), size, 1.05),
        row("memory: idle FrameDecoder (RSS)", "512 B", _run(_IDLE, idle), 512, 1.0),
        row("memory: leak over 90% of the frames", "1 MiB", _run(_LEAK, frames), 2**20, 1.0),
    ]


def status(key: str, process: int | str = "self") -> int:
    """Bytes, of those that the system counts for a process; Linux only."""
    with Path(f"/proc/{process}/status").open() as lines:
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(key + ":"))


def row(workload: str, against: str, ours: float, theirs: float, limit: float | None) -> harness.Row:
    ratio = ours / theirs
    return harness.Row(workload, against, ratio, ratio, ratio, limit, ours, theirs, "bytes")


def _run(program: str, argument: int) -> float:
    command = [sys.executable, "-c", _PRELUDE + program, str(argument)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
