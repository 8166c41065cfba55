"""`FramedProtocol`: the callback style of `framing.aio`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import framing
import pytest
from framing import (
    ConnectionClosed,
    FrameTooLarge,
    InvalidHeader,
    TruncatedFrame,
    aio,
)
from support.aio.links import (
    FRAMES,
    STREAM,
    Link,
    called_back,
    each,
    each_link,
    each_way,
    encrypted,
    tcp,
    unix,
)
from support.aio.recorder import LOST, Recorder, delivered
from support.aio.traffic import sending
from support.aio.waits import arrived, turns, until
from support.loops import every_loop, run
from support.pairs import HELLO, finish, receive, reset

# What it is told


@each_link
@every_loop
def test_frames_and_a_clean_end(loop: str, link: Link) -> None:
    async def main() -> None:
        async with called_back(Recorder, link) as (protocol, peer):
            peer.sendall(STREAM)
            finish(peer)
            assert await protocol.until_lost() == ["made", *FRAMES, "eof", LOST]
            assert protocol.is_closing()

    run(loop, main)


@each_way
@every_loop
def test_an_end_at_every_byte(loop: str, link: Link) -> None:
    async def main() -> None:
        for cut in range(len(STREAM) + 1):
            decoder = framing.FrameDecoder()
            expected: list[Any] = [*decoder.feed(STREAM[:cut]), "eof"]
            if decoder.buffered:
                with pytest.raises(TruncatedFrame) as caught:
                    decoder.feed_eof()
                expected.append(caught.value)
            async with called_back(Recorder, link) as (protocol, peer):
                peer.sendall(STREAM[:cut])
                finish(peer)
                assert await protocol.until_lost() == ["made", *expected, LOST]

    run(loop, main)


@each_link
@every_loop
def test_good_frames_come_before_bad_bytes(loop: str, link: Link) -> None:
    bad: list[tuple[bytes, framing.FramingError]] = [
        (b"12a", InvalidHeader(b"12a", 13)),
        (b"2000000000", FrameTooLarge(2 * 10**9, 10**9, 13)),
    ]

    async def main() -> None:
        for wire, error in bad:
            async with called_back(Recorder, link) as (protocol, peer):
                peer.sendall(STREAM[:13] + wire + HELLO)
                await until(protocol.is_closing)
                finish(peer)
                assert delivered(await protocol.until_lost()) == [b"one", error]

    run(loop, main)


class Unmoved(Recorder):
    """Leaves a connection open that has gone wrong."""

    def error_received(self, exc: framing.FramingError) -> None:
        self.told.append(exc)


@each(tcp, unix, encrypted)
@every_loop
def test_an_error_is_told_once(loop: str, link: Link) -> None:
    """Whatever comes behind it; and one may still answer."""

    async def main() -> None:
        async with called_back(Unmoved, link) as (protocol, peer):
            peer.sendall(STREAM + b"12a")
            await until(lambda: len(protocol.told) == 5)
            for _ in range(3):
                peer.sendall(HELLO)
                await turns()
            assert not protocol.is_closing()
            protocol.send("hello")
            assert await asyncio.to_thread(receive, peer, len(HELLO)) == HELLO
            finish(peer)
            error = InvalidHeader(b"12a", len(STREAM))
            assert await protocol.until_lost() == ["made", *FRAMES, error, "eof", LOST]

    run(loop, main)


@each(tcp, encrypted)
@every_loop
def test_a_reset(loop: str, link: Link) -> None:
    async def main() -> None:
        for rest in (b"", HELLO[:12]):
            async with called_back(Recorder, link) as (protocol, peer):
                peer.sendall(STREAM + rest)
                await arrived(protocol, len(STREAM + rest))
                reset(peer)
                told = await protocol.until_lost()
                assert told == ["made", *FRAMES, ("lost", ConnectionResetError)]

    run(loop, main)


@each(tcp, unix)
@every_loop
def test_half_a_connection(loop: str, link: Link) -> None:
    class Answering(Recorder):
        def eof_received(self) -> bool:
            super().eof_received()
            return True

    async def main() -> None:
        async with called_back(Answering, link) as (protocol, peer):
            peer.sendall(HELLO)
            finish(peer)
            await until(lambda: protocol.told[-1] == "eof")
            await turns()
            assert not protocol.is_closing()
            protocol.send("hello")
            protocol.write_eof()
            assert await asyncio.to_thread(receive, peer, 100) == HELLO
            protocol.close()
            assert await protocol.until_lost() == ["made", b"hello", "eof", LOST]

    run(loop, main)


class Batches(Recorder):
    def frames_received(self, frames: list[bytes]) -> None:
        self.told.append(frames)


@each_link
@every_loop
def test_the_frames_of_one_read(loop: str, link: Link) -> None:
    async def main() -> None:
        async with called_back(Batches, link) as (protocol, peer):
            peer.sendall(STREAM + HELLO[:12])
            await arrived(protocol, len(STREAM) + 12)
            peer.sendall(HELLO[12:])
            await arrived(protocol, len(STREAM + HELLO))
            peer.sendall(HELLO[:12])
            await arrived(protocol, len(STREAM + HELLO) + 12)
            peer.sendall(HELLO[12:] + STREAM + b"x")
            error = InvalidHeader(b"x", 2 * len(STREAM + HELLO))
            await until(lambda: protocol.told[-1] == error)
            assert protocol.told == ["made", FRAMES, [b"hello"], [b"hello", *FRAMES], error]

    run(loop, main)


@every_loop
def test_a_batch_may_be_passed_on(loop: str) -> None:
    class Selective(Recorder):
        def frames_received(self, frames: list[bytes]) -> None:
            super().frames_received([frame for frame in frames if frame])

    async def main() -> None:
        async with called_back(Selective) as (protocol, peer):
            peer.sendall(STREAM)
            finish(peer)
            assert await protocol.until_lost() == ["made", b"one", b"three", "eof", LOST]

    run(loop, main)


@each_link
@every_loop
def test_large_frames(loop: str, link: Link) -> None:
    payload = bytes(range(256)) * 20_000

    async def main() -> None:
        async with called_back(Recorder, link) as (protocol, peer):
            await sending(peer, (framing.encode(payload) + HELLO) * 2)
            finish(peer)
            told = await protocol.until_lost()
            assert told == ["made", payload, b"hello", payload, b"hello", "eof", LOST]

    run(loop, main)


# Closed on this side


@pytest.mark.parametrize("end", [aio.FramedProtocol.close, aio.FramedProtocol.abort])
@each_link
@every_loop
def test_nothing_is_delivered_after_closing(
    loop: str, link: Link, end: Callable[[aio.FramedProtocol], None]
) -> None:
    class Leaving(Recorder):
        def frame_received(self, frame: bytes) -> None:
            super().frame_received(frame)
            if not frame:
                end(self)
                assert self.is_closing()

    async def main() -> None:
        # What follows is in the same read, or in none that happens.
        for tail in (HELLO, b"12a", HELLO[:12], b""):
            async with called_back(Leaving, link) as (protocol, peer):
                peer.sendall(STREAM + tail)
                await until(protocol.is_closing)
                finish(peer)
                assert delivered(await protocol.until_lost()) == [b"one", b""]

    run(loop, main)


@each_way
@every_loop
def test_closed_between_reads(loop: str, link: Link) -> None:
    async def main() -> None:
        async with called_back(Recorder, link) as (protocol, peer):
            assert not protocol.is_closing()
            peer.sendall(HELLO)
            await arrived(protocol, len(HELLO))
            peer.sendall(HELLO)
            for _ in range(2):
                protocol.close()
                assert protocol.is_closing()
            finish(peer)
            assert delivered(await protocol.until_lost()) == [b"hello"]
            with pytest.raises(ConnectionClosed) as caught:
                protocol.send("too late")
            assert caught.value.local

    run(loop, main)


# What it sends


class Echo(Recorder):
    def frame_received(self, frame: bytes) -> None:
        self.send(frame)


@each_link
@every_loop
def test_sending_back(loop: str, link: Link) -> None:
    wire = b"".join(framing.encode(bytes(number % 500)) for number in range(2000))

    async def main() -> None:
        async with called_back(Echo, link) as (protocol, peer):
            sender = asyncio.create_task(sending(peer, wire))
            assert await asyncio.to_thread(receive, peer, len(wire)) == wire
            await sender
            # A single frame is not kept waiting for others.
            for _ in range(3):
                peer.sendall(HELLO)
                assert await asyncio.to_thread(receive, peer, len(HELLO)) == HELLO
            assert protocol.stats.frames == 2003

    run(loop, main)


@every_loop
def test_as_a_server(loop: str) -> None:
    async def client(port: int, number: int) -> None:
        async with await aio.open_connection("127.0.0.1", port) as stream:
            own = [b"%d" % number * count for count in range(10)]
            await stream.send_many(own)
            assert [await stream.recv() for _ in own] == own

    async def main() -> None:
        server = await asyncio.get_running_loop().create_server(Echo, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        await asyncio.gather(*(client(port, number) for number in range(20)))
        server.close()
        await server.wait_closed()
        # The other ends are told of the end, too.
        await turns()

    run(loop, main)


@each_link
@every_loop
def test_every_way_of_sending(loop: str, link: Link) -> None:
    async def main() -> None:
        async with called_back(Recorder, link) as (protocol, peer):
            protocol.send("hello")
            protocol.send_many(["one", b"", bytearray(b"three")])
            protocol.send_encoded(memoryview(HELLO * 2))
            expected = HELLO + STREAM + HELLO * 2
            assert await asyncio.to_thread(receive, peer, len(expected)) == expected
            # What was sent goes out before the end.
            protocol.send("hello")
            protocol.close()
            assert await asyncio.to_thread(receive, peer, 100) == HELLO

    run(loop, main)


@every_loop
def test_when_the_transport_has_too_much(loop: str) -> None:
    class Counting(Recorder):
        def pause_writing(self) -> None:
            super().pause_writing()
            self.told.append("pause")

        def resume_writing(self) -> None:
            super().resume_writing()
            self.told.append("resume")

    async def main() -> None:
        async with called_back(Counting) as (protocol, peer):
            protocol.send(bytes(3_000_000))
            await turns()
            assert protocol.told == ["made", "pause"]
            await asyncio.to_thread(receive, peer, 3_000_007 + 3)
            await until(lambda: protocol.told[-1] == "resume")
            assert protocol.told == ["made", "pause", "resume"]

    run(loop, main)
