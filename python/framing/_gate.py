"""Closing what other threads are using, so that they notice, and so that no descriptor goes under them."""

from __future__ import annotations

import os
import socket
import threading
import weakref
from typing import TYPE_CHECKING

from ._errors import ConnectionClosed

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Gate"]


class Gate:
    """Let calls in, as `with gate:`, until it is closed. The last one out disposes of what the gate guards.

    A call that waits also waits for the `bell`, which rings when the gate closes.

    Args:
        shut: Called once, when the gate closes.
        dispose: Called when it is closed and nobody is inside; perhaps more than once.
    """

    def __init__(self, shut: Callable[[], None], dispose: Callable[[], None]) -> None:
        self.closed = False
        self._shut = shut
        self._dispose = dispose
        # A signal handler may close the gate on the very thread that holds this.
        self._lock = threading.RLock()
        self._inside = 0
        self._bell: tuple[socket.socket, socket.socket] | None = None
        _gates.add(self)

    def __enter__(self) -> None:
        with self._lock:
            self._inside += 1
        if self.closed:
            self.__exit__()
            raise ConnectionClosed(local=True)

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            self._dispose_if_last()

    def bell(self) -> int:
        """Return the descriptor that is readable once the gate is closed, for a call that is inside.

        Raises:
            ConnectionClosed: It is.
        """
        with self._lock:
            if self._bell is None:
                self._bell = socket.socketpair()
            if self.closed:
                raise ConnectionClosed(local=True)
            return self._bell[0].fileno()

    def close(self) -> None:
        """Let no further call in, and wake those inside."""
        with self._lock:
            if self.closed:
                return
            self.closed = True
            self._shut()
            if self._bell is not None:
                # Nobody takes this byte away: whoever waits, or is about to, sees it.
                self._bell[1].send(b"\0")
            self._dispose_if_last()

    def forked(self) -> None:
        """Reset the gate in the child of a fork, which has none of the threads that were inside."""
        self._lock = threading.RLock()
        self._inside = 0
        # The parent's: it would ring in both processes.
        self._remove_bell()
        self._dispose_if_last()

    def _dispose_if_last(self) -> None:
        if self.closed and not self._inside:
            self._remove_bell()
            self._dispose()

    def _remove_bell(self) -> None:
        for end in self._bell or ():
            end.close()
        self._bell = None


_gates: weakref.WeakSet[Gate] = weakref.WeakSet()


def _forked() -> None:
    for gate in _gates:
        gate.forked()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
