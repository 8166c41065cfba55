"""Echo servers, each in a process of its own, which ends with whoever started it.

python benches/aio_servers.py LOOP KIND [warm]

It prints its port, and ends when its standard input does.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from typing import TYPE_CHECKING, Protocol, cast

import aio_loops
import by_hand
import peers
from framing import aio

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable
    from socket import socket

BACKLOG = 1024
"""Room for all clients at once: the system makes those wait a second for whom there is none."""

WARMTH = 16 * 1024 * 1024
"""Bytes that a warm process has once allocated and freed.

asyncio allocates 256 KiB for each `recv` of a plain `Protocol`, and shrinks it to what came. To glibc that is large at
first: each is mapped, touched and unmapped again, which costs more than all else. It stops when a mapped block is
freed that is as large still, for then glibc raises its mark above that size; one that was shrunk does not count. When
that happens is chance, and in many a server it is never.
"""


class Listening(Protocol):
    @property
    def sockets(self) -> Iterable[socket]: ...


class Bare(asyncio.Protocol):
    """The floor: looks at nothing."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's is not an `asyncio.Transport`.
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self.transport.write(data)


class BareTask(asyncio.Protocol):
    """The floor of whoever has a task for each connection: it awaits what comes, and looks at nothing."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.loop = asyncio.get_running_loop()
        self.data = b""
        self.arrival: asyncio.Future[None] | None = None
        self.task = self.loop.create_task(self.echo())

    def data_received(self, data: bytes) -> None:
        self.data += data
        if self.arrival is not None:
            self.arrival.set_result(None)
            self.arrival = None

    def connection_lost(self, _: Exception | None) -> None:
        self.task.cancel()

    async def echo(self) -> None:
        while True:
            if not self.data:
                self.arrival = self.loop.create_future()
                await self.arrival
            data, self.data = self.data, b""
            self.transport.write(data)


class Callback(aio.FramedProtocol):
    def frame_received(self, frame: bytes) -> None:
        self.send(frame)


async def bare() -> Listening:
    return await asyncio.get_running_loop().create_server(Bare, peers.HOST, 0, backlog=BACKLOG)


async def bare_task() -> Listening:
    return await asyncio.get_running_loop().create_server(BareTask, peers.HOST, 0, backlog=BACKLOG)


async def callback() -> Listening:
    return await asyncio.get_running_loop().create_server(Callback, peers.HOST, 0, backlog=BACKLOG)


async def stream() -> Listening:
    async def echo(stream: aio.FramedStream) -> None:
        async for frame in stream:
            await stream.send(frame)

    return await aio.start_server(echo, peers.HOST, 0, backlog=BACKLOG)


async def streams() -> Listening:
    """What asyncio has for the job."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                header = await reader.readexactly(by_hand.HEADER_SIZE)
                payload = await reader.readexactly(int(header))
                writer.write(b"%-10d%b" % (len(payload), payload))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    return await asyncio.start_server(echo, peers.HOST, 0, backlog=BACKLOG)


async def picows() -> Listening:
    import picows

    class Echo(picows.WSListener):
        def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
            transport.send(picows.WSMsgType.BINARY, frame.get_payload_as_bytes())

    return await picows.ws_create_server(lambda _: Echo(), peers.HOST, 0, backlog=BACKLOG)


async def websockets() -> Listening:
    from websockets.asyncio.server import ServerConnection, serve
    from websockets.exceptions import ConnectionClosed

    async def echo(connection: ServerConnection) -> None:
        # Clients that go do not say so.
        with contextlib.suppress(ConnectionClosed):
            async for message in connection:
                await connection.send(message)

    # The clients answer no pings.
    return await serve(echo, peers.HOST, 0, compression=None, ping_interval=None, backlog=BACKLOG)


KINDS: dict[str, Callable[[], Awaitable[Listening]]] = {
    kind.__name__: kind for kind in (bare, bare_task, callback, stream, streams, picows, websockets)
}


async def serve(kind: str) -> None:
    listening = await KINDS[kind]()
    asyncio.get_running_loop().add_reader(sys.stdin.fileno(), os._exit, 0)
    for sock in listening.sockets:
        print(sock.getsockname()[1], flush=True)
    await asyncio.Event().wait()


def warm_up() -> None:
    bytes(WARMTH)


def main(loop: str, kind: str, warm: str = "") -> None:
    if warm:
        warm_up()
    with asyncio.Runner(loop_factory=lambda: aio_loops.new(loop)) as runner:
        runner.run(serve(kind))


if __name__ == "__main__":
    main(*sys.argv[1:])
