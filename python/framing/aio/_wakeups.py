"""Who wakes the tasks that wait for frames: one for each event loop that has streams."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

from .._framing import _Wakeups

if TYPE_CHECKING:
    import asyncio

__all__ = ["wakeups"]

_ALL: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, weakref.ref[_Wakeups]] = (
    weakref.WeakKeyDictionary()
)
"""Kept by the streams, not here: who is to be woken refers to the loop, which would never go."""


def wakeups(loop: asyncio.AbstractEventLoop) -> _Wakeups:
    """Return the object of that loop."""
    reference = _ALL.get(loop)
    known = reference() if reference is not None else None
    if known is None:
        known = _Wakeups()
        _ALL[loop] = weakref.ref(known)
    return known
