"""`frame_timeout`: how long a peer may take over one frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

__all__ = ["StallClock"]

_LAST_READS = 64
"""Reads, at most, for which a peer whose time is up is given what it has sent already: what the kernel may hold."""


class StallClock:
    """Runs while a frame is unfinished and the connection is being read."""

    __slots__ = (
        "_handle",
        "_last_reads",
        "_loop",
        "_offset",
        "_paused",
        "_reads",
        "_seconds",
        "_since",
        "_stalled",
        "_unfinished",
    )

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        seconds: float,
        unfinished: Callable[[], int | None],
        stalled: Callable[[], None],
    ) -> None:
        """`unfinished` tells the unfinished frame's offset, if there is one; `stalled` is called when it is late."""
        self._loop = loop
        self._seconds = seconds
        self._unfinished = unfinished
        self._stalled = stalled
        self._handle: asyncio.Handle | None = None
        self._offset: int | None = None
        self._since = 0.0
        self._paused: float | None = None
        self._reads = 0
        self._last_reads = 0

    def progressed(self) -> None:
        """Something was read, or taken."""
        self._reads += 1
        offset = self._unfinished()
        if offset == self._offset:
            return
        self._offset = offset
        self._last_reads = 0
        if offset is not None:
            self._since = self._loop.time()
            if self._paused is not None:
                self._paused = self._since
            if self._handle is None:
                self._handle = self._loop.call_later(self._seconds, self._check)

    def pause(self) -> None:
        """Nothing is read from now on: the peer is not to blame."""
        self._paused = self._loop.time()

    def resume(self) -> None:
        """Note that reading goes on."""
        if self._paused is not None:
            self._since += self._loop.time() - self._paused
            self._paused = None
            if self._offset is not None and self._handle is None:
                self._check()

    def stop(self) -> None:
        """Stop for good when the connection is over, and drop all references."""
        self._offset = None
        self._unfinished, self._stalled = _nothing, _nothing
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _check(self) -> None:
        self._handle = None
        if self._offset is None or self._paused is not None:
            return
        left = self._since + self._seconds - self._loop.time()
        if left > 0:
            self._handle = self._loop.call_later(left, self._check)
        else:
            # What has arrived is read first: the loop looks for it once between two turns.
            self._handle = self._loop.call_soon(self._wait_a_turn, self._reads)

    def _wait_a_turn(self, reads: int) -> None:
        self._handle = self._loop.call_soon(self._decide, reads)

    def _decide(self, reads: int) -> None:
        self._handle = None
        if self._offset is None or self._paused is not None:
            return
        if self._since + self._seconds > self._loop.time():
            # Another frame, begun meanwhile.
            self._check()
        elif reads != self._reads and self._last_reads < _LAST_READS:
            self._last_reads += 1
            self._handle = self._loop.call_soon(self._wait_a_turn, self._reads)
        else:
            self._stalled()


def _nothing() -> None:
    """Do nothing: the callbacks of a clock that has stopped."""
