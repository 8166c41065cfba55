"""What a task awaits when it receives, seen from asyncio; and what runs in the midst of it."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import weakref
from collections.abc import Awaitable, Callable
from typing import Any

import framing
import pytest
from framing import ConcurrencyError, ConnectionClosed, SendWouldBlock, aio
from support.aio.transport import Pipe, piped
from support.loops import every_loop, run

pytestmark = pytest.mark.dev_mode

HELLO = framing.encode("hello")

CALLS: dict[str, Callable[[aio.FramedStream], Awaitable[Any]]] = {
    "recv": aio.FramedStream.recv,
    "recv_many": aio.FramedStream.recv_many,
    "anext": anext,
    "anext or": lambda stream: anext(stream, None),
}
each_call = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)


async def turn() -> None:
    for _ in range(3):
        await asyncio.sleep(0)


# What asyncio knows of it


@each_call
@every_loop
def test_it_is_waited_for_in_every_way(loop: str, call: Any) -> None:
    async def main() -> None:
        stream, pipe = await piped()
        ways: list[Callable[[Awaitable[Any]], Awaitable[Any]]] = [
            lambda it: it,
            asyncio.ensure_future,
            lambda it: asyncio.wait_for(it, 60),
            lambda it: asyncio.shield(asyncio.ensure_future(it)),
            lambda it: asyncio.gather(it),
        ]
        for way in ways:

            async def wait(way: Any = way) -> Any:
                return await way(call(stream))

            task = asyncio.ensure_future(wait())
            await turn()
            assert not task.done()
            pipe.give(HELLO)
            assert b"hello" in str(await task).encode()
        stream.abort()

    run(loop, main)


@each_call
@every_loop
def test_the_message_of_a_cancellation(loop: str, call: Any) -> None:
    async def main() -> None:
        stream, pipe = await piped()

        async def wait() -> Any:
            return await call(stream)

        for message in ("why", None):
            task = asyncio.ensure_future(wait())
            await turn()
            assert task.cancel(message) if message else task.cancel()
            with pytest.raises(asyncio.CancelledError) as caught:
                await task
            assert caught.value.args == (() if message is None else (message,))
        # Nobody is inside any more.
        pipe.give(HELLO)
        assert await stream.recv() == b"hello"
        stream.abort()

    run(loop, main)


@every_loop
def test_a_task_keeps_its_context(loop: str) -> None:
    variable: contextvars.ContextVar[int] = contextvars.ContextVar("variable")

    async def main() -> None:
        async def number(which: int) -> int:
            variable.set(which)
            stream, pipe = await piped()
            asyncio.get_running_loop().call_soon(pipe.give, HELLO)
            await stream.recv()
            stream.abort()
            return variable.get()

        assert await asyncio.gather(*map(number, range(10))) == list(range(10))

    run(loop, main)


@every_loop
def test_a_step_of_an_iteration_is_awaited_once(loop: str) -> None:
    async def main() -> None:
        stream, pipe = await piped()
        step: Any = anext(stream)
        assert not asyncio.isfuture(step)
        pipe.give(HELLO * 2)
        assert await step == b"hello"
        with pytest.raises(RuntimeError, match="once"):
            await step
        assert await stream.recv() == b"hello"
        stream.abort()

    run(loop, main)


@every_loop
def test_a_coroutine_that_is_closed_waits_no_more(loop: str) -> None:
    async def main() -> None:
        stream, pipe = await piped()
        coroutine = stream.recv()
        coroutine.send(None)
        with pytest.raises(ConcurrencyError):
            await stream.recv()
        coroutine.close()
        pipe.give(HELLO)
        assert await stream.recv() == b"hello"
        stream.abort()

    run(loop, main)


# What may go wrong in the midst of it


class Interrupted(asyncio.SelectorEventLoop):
    """A loop in which the next call of `call_soon` by our code meets a signal."""

    armed = False

    def call_soon(self, callback: Any, *args: Any, context: Any = None) -> Any:  # type: ignore[override]
        if self.armed and type(getattr(callback, "__self__", None)).__module__.startswith("framing"):
            self.armed = False
            raise KeyboardInterrupt
        return super().call_soon(callback, *args, context=context)


def test_an_interrupt_in_waking_up_stops_nobody_else() -> None:
    loop = Interrupted()

    async def interrupted() -> None:
        stream, pipe = await piped()
        task = asyncio.ensure_future(stream.recv())
        await turn()
        loop.armed = True
        with pytest.raises(KeyboardInterrupt):
            pipe.give(HELLO)
        await others()
        # It is woken with the next one.
        assert await task == b"hello"
        stream.abort()

    async def others() -> None:
        stream, pipe = await piped()
        task = asyncio.ensure_future(stream.recv())
        await turn()
        pipe.give(HELLO)
        assert await task == b"hello"
        stream.abort()
        await turn()

    try:
        loop.run_until_complete(interrupted())
    finally:
        loop.close()


def test_an_interrupt_in_a_send_keeps_nothing_back() -> None:
    loop = Interrupted()

    async def main() -> None:
        stream, pipe = await piped()
        await stream.send("1")
        loop.armed = True
        with pytest.raises(KeyboardInterrupt):
            await stream.send("2")
        await stream.send("3")
        await turn()
        assert framing.decode(b"".join(pipe.writes)) == [b"1", b"2", b"3"]
        stream.abort()
        await turn()

    try:
        loop.run_until_complete(main())
    finally:
        loop.close()


@every_loop
def test_a_closed_loop_is_forgotten(loop: str) -> None:
    loops: list[weakref.ref[asyncio.AbstractEventLoop]] = []

    async def main() -> None:
        loops.append(weakref.ref(asyncio.get_running_loop()))
        stream, pipe = await piped()
        task = asyncio.ensure_future(stream.recv())
        await turn()
        # Woken, and the loop has no turn any more in which that happens.
        pipe.give(HELLO)
        task.cancel()
        stream.abort()

    run(loop, main)
    gc.collect()
    assert loops[0]() is None


@every_loop
def test_a_frame_is_not_lost_where_reading_cannot_go_on(loop: str) -> None:
    reported: list[dict[str, Any]] = []

    async def main() -> None:
        stream, pipe = await piped(limit=10)

        def refuse() -> None:
            raise ValueError

        pipe.resume_reading = refuse  # type: ignore[method-assign]
        pipe.give(HELLO * 20)
        assert not pipe.is_reading()
        assert [await stream.recv() for _ in range(20)] == [b"hello"] * 20
        stream.abort()

    run(loop, main, reported=reported)
    (context,) = reported
    assert isinstance(context["exception"], ValueError)


@each_call
@every_loop
def test_what_comes_while_reading_is_told_to_go_on_is_not_missed(loop: str, call: Any) -> None:
    async def main() -> None:
        stream, pipe = await piped(limit=10)
        pipe.give(framing.encode("x" * 100)[:60])
        assert not pipe.is_reading()
        pipe.resume_reading = lambda: pipe.give(framing.encode("x" * 100)[60:])  # type: ignore[method-assign]

        async def wait() -> Any:
            return await call(stream)

        assert b"x" * 100 in str(await asyncio.wait_for(wait(), 30)).encode()
        stream.abort()

    run(loop, main)


# How much may wait


@every_loop
def test_a_frame_that_nobody_waits_for_counts(loop: str) -> None:
    payload = bytes(1_000_000)
    wire = framing.encode(payload)

    async def main() -> None:
        stream, pipe = await piped(limit=(1000, 100))
        pipe.give(wire[:500])
        assert pipe.is_reading()
        pipe.give(wire[500:2000])
        assert not pipe.is_reading()
        # Who asks for it lets it come; who has gone away does not.
        task = asyncio.ensure_future(stream.recv())
        await turn()
        assert pipe.is_reading()
        pipe.give(wire[2000:500_000])
        assert pipe.is_reading()
        task.cancel()
        await turn()
        pipe.give(wire[500_000:500_001])
        assert not pipe.is_reading()
        task = asyncio.ensure_future(stream.recv())
        await turn()
        pipe.give(wire[500_001:])
        assert await task == payload
        assert pipe.is_reading()
        stream.abort()

    run(loop, main)


# Sends that give others their turn


async def spent(stream: aio.FramedStream, pipe: Pipe) -> None:
    """Sends until the next one has to wait for a turn of the loop."""
    while not stream._channel.outbox.spent:
        await stream.send(bytes(65_536))
        pipe.take(100_000)


@every_loop
def test_nobody_overtakes_a_send_that_waits_for_its_turn(loop: str) -> None:
    async def main() -> None:
        stream, pipe = await piped()
        await spent(stream, pipe)
        pipe.writes.clear()
        first = asyncio.ensure_future(stream.send("first"))
        await asyncio.sleep(0)
        with pytest.raises(SendWouldBlock):
            stream.send_nowait("second")
        with pytest.raises(RuntimeError):
            stream.detach()
        await first
        stream.send_nowait("second")
        await turn()
        assert framing.decode(b"".join(pipe.writes)) == [b"first", b"second"]
        stream.abort()

    run(loop, main)


@every_loop
def test_a_loop_of_sends_gives_others_their_turn(loop: str) -> None:
    async def main() -> None:
        stream, pipe = await piped()
        asyncio.get_running_loop().call_soon(pipe.lose, ConnectionResetError())

        async def send() -> None:
            while True:
                await stream.send(bytes(10_000))
                pipe.take(10_010)

        with pytest.raises(ConnectionResetError):
            await send()

    run(loop, main)


@every_loop
def test_a_task_that_is_destroyed_waits_for_nothing(loop: str) -> None:
    async def main() -> None:
        stream, pipe = await piped()

        async def use() -> None:
            async with stream:
                await stream.recv()

        coroutine = use()
        coroutine.send(None)
        coroutine.close()
        assert pipe.is_closing()
        with pytest.raises(ConnectionClosed):
            await stream.recv()
        await turn()

    run(loop, main)


@every_loop
def test_the_time_of_a_frame_behind_another_counts(loop: str) -> None:
    async def main() -> None:
        stream, pipe = await piped(frame_timeout=0.05)
        pipe.give(HELLO + b"10   ")
        assert await stream.recv() == b"hello"
        # Nobody asks for the next one.
        await stream.wait_closed()
        with pytest.raises(framing.FrameStalled) as caught:
            await stream.recv()
        assert caught.value.partial == b"10   "

    run(loop, main)
