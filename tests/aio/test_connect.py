"""`framing.aio.open_connection` and `start_server`: their options, and that nothing is left of a failure."""

from __future__ import annotations

import asyncio
import gc
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import framing
import pytest
from framing import DecimalHeader, aio
from support import tls
from support.aio.servers import address, echo, serving
from support.aio.waits import waiting
from support.listeners import descriptors
from support.loops import LOOPS, every_loop, new_loop, run

unix = pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="needs Unix sockets")


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    """Whatever a test does: every descriptor is closed at its end."""
    # The first loop of a kind opens some that are kept.
    for kind in LOOPS:
        new_loop(kind).close()
    before = descriptors()
    yield
    assert descriptors() == before


async def answers(stream: aio.FramedStream) -> bool:
    """Whether the other end echoes; closes the connection."""
    async with stream:
        await stream.send("hello")
        return await stream.recv() == b"hello"


# What is connected


@every_loop
def test_a_host_and_a_port(loop: str) -> None:
    async def main() -> None:
        async with serving(echo) as server:
            _, port = address(server)
            for host in ("127.0.0.1", "localhost"):
                assert await answers(await aio.open_connection(host, port))
            assert await answers(await aio.open_connection(host="127.0.0.1", port=port))
            assert await answers(await aio.open_connection("127.0.0.1", str(port)))

    run(loop, main)


@every_loop
def test_ipv6(loop: str) -> None:
    async def main() -> None:
        try:
            server = await aio.start_server(echo, "::1", 0)
        except OSError:
            pytest.skip("needs IPv6")
        async with server:
            host, port = address(server)
            assert await answers(await aio.open_connection(host, port, family=socket.AF_INET6))
            with pytest.raises(OSError, match=r"."):
                await aio.open_connection(host, port, family=socket.AF_INET)

    run(loop, main)


@every_loop
def test_a_socket_of_ones_own(loop: str) -> None:
    async def main() -> None:
        async with serving(echo) as server:
            sock = socket.create_connection(address(server))
            assert await answers(await aio.open_connection(sock=sock))
            assert sock.fileno() == -1

    run(loop, main)


@every_loop
def test_from_a_local_address(loop: str) -> None:
    async def main() -> None:
        async with serving(echo) as server:
            with socket.create_server(("127.0.0.1", 0)) as free:
                mine = free.getsockname()
            stream = await aio.open_connection(*address(server), local_addr=mine)
            assert stream.get_extra_info("sockname") == mine
            assert await answers(stream)

    run(loop, main)


@every_loop
def test_several_addresses(loop: str) -> None:
    async def main() -> None:
        async with serving(echo) as server:
            _, port = address(server)
            options: dict[str, Any] = {"happy_eyeballs_delay": 0.25, "interleave": 1}
            if loop == "uvloop":
                options = {}  # it has its own way
            assert await answers(await aio.open_connection("localhost", port, **options))

    run(loop, main)


@every_loop
def test_several_addresses_are_listened_on(loop: str) -> None:
    async def main() -> None:
        async with await aio.start_server(echo, ["127.0.0.1", "localhost"], 0, backlog=5) as server:
            assert len(server.sockets) >= 1
            for sock in server.sockets:
                assert await answers(await aio.open_connection(*sock.getsockname()[:2]))

    run(loop, main)


@unix
@every_loop
def test_paths(loop: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Longer paths than this do not fit everywhere.
    monkeypatch.chdir(tmp_path)

    async def main() -> None:
        async with await aio.start_unix_server(echo, Path("socket")):
            for path in ("socket", Path("socket")):
                assert await answers(await aio.open_unix_connection(path))
            sock = socket.socket(socket.AF_UNIX)
            sock.connect("socket")
            assert await answers(await aio.open_unix_connection(sock=sock))
            with pytest.raises(FileNotFoundError):
                await aio.open_unix_connection("none")

    run(loop, main)


# What comes of it


@every_loop
def test_small_frames_go_out_at_once(loop: str) -> None:
    seen: list[int] = []

    async def handler(stream: aio.FramedStream) -> None:
        seen.append(no_delay(stream))
        await echo(stream)

    def no_delay(stream: aio.FramedStream) -> int:
        sock = stream.get_extra_info("socket")
        return int(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))

    async def main() -> None:
        async with serving(handler) as server:
            stream = await aio.open_connection(*address(server))
            seen.append(no_delay(stream))
            assert await answers(stream)
            # asyncio leaves a socket alone whose protocol is not given as TCP.
            sock = socket.create_connection(address(server))
            stream = await aio.open_connection(sock=sock)
            seen.append(no_delay(stream))
            assert await answers(stream)
        assert len(seen) == 4
        assert all(seen)

    run(loop, main)


@every_loop
def test_the_framing_is_as_given(loop: str) -> None:
    given: dict[str, Any] = {
        "header": DecimalHeader(4, align=">", fill="0"),
        "max_frame_size": 5,
        "keep_header": True,
        "frame_timeout": 2.5,
    }
    plain: dict[str, Any] = {
        "header": DecimalHeader(10),
        "max_frame_size": framing.DEFAULT_MAX_FRAME_SIZE,
        "keep_header": False,
        "frame_timeout": None,
    }

    async def main() -> None:
        async with serving(echo) as server:
            for options, expected in ((given, given), ({}, plain), ({"header": 10}, plain)):
                stream = await aio.open_connection(*address(server), **options)
                assert {name: getattr(stream, name) for name in expected} == expected
                stream.close()
                await stream.wait_closed()

    run(loop, main)


@every_loop
def test_what_is_known_of_it(loop: str) -> None:
    async def main() -> None:
        async with serving(echo) as server, await aio.open_connection(*address(server)) as stream:
            assert stream.get_extra_info("peername") == address(server)
            assert stream.get_extra_info("sockname") == stream.get_extra_info("socket").getsockname()
            assert stream.get_extra_info("colour") is None
            assert stream.get_extra_info("colour", "none") == "none"
            assert stream.get_extra_info("ssl_object") is None
            assert "FramedStream" in repr(stream)

    run(loop, main)


# Failures


@every_loop
def test_nobody_listens(loop: str) -> None:
    async def main() -> None:
        with socket.create_server(("127.0.0.1", 0)) as sock:
            nowhere = sock.getsockname()
        with pytest.raises(ConnectionRefusedError):
            await aio.open_connection(*nowhere)
        async with serving(echo) as server:
            taken = address(server)
            with pytest.raises(OSError, match="in use"):
                await aio.start_server(echo, *taken)

    run(loop, main)


@every_loop
def test_given_up_while_the_handshake_is_not_answered(loop: str) -> None:
    async def main() -> None:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            options: dict[str, Any] = {"ssl": tls.client_context(), "server_hostname": "localhost"}
            opening = await waiting(aio.open_connection(*silent.getsockname(), **options))
            accepted, _ = silent.accept()
            with accepted:
                assert accepted.recv(1)
                opening.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await opening
                with pytest.raises(OSError, match="handshake"):
                    await aio.open_connection(
                        *silent.getsockname(), ssl_handshake_timeout=0.02, **options
                    )

    run(loop, main)
    # Loops leave an attempt that was given up to the collector.
    gc.collect()


CALLS: dict[str, Callable[..., Any]] = {
    "open_connection": aio.open_connection,
    "open_unix_connection": aio.open_unix_connection,
    "start_server": lambda *address, **options: aio.start_server(echo, *address, **options),
    "start_unix_server": lambda *address, **options: aio.start_unix_server(echo, *address, **options),
}

REFUSED: list[tuple[dict[str, Any], type[Exception]]] = [
    ({"header": 0}, ValueError),
    ({"header": 5000}, ValueError),
    ({"header": "10"}, TypeError),
    ({"header": None}, TypeError),
    ({"max_frame_size": -1}, ValueError),
    ({"max_frame_size": "1"}, TypeError),
    ({"header": 2, "max_frame_size": 100}, ValueError),
    ({"keep_header": 1}, TypeError),
    ({"frame_timeout": -1}, ValueError),
    ({"frame_timeout": float("nan")}, ValueError),
    ({"frame_timeout": "1"}, TypeError),
    ({"limit": -1}, ValueError),
    ({"limit": "1"}, TypeError),
    ({"limit": 1.5}, TypeError),
    ({"limit": (10, 20)}, ValueError),
    ({"limit": (10, -1)}, ValueError),
    ({"limit": (1, 2, 3)}, TypeError),
    ({"write_limit": -1}, ValueError),
    ({"write_limit": None}, TypeError),
    ({"write_limit": (10, 20)}, ValueError),
    ({"colour": "blue"}, TypeError),
]


@unix
@pytest.mark.parametrize(("options", "error"), REFUSED, ids=[str(options) for options, _ in REFUSED])
@pytest.mark.parametrize("call", CALLS)
@every_loop
def test_a_bad_option(
    loop: str,
    call: str,
    options: dict[str, Any],
    error: type[Exception],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is refused before anything is connected or listened on."""
    monkeypatch.chdir(tmp_path)

    async def main() -> None:
        with (
            socket.create_server(("127.0.0.1", 0)) as listener,
            socket.socket(socket.AF_UNIX) as by_path,
        ):
            by_path.bind("socket")
            by_path.listen()
            where: dict[str, tuple[Any, ...]] = {
                "open_connection": listener.getsockname(),
                "open_unix_connection": ("socket",),
                "start_server": ("127.0.0.1", 0),
                "start_unix_server": ("other",),
            }
            with pytest.raises(error):
                await CALLS[call](*where[call], **options)
            for sock in (listener, by_path):
                sock.setblocking(False)
                with pytest.raises(BlockingIOError):
                    sock.accept()
            assert not Path("other").exists()

    run(loop, main)


@every_loop
def test_a_bad_option_leaves_a_socket_alone(loop: str) -> None:
    async def main() -> None:
        ours, peer = socket.socketpair()
        with ours, peer:
            for options in ({"header": 0}, {"limit": -1}):
                bad: dict[str, Any] = options
                with pytest.raises(ValueError, match=r"."):
                    await aio.open_connection(sock=ours, **bad)
                peer.send(b"x")
                assert ours.recv(1) == b"x"

    run(loop, main)


@every_loop
def test_a_bad_handler(loop: str) -> None:
    async def main() -> None:
        handler: Any = None
        with pytest.raises(TypeError, match="handler"):
            await aio.start_server(handler, "127.0.0.1", 0)

    run(loop, main)
