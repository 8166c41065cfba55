"""Calls of `framing.aio` that are cancelled while they receive: nothing is lost, repeated or out of order."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
from collections.abc import Awaitable, Callable
from typing import Any

import framing
import pytest
from support.aio.links import FRAMES, STREAM, Link, each_way, framed
from support.aio.traffic import CALLS, Receive, each_call, protocol_of, put, several
from support.aio.transport import piped
from support.aio.waits import arrived, turns, waiting
from support.loops import every_loop, run
from support.pairs import finish

pytestmark = pytest.mark.dev_mode

# Ways of giving up on a call after a while. Each says whether it did.
GiveUp = Callable[[Awaitable[None], random.Random], Awaitable[bool]]


async def by_cancelling(call: Awaitable[None], generator: random.Random) -> bool:
    task = asyncio.ensure_future(call)
    await turns(generator.randrange(5))
    task.cancel()
    return await was_cancelled(task)


async def by_cancelling_twice(call: Awaitable[None], generator: random.Random) -> bool:
    task = asyncio.ensure_future(call)
    await turns(generator.randrange(5))
    task.cancel()
    await turns(generator.randrange(2))
    task.cancel()
    return await was_cancelled(task)


async def was_cancelled(task: asyncio.Future[Any]) -> bool:
    try:
        await task
    except asyncio.CancelledError:
        return True
    return False


async def by_timeout(call: Awaitable[None], generator: random.Random) -> bool:
    try:
        async with asyncio.timeout(generator.choice([0, 1e-6, 1e-4, 1e-3])):
            await call
    except TimeoutError:
        return True
    return False


async def by_wait_for(call: Awaitable[None], generator: random.Random) -> bool:
    try:
        await asyncio.wait_for(call, generator.choice([0, 1e-6, 1e-4, 1e-3]))
    except TimeoutError:
        return True
    return False


class SomethingElseError(Exception):
    pass


async def by_a_neighbour(call: Awaitable[None], generator: random.Random) -> bool:
    """In a group of tasks, of which one fails."""

    async def fail() -> None:
        await turns(generator.randrange(5))
        raise SomethingElseError

    async def do() -> None:
        await call

    with contextlib.suppress(ExceptionGroup):
        async with asyncio.TaskGroup() as group:
            task = group.create_task(do())
            group.create_task(fail())
    return task.cancelled()


WAYS: dict[str, GiveUp] = {
    "cancel": by_cancelling,
    "cancel twice": by_cancelling_twice,
    "timeout": by_timeout,
    "wait_for": by_wait_for,
    "TaskGroup": by_a_neighbour,
}


@pytest.mark.parametrize("way", WAYS)
@each_way
@every_loop
def test_hundreds_of_times(loop: str, link: Link, way: str) -> None:
    generator = random.Random(f"{loop} {link.name} {way}")
    give_up = WAYS[way]
    calls = list(CALLS.values())
    sent: list[bytes] = []
    got: list[bytes] = []

    async def main() -> None:
        async with framed(link) as (stream, peer):

            async def receive() -> None:
                got.extend(await generator.choice(calls)(stream))

            rest = b""
            given_up = 0
            while given_up < 300:
                if not rest:
                    frames = [generator.randbytes(generator.randrange(60)) for _ in range(4)]
                    sent.extend(frames)
                    rest = b"".join(map(framing.encode, frames))
                # There may be no frame in it, or several.
                if len(sent) - len(got) <= 4:
                    size = generator.choice([0, 1, 5, 10, 100])
                    peer.sendall(rest[:size])
                    rest = rest[size:]
                given_up += await give_up(receive(), generator)
            peer.sendall(rest)
            finish(peer)
            while len(got) < len(sent):
                await receive()
            assert [frame async for frame in stream] == []

    run(loop, main)
    assert got == sent


@each_call
@every_loop
def test_when_it_has_been_woken(loop: str, call: Receive) -> None:
    """The frame is here and the call could go on, but is cancelled before it does."""

    async def main() -> None:
        async with framed() as (stream, _):
            task = await waiting(call(stream))
            put(protocol_of(stream), STREAM)
            task.cancel()
            assert await was_cancelled(task)
            assert await several(stream, 3, call) == FRAMES

    run(loop, main)


@each_way
@every_loop
def test_a_large_frame_carries_on(loop: str, link: Link) -> None:
    """What has come of it stays where it is."""
    payload = bytes(range(251)) * 4000
    wire = framing.encode(payload)

    async def main() -> None:
        async with framed(link) as (stream, peer):
            places = [0, 5, 10, 11, 70_000, 300_000, len(wire) - 1, len(wire)]
            for start, end in itertools.pairwise(places):
                task = await waiting(stream.recv())
                sender = asyncio.create_task(asyncio.to_thread(peer.sendall, wire[start:end]))
                if end == len(wire):
                    assert await task == payload
                else:
                    await arrived(stream, end)
                    task.cancel()
                    assert await was_cancelled(task)
                await sender

    run(loop, main)


@every_loop
def test_many_readers_in_turn(loop: str) -> None:
    """Tasks that share a stream under a lock of theirs, and give up now and then."""

    async def main() -> None:
        generator = random.Random(loop)
        lock = asyncio.Lock()
        sent = [b"%d" % number for number in range(500)]
        got: list[bytes] = []

        async with framed() as (stream, peer):

            async def receive() -> None:
                while len(got) < len(sent):
                    async with lock:
                        if len(got) == len(sent):
                            break
                        with contextlib.suppress(TimeoutError):
                            async with asyncio.timeout(generator.choice([0, 1e-4, None])):
                                got.append(await stream.recv())

            readers = [asyncio.create_task(receive()) for _ in range(10)]
            for frame in sent:
                peer.sendall(framing.encode(frame))
                await turns(generator.randrange(3))
            await asyncio.gather(*readers)
            assert got == sent

    run(loop, main)


@pytest.mark.parametrize("seed", range(5))
@every_loop
def test_any_sequence_of_calls_keeps_the_stream(loop: str, seed: int) -> None:
    """Pieces that arrive, calls that begin, wait, are cancelled and go on; at last, what is left is given away."""
    generator = random.Random(seed)
    sizes = [0, 1, 9, 50, 3000, 70_000, 300_000]

    async def main() -> None:
        wire = b"".join(framing.encode(generator.randbytes(generator.choice(sizes))) for _ in range(30))
        stream, pipe = await piped(keep_header=True, limit=generator.choice([0, 1000, 10**6]))
        given = 0
        got: list[bytes] = []
        task: asyncio.Task[None] | None = None

        async def receive() -> None:
            got.extend(await generator.choice(list(CALLS.values()))(stream))

        while given < len(wire):
            match generator.randrange(5):
                case 0 | 1 if pipe.is_reading():
                    size = generator.choice([1, 9, 10, 11, 100, 5000, 100_000, 400_000])
                    pipe.give(wire[given : given + size])
                    given += size
                case 2:
                    await turns(generator.randrange(3))
                case 3 if task is None or task.done():
                    task = asyncio.create_task(receive())
                case 4 if task is not None:
                    task.cancel()
        if task is not None:
            task.cancel()
            await asyncio.wait([task])
        _, rest = stream.detach()
        assert b"".join(got) + rest == wire

    run(loop, main)
