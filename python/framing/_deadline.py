"""When to stop waiting."""

from __future__ import annotations

import errno
import math
import os
import time

__all__ = ["Deadline", "seconds"]


class Deadline:
    """The end of a call's patience, on the monotonic clock: of the whole call, whatever that takes.

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
        """Gives the seconds there are left, at least 0; None is for ever."""
        return None if self._end is None else max(self._end - time.monotonic(), 0.0)

    def missed(self) -> OSError:
        """What Python's own sockets raise when it has passed."""
        if self._waits:
            return TimeoutError("timed out")
        return BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))


def seconds(timeout: float | None) -> float | None:
    """Gives a timeout as a float or None, if it is one.

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
