"""What a test sends and receives over a link: by every call that receives, and more than a connection holds."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable
from typing import TypeVar

import framing
import pytest
from framing import SendWouldBlock, aio
from support.aio.links import LARGE
from support.aio.waits import turns
from support.processes import TIMEOUT

T = TypeVar("T")

Receive = Callable[[aio.FramedStream], Awaitable[list[bytes]]]
"""A way of receiving: one call, and the frames that it returns."""


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
    """Receive so many frames, by as many calls as it takes."""
    frames: list[bytes] = []
    while len(frames) < count:
        got = await call(stream)
        assert got, "a call gives at least one"
        frames += got
    return frames


async def frames_of(stream: aio.FramedStream) -> tuple[list[bytes], Exception]:
    """Receive everything, and return how that ends, too."""
    frames: list[bytes] = []
    while True:
        try:
            frames.append(await stream.recv())
        except (framing.FramingError, OSError) as error:
            return frames, error


def without_hint(error: T) -> T | framing.InvalidHeader:
    """Return what there is to say about bad bytes, however they were cut."""
    return (
        framing.InvalidHeader(error.header, error.offset)
        if isinstance(error, framing.InvalidHeader)
        else error
    )


async def sending(peer: socket.socket, wire: bytes) -> None:
    """Send from a thread what may be more than the system takes at once."""
    await asyncio.to_thread(peer.sendall, wire)


async def flood(peer: socket.socket, piece: bytes, reading: Callable[[], bool]) -> int:
    """Send a piece over and over until we have stopped `reading` and the system takes no more.

    Return the number of bytes sent. The next to be sent is the rest of a piece: over TLS it has been begun.
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


async def blocked(stream: aio.FramedStream) -> bytes:
    """Send until there is no room, and none comes while the peer does not read; return the bytes on the wire."""
    wire = [framing.encode(LARGE)]
    await stream.send(LARGE)
    # Over TLS there are two buffers, and only one of them is full now.
    for _ in range(100):
        try:
            stream.send_nowait(LARGE[:50_000])
        except SendWouldBlock:
            break
        wire.append(framing.encode(LARGE[:50_000]))
        await turns()
    with pytest.raises(SendWouldBlock):
        stream.send_nowait("")
    return b"".join(wire)


# What a transport does


def protocol_of(stream: aio.FramedStream) -> asyncio.BufferedProtocol:
    """Return what the transport of a stream calls."""
    protocol = stream.transport.get_protocol()
    assert isinstance(protocol, asyncio.BufferedProtocol)
    return protocol


def view_of(protocol: asyncio.BufferedProtocol, sizehint: int = -1) -> memoryview:
    """Return what a transport is to receive into."""
    return memoryview(protocol.get_buffer(sizehint))


def put(protocol: asyncio.BufferedProtocol, wire: bytes) -> None:
    """Give a protocol what has "arrived", as a transport does, through as many views as it takes."""
    while wire:
        view = view_of(protocol)
        size = min(len(view), len(wire))
        view[:size] = wire[:size]
        protocol.buffer_updated(size)
        wire = wire[size:]
