"""Closing a stream of `framing.aio`: who wakes, what later calls say, what goes out, and when it is over."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable
from typing import Any

import framing
import pytest
from framing import ConnectionClosed, aio
from support.aio.links import HELLO, LARGE, Link, each, each_link, encrypted, paired, tcp
from support.aio.peer import Peer
from support.aio.traffic import blocked
from support.aio.transport import piped
from support.aio.waits import expect_closed, turns, waiting
from support.loops import every_loop, run

pytestmark = pytest.mark.dev_mode

# What a stream may be in the midst of: the calls that wait, if any.

Calls = list[asyncio.Task[Any]]


async def idle(_: aio.FramedStream, __: Peer) -> Calls:
    return []


async def receiving(stream: aio.FramedStream, _: Peer) -> Calls:
    return [await waiting(stream.recv())]


async def receiving_many(stream: aio.FramedStream, _: Peer) -> Calls:
    return [await waiting(stream.recv_many())]


async def iterating(stream: aio.FramedStream, _: Peer) -> Calls:
    async def iterate() -> None:
        async for _ in stream:
            pass

    return [await waiting(iterate())]


async def inside_a_frame(stream: aio.FramedStream, peer: Peer) -> Calls:
    await peer.send(HELLO + HELLO[:12])
    assert await stream.recv() == b"hello"
    return [await waiting(stream.recv())]


async def with_frames(stream: aio.FramedStream, peer: Peer) -> Calls:
    await peer.send(HELLO * 3)
    assert await stream.recv() == b"hello"
    return []


async def with_much_unread(stream: aio.FramedStream, peer: Peer) -> Calls:
    peer.writer.write(framing.encode(LARGE[:50_000]) * 100)
    assert await stream.recv() == LARGE[:50_000]
    while stream.transport.is_reading():
        await asyncio.sleep(0)
    return []


async def unsent(stream: aio.FramedStream, _: Peer) -> Calls:
    await blocked(stream)
    return []


async def sending(stream: aio.FramedStream, _: Peer) -> Calls:
    await blocked(stream)
    return [
        await waiting(stream.send("one")),
        await waiting(stream.send_many(["two"])),
        await waiting(stream.send_encoded(HELLO)),
        await waiting(stream.drain()),
        await waiting(stream.send(LARGE)),
    ]


async def everything(stream: aio.FramedStream, peer: Peer) -> Calls:
    return [*await receiving(stream, peer), *await sending(stream, peer)]


async def after_its_end(stream: aio.FramedStream, peer: Peer) -> Calls:
    await peer.close()
    with pytest.raises(ConnectionClosed):
        await stream.recv()
    return []


async def before_its_end_is_known(_: aio.FramedStream, peer: Peer) -> Calls:
    await peer.close()
    return []


async def after_a_truncated_frame(stream: aio.FramedStream, peer: Peer) -> Calls:
    await peer.send(HELLO[:12])
    await peer.close()
    with pytest.raises(framing.TruncatedFrame):
        await stream.recv()
    return []


async def after_a_bad_header(stream: aio.FramedStream, peer: Peer) -> Calls:
    await peer.send(HELLO + b"GET / HTTP/1.1\r\n")
    assert await stream.recv() == b"hello"
    with pytest.raises(framing.InvalidHeader):
        await stream.recv()
    return []


async def after_a_reset(stream: aio.FramedStream, peer: Peer) -> Calls:
    peer.reset()
    with pytest.raises((OSError, ConnectionClosed)):
        await stream.recv()
    return []


async def before_a_reset_is_known(stream: aio.FramedStream, peer: Peer) -> Calls:
    stream.send_nowait(LARGE)
    peer.reset()
    return []


STATES = [
    idle,
    receiving,
    receiving_many,
    iterating,
    inside_a_frame,
    with_frames,
    with_much_unread,
    unsent,
    sending,
    everything,
    after_its_end,
    before_its_end_is_known,
    after_a_truncated_frame,
    after_a_bad_header,
    after_a_reset,
    before_a_reset_is_known,
]
State = Callable[[aio.FramedStream, Peer], Awaitable[Calls]]
each_state = pytest.mark.parametrize("state", STATES, ids=[state.__name__ for state in STATES])

WAYS: dict[str, list[Callable[[aio.FramedStream], None]]] = {
    "close": [aio.FramedStream.close] * 2,
    "abort": [aio.FramedStream.abort, aio.FramedStream.close],
    "close, abort": [aio.FramedStream.close, aio.FramedStream.abort],
}
each_way = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)


async def read_to_the_end(peer: Peer) -> None:
    # An end that was put to it is nothing that is tested here.
    with contextlib.suppress(OSError):
        await peer.receive_all()
    await peer.close()


async def expect_all_closed(stream: aio.FramedStream) -> None:
    """Whatever is called says that it was closed on this side."""
    await expect_closed(stream.recv())
    await expect_closed(stream.recv_many())
    await expect_closed(anext(aiter(stream)))
    await expect_closed(stream.send("hello"))
    await expect_closed(stream.send(LARGE))
    await expect_closed(stream.send_many(["hello"]))
    await expect_closed(stream.send_encoded(HELLO))
    await expect_closed(stream.drain())
    for call in (lambda: stream.send_nowait(""), stream.write_eof, stream.detach):
        with pytest.raises(ConnectionClosed) as caught:
            call()
        assert caught.value == ConnectionClosed(local=True)
    assert stream.is_closing()


@each_state
@each_way
@each(tcp, encrypted)
@every_loop
def test_from_every_state(
    loop: str, link: Link, way: list[Callable[[aio.FramedStream], None]], state: State
) -> None:
    async def main() -> None:
        async with paired(link) as (stream, peer):
            number = stream.get_extra_info("socket").fileno()
            calls = await state(stream, peer)
            reading = asyncio.ensure_future(read_to_the_end(peer))
            for end in way:
                end(stream)
            for call in calls:
                await expect_closed(call)
            await expect_all_closed(stream)
            await asyncio.gather(stream.wait_closed(), stream.wait_closed())
            with pytest.raises(OSError, match="descriptor"):
                os.fstat(number)
            await expect_all_closed(stream)
            # As often as one likes, also when it is long over.
            stream.abort()
            stream.close()
            await stream.wait_closed()
            async with stream:
                pass
            await reading

    run(loop, main)


@pytest.mark.parametrize("call", [aio.FramedStream.recv, aio.FramedStream.recv_many])
@every_loop
def test_before_who_waits_has_run(loop: str, call: Callable[[aio.FramedStream], Any]) -> None:
    """A call that was woken by the end excludes no other any more."""

    async def main() -> None:
        async with paired(tcp) as (stream, _):
            task = await waiting(call(stream))
            stream.close()
            await expect_closed(call(stream))
            await expect_closed(task)

    run(loop, main)


# What the peer sees


@each_link
@every_loop
def test_close_flushes(loop: str, link: Link) -> None:
    async def main() -> None:
        async with paired(link) as (stream, peer):
            wire = await blocked(stream)
            stream.close()
            closing = await waiting(stream.wait_closed())
            assert await peer.receive_all() == wire
            await peer.close()
            await closing

    run(loop, main)


@each_link
@every_loop
def test_abort_drops(loop: str, link: Link) -> None:
    async def main() -> None:
        async with paired(link) as (stream, peer):
            wire = await blocked(stream)
            stream.abort()
            await stream.wait_closed()
            received = b""
            with contextlib.suppress(OSError):
                received = await peer.receive_all()
            assert len(received) < len(wire)

    run(loop, main)


@every_loop
def test_abort_drops_a_burst(loop: str) -> None:
    async def main() -> None:
        stream, pipe = await piped()
        for _ in range(5):
            stream.send_nowait("hello")
        wire = b"".join(pipe.writes)
        stream.abort()
        await stream.wait_closed()
        await turns()
        assert b"".join(pipe.writes) == wire

    run(loop, main)


# Waiting for it


@each_link
@every_loop
def test_who_waits_for_the_end_does_not_bring_it_about(loop: str, link: Link) -> None:
    async def main() -> None:
        async with paired(link) as (stream, peer):
            calls = [await waiting(stream.wait_closed()) for _ in range(3)]
            await stream.send("hello")
            assert await peer.receive(15) == HELLO
            await peer.send(HELLO)
            assert await stream.recv() == b"hello"
            # One who does not wait any more is nothing to the others.
            calls[0].cancel()
            await turns()
            assert [call.done() for call in calls] == [True, False, False]
            assert not stream.is_closing()
            stream.close()
            await peer.close()
            await asyncio.gather(*calls[1:])

    run(loop, main)


@every_loop
def test_a_connection_that_breaks_is_an_end_too(loop: str) -> None:
    async def main() -> None:
        async with paired(tcp) as (stream, peer):
            task = await waiting(stream.wait_closed())
            peer.reset()
            await task
            assert stream.is_closing()
            for call in (stream.recv, stream.drain, lambda: stream.send("hello")):
                with pytest.raises((ConnectionResetError, BrokenPipeError)):
                    await call()
            await stream.wait_closed()

    run(loop, main)


@pytest.mark.parametrize("state", [receiving, sending, everything], ids=lambda state: state.__name__)
@every_loop
def test_from_a_callback(loop: str, state: State) -> None:
    async def main() -> None:
        for end in (aio.FramedStream.close, aio.FramedStream.abort):
            async with paired(tcp) as (stream, peer):
                calls = await state(stream, peer)
                reading = asyncio.ensure_future(read_to_the_end(peer))
                asyncio.get_running_loop().call_soon(end, stream)
                for call in calls:
                    await expect_closed(call)
                await stream.wait_closed()
                await reading

    run(loop, main)


# async with


@each_link
@every_loop
def test_leaving_the_with_statement_closes(loop: str, link: Link) -> None:
    async def main() -> None:
        async with paired(link) as (stream, peer):
            reading = asyncio.ensure_future(peer.receive_all())
            async with stream as same:
                assert same is stream
                await stream.send(LARGE)
            assert await reading == framing.encode(LARGE)

    run(loop, main)


@every_loop
def test_leaving_it_by_an_error_does_too(loop: str) -> None:
    async def main() -> None:
        async with paired(tcp) as (stream, peer):
            reading = asyncio.ensure_future(peer.receive_all())
            with contextlib.suppress(LookupError):
                async with stream:
                    await stream.send(LARGE)
                    raise LookupError
            assert await reading == framing.encode(LARGE)
            await expect_all_closed(stream)

    run(loop, main)


@each_link
@every_loop
def test_nobody_waits_for_a_peer_that_does_not_read(loop: str, link: Link) -> None:
    async def leave(stream: aio.FramedStream) -> None:
        async with stream:
            await blocked(stream)

    async def main() -> None:
        async with paired(link) as (stream, peer):
            leaving = asyncio.ensure_future(leave(stream))
            while not stream.is_closing():
                await asyncio.sleep(0)
            await turns()
            assert not leaving.done()
            leaving.cancel()
            with pytest.raises(asyncio.CancelledError):
                await leaving
            await stream.wait_closed()
            with contextlib.suppress(OSError):
                assert len(await peer.receive_all()) < len(LARGE)

    run(loop, main)
