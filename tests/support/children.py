"""Work in forked children."""

from __future__ import annotations

import os
import signal
import traceback
from typing import TYPE_CHECKING

import pytest
from support.processes import TIMEOUT

if TYPE_CHECKING:
    from collections.abc import Callable

by_forking = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork"),
    # Of the threads that the child does not have: it is what is tested here.
    pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning"),
]


def forked(work: Callable[[], object]) -> int:
    """Does `work` in a child, whose number it gives."""
    child = os.fork()
    if child:
        return child
    try:
        # It goes when a test hangs, and without the parent's cleaning up.
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(int(TIMEOUT))
        work()
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def status(child: int) -> int:
    """Waits for the end of a child: 0 where its work was done."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
