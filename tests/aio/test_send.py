"""Sending with `framing.aio`: what is on the wire, what is refused, and what goes out together."""

from __future__ import annotations

import array
import asyncio
import random
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import framing
import pytest
from framing import DecimalHeader, aio
from support.aio.links import HELLO, LARGE, Link, each, each_link, encrypted, paired, tcp
from support.aio.transport import piped
from support.loops import every_loop, run
from support.refusal import short

# The wire


@each_link
@every_loop
def test_what_the_peer_gets(loop: str, link: Link) -> None:
    payloads: list[Any] = ["größer", b"hello", "", LARGE[:70_000], memoryview(LARGE)[5:9], LARGE]

    async def main() -> None:
        async with paired(link) as (stream, peer):
            receiving = asyncio.ensure_future(peer.receive_all())
            for payload in payloads:
                await stream.send(payload)
            await stream.send_many(iter(payloads))
            await stream.send_encoded(HELLO * 2)
            await stream.send_encoded(b"")
            await stream.send_many([])
            await stream.drain()
            stream.send_nowait("now")
            stream.close()
            wire = b"".join(map(framing.encode, payloads)) * 2 + HELLO * 2 + framing.encode("now")
            assert await receiving == wire
            await stream.wait_closed()

    run(loop, main)


@each_link
@every_loop
def test_every_size(loop: str, link: Link) -> None:
    generator = random.Random(2)
    around = [
        2**power + near for power in (6, 12, 14, 15, 16, 17, 18, 20) for near in (-11, -10, -1, 0, 1)
    ]
    sizes = [*range(20), *around, *(generator.randrange(100_000) for _ in range(30))]

    async def main() -> None:
        async with paired(link) as (stream, peer):
            sending = asyncio.ensure_future(send_sizes(stream))
            for size in sizes:
                wire = framing.encode(LARGE[:size])
                assert await peer.receive(len(wire)) == wire
            await sending

    async def send_sizes(stream: aio.FramedStream) -> None:
        for size in sizes:
            await stream.send(LARGE[:size])

    run(loop, main)


@each_link
@every_loop
def test_a_frame_of_20_mb(loop: str, link: Link) -> None:
    payload = LARGE * 2 + LARGE[:4_000_000]

    async def main() -> None:
        async with paired(link) as (stream, peer):
            for _ in range(2):
                await stream.send(payload)
                assert await peer.receive(10) == b"20000000  "
                assert await peer.receive(len(payload)) == payload

    run(loop, main)


HEADERS: dict[str, dict[str, Any]] = {
    "narrow": {"header": 4},
    "wide": {"header": 64},
    "right": {"header": DecimalHeader(8, align=">")},
    "centred": {"header": DecimalHeader(9, align="^")},
    "zeros": {"header": DecimalHeader(6, align=">", fill="0")},
    "chars": {"header": DecimalHeader(unit="chars")},
    "a limit": {"max_frame_size": 20},
}


@pytest.mark.parametrize("options", HEADERS.values(), ids=HEADERS)
@every_loop
def test_headers(loop: str, options: dict[str, Any]) -> None:
    payloads = ["", "hello", "größer"]
    wire = b"".join(framing.encode(payload, **options) for payload in payloads)

    async def main() -> None:
        async with paired(tcp, **options) as (stream, peer):
            for payload in payloads:
                await stream.send(payload)
            await stream.send_many(payloads)
            for payload in payloads:
                stream.send_nowait(payload)
            assert await peer.receive(len(wire) * 3) == wire * 3

    run(loop, main)


# The caller's memory

GIVEN: dict[str, Callable[[bytes], Any]] = {
    "bytes": bytes,
    "bytearray": bytearray,
    "memoryview": memoryview,
    "view of a bytearray": lambda data: memoryview(bytearray(data)),
    "array": lambda data: array.array("I", data),
    "text": lambda data: data.hex(),
}


def overwrite(given: Any) -> None:
    """What a caller may do with its memory as soon as the call is over."""
    if isinstance(given, memoryview) and not given.readonly:
        given[:] = b"\xee" * len(given)
    elif isinstance(given, bytearray):
        given[:] = b"\xee" * len(given)
        given.clear()
    elif isinstance(given, array.array):
        given[:] = array.array("I", b"\xee" * len(given) * given.itemsize)
        del given[:]


@pytest.mark.parametrize("size", [0, 8, 40_000, 1_000_000])
@pytest.mark.parametrize("make", GIVEN.values(), ids=GIVEN)
@every_loop
def test_the_caller_may_use_its_memory_at_once(
    loop: str, make: Callable[[bytes], Any], size: int
) -> None:
    """Also where the transport has no room for it yet."""
    expected = framing.encode(make(LARGE[:size]))

    async def main() -> None:
        # Where a view over one's own memory were to be kept, TLS would encrypt it at once.
        async with paired(tcp) as (stream, peer):
            wire = framing.encode(LARGE)
            await stream.send(LARGE)
            receiving = asyncio.ensure_future(peer.receive_all())
            for way in sending(stream):
                given = make(LARGE[:size])
                await way(given)
                overwrite(given)
                wire += expected
            given = make(LARGE[:size])
            await stream.send_many([given, given])
            overwrite(given)
            wire += expected * 2
            if not isinstance(given, str):
                given = make(LARGE[:size])
                await stream.send_encoded(given)
                overwrite(given)
                wire += LARGE[:size]
            stream.close()
            assert await receiving == wire

    def sending(stream: aio.FramedStream) -> list[Callable[[Any], Awaitable[None]]]:
        async def nowait(given: Any) -> None:
            await stream.drain()
            stream.send_nowait(given)

        return [stream.send, nowait, stream.send]

    run(loop, main)


# What is refused


class Odd:
    """No payload."""


REFUSED: list[tuple[Any, type[Exception]]] = [
    (5, TypeError),
    (None, TypeError),
    (["hello"], TypeError),
    (Odd(), TypeError),
    (memoryview(b"hello!")[::2], TypeError),
    ("\ud800", ValueError),
    ("too long", framing.FrameTooLarge),
    (b"too long", framing.FrameTooLarge),
]


@pytest.mark.parametrize(("bad", "error"), REFUSED, ids=[short(bad) for bad, _ in REFUSED])
@each(tcp, encrypted)
@every_loop
def test_nothing_of_what_is_refused(loop: str, link: Link, bad: Any, error: type[Exception]) -> None:
    async def main() -> None:
        async with paired(link, max_frame_size=5) as (stream, peer):
            with pytest.raises(error):
                await stream.send(bad)
            with pytest.raises(error):
                stream.send_nowait(bad)
            with pytest.raises(error) as caught:
                await stream.send_many(["hello", bad, "hello"])
            assert "in payloads[1]" in caught.value.__notes__
            await stream.send("hello")
            stream.close()
            assert await peer.receive_all() == HELLO

    run(loop, main)


@every_loop
def test_what_else_is_refused(loop: str) -> None:
    def broken() -> Any:
        yield "hello"
        raise LookupError("no more")

    async def main() -> None:
        async with paired(tcp) as (stream, peer):
            # A text would be taken for its characters.
            several: list[Any] = [5, None, "hello", b"hello"]
            for payloads in several:
                with pytest.raises(TypeError):
                    await stream.send_many(payloads)
            with pytest.raises(LookupError):
                await stream.send_many(broken())
            wires: list[Any] = ["text", 5, None, [HELLO], memoryview(b"hello!")[::2]]
            for wire in wires:
                with pytest.raises(TypeError):
                    await stream.send_encoded(wire)
            await stream.send("hello")
            stream.close()
            assert await peer.receive_all() == HELLO

    run(loop, main)


# Many tasks


@each_link
@every_loop
def test_frames_of_many_tasks_stay_whole_and_in_order(loop: str, link: Link) -> None:
    tasks, count = 30, 30
    generator = random.Random(3)

    def frame(task: int, number: int) -> bytes:
        size = generator.choice((0, 10, 3000, 70_000)) if task % 4 == 0 else 20
        return b"%d %d " % (task, number) + b"x" * size

    async def send(stream: aio.FramedStream, task: int) -> None:
        for number in range(count):
            await stream.send(frame(task, number))
            if generator.random() < 0.2:
                await asyncio.sleep(0)

    async def main() -> None:
        async with paired(link, write_limit=20_000) as (stream, peer):
            receiving = asyncio.ensure_future(peer.receive_all())
            async with asyncio.TaskGroup() as group:
                for task in range(tasks):
                    group.create_task(send(stream, task))
            stream.close()
            frames = framing.decode(await receiving)
            seen: dict[int, list[int]] = {}
            for each_frame in frames:
                task, number = map(int, each_frame.split()[:2])
                seen.setdefault(task, []).append(number)
            assert seen == {task: list(range(count)) for task in range(tasks)}

    run(loop, main)


# Frames that go out together


@every_loop
def test_a_burst_is_handed_over_together(loop: str) -> None:
    async def main() -> None:
        stream, pipe = await piped()
        for number in range(100):
            stream.send_nowait(b"%d" % number)
        await asyncio.sleep(0)
        assert b"".join(pipe.writes) == framing.FrameEncoder().encode_many(
            b"%d" % number for number in range(100)
        )
        assert len(pipe.writes) < 50
        # And a frame at a time is not held up for others.
        for _ in range(3):
            pipe.writes.clear()
            await stream.send("hello")
            await asyncio.sleep(0)
            assert b"".join(pipe.writes) == HELLO
        stream.abort()
        await stream.wait_closed()

    run(loop, main)


@pytest.mark.parametrize("count", [1, 2, 30])
@every_loop
def test_a_burst_is_on_its_way_in_the_next_iteration(loop: str, count: int) -> None:
    # uvloop itself writes at the end of an iteration.
    iterations = 1 if loop == "asyncio" else 2

    async def main() -> None:
        ours, peer = socket.socketpair()
        with ours, peer:
            peer.setblocking(False)
            stream = await aio.open_connection(sock=ours)
            for way in (stream.send, nowait(stream)):
                for _ in range(count):
                    await way("hello")
                for _ in range(iterations):
                    await asyncio.sleep(0)
                assert peer.recv(100_000) == HELLO * count
            stream.close()
            await stream.wait_closed()

    def nowait(stream: aio.FramedStream) -> Callable[[str], Awaitable[None]]:
        async def send(payload: str) -> None:
            stream.send_nowait(payload)

        return send

    run(loop, main)


ENDS: dict[str, Callable[[aio.FramedStream], object]] = {
    "close": aio.FramedStream.close,
    "write_eof": aio.FramedStream.write_eof,
    "detach, then close": lambda stream: stream.detach()[0].close(),
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
@every_loop
def test_a_burst_goes_before_the_end(loop: str, end: Callable[[aio.FramedStream], object]) -> None:
    async def main() -> None:
        for count in (1, 2, 500):
            async with paired(tcp) as (stream, peer):
                for number in range(count):
                    stream.send_nowait(b"%d" % number)
                end(stream)
                wire = await peer.receive_all()
                assert framing.decode(wire) == [b"%d" % number for number in range(count)]

    run(loop, main)


@every_loop
def test_a_burst_before_a_large_frame_and_behind_it(loop: str) -> None:
    async def main() -> None:
        async with paired(tcp) as (stream, peer):
            receiving = asyncio.ensure_future(peer.receive_all())
            for _ in range(3):
                await stream.drain()
                stream.send_nowait("before")
                await stream.send(LARGE)
                sending = asyncio.ensure_future(stream.send_many(["behind", LARGE[:100_000]]))
                await stream.send_encoded(HELLO)
                await sending
            stream.close()
            await stream.wait_closed()
            frames = framing.decode(await receiving)
            turn = [b"before", LARGE, b"behind", LARGE[:100_000], b"hello"]
            assert sorted(frames) == sorted(turn * 3)
            assert frames[:2] == turn[:2]

    run(loop, main)
