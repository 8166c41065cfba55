"""Tasks that wait for frames with `framing.aio`: one at a time for each stream, and many beside each other."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

import pytest
from framing import ConcurrencyError, aio
from support.aio.links import FRAMES, STREAM, Link, each_way, framed
from support.aio.traffic import CALLS, Receive, each_call, protocol_of, put
from support.aio.waits import arrived, waiting
from support.loops import every_loop, new_loop, run
from support.pairs import HELLO
from support.processes import TIMEOUT

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
            await asyncio.wait([first])
            assert first.cancelled()
            peer.sendall(HELLO)
            assert await call(stream) == [b"hello"]

    run(loop, main)


# Among other tasks


@each_call
@every_loop
def test_tasks_run_in_the_order_in_which_their_frames_came(loop: str, call: Receive) -> None:
    async def main() -> None:
        order: list[int] = []

        async def receive(stream: aio.FramedStream, number: int) -> None:
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
        async def leave(stream: aio.FramedStream) -> None:
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
            assert await call(stream) == [b"hello"]
            # Nor one that has begun to wait, and is dropped then.
            begun: Any = call(stream)
            begun.send(None)
            begun.close()
            peer.sendall(HELLO)
            assert await call(stream) == [b"hello"]

    run(loop, main)
