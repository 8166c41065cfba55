"""`framing.listen` and `FramedListener`: who is let in, how long it waits, and how it ends."""

from __future__ import annotations

import errno
import os
import select
import socket
import struct
import sys
import time
from collections.abc import Iterator
from typing import Any

import framing
import pytest
from framing import FramedListener, FramedSocket, _listener
from framing._framing import _Config
from support import tls
from support.pairs import begin
from support.processes import TIMEOUT
from support.refusal import refusal

LOOPBACK = ("127.0.0.1", 0)

unix = pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="needs Unix sockets")


@pytest.fixture
def listener() -> Iterator[FramedListener]:
    with framing.listen(LOOPBACK) as listener:
        yield listener


def client_of(listener: FramedListener) -> socket.socket:
    return socket.create_connection(listener.address, TIMEOUT)


def reset(client: socket.socket) -> None:
    """Breaks the connection off, without a farewell."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


# Connections


def test_a_connection(listener: FramedListener) -> None:
    with client_of(listener) as client:
        connection, address = listener.accept()
        with connection:
            assert isinstance(connection, FramedSocket)
            assert address == client.getsockname()
            client.sendall(b"5         hello")
            assert connection.recv() == b"hello"


def test_the_options_of_its_socket(listener: FramedListener) -> None:
    with client_of(listener), listener.accept()[0] as connection:
        assert connection.gettimeout() is None
        assert connection.socket.getblocking()
        assert connection.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        assert not connection.socket.get_inheritable()


def test_the_default_timeout_is_respected() -> None:
    socket.setdefaulttimeout(12.5)
    try:
        with framing.listen(LOOPBACK) as listener, client_of(listener):
            assert listener.gettimeout() == 12.5
            with listener.accept()[0] as connection:
                assert connection.gettimeout() == 12.5
    finally:
        socket.setdefaulttimeout(None)


def test_the_framing_is_that_of_listen() -> None:
    with (
        framing.listen(LOOPBACK, header=4, max_frame_size=5, keep_header=True) as listener,
        client_of(listener) as client,
        listener.accept()[0] as connection,
    ):
        client.sendall(b"5   hello6   ")
        assert connection.recv() == b"5   hello"
        with pytest.raises(framing.FrameTooLarge):
            connection.recv()


def test_a_frame_timeout_is_that_of_listen() -> None:
    with (
        framing.listen(LOOPBACK, frame_timeout=0.02) as listener,
        client_of(listener) as client,
        listener.accept()[0] as connection,
    ):
        client.sendall(b"5")
        with pytest.raises(framing.FrameStalled):
            connection.recv()


def test_many_threads_accept(listener: FramedListener) -> None:
    total, threads = 100, 8

    def serve() -> int:
        count = 0
        for connection, _ in listener:
            count += 1
            with connection:
                connection.send(connection.recv())
        return count

    serving = [begin(serve) for _ in range(threads)]
    for number in range(total):
        with framing.connect(listener.address) as client:
            client.send(b"%d" % number)
            assert client.recv() == b"%d" % number
    listener.close()
    assert sum(future.result() for future in serving) == total


class Unlucky(socket.socket):
    """A listening socket whose first connections come to nothing."""

    errors: list[int]

    def accept(self) -> tuple[socket.socket, Any]:
        if self.errors:
            number = self.errors.pop(0)
            raise OSError(number, os.strerror(number))
        return super().accept()


@pytest.fixture
def unlucky() -> Iterator[tuple[Unlucky, FramedListener]]:
    with Unlucky() as sock:
        sock.errors = []
        sock.bind(LOOPBACK)
        sock.listen()
        with FramedListener._create(sock, _Config()) as listener:
            yield sock, listener


def test_connections_that_died_are_passed_over(unlucky: tuple[Unlucky, FramedListener]) -> None:
    sock, listener = unlucky
    sock.errors = [errno.ECONNABORTED, errno.EPROTO, errno.ENETUNREACH]
    with client_of(listener), listener.accept(timeout=0)[0]:
        assert not sock.errors
    sock.errors = [errno.ECONNABORTED]
    with pytest.raises(TimeoutError):
        listener.accept(timeout=0.01)


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.EPERM])
def test_what_the_system_refuses_is_raised(
    unlucky: tuple[Unlucky, FramedListener], number: int
) -> None:
    sock, listener = unlucky
    with client_of(listener):
        sock.errors = [number]
        with pytest.raises(OSError, match=r"\[Errno") as caught:
            listener.accept()
        assert caught.value.errno == number
        # The connection is still there.
        listener.accept(timeout=0)[0].close()


def test_a_socket_that_cannot_be_framed_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[socket.socket] = []

    class Refusing:
        @staticmethod
        def _configured(sock: socket.socket, _: object) -> FramedSocket:
            seen.append(sock)
            raise LookupError("no")

    monkeypatch.setattr("framing._listener.FramedSocket", Refusing)
    with (
        framing.listen(LOOPBACK) as listener,
        client_of(listener) as client,
    ):
        with pytest.raises(LookupError):
            listener.accept()
        assert client.recv(1) == b""
    assert seen[0].fileno() == -1


# Timeouts


def test_not_to_wait(listener: FramedListener) -> None:
    with pytest.raises(BlockingIOError) as caught:
        listener.accept(timeout=0)
    assert caught.value.errno == errno.EAGAIN
    with client_of(listener):
        listener.accept(timeout=0)[0].close()


def test_a_deadline(listener: FramedListener) -> None:
    start = time.monotonic()
    with pytest.raises(TimeoutError, match=r"^timed out$"):
        listener.accept(timeout=0.05)
    assert time.monotonic() - start >= 0.05


def test_one_deadline_however_often_it_wakes(
    listener: FramedListener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others may always be faster."""
    monkeypatch.setattr(_listener, "readable", lambda descriptors, _: {min(descriptors)} - {-1})
    monkeypatch.setattr(listener._gate, "bell", lambda: sys.maxsize)
    with pytest.raises(TimeoutError):
        listener.accept(timeout=0.01)


def test_its_own_timeout(listener: FramedListener) -> None:
    assert listener.gettimeout() is None
    listener.settimeout(0.01)
    assert listener.gettimeout() == 0.01
    with pytest.raises(TimeoutError):
        listener.accept()
    with pytest.raises(TimeoutError):
        next(listener)
    listener.settimeout(0)
    with pytest.raises(BlockingIOError):
        listener.accept()
    with pytest.raises(TimeoutError):
        listener.accept(timeout=0.01)
    with client_of(listener):
        listener.accept(timeout=None)[0].close()
    assert not listener.closed


@pytest.mark.parametrize(
    ("timeout", "kind"),
    [
        (-1, ValueError),
        (-1e-9, ValueError),
        (float("nan"), ValueError),
        ("1", TypeError),
        (b"", TypeError),
    ],
)
def test_a_bad_timeout(listener: FramedListener, timeout: Any, kind: type[Exception]) -> None:
    assert "timeout must be" in refusal(kind, lambda: listener.accept(timeout=timeout))
    assert "timeout must be" in refusal(kind, lambda: listener.settimeout(timeout))
    assert listener.gettimeout() is None


# TLS


def test_a_silent_client_stops_nobody() -> None:
    with (
        framing.listen(LOOPBACK, ssl=tls.server_context()) as listener,
        client_of(listener),
        listener.accept(timeout=TIMEOUT)[0] as silent,
    ):
        connecting = begin(framing.connect, listener.address, ssl=tls.client_context())
        with listener.accept(timeout=TIMEOUT)[0] as connection:
            connection.send("hello", timeout=TIMEOUT)
            with connecting.result() as client:
                assert client.recv(timeout=TIMEOUT) == b"hello"
        # The handshake has the call's deadline.
        with pytest.raises(TimeoutError):
            silent.recv(timeout=0.02)


@pytest.mark.parametrize("said", [b"", b"\x16\x03\x01"])
def test_a_client_that_has_gone_before_tls(said: bytes) -> None:
    with framing.listen(LOOPBACK, ssl=tls.server_context()) as listener:
        client = client_of(listener)
        client.sendall(said)
        assert select.select([listener], [], [], TIMEOUT)[0]
        reset(client)
        with pytest.raises(TimeoutError):
            listener.accept(timeout=0.02)
        with client_of(listener):
            listener.accept(timeout=TIMEOUT)[0].close()


def test_a_context_that_is_none() -> None:
    with pytest.raises(OSError, match="PROTOCOL_TLS_CLIENT"):
        framing.listen(LOOPBACK, ssl=tls.client_context())
    for wrong in (True, "cert.pem", object()):
        text = refusal(TypeError, lambda wrong=wrong: framing.listen(LOOPBACK, ssl=wrong))  # type: ignore[misc]
        assert "ssl must be an ssl.SSLContext" in text


# What it is


def test_it_goes_where_sockets_go(listener: FramedListener) -> None:
    assert listener.fileno() == listener.socket.fileno()
    assert listener.address == listener.socket.getsockname()
    assert {listener: "name"}[listener] == "name"
    assert select.select([listener], [], [], 0)[0] == []
    with client_of(listener):
        assert select.select([listener], [], [], TIMEOUT)[0] == [listener]
        listener.accept()[0].close()


def test_a_repr(listener: FramedListener) -> None:
    assert repr(listener) == f"<framing.FramedListener listening on {listener.address}>"
    listener.close()
    assert repr(listener) == f"<framing.FramedListener closed on {listener.address}>"
