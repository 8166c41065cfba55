"""Streams of `framing.aio` whose peer is not framed, over each kind of connection, and calls that wait."""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeVar

import framing
import pytest
from framing import ConnectionClosed, FrameWouldBlock, aio
from support import pairs, tls

T = TypeVar("T")

HELLO = framing.encode("hello")

LARGE = random.Random(1).randbytes(8_000_000)
"""More than the system's buffers hold while nobody reads."""


class Peer:
    """The other end, which is not framed. It reads what a test tells it to, and hardly anything ahead."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def receive(self, size: int) -> bytes:
        """Waits for so many bytes; fewer where the stream ends."""
        try:
            return await self.reader.readexactly(size)
        except asyncio.IncompleteReadError as error:
            return error.partial

    async def receive_all(self) -> bytes:
        """Waits for the end of the stream."""
        return await self.reader.read()

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    def finish(self) -> None:
        """Says "nothing more from me", and can still be read from."""
        self.writer.write_eof()

    def reset(self) -> None:
        """Closes a TCP connection as one does that crashes: nothing waits, our end gets an error."""
        sock = self.writer.get_extra_info("socket")
        # It may be gone already.
        with contextlib.suppress(AttributeError, OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.abort()

    def abort(self) -> None:
        drop(self.writer.transport)

    async def close(self) -> None:
        self.writer.close()
        # However it has ended before.
        with contextlib.suppress(OSError):
            await self.writer.wait_closed()


# Our end, and the peer.
Pair = tuple[aio.FramedStream, Peer]
Link = Callable[..., AbstractAsyncContextManager[Pair]]


def tcp(**options: Any) -> AbstractAsyncContextManager[Pair]:
    """TCP."""
    return connected(pairs.tcp, **options)


def unix(**options: Any) -> AbstractAsyncContextManager[Pair]:
    """Unix sockets."""
    return connected(pairs.unix, **options)


def encrypted(**options: Any) -> AbstractAsyncContextManager[Pair]:
    """TLS over TCP; our end is the client's."""
    return connected(pairs.tcp, encrypt=True, **options)


@contextlib.asynccontextmanager
async def connected(link: pairs.Link, *, encrypt: bool = False, **options: Any) -> AsyncIterator[Pair]:
    """Our end framed, and the peer. Whatever a test has left is aborted."""
    if encrypt:
        options |= {"ssl": tls.client_context(), "server_hostname": "localhost"}
    with link() as (ours, theirs):
        accepting = asyncio.ensure_future(accepted(theirs, encrypt=encrypt))
        stream = await aio.open_connection(sock=ours, **options)
        peer = await accepting
        # A stream that is detached does not have it any more.
        transport = stream.transport
        try:
            yield stream, peer
        finally:
            drop(transport)
            peer.abort()
            await turns()


def drop(transport: asyncio.WriteTransport) -> None:
    """Aborts what may be gone."""
    # asyncio's own trips over that where there were bytes to be flushed.
    with contextlib.suppress(AttributeError):
        transport.abort()


async def accepted(sock: socket.socket, *, encrypt: bool) -> Peer:
    """Makes a peer of a socket that a server would have accepted."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    # uvloop gives another one back where there is TLS.
    protocol = asyncio.StreamReaderProtocol(reader)
    transport, _ = await loop.connect_accepted_socket(
        lambda: protocol, sock, ssl=tls.server_context() if encrypt else None
    )
    return Peer(reader, asyncio.StreamWriter(transport, protocol, reader, loop))


def taken_over(transport: asyncio.Transport, wire: bytes = b"") -> Peer:
    """asyncio's own streams over a transport whose protocol so far has received these bytes."""
    reader = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(reader)
    transport.set_protocol(protocol)
    protocol.connection_made(transport)
    reader.feed_data(wire)
    transport.resume_reading()
    return Peer(reader, asyncio.StreamWriter(transport, protocol, reader, asyncio.get_running_loop()))


def each(*links: Link) -> pytest.MarkDecorator:
    """A test for these kinds."""
    return pytest.mark.parametrize("link", links, ids=[link.__name__ for link in links])


each_link = each(tcp, unix, encrypted)
each_with_halves = each(tcp, unix)
"""Where one direction can be ended alone."""


async def turns(count: int = 5) -> None:
    """Lets everything run that is ready, and what becomes ready by that."""
    for _ in range(count):
        await asyncio.sleep(0)


async def begun(call: Awaitable[T]) -> asyncio.Task[T]:
    """Begins a call, and returns once it waits."""

    async def wait() -> T:
        return await call

    task = asyncio.ensure_future(wait())
    await turns()
    assert not task.done()
    return task


async def blocked(stream: aio.FramedStream) -> bytes:
    """Sends until there is no room, and will be none while the peer does not read; the bytes on the wire."""
    wire = [framing.encode(LARGE)]
    await stream.send(LARGE)
    # Over TLS there are two buffers, and only one of them is full now.
    for _ in range(100):
        try:
            stream.send_nowait(LARGE[:50_000])
        except FrameWouldBlock:
            break
        wire.append(framing.encode(LARGE[:50_000]))
        await turns()
    with pytest.raises(FrameWouldBlock):
        stream.send_nowait("")
    return b"".join(wire)


async def expect_closed(call: Awaitable[object]) -> None:
    """What was closed on this side says so."""
    with pytest.raises(ConnectionClosed) as caught:
        await call
    assert caught.value == ConnectionClosed(local=True)


# Servers

Handler = Callable[[aio.FramedStream], Awaitable[object]]


@contextlib.asynccontextmanager
async def serving(
    handler: Handler, *, encrypt: bool = False, **options: Any
) -> AsyncIterator[aio.FramedServer]:
    """A server for clients of the loopback. What a test has left of it is aborted."""
    context = tls.server_context() if encrypt else None
    server = await aio.start_server(handler, "127.0.0.1", 0, ssl=context, **options)
    try:
        yield server
    finally:
        server.close()
        server.abort_clients()
        await server.wait_closed()


async def client(server: aio.FramedServer, *, encrypt: bool = False) -> Peer:
    """A client that is not framed."""
    options: dict[str, Any] = {}
    if encrypt:
        options = {"ssl": tls.client_context(), "server_hostname": "localhost"}
    return Peer(*await asyncio.open_connection(*address(server), **options))


def address(server: aio.FramedServer) -> tuple[str, int]:
    """Where a server of the loopback is found."""
    host, port = server.sockets[0].getsockname()[:2]
    return host, port


async def echo(stream: aio.FramedStream) -> None:
    """A handler."""
    async for frame in stream:
        await stream.send(frame)
