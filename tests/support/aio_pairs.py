"""Streams and protocols of `framing.aio` over connections of each kind, with a plain socket at the other end."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, NamedTuple, TypeVar

import framing
import pytest
from framing import aio
from support import pairs, tls
from support.processes import TIMEOUT

T = TypeVar("T")
P = TypeVar("P", bound=asyncio.BaseProtocol)

STREAM = framing.encode("one") + framing.encode("") + framing.encode("three")
FRAMES = [b"one", b"", b"three"]


class Link(NamedTuple):
    """A kind of connection."""

    name: str
    ends: pairs.Link
    encrypted: bool = False


tcp = Link("tcp", pairs.tcp)
unix = Link("unix", pairs.unix)
pair = Link("pair", pairs.pair)
over_tls = Link("tls", pairs.tcp, encrypted=True)


def each(*links: Link) -> pytest.MarkDecorator:
    """A test for these kinds."""
    return pytest.mark.parametrize("link", links, ids=[link.name for link in links])


each_link = each(tcp, unix, over_tls)
each_way = each(pair, over_tls)
"""The ways that bytes take: from the system, and through TLS."""


@contextlib.asynccontextmanager
async def connected(
    link: Link, connect: Callable[..., Awaitable[T]]
) -> AsyncIterator[tuple[T, socket.socket]]:
    """What `connect` makes of our end, and the peer's: it blocks, so what is not small is for a thread."""
    with link.ends() as (ours, peer):
        if not link.encrypted:
            yield await connect(sock=ours), peer
            return
        context = tls.server_context()
        # Else they arrive whenever they arrive.
        context.num_tickets = 0
        shaking_hands = asyncio.create_task(
            asyncio.to_thread(context.wrap_socket, peer, server_side=True)
        )
        made = await connect(sock=ours, ssl=tls.client_context(), server_hostname="localhost")
        with await shaking_hands as server:
            yield made, server


@contextlib.asynccontextmanager
async def framed(
    link: Link = pair, **options: Any
) -> AsyncIterator[tuple[aio.FramedStream, socket.socket]]:
    """Our end framed, and the peer's as it is."""

    async def connect(sock: socket.socket, **security: Any) -> aio.FramedStream:
        internet = sock.family == socket.AF_INET
        open_one = aio.open_connection if internet else aio.open_unix_connection
        return await open_one(sock=sock, **security, **options)

    async with connected(link, connect) as (stream, peer):
        try:
            yield stream, peer
        finally:
            stream.abort()
            await stream.wait_closed()


@contextlib.asynccontextmanager
async def called_back(
    make: Callable[[], P], link: Link = pair
) -> AsyncIterator[tuple[P, socket.socket]]:
    """A protocol at our end, and the peer's as it is."""

    async def connect(sock: socket.socket, **security: Any) -> tuple[asyncio.Transport, P]:
        return await asyncio.get_running_loop().create_connection(make, sock=sock, **security)

    async with connected(link, connect) as ((transport, protocol), peer):
        try:
            yield protocol, peer
        finally:
            transport.abort()
            await turns()


# The ways of receiving.
Receive = Callable[[aio.FramedStream], Awaitable[list[bytes]]]


async def one(stream: aio.FramedStream) -> list[bytes]:
    return [await stream.recv()]


async def iterated(stream: aio.FramedStream) -> list[bytes]:
    return [await anext(stream)]


CALLS: dict[str, Receive] = {
    "recv": one,
    "recv_many": aio.FramedStream.recv_many,
    "recv_many(2)": lambda stream: stream.recv_many(max_frames=2),
    "next": iterated,
}
each_call = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)


async def several(stream: aio.FramedStream, count: int, call: Receive = one) -> list[bytes]:
    """So many frames, by as many calls as it takes."""
    frames: list[bytes] = []
    while len(frames) < count:
        got = await call(stream)
        assert got, "a call gives at least one"
        frames += got
    return frames


async def turns(count: int = 5) -> None:
    """Lets the loop do what it can."""
    for _ in range(count):
        await asyncio.sleep(0)


async def until(condition: Callable[[], object]) -> None:
    """Lets the loop run until something is so."""
    while not condition():
        await asyncio.sleep(0)


def received(end: aio.FramedStream | aio.FramedProtocol) -> int:
    """Bytes of the wire that have arrived."""
    return end.stats.wire_bytes + end.stats.buffered


async def arrived(end: aio.FramedStream | aio.FramedProtocol, count: int) -> None:
    """Waits until so many bytes of the wire have arrived, whoever reads them."""
    await until(lambda: received(end) >= count)


async def waiting(call: Awaitable[T]) -> asyncio.Task[T]:
    """Starts a call that will have to wait."""
    task = asyncio.ensure_future(call)
    await turns()
    assert not task.done()
    assert isinstance(task, asyncio.Task)
    return task


async def sending(peer: socket.socket, wire: bytes) -> None:
    """Sends from a thread what may be more than the system takes at once."""
    await asyncio.to_thread(peer.sendall, wire)


async def flood(peer: socket.socket, piece: bytes, reading: Callable[[], bool]) -> int:
    """Sends a piece over and over until we have stopped `reading` and the system takes no more.

    Gives the number of bytes sent. The next to be sent is the rest of a piece: over TLS it has been begun.
    """
    peer.setblocking(False)
    sent = 0
    # Without an end it would be no flood that is stopped.
    while sent < 100_000_000:
        try:
            sent += peer.send(piece[sent % len(piece) :])
        except (BlockingIOError, ssl.SSLWantWriteError):
            if not reading():
                break
            await asyncio.sleep(0)
    peer.settimeout(TIMEOUT)
    return sent


def protocol_of(stream: aio.FramedStream) -> asyncio.BufferedProtocol:
    """What the transport of a stream calls."""
    protocol = stream.transport.get_protocol()
    assert isinstance(protocol, asyncio.BufferedProtocol)
    return protocol


def view_of(protocol: asyncio.BufferedProtocol, sizehint: int = -1) -> memoryview:
    """What a transport is to receive into."""
    return memoryview(protocol.get_buffer(sizehint))


def put(protocol: asyncio.BufferedProtocol, wire: bytes) -> None:
    """Gives a protocol what has "arrived", as a transport does, through as many views as it takes."""
    while wire:
        view = view_of(protocol)
        size = min(len(view), len(wire))
        view[:size] = wire[:size]
        protocol.buffer_updated(size)
        wire = wire[size:]


async def frames_of(stream: aio.FramedStream) -> tuple[list[bytes], Exception]:
    """Everything that is received, and how that ends."""
    frames: list[bytes] = []
    while True:
        try:
            frames.append(await stream.recv())
        except (framing.FramingError, OSError) as error:
            return frames, error


def without_hint(error: T) -> T | framing.InvalidHeader:
    """What there is to say about bad bytes, however they were cut."""
    return (
        framing.InvalidHeader(error.header, error.offset)
        if isinstance(error, framing.InvalidHeader)
        else error
    )
