"""How to wait for a socket that is used through its own methods.

What waits is looked up when it is needed, so that a program whose sockets are patched to switch between tasks
(gevent, eventlet) waits the same way.
"""

from __future__ import annotations

import importlib
import math
import select
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from types import ModuleType

_COOPERATIVE = {"gevent": "gevent.select", "eventlet": "eventlet.green.select"}
"""Packages whose sockets wait by switching tasks, and their `select` modules."""


class HasFileno(Protocol):
    """Anything with a descriptor."""

    def fileno(self) -> int: ...


def ready(sock: HasFileno, write: bool, timeout: float | None) -> bool:
    """Wait until a socket can be written to or read from, for a limited number of seconds."""
    module = _select_for(sock)
    if hasattr(module, "poll"):
        poll = module.poll()
        poll.register(sock.fileno(), select.POLLOUT if write else select.POLLIN)
        # Up, or the last millisecond would be spent asking over and over.
        return bool(poll.poll(None if timeout is None else math.ceil(min(timeout, 1e6) * 1000)))
    waiting = [sock.fileno()]
    readers, writers = ([], waiting) if write else (waiting, [])
    # Windows reports a connection that failed as exceptional, not as writable.
    return any(module.select(readers, writers, writers, timeout))


def _select_for(sock: HasFileno) -> ModuleType:
    package = type(sock).__module__.partition(".")[0]
    return importlib.import_module(_COOPERATIVE[package]) if package in _COOPERATIVE else select
