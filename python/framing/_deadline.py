"""Deadlines and timeouts."""

from __future__ import annotations

import errno
import math
import os
import time

__all__ = ["Deadline", "seconds"]


class Deadline:
    """The deadline of a whole call, on the monotonic clock.

    Args:
        timeout: Seconds from now; None to wait for ever, 0 not to wait.

    Raises:
        TypeError: `timeout` is no number.
        ValueError: It is negative, or not a number (NaN).
    """

    def __init__(self, timeout: float | None) -> None:
        timeout = seconds(timeout)
        self._waits = timeout != 0
        self._end = None if timeout is None else time.monotonic() + timeout

    def remaining(self) -> float | None:
        """Return the seconds that are left, at least 0; None means for ever."""
        return None if self._end is None else max(self._end - time.monotonic(), 0.0)

    def missed(self) -> OSError:
        """Return what Python's own sockets raise when the deadline has passed."""
        if self._waits:
            return TimeoutError("timed out")
        return BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))


def seconds(timeout: float | None) -> float | None:
    """Return a timeout as a float or None, if it is valid.

    Raises:
        TypeError: It is no number.
        ValueError: It is negative, or not a number (NaN).
    """
    if timeout is None:
        return None
    try:
        # As float(), of numbers alone.
        value = math.ldexp(timeout, 0)
    except TypeError:
        kind = type(timeout).__name__
        raise TypeError(f"timeout must be a number of seconds or None, not '{kind}'") from None
    except OverflowError:
        value = math.copysign(math.inf, 1 if timeout > 0 else -1)
    if not value >= 0:
        raise ValueError(f"timeout must be at least 0 seconds, not {value}")
    return value
