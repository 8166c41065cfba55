"""When streams of `framing.aio` are freed: as soon as they are over, and by whom."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import weakref
from collections.abc import Awaitable, Callable
from typing import Any

import framing
import pytest
from framing import aio
from support.aio.links import HELLO, Link, each, encrypted, paired, tcp
from support.aio.peer import Peer
from support.aio.traffic import blocked
from support.aio.waits import turns, waiting
from support.loops import every_loop, run

Use = Callable[[aio.FramedStream, Peer], Awaitable[object]]


async def close(stream: aio.FramedStream, _: Peer) -> None:
    stream.close()


async def abort(stream: aio.FramedStream, _: Peer) -> None:
    stream.abort()


async def leave_the_with_statement(stream: aio.FramedStream, peer: Peer) -> None:
    peer.writer.close()
    async with stream:
        await stream.send("hello")


async def close_while_calls_wait(stream: aio.FramedStream, _: Peer) -> None:
    await blocked(stream)
    calls = [await waiting(call) for call in (stream.recv(), stream.send("hello"), stream.drain())]
    stream.abort()
    await asyncio.wait(calls)
    # One who looks at an error keeps it no longer than that.
    assert all(call.exception() for call in calls)


async def cancel_calls(stream: aio.FramedStream, _: Peer) -> None:
    await blocked(stream)
    calls: list[asyncio.Task[Any]] = [await waiting(stream.recv()), await waiting(stream.send("hello"))]
    for call in calls:
        call.cancel()
    await asyncio.wait(calls)
    stream.abort()


async def close_with_frames(stream: aio.FramedStream, peer: Peer) -> None:
    await peer.send(HELLO * 3 + HELLO[:12])
    assert await stream.recv() == b"hello"
    stream.close()


async def read_to_the_end(stream: aio.FramedStream, peer: Peer) -> None:
    await peer.send(HELLO * 3)
    peer.writer.close()
    async for frame in stream:
        assert frame == b"hello"
    stream.close()


async def be_cut_off(stream: aio.FramedStream, peer: Peer) -> None:
    await peer.send(HELLO[:12])
    peer.writer.close()
    with contextlib.suppress(framing.TruncatedFrame):
        await stream.recv()
    stream.close()


async def be_refused(stream: aio.FramedStream, peer: Peer) -> None:
    await peer.send(b"GET /")
    with contextlib.suppress(framing.InvalidHeader):
        await stream.recv()
    stream.close()


async def be_reset(stream: aio.FramedStream, peer: Peer) -> None:
    peer.reset()
    with contextlib.suppress(OSError, framing.ConnectionClosed):
        await stream.recv()


# An error that came out of a stream may refer to it: its traceback does.
WITHOUT_ERRORS: list[Use] = [
    close,
    abort,
    leave_the_with_statement,
    cancel_calls,
    close_with_frames,
    read_to_the_end,
]
USES = [*WITHOUT_ERRORS, close_while_calls_wait, be_cut_off, be_refused, be_reset]


async def used(link: Link, use: Use) -> list[weakref.ref[Any]]:
    """Uses a stream until it is closed; its parts, as far as they are there still."""
    async with paired(link) as (stream, peer):
        parts: list[weakref.ref[Any]] = [
            weakref.ref(stream),
            weakref.ref(stream.transport.get_protocol()),
        ]
        await use(stream, peer)
        reading = asyncio.ensure_future(peer.receive_all())
        await stream.wait_closed()
        with contextlib.suppress(OSError):
            await reading
        await peer.close()
    await turns()
    return parts


@pytest.mark.parametrize("use", USES, ids=lambda use: use.__name__)
@each(tcp, encrypted)
@every_loop
def test_a_stream_that_is_over_is_freed(loop: str, link: Link, use: Use) -> None:
    async def main() -> None:
        parts = await used(link, use)
        gc.collect()
        assert [part() for part in parts] == [None] * len(parts)

    run(loop, main)


@pytest.mark.parametrize("use", WITHOUT_ERRORS, ids=lambda use: use.__name__)
@every_loop
def test_it_does_not_wait_for_the_collector(loop: str, use: Use) -> None:
    async def main() -> None:
        gc.collect()
        gc.disable()
        try:
            parts = await used(tcp, use)
            assert [part() for part in parts] == [None] * len(parts)
        finally:
            gc.enable()

    run(loop, main, debug=False)
