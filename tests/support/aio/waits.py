"""Waiting in a loop for what is to come, without a clock, and calls that wait."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest
from framing import ConnectionClosed, aio

T = TypeVar("T")


async def turns(count: int = 5) -> None:
    """Let everything run that is ready, and what becomes ready by that."""
    for _ in range(count):
        await asyncio.sleep(0)


async def until(condition: Callable[[], object]) -> None:
    """Let the loop run until something is so."""
    while not condition():
        await asyncio.sleep(0)


def received(end: aio.FramedStream | aio.FramedProtocol) -> int:
    """Return how many bytes of the wire have arrived."""
    return end.stats.wire_bytes + end.stats.buffered


async def arrived(end: aio.FramedStream | aio.FramedProtocol, count: int) -> None:
    """Wait until so many bytes of the wire have arrived, whoever reads them."""
    await until(lambda: received(end) >= count)


async def waiting(call: Awaitable[T]) -> asyncio.Task[T]:
    """Start a call that has to wait, and return once it waits."""
    task = asyncio.ensure_future(call)
    await turns()
    assert not task.done()
    assert isinstance(task, asyncio.Task)
    return task


async def expect_closed(call: Awaitable[object]) -> None:
    """Expect a call to say that its connection was closed on this side."""
    with pytest.raises(ConnectionClosed) as caught:
        await call
    assert caught.value == ConnectionClosed(local=True)
