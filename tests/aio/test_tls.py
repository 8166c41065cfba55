"""TLS with `framing.aio`: the handshake, both directions at once, and its end."""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import ssl
from collections.abc import AsyncIterator
from typing import Any

import framing
import pytest
from framing import ConnectionClosed, aio
from support import tls
from support.aio.links import HELLO, LARGE, encrypted, paired
from support.aio.servers import address, client, echo, serving
from support.aio.waits import expect_closed, turns, waiting
from support.loops import every_loop, run

VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]
each_version = pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.name)


@contextlib.asynccontextmanager
async def both_ends(
    version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3, **options: Any
) -> AsyncIterator[tuple[aio.FramedStream, aio.FramedStream]]:
    """A client's stream, and the server's."""
    accepted: asyncio.Queue[aio.FramedStream] = asyncio.Queue()

    async def handler(stream: aio.FramedStream) -> None:
        accepted.put_nowait(stream)
        await stream.wait_closed()

    context = tls.server_context()
    context.maximum_version = version
    async with (
        await aio.start_server(handler, "127.0.0.1", 0, ssl=context, grace=0, **options) as server,
        await aio.open_connection(
            *address(server), ssl=tls.client_context(), server_hostname="localhost", **options
        ) as stream,
    ):
        assert stream.get_extra_info("ssl_object").version() == version.name.replace("_", ".")
        yield stream, await accepted.get()


async def send_all(stream: aio.FramedStream, payloads: list[bytes]) -> None:
    for payload in payloads:
        await stream.send(payload)


async def receive_all(stream: aio.FramedStream, count: int) -> list[bytes]:
    return [await stream.recv() for _ in range(count)]


# Both directions at once


@each_version
@every_loop
def test_large_frames_both_ways(loop: str, version: ssl.TLSVersion) -> None:
    payloads = [LARGE, b"", LARGE * 2, b"hello"]

    async def main() -> None:
        async with both_ends(version) as ends, asyncio.TaskGroup() as group:
            for end in ends:
                group.create_task(send_all(end, payloads))
            receiving = [group.create_task(receive_all(end, len(payloads))) for end in ends]
            for call in receiving:
                assert await call == payloads

    run(loop, main)


@each_version
@every_loop
def test_sizes_around_those_of_records(loop: str, version: ssl.TLSVersion) -> None:
    generator = random.Random(6)
    sizes = [16_384 * number + near for number in range(1, 6) for near in (-11, -10, -1, 0, 1)]
    payloads = [LARGE[: generator.choice((generator.randrange(100), *sizes))] for _ in range(300)]

    async def main() -> None:
        async with both_ends(version, limit=10_000, write_limit=10_000) as ends:
            async with asyncio.TaskGroup() as group:
                for end in ends:
                    group.create_task(send_all(end, payloads))
                receiving = [group.create_task(receive_all(end, len(payloads))) for end in ends]
            assert [call.result() for call in receiving] == [payloads] * 2

    run(loop, main)


@every_loop
def test_an_echo_of_many_clients(loop: str) -> None:
    async def exchange(server: aio.FramedServer, number: int) -> None:
        payloads = [LARGE[: number * size] for size in (0, 1, 1000, 3000)]
        context = tls.client_context()
        async with await aio.open_connection(*address(server), ssl=context) as stream:
            sending = asyncio.ensure_future(send_all(stream, payloads))
            assert await receive_all(stream, len(payloads)) == payloads
            await sending

    async def main() -> None:
        async with serving(echo, encrypt=True) as server, asyncio.TaskGroup() as group:
            for number in range(30):
                group.create_task(exchange(server, number))

    run(loop, main)


# The end


@each_version
@every_loop
def test_frames_before_the_end(loop: str, version: ssl.TLSVersion) -> None:
    async def main() -> None:
        for last in (b"", LARGE[:50_000]):
            async with both_ends(version) as (stream, other):
                await other.send_many([b"hello"] * 3)
                await other.send(last)
                other.close()
                frames = [frame async for frame in stream]
                assert frames == [b"hello"] * 3 + [last]
                with pytest.raises(ConnectionClosed) as caught:
                    await stream.recv()
                assert not caught.value.local
                await stream.wait_closed()

    run(loop, main)


@every_loop
def test_an_end_inside_a_frame(loop: str) -> None:
    async def main() -> None:
        for cut in (3, 10, 12):
            async with paired(encrypted) as (stream, peer):
                await peer.send(HELLO + HELLO[:cut])
                await peer.close()
                assert await stream.recv() == b"hello"
                with pytest.raises(framing.TruncatedFrame) as caught:
                    await stream.recv()
                assert caught.value.partial == HELLO[:cut]

    run(loop, main)


@every_loop
def test_a_connection_that_is_cut(loop: str) -> None:
    """Without TLS's own goodbye, nobody knows whether that was all."""

    async def main() -> None:
        async with paired(encrypted) as (stream, peer):
            receiving = await waiting(stream.recv())
            peer.reset()
            with pytest.raises((OSError, ConnectionClosed)):
                await receiving
            await stream.wait_closed()
            with pytest.raises(OSError, match=r"."):
                await stream.send("hello")
            stream.close()
            await expect_closed(stream.send("hello"))

    run(loop, main)


@every_loop
def test_a_peer_that_does_not_answer_the_end(loop: str) -> None:
    async def main() -> None:
        ours, theirs = socket.socketpair()
        with ours, theirs:
            wrap = tls.server_context().wrap_socket
            shaking_hands = asyncio.to_thread(wrap, theirs, server_side=True)
            options: dict[str, Any] = {
                "ssl": tls.client_context(),
                "server_hostname": "localhost",
                "ssl_shutdown_timeout": 0.02,
            }
            opening = aio.open_connection(sock=ours, **options)
            stream, server = await asyncio.gather(opening, shaking_hands)
            with server:
                await stream.send("hello")
                stream.close()
                # uvloop has its own idea of how long that may take.
                if loop == "uvloop":
                    await waiting(stream.wait_closed())
                    stream.abort()
                await stream.wait_closed()
                assert server.recv(100) == HELLO

    run(loop, main)


# Handshakes that fail. asyncio's debug mode reports those at a server, itself.


@every_loop
def test_a_certificate_that_is_not_to_be_trusted(loop: str) -> None:
    served = 0

    async def handler(stream: aio.FramedStream) -> None:
        nonlocal served
        served += 1
        await echo(stream)

    async def main() -> None:
        async with serving(handler, encrypt=True) as server:
            for options in ({"ssl": True}, {"ssl": tls.client_context(), "server_hostname": "other"}):
                secure: dict[str, Any] = options
                with pytest.raises(ssl.SSLCertVerificationError):
                    await aio.open_connection(*address(server), **secure)
            async with await aio.open_connection(*address(server), ssl=tls.client_context()) as stream:
                await stream.send("hello")
                assert await stream.recv() == b"hello"
                assert stream.get_extra_info("peercert")
                assert stream.get_extra_info("cipher")

    run(loop, main, debug=False)
    assert served <= 3


@pytest.mark.parametrize("first", [HELLO, b"GET / HTTP/1.1\r\n\r\n", b""])
@every_loop
def test_a_client_that_speaks_no_tls(loop: str, first: bytes) -> None:
    served = 0

    async def handler(_: aio.FramedStream) -> None:
        nonlocal served
        served += 1

    async def main() -> None:
        async with serving(handler, encrypt=True) as server:
            peer = await client(server)
            await peer.send(first)
            peer.finish()
            with contextlib.suppress(ConnectionResetError):
                await peer.receive_all()
            await peer.close()
            await turns()

    run(loop, main, debug=False)
    assert served == 0


@every_loop
def test_a_server_that_speaks_no_tls(loop: str) -> None:
    async def main() -> None:
        async with serving(lambda stream: stream.send("hello")) as server:
            with pytest.raises(OSError, match=r"."):
                await aio.open_connection(*address(server), ssl=tls.client_context())

    run(loop, main)


@every_loop
def test_a_client_that_never_shakes_hands(loop: str) -> None:
    """It holds up nobody, and goes when its time is over."""

    async def main() -> None:
        async with serving(echo, encrypt=True, ssl_handshake_timeout=0.05) as server:
            silent = await client(server)
            peer = await client(server, encrypt=True)
            await peer.send(HELLO)
            assert await peer.receive(15) == HELLO
            with contextlib.suppress(ConnectionResetError):
                assert await silent.receive_all() == b""
            await peer.close()
            await silent.close()

    run(loop, main, debug=False)
