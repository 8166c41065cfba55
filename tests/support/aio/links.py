"""Connections of each kind whose one end is of `framing.aio`, or asyncio's streams. What the other end is, a test chooses."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import random
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, NamedTuple, TypeVar

import framing
import pytest
from framing import aio
from support import pairs, tls
from support.aio.peer import Peer, accepted, drop
from support.aio.waits import turns

T = TypeVar("T")
P = TypeVar("P", bound=asyncio.BaseProtocol)

STREAM = framing.encode("one") + framing.encode("") + framing.encode("three")
FRAMES = [b"one", b"", b"three"]
HELLO = framing.encode("hello")

LARGE = random.Random(1).randbytes(8_000_000)
"""More than the system's buffers hold while nobody reads: see `_keep_from_growing`."""


class Link(NamedTuple):
    """A kind of connection."""

    name: str
    ends: pairs.Link
    encrypted: bool = False


tcp = Link("tcp", pairs.tcp)
unix = Link("unix", pairs.unix)
pair = Link("pair", pairs.pair)
encrypted = Link("encrypted", pairs.tcp, encrypted=True)
"""TLS over TCP; our end is the client's."""


def each(*links: Link) -> pytest.MarkDecorator:
    """Run a test for each of these kinds."""
    return pytest.mark.parametrize("link", links, ids=[link.name for link in links])


each_link = each(tcp, unix, encrypted)
each_way = each(pair, encrypted)
"""The ways that bytes take: from the system, and through TLS."""
each_with_halves = each(tcp, unix)
"""The kinds where one direction can be ended alone."""


@functools.cache
def _server_context() -> ssl.SSLContext:
    context = tls.server_context()
    # The client would receive session tickets at a moment that nobody knows.
    context.num_tickets = 0
    return context


@functools.cache
def _client_options() -> dict[str, Any]:
    return {"ssl": tls.client_context(), "server_hostname": "localhost"}


@contextlib.asynccontextmanager
async def connected(
    link: Link, connect: Callable[..., Awaitable[T]]
) -> AsyncIterator[tuple[T, socket.socket]]:
    """Give what `connect` makes of our end, and the peer's socket.

    The socket blocks: whatever is not small has to be sent or received in a thread.
    """
    with link.ends() as (ours, peer):
        if not link.encrypted:
            yield await connect(sock=ours), peer
            return
        shaking_hands = asyncio.create_task(
            asyncio.to_thread(_server_context().wrap_socket, peer, server_side=True)
        )
        made = await connect(sock=ours, **_client_options())
        with await shaking_hands as server:
            yield made, server


def _keep_from_growing(*socks: socket.socket) -> None:
    """Fix the size of the system's buffers.

    Those of TCP grow by themselves, to several megabytes each, and on a busy machine at a moment that nobody expects: a call
    that waits for room would find some, although the peer has not read.
    """
    for sock in socks:
        for option in (socket.SO_SNDBUF, socket.SO_RCVBUF):
            sock.setsockopt(socket.SOL_SOCKET, option, 100_000)


async def _open(sock: socket.socket, **options: Any) -> aio.FramedStream:
    internet = sock.family == socket.AF_INET
    open_one = aio.open_connection if internet else aio.open_unix_connection
    return await open_one(sock=sock, **options)


@contextlib.asynccontextmanager
async def framed(
    link: Link = pair, **options: Any
) -> AsyncIterator[tuple[aio.FramedStream, socket.socket]]:
    """Give our end framed, and the peer's socket."""
    connect = functools.partial(_open, **options)
    async with connected(link, connect) as (stream, peer):
        try:
            yield stream, peer
        finally:
            stream.abort()
            await stream.wait_closed()


@contextlib.asynccontextmanager
async def paired(link: Link, **options: Any) -> AsyncIterator[tuple[aio.FramedStream, Peer]]:
    """Give our end framed, and a peer in the same loop. Whatever a test has left is aborted."""
    if link.encrypted:
        options |= _client_options()
    with link.ends() as (ours, theirs):
        _keep_from_growing(ours, theirs)
        context = _server_context() if link.encrypted else None
        accepting = asyncio.ensure_future(accepted(theirs, context))
        stream = await _open(ours, **options)
        peer = await accepting
        # A stream that is detached does not have it any more.
        transport = stream.transport
        try:
            yield stream, peer
        finally:
            drop(transport)
            peer.abort()
            await turns()


@contextlib.asynccontextmanager
async def called_back(
    make: Callable[[], P], link: Link = pair
) -> AsyncIterator[tuple[P, socket.socket]]:
    """Give a protocol at our end, and the peer's socket."""

    async def connect(**options: Any) -> tuple[asyncio.Transport, P]:
        return await asyncio.get_running_loop().create_connection(make, **options)

    async with connected(link, connect) as ((transport, protocol), peer):
        try:
            yield protocol, peer
        finally:
            transport.abort()
            await turns()


Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter, socket.socket]


@contextlib.asynccontextmanager
async def streams(link: Link, **options: Any) -> AsyncIterator[Streams]:
    """Give our end as asyncio's streams, and the peer's socket."""

    async def connect(sock: socket.socket, **security: Any) -> Any:
        internet = sock.family == socket.AF_INET
        open_one = asyncio.open_connection if internet else asyncio.open_unix_connection
        return await open_one(sock=sock, **security, **options)

    async with connected(link, connect) as ((reader, writer), peer):
        try:
            yield reader, writer, peer
        finally:
            writer.transport.abort()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
