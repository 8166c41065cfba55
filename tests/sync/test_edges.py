"""What no ordinary run meets: a slow connect before a handshake, the last port, a call that comes late, a busy peer."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from typing import Any

import framing
import pytest
from framing import ConnectionClosed, FramedListener
from support import tls
from support.listeners import accepting
from support.pairs import begin
from support.processes import TIMEOUT

LOOPBACK = ("127.0.0.1", 0)


@pytest.fixture
def listener() -> Iterator[FramedListener]:
    with framing.listen(LOOPBACK) as listener:
        yield listener


@pytest.fixture
def about_to_wait(monkeypatch: pytest.MonkeyPatch) -> threading.Semaphore:
    return accepting(monkeypatch)


def test_the_handshake_has_what_connecting_has_left(
    listener: FramedListener, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, late = time.monotonic, 0.0
    monkeypatch.setattr(time, "monotonic", lambda: now() + late)
    connect = socket.socket.connect

    def slow_connect(sock: socket.socket, address: Any) -> None:
        nonlocal late
        connect(sock, address)
        late = 20.0

    class Recording(ssl.SSLSocket):
        def do_handshake(self, block: bool = False) -> None:  # noqa: ARG002
            timeouts.append(self.gettimeout())
            raise InterruptedError

    timeouts: list[float | None] = []
    monkeypatch.setattr(socket.socket, "connect", slow_connect)
    context = tls.client_context()
    context.sslsocket_class = Recording
    with pytest.raises(InterruptedError):
        framing.connect(listener.address, timeout=30, ssl=context)
    (timeout,) = timeouts
    assert timeout is not None
    assert timeout <= 10


@pytest.mark.parametrize("port", [0, 1, 65534, 65535])
def test_every_port_is_one(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def look_up(_: str, port: int, *__: Any, **___: Any) -> Any:
        asked.append(port)
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with pytest.raises(socket.gaierror):
        framing.connect(("some.host", port))
    with pytest.raises(socket.gaierror):
        framing.listen(("some.host", port))
    assert asked == [port, port]


def test_a_call_that_comes_late_keeps_nothing_open(
    listener: FramedListener, about_to_wait: threading.Semaphore
) -> None:
    waiting = begin(listener.accept)
    assert about_to_wait.acquire(timeout=TIMEOUT)
    with listener._gate:
        listener.close()
        assert isinstance(waiting.error(), ConnectionClosed)
        with pytest.raises(ConnectionClosed):
            listener.accept()
        assert listener.socket.fileno() != -1
    assert listener.socket.fileno() == -1


class OneByte(socket.socket):
    """As a peer that is always just in time with the next byte."""

    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:  # noqa: ARG002
        return super().recv_into(buffer, 1, flags)


@pytest.mark.parametrize(
    "call",
    [
        lambda fs, timeout: fs.recv(timeout=timeout),
        lambda fs, timeout: fs.recv_many(timeout=timeout),
        lambda fs, timeout: fs.recv_into(bytearray(100), timeout=timeout),
    ],
    ids=["recv", "recv_many", "recv_into"],
)
def test_a_deadline_ends_a_call_whose_reads_never_wait(call: Any) -> None:
    ours, theirs = socket.socketpair()
    with (
        theirs,
        OneByte(ours.family, ours.type, ours.proto, ours.detach()) as sock,
        framing.FramedSocket(sock) as fs,
    ):
        theirs.sendall(framing.encode("hello"))
        for received in range(1, 15):
            with pytest.raises(framing.FrameTimeout):
                call(fs, 1e-9)
            assert fs.stats.buffered == received
        assert call(fs, 1e-9) in (b"hello", [b"hello"], 5)
