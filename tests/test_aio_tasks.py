"""Tasks that wait for frames with `framing.aio`: one at a time, and woken as asyncio's own futures would."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aio_pairs import (
    CALLS,
    FRAMES,
    STREAM,
    Link,
    Receive,
    arrived,
    each_call,
    each_way,
    framed,
    protocol_of,
    put,
    turns,
    until,
    waiting,
)
from framing import ConcurrencyError, aio
from loops import every_loop, new_loop, run
from pairs import HELLO
from processes import TIMEOUT


async def cancelled(task: asyncio.Future[Any]) -> None:
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()


# A second reader


async def refused(call: Awaitable[object]) -> None:
    with pytest.raises(ConcurrencyError):
        await call


@each_call
@each_way
@every_loop
def test_a_second_reader_is_refused(loop: str, link: Link, call: Receive) -> None:
    async def main() -> None:
        async with framed(link) as (stream, peer):
            first = await waiting(call(stream))
            for second in CALLS.values():
                await refused(second(stream))
                # In a task of its own, too.
                await asyncio.create_task(refused(second(stream)))
            # The first is none the worse for it.
            peer.sendall(HELLO + STREAM)
            got = await first
            while len(got) < 4:
                got += await call(stream)
            assert got == [b"hello", *FRAMES]

    run(loop, main)


@each_call
@every_loop
def test_a_second_reader_while_the_first_has_been_woken(loop: str, call: Receive) -> None:
    """Else it would take the frame that the first one was woken for."""

    async def main() -> None:
        async with framed() as (stream, _):
            first = await waiting(call(stream))
            put(protocol_of(stream), HELLO)
            assert not first.done()
            for second in CALLS.values():
                await refused(second(stream))
            assert await first == [b"hello"]
            # Now it is free.
            put(protocol_of(stream), HELLO)
            assert await call(stream) == [b"hello"]

    run(loop, main)


@each_call
@every_loop
def test_a_reader_after_one_that_was_cancelled(loop: str, call: Receive) -> None:
    async def main() -> None:
        async with framed() as (stream, peer):
            first = await waiting(call(stream))
            first.cancel()
            # Not before it has gone.
            await refused(call(stream))
            await cancelled(first)
            peer.sendall(HELLO)
            assert await call(stream) == [b"hello"]

    run(loop, main)


# What asyncio does with them

AWAITED: dict[str, Callable[[Any], Awaitable[Any]]] = {
    "ensure_future": asyncio.ensure_future,
    "gather": lambda call: asyncio.gather(call),
    "shield": asyncio.shield,
    "wait_for": lambda call: asyncio.wait_for(call, TIMEOUT),
    "wait": lambda call: asyncio.wait([asyncio.ensure_future(call)]),
}


@pytest.mark.parametrize("awaited", AWAITED.values(), ids=AWAITED)
@pytest.mark.parametrize("call", [aio.FrameStream.recv, aio.FrameStream.recv_many, anext])
@every_loop
def test_whatever_asyncio_makes_of_it(
    loop: str, call: Callable[[aio.FrameStream], Any], awaited: Callable[[Any], Awaitable[Any]]
) -> None:
    async def main() -> None:
        async with framed() as (stream, peer):

            async def whole() -> Any:
                return await awaited(call(stream))

            # It is here, or comes, or is cancelled.
            for wait in (False, True):
                if wait:
                    task = await waiting(whole())
                    await cancelled(task)
                    await turns()
                    if awaited is asyncio.shield or awaited is AWAITED["wait"]:
                        # It goes on by itself, and this is its frame.
                        peer.sendall(HELLO)
                        await turns()
                    task = await waiting(whole())
                    peer.sendall(HELLO)
                else:
                    peer.sendall(HELLO)
                    await arrived(stream, len(HELLO))
                    task = asyncio.create_task(whole())
                result = await task
                if isinstance(result, tuple):
                    (done,), _ = result
                    result = done.result()
                while isinstance(result, list):
                    (result,) = result
                assert result == b"hello"

    run(loop, main)


@each_call
@every_loop
def test_the_context_of_a_task(loop: str, call: Receive) -> None:
    variable: contextvars.ContextVar[int] = contextvars.ContextVar("variable", default=0)

    async def main() -> None:
        async def receive(stream: aio.FrameStream, number: int) -> int:
            variable.set(number)
            await call(stream)
            return variable.get()

        async with framed() as (first, one_peer), framed() as (second, other_peer):
            tasks = [
                await waiting(receive(stream, number))
                for number, stream in enumerate((first, second), 1)
            ]
            one_peer.sendall(HELLO)
            other_peer.sendall(HELLO)
            assert await asyncio.gather(*tasks) == [1, 2]
            assert variable.get() == 0

    run(loop, main)


@each_call
@every_loop
def test_tasks_run_in_the_order_in_which_their_frames_came(loop: str, call: Receive) -> None:
    async def main() -> None:
        order: list[int] = []

        async def receive(stream: aio.FrameStream, number: int) -> None:
            await call(stream)
            order.append(number)

        async with framed() as (a, _), framed() as (b, _), framed() as (c, _):
            streams = [a, b, c]
            tasks = [await waiting(receive(it, number)) for number, it in enumerate(streams)]
            for number in (1, 2, 0):
                put(protocol_of(streams[number]), HELLO)
            assert order == [], "not before the loop's next turn"
            await asyncio.gather(*tasks)
            assert order == [1, 2, 0]

    run(loop, main)


@each_call
@every_loop
def test_a_task_that_ends_the_program_is_not_the_end_of_others(loop: str, call: Receive) -> None:
    """Should the loop go on, they get their frames, which came in the same turn."""
    kept: list[Any] = []

    async def main() -> None:
        async def leave(stream: aio.FrameStream) -> None:
            await call(stream)
            raise SystemExit(5)

        first, second, third = framed(), framed(), framed()
        (a, _), (b, _), (c, _) = [await it.__aenter__() for it in (first, second, third)]
        tasks = [await waiting(call(a)), await waiting(leave(b)), await waiting(call(c))]
        for stream in (a, b, c):
            put(protocol_of(stream), HELLO)
        kept.extend([tasks, (first, second, third)])
        await asyncio.sleep(TIMEOUT)

    async def afterwards() -> None:
        tasks, links = kept
        assert await tasks[0] == await tasks[2] == [b"hello"]
        with pytest.raises(SystemExit):
            await tasks[1]
        for link in links:
            await link.__aexit__(None, None, None)

    with asyncio.Runner(loop_factory=lambda: new_loop(loop)) as runner:
        with pytest.raises(SystemExit):
            runner.run(main())
        runner.run(afterwards())


@each_call
@every_loop
def test_the_loop_of_somebody_else(loop: str, call: Receive) -> None:
    """A stream belongs to its loop; who tries from another one is told so, and does no harm."""

    async def main() -> None:
        async with framed() as (stream, peer):

            async def elsewhere() -> None:
                await call(stream)

            def in_a_thread() -> None:
                with pytest.raises(RuntimeError, match="different loop"):
                    run(loop, elsewhere)

            await asyncio.to_thread(in_a_thread)
            peer.sendall(HELLO)
            assert await call(stream) == [b"hello"]

    run(loop, main)


@each_call
@every_loop
def test_a_call_that_is_never_awaited_takes_nothing(loop: str, call: Receive) -> None:
    async def main() -> None:
        async with framed() as (stream, peer):
            peer.sendall(HELLO)
            await arrived(stream, len(HELLO))
            unused: Any = call(stream)
            unused.close()
            # Nor one that was begun by hand, and dropped.
            peer.sendall(HELLO)
            await stream.recv_many(1)
            await until(lambda: stream.stats.wire_bytes + stream.stats.buffered == 2 * len(HELLO))
            assert await stream.recv() == b"hello"
            begun: Any = call(stream)
            begun.send(None)
            begun.close()
            peer.sendall(HELLO)
            assert await call(stream) == [b"hello"]

    run(loop, main)
