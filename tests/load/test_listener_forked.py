"""A listener that forked processes share, as servers do that fork their workers beforehand."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import framing
import pytest
from framing import ConnectionClosed, FramedListener
from support.children import by_forking, forked, status
from support.listeners import accepting
from support.pairs import begin
from support.processes import TIMEOUT

pytestmark = [*by_forking, pytest.mark.slow]


@pytest.fixture
def listener(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FramedListener]:
    monkeypatch.chdir(tmp_path)
    with framing.listen("socket") as listener:
        yield listener


@pytest.fixture
def about_to_wait(monkeypatch: pytest.MonkeyPatch) -> threading.Semaphore:
    return accepting(monkeypatch)


def greet(listener: FramedListener) -> None:
    with listener.accept()[0] as connection:
        connection.send("hello")


def greeted(client: framing.FramedSocket) -> bool:
    return client.recv(timeout=TIMEOUT) == b"hello"


def test_a_child_that_closes_its_copy(
    listener: FramedListener, about_to_wait: threading.Semaphore
) -> None:
    """Although, in the parent, a thread is inside `accept`."""

    def close() -> None:
        listener.close()
        assert listener.closed
        assert listener.socket.fileno() == -1
        with pytest.raises(ConnectionClosed):
            listener.accept()

    serving = begin(greet, listener)
    assert about_to_wait.acquire(timeout=TIMEOUT)
    assert status(forked(close)) == 0
    assert Path("socket").is_socket(), "the file is its maker's"
    with framing.connect("socket") as client:
        assert greeted(client)
    serving.result()


def test_a_child_whose_threads_wait(
    listener: FramedListener, about_to_wait: threading.Semaphore
) -> None:
    def close_under_a_thread() -> None:
        serving = begin(listener.accept)
        assert about_to_wait.acquire(timeout=TIMEOUT)
        listener.close()
        assert isinstance(serving.error(), ConnectionClosed)
        assert listener.socket.fileno() == -1

    # So that there is a bell to inherit.
    with pytest.raises(TimeoutError):
        listener.accept(timeout=0.001)
    assert about_to_wait.acquire(timeout=TIMEOUT)
    assert status(forked(close_under_a_thread)) == 0
    with framing.connect("socket") as client:
        greet(listener)
        assert greeted(client)


def test_a_child_outlives_the_parents_copy(listener: FramedListener) -> None:
    news, teller = socket.socketpair()

    def serve_when_the_parent_has_closed() -> None:
        teller.close()
        assert news.recv(1) == b""
        greet(listener)
        listener.close()

    with news, teller, framing.connect("socket") as client:
        child = forked(serve_when_the_parent_has_closed)
        listener.close()
        assert not Path("socket").exists()
        teller.close()
        assert greeted(client)
        assert status(child) == 0


def test_a_parent_that_closes_while_it_waits(
    listener: FramedListener, about_to_wait: threading.Semaphore
) -> None:
    """The child has copies of everything, and must not keep the parent's call from waking."""
    news, teller = socket.socketpair()

    def stay() -> None:
        teller.close()
        assert news.recv(1) == b""

    with news, teller:
        serving = begin(listener.accept)
        assert about_to_wait.acquire(timeout=TIMEOUT)
        child = forked(stay)
        listener.close()
        assert isinstance(serving.error(), ConnectionClosed)
        teller.close()
        assert status(child) == 0
