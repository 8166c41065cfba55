"""Sends that wait for room: in which order, until when, and what is left of those that are cancelled."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import random
from collections.abc import Awaitable, Callable
from typing import Any

import framing
import pytest
from framing import SendWouldBlock, aio
from support.aio.links import HELLO, LARGE, Link, each, each_link, encrypted, paired, tcp, unix
from support.aio.traffic import blocked
from support.aio.transport import Pipe, piped
from support.aio.waits import turns, waiting
from support.loops import every_loop, run

MARK = 65_536
FULL = bytes(100_000)

Call = Callable[[aio.FramedStream], Awaitable[None]]

# What waits, and its bytes on the wire.
CALLS: dict[str, tuple[Call, bytes]] = {
    "send": (lambda stream: stream.send("hello"), HELLO),
    "send empty": (lambda stream: stream.send(""), b"0         "),
    "send large": (lambda stream: stream.send(LARGE), framing.encode(LARGE)),
    "send_many": (lambda stream: stream.send_many(["hello"] * 3), HELLO * 3),
    "send_encoded": (lambda stream: stream.send_encoded(HELLO * 2), HELLO * 2),
    "drain": (lambda stream: stream.drain(), b""),
}
each_call = pytest.mark.parametrize(("call", "wire"), CALLS.values(), ids=CALLS)


async def full(**options: Any) -> tuple[aio.FramedStream, Pipe]:
    """A stream that has no room until the test makes some."""
    stream, pipe = await piped(**options)
    await stream.send(FULL)
    await turns()
    assert pipe.get_write_buffer_size() == len(FULL) + 10
    return stream, pipe


async def call_it(call: Call, stream: aio.FramedStream) -> None:
    await call(stream)


def all_of(pipe: Pipe) -> bytes:
    """What was written behind the first frame."""
    return b"".join(pipe.writes)[len(FULL) + 10 :]


# Waiting for a peer that reads late


@each_call
@each_link
@every_loop
def test_it_waits_until_the_peer_reads(loop: str, link: Link, call: Call, wire: bytes) -> None:
    async def main() -> None:
        async with paired(link) as (stream, peer):
            before = await blocked(stream)
            calls = [await waiting(call_it(call, stream)) for _ in range(3)]
            await turns(50)
            assert not any(task.done() for task in calls)
            assert await peer.receive(len(before)) == before
            receiving = asyncio.ensure_future(peer.receive(len(wire) * 3))
            for task in calls:
                await task
            assert await receiving == wire * 3

    run(loop, main)


@every_loop
def test_the_frame_that_fills_the_buffer_does_not_wait(loop: str) -> None:
    async def main() -> None:
        async with paired(tcp) as (stream, _):
            await stream.send(LARGE)
            assert stream.transport.get_write_buffer_size() > MARK

    run(loop, main)


@every_loop
def test_a_slow_reader(loop: str) -> None:
    async def main() -> None:
        async with paired(tcp, write_limit=10_000) as (stream, peer):
            sending = asyncio.ensure_future(send_all(stream))
            generator = random.Random(4)
            wire = b""
            while len(wire) < len(expected):
                wire += await peer.reader.read(generator.choice((1, 100, 50_000)))
                await asyncio.sleep(0)
            assert wire == expected
            await sending

    async def send_all(stream: aio.FramedStream) -> None:
        for start in range(0, 2_000_000, 40_000):
            await stream.send(LARGE[start : start + 40_000])

    expected = b"".join(
        framing.encode(LARGE[start : start + 40_000]) for start in range(0, 2_000_000, 40_000)
    )
    run(loop, main)


# The order


@every_loop
def test_first_come_first_served(loop: str) -> None:
    async def main() -> None:
        async with paired(tcp) as (stream, peer):
            wire = await blocked(stream)
            calls = [asyncio.ensure_future(stream.send(b"%d" % number)) for number in range(300)]
            await turns()
            sending = asyncio.ensure_future(stream.send_many([b"many", b"more"]))
            await turns()
            sending_wire = asyncio.ensure_future(stream.send_encoded(HELLO))
            await turns()
            last = asyncio.ensure_future(stream.send("last"))
            await turns()
            wire += b"".join(framing.encode(b"%d" % number) for number in range(300))
            wire += framing.encode("many") + framing.encode("more") + HELLO + framing.encode("last")
            assert await peer.receive(len(wire)) == wire
            await asyncio.gather(*calls, sending, sending_wire, last)

    run(loop, main)


@every_loop
def test_who_comes_after_there_is_room_is_behind_who_waits(loop: str) -> None:
    async def main() -> None:
        stream, pipe = await full()
        first = await waiting(stream.send("first"))
        second = await waiting(stream.send("second"))
        pipe.take(len(FULL))
        # Nothing of the others has run since.
        await stream.send("third")
        await asyncio.gather(first, second)
        await turns()
        assert framing.decode(all_of(pipe)) == [b"first", b"second", b"third"]
        stream.abort()

    run(loop, main)


@every_loop
def test_one_frame_fills_the_room_again(loop: str) -> None:
    async def main() -> None:
        stream, pipe = await full()
        calls = [await waiting(stream.send(FULL)) for _ in range(5)]
        for done in range(1, 6):
            pipe.take(len(FULL) + 10)
            await turns()
            assert [call.done() for call in calls] == [True] * done + [False] * (5 - done)
            assert pipe.get_write_buffer_size() == len(FULL) + 10
        stream.abort()

    run(loop, main)


@every_loop
def test_room_is_below_the_low_mark(loop: str) -> None:
    async def main() -> None:
        stream, pipe = await full(write_limit=(50_000, 10_000))
        call = await waiting(stream.send("hello"))
        pipe.take(len(FULL) - 20_000)
        await turns()
        assert not call.done()
        pipe.take(10_010)
        await call
        stream.abort()

    run(loop, main)


# Cancelled while waiting


@each_call
@each(tcp, encrypted)
@every_loop
def test_nothing_of_a_call_that_is_cancelled(loop: str, link: Link, call: Call, wire: bytes) -> None:
    async def main() -> None:
        async with paired(link) as (stream, peer):
            before = await blocked(stream)
            task = await waiting(call_it(call, stream))
            behind = await waiting(stream.send("behind"))
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.001):
                    await call(stream)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(call_it(call, stream), 0.001)
            before += framing.encode("behind")
            assert await peer.receive(len(before)) == before
            await behind
            receiving = asyncio.ensure_future(peer.receive_all())
            await call(stream)
            stream.close()
            assert await receiving == wire

    run(loop, main)


@every_loop
def test_cancelled_at_random(loop: str) -> None:
    """What was not cancelled is on the wire, in order, and nothing else."""
    generator = random.Random(5)
    sent: list[bytes] = []

    async def send(stream: aio.FramedStream, number: int) -> None:
        payload = b"%d " % number + bytes(generator.choice((0, 10, 5000)))
        await stream.send(payload)
        sent.append(payload)

    async def main() -> None:
        async with paired(tcp, write_limit=3000) as (stream, peer):
            frames: list[bytes] = []
            decoder = framing.FrameDecoder()
            cancelled = 0
            for _ in range(20):
                wire = framing.encode(LARGE)
                await stream.send(LARGE)
                calls = [asyncio.ensure_future(send(stream, number)) for number in range(40)]
                await turns()
                for call in generator.sample(calls, 15):
                    call.cancel()
                while not all(call.done() for call in calls):
                    frames += decoder.feed(await peer.reader.read(generator.choice((10, 100_000))))
                    if generator.random() < 0.3:
                        generator.choice(calls).cancel()
                cancelled += sum(call.cancelled() for call in calls)
                while len(frames) < len(sent) + 1:
                    frames += decoder.feed(await peer.reader.read(100_000))
                assert frames == [wire[10:], *sent]
                frames.clear()
                sent.clear()
            assert cancelled > 200
            stream.close()
            assert await peer.receive_all() == b""

    run(loop, main)


@every_loop
def test_a_turn_that_was_given_to_a_cancelled_call(loop: str) -> None:
    """It was woken, and is cancelled before it runs: whoever is next goes on."""

    async def main() -> None:
        for victims in ((0,), (0, 1), (1,), (0, 2)):
            stream, pipe = await full()
            calls = [await waiting(stream.send(b"%d" % number)) for number in range(4)]
            pipe.take(len(FULL))
            for victim in victims:
                calls[victim].cancel()
            results = await asyncio.gather(*calls, return_exceptions=True)
            await turns()
            sent = [number for number in range(4) if results[number] is None]
            # Nothing is forced to notice that it was cancelled too late.
            assert set(range(4)) - set(victims) <= set(sent)
            assert framing.decode(all_of(pipe)) == [b"%d" % number for number in sent]
            stream.abort()

    run(loop, main)


# Not waiting


@each_link
@every_loop
def test_send_nowait_does_not_wait(loop: str, link: Link) -> None:
    async def main() -> None:
        async with paired(link) as (stream, peer):
            wire = await blocked(stream)
            for payload in ("", "hello", LARGE):
                with pytest.raises(BlockingIOError) as caught:
                    stream.send_nowait(payload)
                assert type(caught.value) is SendWouldBlock
                assert caught.value.errno == errno.EAGAIN
            draining = await waiting(stream.drain())
            assert await peer.receive(len(wire)) == wire
            await draining
            stream.send_nowait("hello")
            stream.close()
            assert await peer.receive_all() == HELLO

    run(loop, main)


@every_loop
def test_drain_with_room_does_not_wait(loop: str) -> None:
    async def main() -> None:
        async with paired(tcp) as (stream, peer):
            await stream.drain()
            stream.send_nowait(bytes(1000))
            await stream.drain()
            assert await peer.receive(1010) == framing.encode(bytes(1000))

    run(loop, main)


# Nobody to send to

SENDS: dict[str, Call] = {
    "send": lambda stream: stream.send(bytes(1000)),
    "send large": lambda stream: stream.send(bytes(100_000)),
    "send_many": lambda stream: stream.send_many([bytes(1000)] * 3),
    "send_encoded": lambda stream: stream.send_encoded(HELLO * 100),
}


@pytest.mark.parametrize("call", SENDS.values(), ids=SENDS)
@each(tcp, unix)
@every_loop
def test_who_sends_on_and_on_finds_out(loop: str, link: Link, call: Call) -> None:
    """The loop learns of a broken connection only where the sender lets it run."""

    async def main() -> None:
        async with paired(link) as (stream, peer):
            peer.reset()
            await peer.close()
            sent = 0
            with contextlib.suppress(OSError):
                while sent < 20_000:
                    await call(stream)
                    sent += 1
            assert sent < 20_000

    run(loop, main, debug=False)


# Replies


@pytest.mark.parametrize("many", [False, True], ids=["recv", "recv_many"])
@every_loop
def test_small_replies_to_many_requests_at_once(loop: str, many: bool) -> None:
    requests = [b"%d" % number for number in range(500)]
    wire = b"".join(map(framing.encode, requests))

    async def reply(stream: aio.FramedStream) -> None:
        with contextlib.suppress(framing.ConnectionClosed):
            while True:
                for frame in await stream.recv_many() if many else [await stream.recv()]:
                    await stream.send(frame)

    async def main() -> None:
        stream, pipe = await piped()
        replying = asyncio.ensure_future(reply(stream))
        for _ in range(3):
            pipe.writes.clear()
            pipe.give(wire)
            for _ in range(1000):
                if sum(map(len, pipe.writes)) == len(wire):
                    break
                await asyncio.sleep(0)
            assert b"".join(pipe.writes) == wire
            assert len(pipe.writes) < 50
            pipe.take(len(wire))
        stream.abort()
        await replying

    run(loop, main)
