"""asyncio's readers that hold part of a frame."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from framing import DecimalHeader, FramingError, aio
from support.aio.waits import waiting

MEGABYTE = bytes(range(256)) * 4096
SIZES = [0, 1, 9, 10, 11, 64 * 1024, 64 * 1024 + 1, 256 * 1024, 256 * 1024 + 1, 1024 * 1024]
CHARS = DecimalHeader(unit="chars")


def filled(*wire: bytes) -> asyncio.StreamReader:
    """Return a reader to which this has come, and nothing else yet."""
    reader = asyncio.StreamReader()
    reader.feed_data(b"".join(wire))
    return reader


async def given_up(call: asyncio.Task[bytes]) -> None:
    """Cancel a call."""
    call.cancel()
    await asyncio.wait([call])
    assert call.cancelled()


async def read_part(reader: asyncio.StreamReader, **options: Any) -> None:
    """Let a call read what is there of a frame, and give it up."""
    await given_up(await waiting(aio.read_frame(reader, **options)))


async def frames_read(reader: asyncio.StreamReader, **options: Any) -> tuple[list[bytes], FramingError]:
    """Read everything, and return how that ends, too: twice in the same way."""
    frames: list[bytes] = []
    while True:
        try:
            frames.append(await aio.read_frame(reader, **options))
        except FramingError as error:
            with pytest.raises(type(error)) as again:
                await aio.read_frame(reader, **options)
            assert again.value == error
            return frames, error
