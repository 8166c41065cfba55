"""Signals that come while a call waits, or all the time."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator

import pytest
from pairs import begin, until_asleep

by_signals = pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="needs signals for threads")


@contextlib.contextmanager
def handling(handler: Callable[[], object]) -> Iterator[None]:
    before = signal.signal(signal.SIGUSR1, lambda *_: handler())
    try:
        yield
    finally:
        signal.signal(signal.SIGUSR1, before)


def interrupt() -> None:
    """What Ctrl-C does."""
    raise KeyboardInterrupt


def disturb() -> None:
    """Sends the signal."""
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR1)


@contextlib.contextmanager
def when_it_waits(then: Callable[[], object]) -> Iterator[None]:
    """Does something as soon as the main thread waits."""

    def work() -> None:
        until_asleep(threading.main_thread())
        then()

    call = begin(work)
    yield
    call.result()


@contextlib.contextmanager
def storm() -> Iterator[None]:
    """Signals all the time."""
    over = threading.Event()

    def blow() -> None:
        while not over.wait(0.0005):
            disturb()

    call = begin(blow)
    try:
        yield
    finally:
        over.set()
        call.result()
