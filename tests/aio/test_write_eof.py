"""Ending one direction with `framing.aio`, while the other goes on."""

from __future__ import annotations

import asyncio

import framing
import pytest
from framing import ConnectionClosed, aio
from support.aio.links import HELLO, LARGE, Link, each_with_halves, encrypted, paired, tcp
from support.aio.traffic import blocked
from support.aio.waits import expect_closed, waiting
from support.loops import every_loop, run


async def expect_broken_pipe(stream: aio.FramedStream) -> None:
    """Nothing can be sent."""
    for call in (
        stream.send("hello"),
        stream.send(LARGE),
        stream.send_many(["hello"]),
        stream.send_encoded(HELLO),
    ):
        with pytest.raises(BrokenPipeError):
            await call
    with pytest.raises(BrokenPipeError):
        stream.send_nowait("hello")


@each_with_halves
@every_loop
def test_receiving_goes_on(loop: str, link: Link) -> None:
    async def main() -> None:
        async with paired(link) as (stream, peer):
            await stream.send("hello")
            stream.write_eof()
            stream.write_eof()
            assert not stream.is_closing()
            assert await peer.receive_all() == HELLO
            await expect_broken_pipe(stream)
            for size in (0, 5, 100_000):
                await peer.send(framing.encode(LARGE[:size]))
                assert await stream.recv() == LARGE[:size]
            receiving = await waiting(stream.recv())
            peer.finish()
            with pytest.raises(ConnectionClosed) as caught:
                await receiving
            assert not caught.value.local
            await expect_broken_pipe(stream)
            stream.close()
            await stream.wait_closed()
            await expect_closed(stream.send("hello"))

    run(loop, main)


@each_with_halves
@every_loop
def test_sending_goes_on(loop: str, link: Link) -> None:
    async def main() -> None:
        async with paired(link) as (stream, peer):
            await peer.send(HELLO)
            peer.finish()
            assert await stream.recv() == b"hello"
            with pytest.raises(ConnectionClosed):
                await stream.recv()
            receiving = asyncio.ensure_future(peer.receive_all())
            for _ in range(3):
                await stream.send(LARGE)
                await stream.send("hello")
            stream.write_eof()
            assert await receiving == (framing.encode(LARGE) + HELLO) * 3
            with pytest.raises(ConnectionClosed):
                await stream.recv()
            stream.close()
            await stream.wait_closed()

    run(loop, main)


@each_with_halves
@every_loop
def test_what_was_sent_goes_first(loop: str, link: Link) -> None:
    async def main() -> None:
        async with paired(link) as (stream, peer):
            wire = await blocked(stream)
            calls = [
                await waiting(call) for call in (stream.send("hello"), stream.send_many(["hello"]))
            ]
            stream.write_eof()
            for call in calls:
                with pytest.raises(BrokenPipeError):
                    await call
            assert await peer.receive_all() == wire
            await peer.send(HELLO)
            assert await stream.recv() == b"hello"

    run(loop, main)


@every_loop
def test_tls_has_no_halves(loop: str) -> None:
    async def main() -> None:
        async with paired(encrypted) as (stream, peer):
            stream.send_nowait("hello")
            with pytest.raises(NotImplementedError):
                stream.write_eof()
            # And nothing has come of it.
            await stream.send("hello")
            await peer.send(HELLO)
            assert await stream.recv() == b"hello"
            stream.close()
            assert await peer.receive_all() == HELLO * 2

    run(loop, main)


@every_loop
def test_of_a_connection_that_broke(loop: str) -> None:
    async def main() -> None:
        async with paired(tcp) as (stream, peer):
            peer.reset()
            await stream.wait_closed()
            for call in (stream.write_eof, stream.detach):
                with pytest.raises((ConnectionResetError, BrokenPipeError)):
                    call()

    run(loop, main)
