"""asyncio's own streams, and readers that hold part of a frame."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
from framing import (
    DecimalHeader,
    FramingError,
    aio,
)
from support.aio_pairs import Link, connected, waiting

MEGABYTE = bytes(range(256)) * 4096
SIZES = [0, 1, 9, 10, 11, 64 * 1024, 64 * 1024 + 1, 256 * 1024, 256 * 1024 + 1, 1024 * 1024]
CHARS = DecimalHeader(unit="chars")

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter, socket.socket]


@contextlib.asynccontextmanager
async def streams(link: Link, **options: Any) -> AsyncIterator[Streams]:
    """Our end as asyncio's streams, and the peer's as it is."""

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


def filled(*wire: bytes) -> asyncio.StreamReader:
    """A reader to which this has come, and nothing else yet."""
    reader = asyncio.StreamReader()
    reader.feed_data(b"".join(wire))
    return reader


async def given_up(call: asyncio.Task[bytes]) -> None:
    call.cancel()
    await asyncio.wait([call])
    assert call.cancelled()


async def begun(reader: asyncio.StreamReader, **options: Any) -> None:
    """Reads what is there of a frame."""
    await given_up(await waiting(aio.read_frame(reader, **options)))


async def frames_of(reader: asyncio.StreamReader, **options: Any) -> tuple[list[bytes], FramingError]:
    frames: list[bytes] = []
    while True:
        try:
            frames.append(await aio.read_frame(reader, **options))
        except FramingError as error:
            with pytest.raises(type(error)) as again:
                await aio.read_frame(reader, **options)
            assert again.value == error
            return frames, error
