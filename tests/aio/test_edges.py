"""What no ordinary run meets: handlers that close their own server, and time that passes while reading is paused."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import framing
from framing import aio
from support.aio.servers import client, serving
from support.loops import every_loop, run
from support.pairs import HELLO
from support.processes import TIMEOUT


@every_loop
def test_two_handlers_close_their_server(loop: str) -> None:
    servers: list[Any] = []

    async def handler(stream: Any) -> None:
        await stream.recv()
        servers[0].close()
        await servers[0].wait_closed()
        await stream.send("bye")

    async def main() -> None:
        async with serving(handler, grace=None) as server:
            servers.append(server)
            peers = [await client(server) for _ in range(2)]
            for peer in peers:
                await peer.send(HELLO)
            for peer in peers:
                assert await peer.receive_all() == framing.encode("bye")
                await peer.close()

    run(loop, main)


def test_time_does_not_count_while_reading_is_paused_inside_a_frame() -> None:
    frame = bytes(range(256)) * 4000

    async def main() -> None:
        loop = asyncio.get_running_loop()
        now, shift = loop.time, 0.0
        loop.time = lambda: now() + shift  # type: ignore[method-assign]
        ours, theirs = socket.socketpair()
        with theirs:
            theirs.settimeout(TIMEOUT)
            stream = await aio.open_connection(sock=ours, frame_timeout=30, limit=1000)
            async with stream:
                sending = asyncio.create_task(asyncio.to_thread(theirs.sendall, framing.encode(frame)))
                while stream.transport.is_reading():
                    await asyncio.sleep(0.001)
                assert stream.stats.buffered > 1000
                # Nobody asks for the frame, and we do not read on: a minute of it is not the peer's.
                shift = 60.0
                for _ in range(10):
                    await asyncio.sleep(0)
                assert await stream.recv() == frame
                await sending

    asyncio.run(main())
