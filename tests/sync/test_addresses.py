"""Where a connection is from and to; and what a failure to connect says of that."""

from __future__ import annotations

import asyncio
import copy
import errno
import pickle
import socket
import ssl
from typing import TYPE_CHECKING, Any

import framing
import pytest
from framing import FramedSocket, aio
from support import tls
from support.pairs import pair

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOOPBACK = ("127.0.0.1", 0)

unix = pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="needs Unix sockets")


@pytest.fixture
def nobody() -> Iterator[tuple[str, int]]:
    """An address where nobody listens, and nobody else can."""
    with socket.socket() as sock:
        sock.bind(LOOPBACK)
        yield sock.getsockname()


# Both ends


def test_addresses_of_a_socket() -> None:
    with framing.listen(LOOPBACK) as listener, framing.connect(listener.address) as client:
        server, address = listener.accept()
        with server:
            assert client.remote_address == server.local_address == listener.address
            assert client.local_address == server.remote_address == address
        server.close()
        with pytest.raises(OSError, match="descriptor"):
            _ = server.local_address
        with pytest.raises(OSError, match="descriptor"):
            _ = server.remote_address


def test_addresses_of_a_socket_without_any() -> None:
    with pair() as (ours, _), FramedSocket(ours) as fs:
        assert fs.local_address == ours.getsockname()
        assert fs.remote_address == ours.getpeername()


def test_addresses_of_a_stream() -> None:
    async def main() -> None:
        asked: asyncio.Future[tuple[Any, Any]] = asyncio.get_running_loop().create_future()

        async def handler(stream: aio.FramedStream) -> None:
            asked.set_result((stream.local_address, stream.remote_address))
            await stream.recv()

        async with await aio.start_server(handler, *LOOPBACK) as server:
            address = server.sockets[0].getsockname()
            async with await aio.open_connection(*address) as stream:
                assert stream.remote_address == address
                assert await asked == (stream.remote_address, stream.local_address)
                assert stream.local_address == stream.get_extra_info("sockname")
            # Also when it is gone: for whoever writes a log.
            assert stream.remote_address == address

    asyncio.run(main())


# Errors of connecting


def test_who_refuses_is_named(nobody: tuple[str, int]) -> None:
    with pytest.raises(ConnectionRefusedError) as caught:
        framing.connect(nobody)
    assert type(caught.value) is ConnectionRefusedError
    assert caught.value.errno == errno.ECONNREFUSED
    for error in (caught.value, pickle.loads(pickle.dumps(caught.value)), copy.copy(caught.value)):
        assert str(error).startswith(f"[Errno {errno.ECONNREFUSED}]")
        assert f"(while connecting to {nobody!r})" in str(error)
        assert error.errno == errno.ECONNREFUSED


def test_who_is_late_is_named() -> None:
    with socket.create_server(LOOPBACK) as server:
        address = server.getsockname()
        with pytest.raises(TimeoutError) as caught:
            # It accepts nothing, so there is no handshake.
            framing.connect(address, timeout=0.05, ssl=tls.client_context())
        assert f"timed out (while connecting to {address!r})" in str(caught.value)


def test_who_is_not_waited_for_is_named(nobody: tuple[str, int]) -> None:
    with pytest.raises(BlockingIOError) as caught:
        framing.connect(nobody, timeout=0)
    assert caught.value.errno in (errno.EAGAIN, errno.EINPROGRESS)
    assert repr(nobody) in str(caught.value)


def test_whose_name_is_not_known_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> list[Any]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(socket.gaierror) as caught:
        framing.connect(("nowhere.invalid", 1243))
    assert caught.value.errno == socket.EAI_NONAME
    assert "Name or service not known (while connecting to ('nowhere.invalid', 1243))" in str(
        caught.value
    )


def test_whose_certificate_is_not_trusted_is_named() -> None:
    with framing.listen(LOOPBACK, ssl=tls.server_context()) as listener:
        address = listener.address

        async def main() -> None:
            serving = asyncio.to_thread(_shake_hands, listener)
            connecting = asyncio.to_thread(framing.connect, address, ssl=ssl.create_default_context())
            error, _ = await asyncio.gather(connecting, serving, return_exceptions=True)
            assert isinstance(error, ssl.SSLCertVerificationError)
            assert error.verify_code
            assert f"(while connecting to {address!r})" in str(error)

        asyncio.run(main())


def _shake_hands(listener: framing.FramedListener) -> None:
    server, _ = listener.accept()
    with server, pytest.raises(OSError, match=r"."):
        server.recv()


@unix
def test_a_path_is_named(tmp_path: Path) -> None:
    path = str(tmp_path / "nobody")
    with pytest.raises(FileNotFoundError, match="nobody'") as caught:
        framing.connect(path)
    assert caught.value.filename == path
    assert "host" not in str(caught.value)


@unix
@pytest.mark.parametrize("address", ["localhost:1243", "127.0.0.1:80", "[::1]:80", ":1243", b"host:1"])
def test_what_an_address_is(address: str | bytes) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        framing.connect(address)
    said = str(caught.value)
    assert "the address of a TCP server is (host, port)" in said
    assert "a str is the path of a Unix socket" in said
    assert caught.value.errno == errno.ENOENT


# How long it may take


@pytest.fixture
def default_timeout() -> Iterator[float]:
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(7.5)
    yield 7.5
    socket.setdefaulttimeout(before)


def test_the_default_timeout_of_sockets(default_timeout: float) -> None:
    with framing.listen(LOOPBACK) as listener:
        with framing.connect(listener.address) as client:
            assert client.gettimeout() == default_timeout
        with framing.connect(listener.address, timeout="default") as client:
            assert client.gettimeout() == default_timeout
        with framing.connect(listener.address, timeout=None) as client:
            assert client.gettimeout() is None
        with framing.connect(listener.address, timeout=5) as client:
            assert client.gettimeout() == 5


def test_the_default_timeout_counts() -> None:
    before = socket.getdefaulttimeout()
    with socket.create_server(LOOPBACK) as server:
        socket.setdefaulttimeout(0.05)
        try:
            with pytest.raises(TimeoutError):
                framing.connect(server.getsockname(), ssl=tls.client_context())
        finally:
            socket.setdefaulttimeout(before)


def test_without_one_it_waits_for_ever() -> None:
    assert socket.getdefaulttimeout() is None
    with framing.listen(LOOPBACK) as listener, framing.connect(listener.address) as client:
        assert client.gettimeout() is None
