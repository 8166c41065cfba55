"""Waiting for descriptors."""

from __future__ import annotations

import math
import select
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from ._deadline import Deadline

__all__ = ["readable"]

_LONGEST = 24 * 60 * 60.0
"""Seconds that one system call waits. Longer than some of them can, and they are called again."""


def readable(descriptors: Collection[int], deadline: Deadline) -> set[int]:
    """Wait until one of the descriptors can be read from or is no longer open.

    Return all such descriptors, or none if the deadline passed.
    """
    while True:
        left = deadline.remaining()
        timeout = None if left is None else min(left, _LONGEST)
        # Looked up now: a program that is patched to switch between tasks may have only one of them.
        found = (
            _poll(descriptors, timeout) if hasattr(select, "poll") else _select(descriptors, timeout)
        )
        if found or left == 0:
            return found


def _poll(descriptors: Collection[int], timeout: float | None) -> set[int]:
    poll = select.poll()
    for descriptor in descriptors:
        poll.register(descriptor, select.POLLIN)
    # Up, or the last millisecond would be spent asking over and over. Whatever is said of a descriptor
    # (an error, a hang-up, that it is closed), a read will not wait.
    return {found for found, _ in poll.poll(None if timeout is None else math.ceil(timeout * 1000))}


def _select(descriptors: Collection[int], timeout: float | None) -> set[int]:
    if not descriptors:
        # Windows does not wait for nothing.
        time.sleep(_LONGEST if timeout is None else timeout)
        return set()
    try:
        return set(select.select(descriptors, (), (), timeout)[0])
    except OSError:
        # One of them is closed, and it does not say which.
        closed = {descriptor for descriptor in descriptors if not _is_open(descriptor)}
        if not closed:
            raise
        return closed


def _is_open(descriptor: int) -> bool:
    try:
        select.select((descriptor,), (), (), 0)
    except OSError:
        return False
    return True
