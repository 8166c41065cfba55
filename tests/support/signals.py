"""Signals that come while a call waits, or all the time."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator

import framing
import pytest
from framing import FramedSocket
from support.pairs import begin, until_asleep
from support.processes import TIMEOUT

by_signals = pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="needs signals for threads")

PAYLOAD = bytes(range(251)) * 20_000
"""More than the system's buffers hold."""
WIRE = framing.encode(PAYLOAD)

CALLS: dict[str, Callable[[FramedSocket], object]] = {
    "recv": FramedSocket.recv,
    "recv with a timeout": lambda fs: fs.recv(timeout=TIMEOUT),
    "recv_many": FramedSocket.recv_many,
    "recv_into": lambda fs: fs.recv_into(bytearray(10)),
    "next": next,
}
each_call = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)


@contextlib.contextmanager
def handling(handler: Callable[[], object]) -> Iterator[None]:
    before = signal.signal(signal.SIGUSR1, lambda *_: handler())
    try:
        yield
    finally:
        signal.signal(signal.SIGUSR1, before)


@contextlib.contextmanager
def alarm(handler: Callable[[], object]) -> Iterator[None]:
    """Runs `handler` for a signal, very soon and once."""
    if not hasattr(signal, "setitimer"):
        pytest.skip("needs timers that signal")

    def once(*_: object) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        handler()

    before = signal.signal(signal.SIGALRM, once)
    # A signal that comes just before a system call begins to wait does not wake it: another one follows.
    timer = signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)
    try:
        yield
    finally:
        # The test runner's own, perhaps.
        signal.setitimer(signal.ITIMER_REAL, *timer)
        signal.signal(signal.SIGALRM, before)


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
