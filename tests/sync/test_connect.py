"""`framing.connect`: which address, how long it takes, and that nothing is left of a failure."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import framing
import pytest
from framing import FramedListener, FramedSocket
from support import tls
from support.listeners import descriptors
from support.pairs import begin
from support.processes import TIMEOUT
from support.refusal import refusal
from support.signals import alarm, interrupt

LOOPBACK = ("127.0.0.1", 0)

unix = pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="needs Unix sockets")


@pytest.fixture
def listener() -> Iterator[FramedListener]:
    with framing.listen(LOOPBACK) as listener:
        yield listener


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    """Whatever a test does: every descriptor is closed at its end, and not by the garbage collector."""
    before = descriptors()
    yield
    assert descriptors() == before


@contextlib.contextmanager
def full() -> Iterator[tuple[str, int]]:
    """An address that answers nothing: the queue of who may wait there is full."""
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(socket.create_server(LOOPBACK, backlog=0))
        address = server.getsockname()
        while True:
            client = stack.enter_context(socket.socket())
            client.settimeout(0.2)
            try:
                client.connect(address)
            except TimeoutError:
                break
        yield address


def resolving_to(monkeypatch: pytest.MonkeyPatch, *targets: Any) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", target) for target in targets]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)


def refusing() -> tuple[str, int]:
    """An address where nobody listens."""
    with socket.create_server(LOOPBACK) as server:
        return server.getsockname()  # type: ignore[no-any-return]


# The connection


def test_a_connection(listener: FramedListener) -> None:
    with framing.connect(listener.address) as client, listener.accept()[0] as server:
        assert isinstance(client, FramedSocket)
        client.send("hello")
        assert server.recv(timeout=TIMEOUT) == b"hello"


@pytest.mark.parametrize("timeout", [None, 12.5])
def test_the_options_of_its_socket(listener: FramedListener, timeout: float | None) -> None:
    socket.setdefaulttimeout(3)
    try:
        client = framing.connect(listener.address, timeout=timeout)
    finally:
        socket.setdefaulttimeout(None)
    with client:
        assert client.gettimeout() == client.socket.gettimeout() == timeout
        assert client.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        assert not client.socket.get_inheritable()


def test_the_framing_is_as_given(listener: FramedListener) -> None:
    options: Any = {"header": 4, "max_frame_size": 5, "keep_header": True}
    with (
        framing.connect(listener.address, **options) as client,
        listener.accept()[0] as server,
    ):
        server.socket.sendall(b"5   hello6   ")
        assert client.recv(timeout=TIMEOUT) == b"5   hello"
        with pytest.raises(framing.FrameTooLarge):
            client.recv(timeout=TIMEOUT)


def test_a_frame_timeout(listener: FramedListener) -> None:
    with (
        framing.connect(listener.address, frame_timeout=0.02) as client,
        listener.accept()[0] as server,
    ):
        server.socket.sendall(b"5")
        with pytest.raises(framing.FrameStalled):
            client.recv()


def test_a_source_address(listener: FramedListener) -> None:
    with (
        framing.connect(listener.address, source_address=("127.0.0.1", 0)) as client,
        listener.accept()[0] as server,
    ):
        assert server.socket.getpeername() == client.socket.getsockname()
    # One that cannot be connected from shows that it is used.
    with pytest.raises(OSError, match=r"\[Errno"):
        framing.connect(listener.address, source_address=("192.0.2.1", 0))
    with pytest.raises(ValueError, match="source_address is for TCP"):
        framing.connect("path", source_address=LOOPBACK)


# Several addresses


def test_the_first_that_can_be_connected(
    listener: FramedListener, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolving_to(monkeypatch, refusing(), listener.address, refusing())
    with framing.connect(("some.host", 5000)) as client:
        assert client.socket.getpeername() == listener.address


def test_what_the_last_one_said(monkeypatch: pytest.MonkeyPatch) -> None:
    resolving_to(monkeypatch, ("192.0.2.1", 1), refusing())
    with pytest.raises(ConnectionRefusedError):
        framing.connect(("some.host", 5000), source_address=("127.0.0.1", 0))
    resolving_to(monkeypatch)
    with pytest.raises(OSError, match="no address"):
        framing.connect(("some.host", 5000))


def test_one_deadline_for_all_of_them(
    listener: FramedListener, monkeypatch: pytest.MonkeyPatch
) -> None:
    with full() as silent:
        resolving_to(monkeypatch, silent, listener.address)
        start = time.monotonic()
        with pytest.raises(TimeoutError):
            framing.connect(("some.host", 5000), timeout=0.05)
        assert time.monotonic() - start >= 0.05
    # The second one would have answered.
    with pytest.raises(BlockingIOError):
        listener.accept(timeout=0)


def test_not_to_wait_is_not_to_connect(listener: FramedListener) -> None:
    with pytest.raises(BlockingIOError):
        framing.connect(listener.address, timeout=0)


# Paths


@unix
@pytest.mark.parametrize("form", [Path, str, os.fsencode])
def test_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: Any) -> None:
    monkeypatch.chdir(tmp_path)
    with (
        framing.listen("socket") as listener,
        framing.connect(form(Path("socket")), timeout=5) as client,
    ):
        assert client.gettimeout() == 5
        with listener.accept()[0] as server:
            server.send("hello")
            assert client.recv() == b"hello"


@unix
def test_a_path_that_does_not_exist_is_named() -> None:
    with pytest.raises(FileNotFoundError, match="'localhost:5000'") as caught:
        framing.connect("localhost:5000")
    assert caught.value.filename == "localhost:5000"


@unix
def test_a_full_queue_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    paused = threading.Event()
    sleep = time.sleep

    def pause(seconds: float) -> None:
        paused.set()
        sleep(seconds)

    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(framing.listen("socket", backlog=0))

        def fill() -> None:
            while True:
                stack.enter_context(framing.connect("socket", timeout=0))

        with pytest.raises(BlockingIOError) as caught:
            fill()
        assert caught.value.errno == errno.EAGAIN
        with pytest.raises(TimeoutError):
            framing.connect("socket", timeout=0.02)
        monkeypatch.setattr(time, "sleep", pause)
        connecting = begin(framing.connect, "socket")
        assert paused.wait(TIMEOUT)
        listener.accept(timeout=0)[0].close()
        connecting.result().close()


# TLS


@pytest.fixture
def secure() -> Iterator[FramedListener]:
    with framing.listen(LOOPBACK, ssl=tls.server_context()) as listener:
        yield listener


@contextlib.contextmanager
def served(listener: FramedListener) -> Iterator[None]:
    """Greets one client, if it shakes hands."""

    def greet() -> None:
        with listener.accept(timeout=TIMEOUT)[0] as connection, contextlib.suppress(OSError):
            connection.send("hello", timeout=TIMEOUT)

    serving = begin(greet)
    yield
    serving.result()


def test_tls(secure: FramedListener) -> None:
    with (
        served(secure),
        framing.connect(secure.address, timeout=TIMEOUT, ssl=tls.client_context()) as client,
    ):
        # The handshake is over, and the timeout is again what was given.
        assert isinstance(client.socket, ssl.SSLSocket)
        assert client.socket.cipher()
        assert client.gettimeout() == TIMEOUT
        assert client.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        assert client.recv() == b"hello"


@pytest.mark.parametrize("context", [True, tls.client_context()], ids=["default", "ours"])
def test_a_certificate_that_is_not_to_be_trusted(secure: FramedListener, context: Any) -> None:
    """By an authority that is not known, or for another host."""
    name = None if context is True else "framing.test"
    with served(secure), pytest.raises(ssl.SSLCertVerificationError):
        framing.connect(secure.address, timeout=TIMEOUT, ssl=context, server_hostname=name)


def test_the_host_is_the_name_unless_another_is_given() -> None:
    named = tls.server_context("framing.test")
    options: Any = {"timeout": TIMEOUT, "ssl": tls.client_context()}
    with framing.listen(LOOPBACK, ssl=named) as listener:
        with served(listener), pytest.raises(ssl.SSLCertVerificationError, match=r"127\.0\.0\.1"):
            framing.connect(listener.address, **options)
        with (
            served(listener),
            framing.connect(listener.address, server_hostname="framing.test", **options) as client,
        ):
            assert client.recv() == b"hello"


@unix
def test_tls_over_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    context = tls.client_context()
    with framing.listen("socket", ssl=tls.server_context()) as listener:
        text = refusal(ValueError, lambda: framing.connect("socket", ssl=context))
        assert "server_hostname is required" in text
        with (
            served(listener),
            framing.connect("socket", ssl=context, server_hostname="localhost") as client,
        ):
            assert client.recv(timeout=TIMEOUT) == b"hello"
        context.check_hostname = False
        with served(listener), framing.connect("socket", ssl=context) as client:
            assert client.recv(timeout=TIMEOUT) == b"hello"


def test_the_deadline_covers_the_handshake(listener: FramedListener) -> None:
    with pytest.raises(TimeoutError):
        framing.connect(listener.address, timeout=0.05, ssl=tls.client_context())
    # It was the handshake that nobody answered.
    listener.accept(timeout=0)[0].close()


def test_a_server_that_speaks_no_tls(listener: FramedListener) -> None:
    with served(listener), pytest.raises(ssl.SSLError):
        framing.connect(listener.address, timeout=TIMEOUT, ssl=tls.client_context())


# Signals


@pytest.mark.parametrize("timeout", [None, TIMEOUT])
def test_ctrl_c(timeout: float | None) -> None:
    with full() as silent, alarm(interrupt), pytest.raises(KeyboardInterrupt):
        framing.connect(silent, timeout=timeout)


def test_ctrl_c_in_the_handshake(listener: FramedListener) -> None:
    with alarm(interrupt), pytest.raises(KeyboardInterrupt):
        framing.connect(listener.address, ssl=tls.client_context())


def test_a_handler_that_returns(listener: FramedListener) -> None:
    ran: list[bool] = []
    with alarm(lambda: ran.append(True)), pytest.raises(TimeoutError):
        framing.connect(listener.address, timeout=0.1, ssl=tls.client_context())
    assert ran


# What is refused before anybody is bothered

REFUSED: list[tuple[str, Any, type[Exception], str]] = [
    ("header", 0, ValueError, "between 1 and 4096"),
    ("header", "10", TypeError, "header must be"),
    ("max_frame_size", -1, ValueError, "max_frame_size must be"),
    ("keep_header", 1, TypeError, "keep_header"),
    ("frame_timeout", -1, ValueError, "frame_timeout"),
    ("timeout", -1, ValueError, "timeout must be"),
    ("timeout", float("nan"), ValueError, "timeout must be"),
    ("timeout", float("inf"), OverflowError, ""),
    ("timeout", "1", TypeError, "timeout must be"),
    ("timeout", ..., TypeError, "timeout must be"),
    ("ssl", object(), TypeError, "ssl must be an ssl.SSLContext or True"),
    ("ssl", tls.server_context(), ssl.SSLError, "PROTOCOL_TLS_SERVER"),
    ("server_hostname", "localhost", ValueError, "there is no ssl"),
    ("source_address", "localhost", TypeError, "tuple"),
]


@pytest.mark.parametrize(("name", "value", "kind", "text"), REFUSED)
def test_a_bad_argument(
    listener: FramedListener, name: str, value: Any, kind: type[Exception], text: str
) -> None:
    options: dict[str, Any] = {name: value}
    assert text in refusal(kind, lambda: framing.connect(listener.address, **options))
    with pytest.raises(BlockingIOError):
        listener.accept(timeout=0)


@pytest.mark.parametrize("name", ["", ".localhost", "x" * 300])
def test_what_is_no_host_name(listener: FramedListener, name: str) -> None:
    context = tls.client_context()
    context.check_hostname = False
    with pytest.raises(ValueError, match=r"server_hostname|idna|label"):
        framing.connect(listener.address, ssl=context, server_hostname=name)
    with pytest.raises(BlockingIOError):
        listener.accept(timeout=0)
