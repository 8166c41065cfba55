"""Every call that sends or encodes frames, each with all that it has written."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import framing
import pytest
from framing import FramedSocket, FrameEncoder, NetstringHeader, aio
from support.aio.transport import Pipe, piped
from support.aio.waits import turns
from support.pairs import begin, framed, pair, receive_all

# `send(payload, fields=...)` sends one frame, or `COUNT` where the call is for many; `written()` gives all bytes in the end.
Send = Callable[..., Awaitable[None]]
Written = Callable[[], Awaitable[bytes]]
Way = Callable[[Any], AbstractAsyncContextManager[tuple[Send, Written]]]


def codec(encode: Callable[..., bytes]) -> Way:
    @contextlib.asynccontextmanager
    async def way(header: Any) -> AsyncIterator[tuple[Send, Written]]:
        wire = bytearray()

        async def send(payload: Any, **options: Any) -> None:
            wire.extend(encode(header, payload, **options))

        async def written() -> bytes:
            return bytes(wire)

        yield send, written

    return way


def blocking(call: Callable[..., None]) -> Way:
    @contextlib.asynccontextmanager
    async def way(header: Any) -> AsyncIterator[tuple[Send, Written]]:
        with framed(pair, header=header) as (fs, peer):
            reading = begin(receive_all, peer)

            async def send(payload: Any, **options: Any) -> None:
                call(fs, payload, **options)

            async def written() -> bytes:
                fs.close()
                return reading.result()

            yield send, written

    return way


def streaming(call: Callable[..., Awaitable[None]]) -> Way:
    @contextlib.asynccontextmanager
    async def way(header: Any) -> AsyncIterator[tuple[Send, Written]]:
        stream, pipe = await piped(header=header)

        async def send(payload: Any, **options: Any) -> None:
            await call(stream, payload, **options)
            # There is always room.
            pipe.take(10**9)

        yield send, lambda: all_of(pipe)
        pipe.abort()
        await stream.wait_closed()

    return way


def calling_back(call: Callable[..., None]) -> Way:
    @contextlib.asynccontextmanager
    async def way(header: Any) -> AsyncIterator[tuple[Send, Written]]:
        pipe, protocol = Pipe().connect(lambda: aio.FramedProtocol(header))

        async def send(payload: Any, **options: Any) -> None:
            call(protocol, payload, **options)

        yield send, lambda: all_of(pipe)
        pipe.abort()
        await turns()

    return way


@contextlib.asynccontextmanager
async def by_write_frame(header: Any) -> AsyncIterator[tuple[Send, Written]]:
    pipe = Pipe()
    reader = asyncio.StreamReader()
    _, protocol = pipe.connect(lambda: asyncio.StreamReaderProtocol(reader))
    writer = asyncio.StreamWriter(pipe, protocol, reader, asyncio.get_running_loop())

    async def send(payload: Any, **options: Any) -> None:
        aio.write_frame(writer, payload, header, **options)

    yield send, lambda: all_of(pipe)
    writer.close()
    await writer.wait_closed()


async def all_of(pipe: Pipe) -> bytes:
    await turns()
    return b"".join(pipe.writes)


def into_a_buffer(header: Any, payload: Any, **options: Any) -> bytes:
    buffer = bytearray(2_000_000)
    size = FrameEncoder(header).encode_into(payload, buffer, 3, **options)
    assert buffer[:3] == bytes(3)
    return bytes(buffer[3 : 3 + size])


def in_parts(header: Any, payload: bytes, **options: Any) -> bytes:
    behind = b"," if isinstance(header, NetstringHeader) else b""
    return FrameEncoder(header).header_for(payload, **options) + payload + behind


def by_send_frame(fs: FramedSocket, payload: Any, **options: Any) -> None:
    framing.send_frame(fs.socket, payload, fs.header, **options)


async def nowait(stream: aio.FramedStream, payload: Any, **options: Any) -> None:
    stream.send_nowait(payload, **options)


ONE: dict[str, Way] = {
    "framing.encode": codec(
        lambda header, payload, **options: framing.encode(payload, header, **options)
    ),
    "encode": codec(lambda header, payload, **options: FrameEncoder(header).encode(payload, **options)),
    "encode_into": codec(into_a_buffer),
    "header_for": codec(in_parts),
    "send_frame": blocking(by_send_frame),
    "FramedSocket.send": blocking(FramedSocket.send),
    "FramedStream.send": streaming(aio.FramedStream.send),
    "FramedStream.send_nowait": streaming(nowait),
    "FramedProtocol.send": calling_back(aio.FramedProtocol.send),
    "write_frame": by_write_frame,
}

COUNT = 3
"""The frames that calls for many send."""

MANY: dict[str, Way] = {
    "encode_many": codec(
        lambda header, payload, **options: FrameEncoder(header).encode_many(
            [payload] * COUNT, **options
        )
    ),
    "FramedSocket.send_many": blocking(
        lambda fs, payload, **options: fs.send_many(iter([payload] * COUNT), **options)
    ),
    "FramedStream.send_many": streaming(
        lambda stream, payload, **options: stream.send_many([payload] * COUNT, **options)
    ),
    "FramedProtocol.send_many": calling_back(
        lambda protocol, payload, **options: protocol.send_many([payload] * COUNT, **options)
    ),
}
WAYS = ONE | MANY
each_way = pytest.mark.parametrize("name", WAYS)


def count(name: str) -> int:
    """The frames that a call sends."""
    return COUNT if name in MANY else 1
