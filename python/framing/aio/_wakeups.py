"""Who wakes the tasks that wait for frames: one for each event loop."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from .._framing import _Wakeups

if TYPE_CHECKING:
    import asyncio

__all__ = ["wakeups"]

_ALL: WeakKeyDictionary[asyncio.AbstractEventLoop, _Wakeups] = WeakKeyDictionary()


def wakeups(loop: asyncio.AbstractEventLoop) -> _Wakeups:
    """Gives the one of that loop."""
    try:
        return _ALL[loop]
    except KeyError:
        return _ALL.setdefault(loop, _Wakeups())
