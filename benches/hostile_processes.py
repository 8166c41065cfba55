"""The processes that hostile peers need: a server, good clients and attackers; and what the system says of the server."""

from __future__ import annotations

import collections
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import harness
import hostile_servers

import memory

if TYPE_CHECKING:
    import contextlib
    from collections.abc import Callable

PATIENCE = 60.0
"""Seconds that an end may take to be seen. Nothing takes so long unless it is never seen."""

MOMENT = 0.03
"""Seconds between two looks."""


class Process:
    """One of the others. It ends with the block."""

    def __init__(self, stack: contextlib.ExitStack, script: Any, *arguments: object) -> None:
        command = [sys.executable, script.__file__, *map(str, arguments)]
        self.popen = stack.enter_context(
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        )
        stack.callback(self.popen.kill)

    def answer(self) -> Any:
        line = _stream(self.popen.stdout).readline()
        if not line:
            raise RuntimeError(f"{self.popen.args!r} is dead: {self.popen.wait()}")
        return json.loads(line)

    def order(self) -> None:
        stream = _stream(self.popen.stdin)
        stream.write("\n")
        stream.flush()


class Target(Process):
    """A server, and what the system says of it."""

    def __init__(
        self, stack: contextlib.ExitStack, kind: str, frame_timeout: float, send_timeout: float
    ) -> None:
        super().__init__(stack, hostile_servers, kind, frame_timeout, send_timeout)
        harness.pin_apart(self.popen.pid)
        self.port: int = self.answer()

    def ends(self) -> collections.Counter[str]:
        self.order()
        return collections.Counter(self.answer())

    def files(self) -> int:
        return len(list(Path(f"/proc/{self.popen.pid}/fd").iterdir()))

    def threads(self) -> int:
        return len(list(Path(f"/proc/{self.popen.pid}/task").iterdir()))

    def resident(self) -> int:
        """What it holds, without what an allocator or a collector has not got round to."""
        self.ends()
        return memory.status("VmRSS", self.popen.pid)

    def peak(self) -> int:
        """The most since `forget_peak`."""
        return memory.status("VmHWM", self.popen.pid)

    def forget_peak(self) -> None:
        Path(f"/proc/{self.popen.pid}/clear_refs").write_text("5")

    def settle(self) -> None:
        """Waits until nobody comes or goes."""
        seen = [(self.files(), self.threads())]
        while len(seen) < 4 or len(set(seen[-4:])) > 1:
            time.sleep(MOMENT)
            seen.append((self.files(), self.threads()))

    def wait_for_ends(self, count: int) -> collections.Counter[str]:
        """Waits until so many connections have ended."""
        deadline = time.monotonic() + PATIENCE
        while (ends := self.ends()).total() < count and time.monotonic() < deadline:
            time.sleep(MOMENT)
        return ends

    def wait_for(self, read: Callable[[], int], value: int) -> int:
        """Waits until there are no more than so many."""
        deadline = time.monotonic() + PATIENCE
        while (now := read()) > value and time.monotonic() < deadline:
            time.sleep(MOMENT)
        return now


def _stream(stream: IO[str] | None) -> IO[str]:
    assert stream is not None
    return stream
