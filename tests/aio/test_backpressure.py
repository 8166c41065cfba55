"""A peer that sends more than is read is made to wait: how much is kept for a reader of `framing.aio`, and when
reading stops and goes on."""

from __future__ import annotations

import asyncio
from typing import Any

import framing
import pytest
from framing import ConnectionClosed, InvalidHeader, aio
from support.aio.links import STREAM, Link, each, each_link, each_way, framed, tcp, unix
from support.aio.traffic import flood, frames_of, sending
from support.aio.waits import arrived, received, turns, until
from support.loops import every_loop, run
from support.pairs import HELLO, finish

ONE_READ = 256 * 1024
"""Bytes, at most, that a transport gives at once."""

MARK = 64 * 1024
"""The high-water mark, unless told otherwise."""


async def paused(stream: aio.FramedStream) -> None:
    await until(lambda: not stream.transport.is_reading())


FLOODS: dict[str, bytes] = {
    "empty": b"0         ",
    "small": framing.encode("x" * 30),
    "large": framing.encode("x" * 30_000),
    "larger than the mark": framing.encode("x" * 1_000_000),
}
each_flood = pytest.mark.parametrize("frame", FLOODS.values(), ids=FLOODS)


@each_flood
@each_link
@every_loop
def test_a_peer_that_floods_is_made_to_wait(loop: str, link: Link, frame: bytes) -> None:
    piece = frame * max(1, 30_000 // len(frame))

    async def main() -> None:
        async with framed(link) as (stream, peer):
            sent = await flood(peer, piece, stream.transport.is_reading)
            # It waits, and nothing more is read.
            assert not stream.transport.is_reading()
            before = received(stream)
            await turns(20)
            assert received(stream) == before < sent
            # A read may bring more than there is room for; and one frame is never too much.
            assert before <= MARK + ONE_READ + len(frame)
            # Read to the end, it is all there.
            rest = piece[sent % len(piece) :]
            finishing = asyncio.create_task(sending(peer, rest))
            for _ in range((sent + len(rest)) // len(frame)):
                assert await stream.recv() == frame[10:]
            await finishing
            assert stream.transport.is_reading()
            peer.sendall(HELLO)
            assert await stream.recv() == b"hello"

    run(loop, main, debug=False)


MARKS: dict[str, tuple[Any, int, int]] = {
    "one number": (40_000, 13, 3),
    "two numbers": ((40_000, 30_000), 13, 9),
    "a low one of zero": ((20_000, 0), 6, 0),
    "equal": ((10_000, 10_000), 3, 3),
    "zero": (0, 0, 0),
    "one": (1, 0, 0),
}
each_limit = pytest.mark.parametrize(("limit", "high", "low"), MARKS.values(), ids=MARKS)
"""With frames of 3,000 bytes: how many do not stop reading, and with how many left it goes on."""


@each_limit
@each(tcp, unix)
@every_loop
def test_the_marks(loop: str, link: Link, limit: Any, high: int, low: int) -> None:
    payload = bytes(3000)
    frame = framing.encode(payload)

    async def main() -> None:
        async with framed(link, limit=limit) as (stream, peer):
            for start in (0, (high + 1) * len(frame)):
                for number in range(1, high + 1):
                    peer.sendall(frame)
                    await arrived(stream, start + number * len(frame))
                    assert stream.transport.is_reading()
                peer.sendall(frame)
                await paused(stream)
                for left in range(high, -1, -1):
                    assert await stream.recv() == payload
                    assert stream.transport.is_reading() == (left <= low)

    run(loop, main)


@every_loop
def test_many_at_once_make_room_at_once(loop: str) -> None:
    async def main() -> None:
        payload = bytes(3000)
        async with framed(limit=(20_000, 10_000)) as (stream, peer):
            peer.sendall(framing.encode(payload) * 10)
            await paused(stream)
            await arrived(stream, 30_100)
            assert await stream.recv_many(6) == [payload] * 6
            assert not stream.transport.is_reading()
            assert await stream.recv_many(1) == [payload]
            assert stream.transport.is_reading()
            assert await stream.recv_many() == [payload] * 3
            assert stream.transport.is_reading()

    run(loop, main)


@each_way
@every_loop
def test_a_frame_larger_than_the_mark_arrives(loop: str, link: Link) -> None:
    payload = bytes(range(250)) * 4000

    async def main() -> None:
        for limit in (0, 1000, (1000, 0)):
            async with framed(link, limit=limit) as (stream, peer):
                sender = asyncio.create_task(sending(peer, framing.encode(payload) * 2 + HELLO))
                assert await stream.recv() == payload
                assert await stream.recv() == payload
                assert await stream.recv() == b"hello"
                await sender

    run(loop, main)


@each_link
@every_loop
def test_a_reader_that_is_slow_gets_everything(loop: str, link: Link) -> None:
    """Reading stops and goes on a great many times."""
    frames = [b"%d" % number * (number % 300) for number in range(5000)]
    pauses = 0

    async def main() -> None:
        nonlocal pauses
        async with framed(link, limit=2000) as (stream, peer):
            sender = asyncio.create_task(sending(peer, b"".join(map(framing.encode, frames))))
            for index, frame in enumerate(frames):
                if index % 10 == 0:
                    await turns(2)
                was_reading = stream.transport.is_reading()
                assert await stream.recv() == frame
                pauses += stream.transport.is_reading() and not was_reading
            await sender

    run(loop, main)
    assert pauses > 3


# What comes behind


@each_link
@every_loop
def test_the_end_behind_a_flood(loop: str, link: Link) -> None:
    """It has to wait for its turn, and then it comes."""
    endings: list[tuple[bytes, Exception]] = [
        (b"", ConnectionClosed()),
        (HELLO[:12], framing.TruncatedFrame("payload", 5, 2, HELLO[:12])),
        (b"!", InvalidHeader(b"!", 15_000)),
    ]

    async def main() -> None:
        for tail, expected in endings:
            async with framed(link, limit=1000) as (stream, peer):
                peer.sendall(HELLO * 1000 + tail)
                finish(peer)
                await paused(stream)
                await turns(20)
                frames, error = await frames_of(stream)
                assert frames == [b"hello"] * 1000
                assert error == expected

    run(loop, main)


@each(tcp, unix)
@every_loop
def test_a_connection_that_is_lost_while_reading_is_paused(loop: str, link: Link) -> None:
    """What was received is delivered; what the system still had is gone with the connection, or comes too."""

    async def main() -> None:
        async with framed(link, limit=1000) as (stream, peer):
            peer.sendall(HELLO * 1000)
            await paused(stream)
            await stream.send("x")
            peer.close()
            await turns(20)
            frames, error = await frames_of(stream)
            assert frames == [b"hello"] * len(frames)
            assert len(frames) > 10
            assert isinstance(error, (framing.FramingError, ConnectionError))

    run(loop, main)


# Who waits meanwhile


@each_way
@every_loop
def test_sending_goes_on_while_reading_is_paused(loop: str, link: Link) -> None:
    async def main() -> None:
        async with framed(link, limit=0) as (stream, peer):
            peer.sendall(STREAM)
            await paused(stream)
            await stream.send("hello")
            assert await asyncio.to_thread(peer.recv, 100) == HELLO

    run(loop, main)
