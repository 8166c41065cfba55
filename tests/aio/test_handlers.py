"""How handlers of `framing.aio` end other than by returning, and who hears of it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import framing
import pytest
from framing import ConnectionClosed, aio
from support.aio.links import HELLO, LARGE
from support.aio.peer import Peer
from support.aio.servers import Handler, client, echo, serving
from support.aio.waits import turns
from support.loops import every_loop, run

securely = pytest.mark.parametrize("encrypt", [False, True], ids=["tcp", "tls"])

# Handlers that raise


async def out_of_step(stream: aio.FramedStream) -> None:
    await stream.recv()
    await stream.recv()


async def lookup_error(stream: aio.FramedStream) -> None:
    await stream.recv()
    raise LookupError


async def no_such_file(stream: aio.FramedStream) -> None:
    await stream.recv()
    Path("/no/such/file").read_bytes()


async def too_late(_: aio.FramedStream) -> None:
    async with asyncio.timeout(0.001):
        await asyncio.Event().wait()


async def anothers_error(stream: aio.FramedStream) -> None:
    await stream.recv()
    # It may look like one of its own.
    raise ConnectionResetError


async def anothers_stream(stream: aio.FramedStream) -> None:
    await stream.recv()
    ours, peer = socket.socketpair()
    peer.close()
    async with await aio.open_connection(sock=ours) as other:
        while True:
            await other.send("hello")
            await asyncio.sleep(0)


async def some_of_a_group(stream: aio.FramedStream) -> None:
    await stream.recv()
    with pytest.raises(ConnectionClosed) as caught:
        await stream.recv()
    raise ExceptionGroup("two", [caught.value, LookupError()])


REPORTED: list[tuple[Handler, type[Exception]]] = [
    (lookup_error, LookupError),
    (no_such_file, FileNotFoundError),
    (too_late, TimeoutError),
    (out_of_step, framing.InvalidHeader),
    (anothers_error, ConnectionResetError),
    (anothers_stream, BrokenPipeError),
    (some_of_a_group, ExceptionGroup),
]


@pytest.mark.parametrize(("handler", "error"), REPORTED, ids=[each[0].__name__ for each in REPORTED])
@securely
@every_loop
def test_an_error_is_reported_once(
    loop: str, encrypt: bool, handler: Handler, error: type[Exception]
) -> None:
    reported: list[dict[str, Any]] = []
    calls = 0

    async def one_or_the_other(stream: aio.FramedStream) -> None:
        nonlocal calls
        calls += 1
        await (echo if calls == 1 else handler)(stream)

    async def main() -> None:
        async with serving(one_or_the_other, encrypt=encrypt) as server:
            unharmed = await client(server, encrypt=encrypt)
            await unharmed.send(HELLO)
            assert await unharmed.receive(15) == HELLO
            peer = await client(server, encrypt=encrypt)
            await peer.send(HELLO)
            if handler is some_of_a_group:
                await peer.close()
            else:
                await peer.send(b"what?")
            with contextlib.suppress(ConnectionResetError):
                assert await peer.receive_all() == b""
            while not reported:
                await asyncio.sleep(0)
            await unharmed.send(HELLO)
            assert await unharmed.receive(15) == HELLO
            assert server.is_serving()
            await peer.close()
            await unharmed.close()

    run(loop, main, reported=reported)
    (context,) = reported
    assert type(context["exception"]) is error
    assert isinstance(context["message"], str)
    assert "handler" in context["message"]


# Ends that are ordinary: each waits for what the peer does.


async def receive(stream: aio.FramedStream) -> None:
    while True:
        await stream.recv()


async def receive_many(stream: aio.FramedStream) -> None:
    while True:
        await stream.recv_many()


async def send(stream: aio.FramedStream) -> None:
    while True:
        await stream.send(LARGE[:10_000])


async def send_a_little(stream: aio.FramedStream) -> None:
    while True:
        await stream.send("hello")
        await asyncio.sleep(0)


async def both_in_a_group(stream: aio.FramedStream) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(receive(stream))
        group.create_task(send(stream))


async def group_in_a_group(stream: aio.FramedStream) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(both_in_a_group(stream))


async def receive_and_close(stream: aio.FramedStream) -> None:
    stream.close()
    await stream.recv()


ORDINARY: list[Handler] = [
    receive,
    receive_many,
    echo,
    send,
    send_a_little,
    both_in_a_group,
    group_in_a_group,
    receive_and_close,
]


async def close(peer: Peer) -> None:
    peer.writer.close()


async def reset(peer: Peer) -> None:
    peer.reset()


async def finish(peer: Peer) -> None:
    # Until it has no reader any more.
    peer.finish()
    await turns()
    peer.reset()


@pytest.mark.parametrize("end", [close, reset, finish], ids=lambda end: end.__name__)
@pytest.mark.parametrize("handler", ORDINARY, ids=lambda handler: handler.__name__)
@every_loop
def test_an_ordinary_end_is_not_reported(
    loop: str, handler: Handler, end: Callable[[Peer], Awaitable[None]]
) -> None:
    ended = asyncio.Event()

    async def until_it_ends(stream: aio.FramedStream) -> None:
        try:
            await handler(stream)
        finally:
            ended.set()

    async def main() -> None:
        async with serving(until_it_ends) as server:
            peer = await client(server)
            await peer.send(HELLO)
            await end(peer)
            await ended.wait()
            await turns()

    run(loop, main)


@pytest.mark.parametrize(
    "handler", [receive, send, both_in_a_group], ids=lambda handler: handler.__name__
)
@every_loop
def test_a_frame_that_stalls_is_not_reported(loop: str, handler: Handler) -> None:
    ended: list[BaseException] = []

    async def until_it_ends(stream: aio.FramedStream) -> None:
        try:
            await handler(stream)
        except BaseException as error:
            ended.append(error)
            raise

    async def main() -> None:
        async with serving(until_it_ends, frame_timeout=0.01) as server:
            peer = await client(server)
            await peer.send(HELLO[:12])
            with contextlib.suppress(ConnectionResetError):
                await peer.receive_all()
            while not ended:
                await asyncio.sleep(0)
            await turns()
            peer.abort()

    run(loop, main)
    (error,) = ended
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, framing.FrameStalled)


# Handlers that are cancelled


async def cancel_itself(_: aio.FramedStream) -> None:
    task = asyncio.current_task()
    assert task is not None
    task.cancel()
    await asyncio.Event().wait()


async def raise_cancelled(_: aio.FramedStream) -> None:
    raise asyncio.CancelledError


@pytest.mark.parametrize(
    "handler", [cancel_itself, raise_cancelled], ids=lambda handler: handler.__name__
)
@securely
@every_loop
def test_a_cancelled_handler_is_an_end(loop: str, encrypt: bool, handler: Handler) -> None:
    async def main() -> None:
        async with serving(handler, encrypt=encrypt) as server:
            for _ in range(2):
                peer = await client(server, encrypt=encrypt)
                with contextlib.suppress(ConnectionResetError):
                    assert await peer.receive_all() == b""
                peer.abort()
            assert server.is_serving()

    run(loop, main)
