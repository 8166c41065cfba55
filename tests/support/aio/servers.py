"""Servers of `framing.aio` on the loopback, and clients of theirs that are not framed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from framing import aio
from support import tls
from support.aio.peer import Peer

Handler = Callable[[aio.FramedStream], Awaitable[object]]


@contextlib.asynccontextmanager
async def serving(
    handler: Handler, *, encrypt: bool = False, **options: Any
) -> AsyncIterator[aio.FramedServer]:
    """Give a server for clients of the loopback. What a test has left of it is aborted."""
    context = tls.server_context() if encrypt else None
    server = await aio.start_server(handler, "127.0.0.1", 0, ssl=context, **options)
    try:
        yield server
    finally:
        server.close()
        server.abort_clients()
        await server.wait_closed()


async def client(server: aio.FramedServer, *, encrypt: bool = False) -> Peer:
    """Connect a client that is not framed."""
    options: dict[str, Any] = {}
    if encrypt:
        options = {"ssl": tls.client_context(), "server_hostname": "localhost"}
    return Peer(*await asyncio.open_connection(*address(server), **options))


def address(server: aio.FramedServer) -> tuple[str, int]:
    """Return where a server of the loopback is found."""
    host, port = server.sockets[0].getsockname()[:2]
    return host, port


async def echo(stream: aio.FramedStream) -> None:
    """Send every frame back: a handler."""
    async for frame in stream:
        await stream.send(frame)
