"""`framing.aio.start_server`: its handlers, how they end, and who hears of it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import framing
import pytest
from framing import ConnectionClosed, aio
from support.aio.links import HELLO, LARGE
from support.aio.peer import Peer, taken_over
from support.aio.servers import address, client, echo, serving
from support.aio.waits import turns
from support.loops import every_loop, run

securely = pytest.mark.parametrize("encrypt", [False, True], ids=["tcp", "tls"])

# Serving


@securely
@every_loop
def test_clients(loop: str, encrypt: bool) -> None:
    async def main() -> None:
        async with serving(echo, encrypt=encrypt) as server:
            peers = await asyncio.gather(*(client(server, encrypt=encrypt) for _ in range(30)))
            for number, peer in enumerate(peers):
                await peer.send(framing.encode(b"%d" % number) + HELLO)
            for number, peer in enumerate(peers):
                wire = framing.encode(b"%d" % number) + HELLO
                assert await peer.receive(len(wire)) == wire
            for peer in peers:
                await peer.close()

    run(loop, main)


@every_loop
def test_over_a_path(loop: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Longer paths than this do not fit everywhere.
    monkeypatch.chdir(tmp_path)

    async def main() -> None:
        if not hasattr(asyncio, "start_unix_server"):
            pytest.skip("needs Unix sockets")
        for path in ("socket", Path("other")):
            async with await aio.start_unix_server(echo, path) as server:
                assert server.sockets[0].getsockname() == str(path)
                async with await aio.open_unix_connection(path) as stream:
                    await stream.send("hello")
                    assert await stream.recv() == b"hello"

    run(loop, main)


@every_loop
def test_each_stream_is_framed_as_the_server_says(loop: str) -> None:
    options: dict[str, Any] = {
        "header": framing.DecimalHeader(4, align=">"),
        "max_frame_size": 5,
        "keep_header": True,
        "frame_timeout": 60.0,
    }
    seen: list[dict[str, Any]] = []

    async def handler(stream: aio.FramedStream) -> None:
        seen.append({name: getattr(stream, name) for name in options})
        assert stream.transport.get_write_buffer_limits() == (10, 1000)
        await stream.send_encoded(await stream.recv())
        await stream.send("hello")

    async def main() -> None:
        async with serving(handler, write_limit=(1000, 10), **options) as server:
            for _ in range(2):
                peer = await client(server)
                await peer.send(b"1   x")
                assert await peer.receive_all() == b"1   x   5hello"
                await peer.close()
        assert seen == [options] * 2

    run(loop, main)


@every_loop
def test_what_is_known_of_a_client(loop: str) -> None:
    async def handler(stream: aio.FramedStream) -> None:
        await stream.send(str(stream.get_extra_info("peername")))
        await stream.send(str(stream.get_extra_info("sockname")))
        assert stream.get_extra_info("colour", "none") == "none"

    async def main() -> None:
        async with serving(handler) as server, await aio.open_connection(*address(server)) as stream:
            sock = stream.get_extra_info("socket")
            assert await stream.recv() == str(sock.getsockname()).encode()
            assert await stream.recv() == str(sock.getpeername()).encode()

    run(loop, main)


# Handlers that return


@securely
@every_loop
def test_what_was_sent_goes_out(loop: str, encrypt: bool) -> None:
    async def handler(stream: aio.FramedStream) -> None:
        await stream.send("first")
        await stream.send(LARGE)
        for _ in range(3):
            with contextlib.suppress(framing.SendWouldBlock):
                stream.send_nowait("last")

    async def main() -> None:
        async with serving(handler, encrypt=encrypt) as server:
            for _ in range(2):
                peer = await client(server, encrypt=encrypt)
                frames = framing.decode(await peer.receive_all())
                assert frames[:2] == [b"first", LARGE]
                await peer.close()

    run(loop, main)


@every_loop
def test_a_burst_of_small_frames(loop: str) -> None:
    async def handler(stream: aio.FramedStream) -> None:
        for number in range(100):
            stream.send_nowait(b"%d" % number)

    async def main() -> None:
        async with serving(handler) as server:
            peer = await client(server)
            assert framing.decode(await peer.receive_all()) == [b"%d" % number for number in range(100)]
            await peer.close()

    run(loop, main)


ENDS: list[Callable[[aio.FramedStream], object]] = [
    aio.FramedStream.close,
    aio.FramedStream.abort,
    aio.FramedStream.write_eof,
]


@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.__name__)
@every_loop
def test_that_have_ended_it_themselves(loop: str, end: Callable[[aio.FramedStream], object]) -> None:
    async def handler(stream: aio.FramedStream) -> None:
        await stream.recv()
        end(stream)
        await asyncio.sleep(0)

    async def main() -> None:
        async with serving(handler) as server:
            peer = await client(server)
            await peer.send(HELLO)
            with contextlib.suppress(ConnectionResetError):
                assert await peer.receive_all() == b""
            await peer.close()

    run(loop, main)


@every_loop
def test_that_have_given_the_transport_away(loop: str) -> None:
    given: asyncio.Queue[Peer] = asyncio.Queue()

    async def handler(stream: aio.FramedStream) -> None:
        assert await stream.recv() == b"hello"
        given.put_nowait(taken_over(*stream.detach()))

    async def main() -> None:
        async with serving(handler) as server:
            peer = await client(server)
            await peer.send(HELLO + b"unframed")
            other = await given.get()
            await turns()
            assert await other.receive(8) == b"unframed"
            server.close()
            await server.wait_closed()
            await other.send(b"still here")
            assert await peer.receive(10) == b"still here"
            other.abort()
            peer.abort()

    run(loop, main)


# The server


@every_loop
def test_what_it_says_of_itself(loop: str) -> None:
    async def main() -> None:
        async with serving(echo) as server:
            assert server.get_loop() is asyncio.get_running_loop()
            assert server.is_serving()
            (sock,) = server.sockets
            assert sock.getsockname()[:2] == address(server)
            server.close()
            assert not server.is_serving()
            assert server.sockets == ()
            assert "FramedServer" in repr(server)

    run(loop, main)


@every_loop
def test_not_to_serve_yet(loop: str) -> None:
    async def main() -> None:
        async with serving(echo, start_serving=False) as server:
            assert not server.is_serving()
            with pytest.raises(ConnectionRefusedError):
                await client(server)
            for _ in range(2):
                await server.start_serving()
                assert server.is_serving()
            peer = await client(server)
            await peer.send(HELLO)
            assert await peer.receive(15) == HELLO
            await peer.close()

    run(loop, main)


@every_loop
def test_serve_forever_begins_to_serve(loop: str) -> None:
    async def main() -> None:
        async with serving(echo, start_serving=False) as server:
            forever = asyncio.ensure_future(server.serve_forever())
            await turns()
            assert server.is_serving()
            peer = await client(server)
            await peer.send(HELLO)
            assert await peer.receive(15) == HELLO
            await peer.close()
            forever.cancel()
            with pytest.raises(asyncio.CancelledError):
                await forever
            assert not server.is_serving()

    run(loop, main)


@every_loop
def test_a_socket_of_ones_own(loop: str) -> None:
    async def main() -> None:
        with socket.create_server(("127.0.0.1", 0)) as sock:
            async with await aio.start_server(echo, sock=sock) as server:
                assert address(server) == sock.getsockname()
                peer = await client(server)
                await peer.send(HELLO)
                assert await peer.receive(15) == HELLO
                await peer.close()

    run(loop, main)


@pytest.mark.parametrize("abort", [False, True], ids=["close", "abort"])
@every_loop
def test_the_end_of_all_clients(loop: str, abort: bool) -> None:
    ends: list[str] = []

    async def handler(stream: aio.FramedStream) -> None:
        await stream.send(LARGE)
        try:
            await stream.recv()
        except (ConnectionClosed, asyncio.CancelledError) as error:
            ends.append(type(error).__name__)
            raise

    async def main() -> None:
        async with serving(handler) as server:
            peers = [await client(server) for _ in range(3)]
            for peer in peers:
                assert await peer.receive(10) == b"8000000   "
            if abort:
                server.abort_clients()
            else:
                server.close_clients()
            for peer in peers:
                received = b""
                with contextlib.suppress(ConnectionResetError):
                    received = await peer.receive_all()
                assert (len(received) == len(LARGE)) is not abort
                peer.abort()
            while len(ends) < 3:
                await asyncio.sleep(0)
            # It goes on for others.
            peer = await client(server)
            assert await peer.receive(10) == b"8000000   "
            peer.abort()

    run(loop, main)
    assert ends[:3] == ["CancelledError" if abort else "ConnectionClosed"] * 3


# What is refused

BAD: list[tuple[dict[str, Any], type[Exception]]] = [
    ({"grace": -1}, ValueError),
    ({"grace": float("nan")}, ValueError),
    ({"grace": "5"}, TypeError),
    ({"grace": True}, TypeError),
]


@pytest.mark.parametrize(("options", "error"), BAD)
@every_loop
def test_a_grace_that_is_none(loop: str, options: dict[str, Any], error: type[Exception]) -> None:
    async def main() -> None:
        with pytest.raises(error, match="grace"):
            await aio.start_server(echo, "127.0.0.1", 0, **options)

    run(loop, main)
