"""How a `FramedListener` ends: for those who wait in it, and for its descriptor. And how signals interrupt it."""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Iterator
from typing import Any, Literal

import framing
import pytest
from framing import ConnectionClosed, FramedListener, FramedSocket
from framing._poll import readable
from support.listeners import accepting, descriptors
from support.pairs import begin
from support.processes import TIMEOUT
from support.signals import alarm, interrupt

LOOPBACK = ("127.0.0.1", 0)


@pytest.fixture
def listener() -> Iterator[FramedListener]:
    with framing.listen(LOOPBACK) as listener:
        yield listener


@pytest.fixture
def about_to_wait(monkeypatch: pytest.MonkeyPatch) -> threading.Semaphore:
    return accepting(monkeypatch)


def client_of(listener: FramedListener) -> socket.socket:
    return socket.create_connection(listener.address, TIMEOUT)


# Closing


def test_close_wakes_everybody(listener: FramedListener, about_to_wait: threading.Semaphore) -> None:
    waiting = [begin(listener.accept) for _ in range(4)]
    for _ in waiting:
        assert about_to_wait.acquire(timeout=TIMEOUT)
    listener.close()
    for future in waiting:
        error = future.error()
        assert isinstance(error, ConnectionClosed)
        assert error.local
    assert listener.socket.fileno() == -1


def test_the_last_call_in_flight_closes_the_descriptor(
    listener: FramedListener, monkeypatch: pytest.MonkeyPatch
) -> None:
    def close_meanwhile(descriptors: set[int], *arguments: Any) -> set[int]:
        listener.close()
        assert listener.closed
        assert listener.fileno() == -1
        assert listener.socket.fileno() in descriptors
        return readable(descriptors, *arguments)

    monkeypatch.setattr("framing._listener.readable", close_meanwhile)
    with pytest.raises(ConnectionClosed):
        listener.accept()
    assert listener.socket.fileno() == -1


def test_closed_between_looking_and_waiting() -> None:
    class Closing(socket.socket):
        def accept(self) -> tuple[socket.socket, Any]:
            try:
                return super().accept()
            finally:
                short_lived.close()

    with Closing() as sock:
        sock.bind(LOOPBACK)
        sock.listen()
        short_lived = FramedListener._create(sock, FramedSocket)
        with pytest.raises(ConnectionClosed):
            short_lived.accept(timeout=TIMEOUT)
        assert sock.fileno() == -1


def test_no_descriptor_is_left(about_to_wait: threading.Semaphore) -> None:
    before = descriptors()
    with framing.listen(LOOPBACK) as listener:
        waiting = begin(listener.accept)
        assert about_to_wait.acquire(timeout=TIMEOUT)
        listener.close()
        assert waiting.error()
    assert descriptors() == before


def test_what_is_closed(listener: FramedListener) -> None:
    listener.close()
    listener.close()
    assert listener.closed
    assert listener.fileno() == -1
    timeouts: tuple[float | Literal["default"] | None, ...] = (None, 0, 1, "default")
    for timeout in timeouts:
        with pytest.raises(ConnectionClosed) as caught:
            listener.accept(timeout=timeout)
        assert caught.value.local
    assert list(listener) == []
    assert listener.address[1] > 0


def test_iteration_ends_with_it(listener: FramedListener, about_to_wait: threading.Semaphore) -> None:
    iterating = begin(lambda: [connection for connection, _ in listener])
    with client_of(listener):
        # Once before the client, perhaps, and surely once after it.
        while len(select.select([listener.socket], [], [], 0)[0]):
            assert about_to_wait.acquire(timeout=TIMEOUT)
        listener.close()
        (connection,) = iterating.result()
        connection.close()


def test_a_context_manager(listener: FramedListener) -> None:
    with listener as same:
        assert same is listener
        assert not listener.closed
    assert listener.closed


def test_nobody_is_let_in_any_more(listener: FramedListener) -> None:
    listener.close()
    with pytest.raises(ConnectionRefusedError):
        client_of(listener)


# Signals


def test_ctrl_c(listener: FramedListener) -> None:
    with alarm(interrupt), pytest.raises(KeyboardInterrupt):
        listener.accept()
    with client_of(listener):
        listener.accept()[0].close()
    listener.close()
    assert listener.socket.fileno() == -1


def test_a_handler_that_returns(listener: FramedListener) -> None:
    clients: list[socket.socket] = []
    with alarm(lambda: clients.append(client_of(listener))):
        listener.accept()[0].close()
    clients[0].close()


def test_a_handler_that_closes_it(listener: FramedListener) -> None:
    with alarm(listener.close), pytest.raises(ConnectionClosed):
        listener.accept()
    assert listener.socket.fileno() == -1
