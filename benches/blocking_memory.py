"""How much memory a `FramedSocket` takes: measured in fresh processes, with nothing else in the figures.

python benches/blocking_memory.py idle|large|stalled|leak COUNT
"""

from __future__ import annotations

import gc
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import by_hand
import framing
import harness

import memory

if TYPE_CHECKING:
    from collections.abc import Callable

CHUNK = 1024 * 1024

STALLED_SIZE = 1_000_000_000
"""What a peer claims that then stalls."""


def rows(option: harness.Options) -> list[harness.Row]:
    """The memory rows; Linux only, where /proc says."""
    if not sys.platform.startswith("linux"):
        return []
    size = 10_000_000 if option.quick else 1_000_000_000
    objects = 200 if option.quick else 2_000
    frames = 100_000 if option.quick else 10_000_000
    return [
        memory.row("memory: one large frame (VmHWM)", "its size", _run(large, size), size, 1.05),
        memory.row("memory: idle FramedSocket (RSS)", "4 KiB", _run(idle, objects), 4096, None),
        memory.row(
            "memory: 1 GB claimed, 1 MiB sent (RSS)", "1 MiB", _run(stalled, CHUNK), CHUNK, None
        ),
        memory.row("memory: leak over 90% of the frames", "1 MiB", _run(leak, frames), CHUNK, 1.0),
    ]


def large(size: int) -> float:
    """What one frame of so many bytes adds to the most memory there ever was."""
    near, far = socket.socketpair()
    with near, far:
        receiver = framing.FramedSocket(near)
        chunk = bytes(CHUNK)

        def feed() -> None:
            for payload_size in CHUNK, size:
                far.sendall(b"%-10d" % payload_size)
                for at in range(0, payload_size, CHUNK):
                    far.sendall(chunk[: payload_size - at])

        feeder = threading.Thread(target=feed)
        feeder.start()
        receiver.recv()
        before = memory.status("VmHWM")
        frame = receiver.recv()
        feeder.join()
        assert len(frame) == size
        return memory.status("VmHWM") - before


def idle(count: int) -> float:
    """What a `FramedSocket` adds that has received a frame and waits for the next one."""
    harness.allow_files(2 * count + 100)
    pairs = [socket.socketpair() for _ in range(count + 1)]
    for _, far in pairs:
        far.sendall(by_hand.encode(bytes(32)))
    # What there is only once is there after the first.
    receivers = [_received(pairs[0][0])]
    gc.collect()
    before = memory.status("VmRSS")
    receivers += [_received(near) for near, _ in pairs[1:]]
    gc.collect()
    return (memory.status("VmRSS") - before) / count


def stalled(size: int) -> float:
    """What a frame costs of which so many bytes have arrived, and far more were claimed."""
    near, far = socket.socketpair()
    with near, far:
        receiver = framing.FramedSocket(near)
        far.sendall(by_hand.encode(bytes(32)))
        receiver.recv()
        chunk = bytes(64 * 1024)
        before = memory.status("VmRSS")
        far.sendall(b"%-10d" % STALLED_SIZE)
        for _ in range(0, size, len(chunk)):
            far.sendall(chunk)
            try:
                receiver.recv(timeout=0)
            except BlockingIOError:
                continue
            raise AssertionError("the frame cannot be complete")
        return memory.status("VmRSS") - before


def leak(count: int) -> float:
    """What the last nine tenths of so many frames leave behind."""
    near, far = socket.socketpair()
    with near, far:
        receiver = framing.FramedSocket(near)
        many = 1000
        wire = by_hand.encode(bytes(32)) * many
        before = None
        for done in range(0, count, many):
            if before is None and done >= count // 10:
                before = memory.status("VmRSS")
            far.sendall(wire)
            for _ in range(many):
                receiver.recv()
        assert before is not None
        return memory.status("VmRSS") - before


def _received(sock: socket.socket) -> framing.FramedSocket:
    receiver = framing.FramedSocket(sock)
    receiver.recv()
    return receiver


def _run(measure: Callable[[int], float], argument: int) -> float:
    command = [sys.executable, str(Path(__file__)), measure.__name__, str(argument)]
    return float(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


if __name__ == "__main__":
    measures = {measure.__name__: measure for measure in (idle, large, stalled, leak)}
    print(measures[sys.argv[1]](int(sys.argv[2])))
