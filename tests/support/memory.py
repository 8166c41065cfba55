"""What connections cost: measured by the system, in a process that does nothing else."""

from __future__ import annotations

import subprocess
import sys

import pytest

by_proc = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")

PREAMBLE = """
import gc, multiprocessing, resource, socket, sys
import framing
from contextlib import suppress
from framing import FramedSocket

def status(name):
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))

def used():
    gc.collect()
    return status("VmRSS")

def peak_of(work):
    # The highest so far is forgotten.
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")
    before = used()
    result = work()
    return status("VmHWM") - before, result

def elsewhere(work, *arguments):
    # What the peer needs is none of our cost.
    process = multiprocessing.get_context("fork").Process(target=work, args=arguments, daemon=True)
    process.start()
    return process
"""


def measured(script: str) -> list[float]:
    """The numbers that a script prints."""
    program = [sys.executable, "-c", PREAMBLE + script]
    done = subprocess.run(program, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    return [float(number) for number in done.stdout.split()]


AIO_PREAMBLE = """
import asyncio
from framing import aio

def run(main):
    if {loop!r} == "uvloop":
        import uvloop as kind
    else:
        kind = asyncio
    with asyncio.Runner(loop_factory=kind.new_event_loop) as runner:
        runner.run(main())
"""
"""What scripts about `framing.aio` begin with; it wants a `loop`."""
