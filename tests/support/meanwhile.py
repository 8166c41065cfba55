"""What happens while a call waits: signals, and other threads that know when it does."""

from __future__ import annotations

import contextlib
import signal
import threading
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
from framing._poll import readable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")


def in_a_thread(work: Callable[..., T], *arguments: Any, **options: Any) -> Future[T]:
    """Begins `work`, and gives what will be its result. If it hangs, the tests end all the same."""
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(work(*arguments, **options))
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future


@contextlib.contextmanager
def alarm(handler: Callable[[], object]) -> Iterator[None]:
    """Runs `handler` for a signal, very soon."""
    if not hasattr(signal, "setitimer"):
        pytest.skip("needs timers that signal")
    before = signal.signal(signal.SIGALRM, lambda *_: handler())
    timer = signal.setitimer(signal.ITIMER_REAL, 0.02)
    try:
        yield
    finally:
        # The test runner's own, perhaps.
        signal.setitimer(signal.ITIMER_REAL, *timer)
        signal.signal(signal.SIGALRM, before)


def interrupt() -> None:
    """What ctrl-C does."""
    raise KeyboardInterrupt


def accepting(monkeypatch: pytest.MonkeyPatch) -> threading.Semaphore:
    """Gives a semaphore that is released whenever a listener's `accept` begins to wait."""
    begun = threading.Semaphore(0)

    def waits(*arguments: Any) -> set[int]:
        begun.release()
        return readable(*arguments)

    monkeypatch.setattr("framing._listener.readable", waits)
    return begun


def descriptors() -> set[str]:
    """The descriptors that are open in this process."""
    directory = Path("/dev/fd")
    if not directory.is_dir():
        pytest.skip("needs /dev/fd")
    return {entry.name for entry in directory.iterdir()}
