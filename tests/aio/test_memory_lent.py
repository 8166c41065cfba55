"""Memory that was lent to a transport, and in which nothing was received: nobody holds it for long."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.loops import every_loop
from support.memory import AIO_PREAMBLE, by_proc, measured

pytestmark = [pytest.mark.slow, pytest.mark.dev_mode]

HERE = str(Path(__file__).parents[1])

# TLS asks for memory for each piece that comes in, and half of them are no data: a handshake, session tickets.
ENCRYPTED = f"""
sys.path.insert(0, {HERE!r})
from support import tls

async def connections(count, start_server, connect):
    kept = []

    async def handler(*ends):
        kept.append(ends)
        await asyncio.Event().wait()

    server = await start_server(handler, "127.0.0.1", 0, ssl=tls.server_context())
    context = tls.client_context()
    port = server.sockets[0].getsockname()[1]

    async def some(count):
        expected = len(kept) + 2 * count
        for _ in range(count):
            kept.append(await connect("127.0.0.1", port, ssl=context, server_hostname="localhost"))
        while len(kept) < expected:
            await asyncio.sleep(0.001)
        # Tickets come behind the handshake.
        await asyncio.sleep(0.1)

    await some(count // 4)
    before = used()
    await some(count)
    return (used() - before) / count

async def main():
    framed = await connections(100, aio.start_server, aio.open_connection)
    plain = await connections(100, asyncio.start_server, asyncio.open_connection)
    print(framed, plain)
    sys.stdout.flush()
    os._exit(0)

import os
run(main)
"""

HALF_CLOSED = """
async def main():
    pairs = [socket.socketpair() for _ in range(240)]
    streams = [await aio.open_connection(sock=ours) for ours, _ in pairs]

    async def ended(chosen):
        for stream, (_, peer) in chosen:
            peer.sendall(b"3         abc")
            peer.shutdown(socket.SHUT_WR)
            assert await stream.recv() == b"abc"
        for _ in range(20):
            await asyncio.sleep(0)

    both = list(zip(streams, pairs))
    await ended(both[:40])
    before = used()
    await ended(both[40:])
    print((used() - before) / 200)
    for stream in streams:
        stream.abort()
        await stream.wait_closed()

run(main)
"""

RESET = """
async def main():
    loop = asyncio.get_running_loop()
    kept = []

    async def reset(count):
        server = socket.create_server(("127.0.0.1", 0))
        for _ in range(count):
            stream = await aio.open_connection(*server.getsockname())
            peer, _ = server.accept()
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\\\\1\\\\0\\\\0\\\\0\\\\0\\\\0\\\\0\\\\0")
            peer.close()
            try:
                await stream.recv()
            except ConnectionError as error:
                kept.append(error)
            kept.append(stream)
        server.close()

    gc.disable()
    await reset(20)
    before = status("VmRSS")
    await reset(200)
    print((status("VmRSS") - before) / 200)

run(main)
"""


@by_proc
@every_loop
def test_idle_connections_over_tls(loop: str) -> None:
    framed, plain = measured(AIO_PREAMBLE.format(loop=loop) + ENCRYPTED)
    # Both ends are here, and each has buffers of TLS's own. One piece of memory would be 256 KiB.
    assert framed < plain + 100_000


@by_proc
@every_loop
def test_connections_that_the_peer_has_half_closed(loop: str) -> None:
    (each,) = measured(AIO_PREAMBLE.format(loop=loop) + HALF_CLOSED)
    assert each < 30_000


@by_proc
@every_loop
def test_connections_that_were_reset_and_whose_errors_are_kept(loop: str) -> None:
    (each,) = measured(AIO_PREAMBLE.format(loop=loop) + RESET.replace("\\\\", "\\"))
    assert each < 60_000
