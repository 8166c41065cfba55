"""`frame_timeout` of `framing.aio`: peers that begin a frame and do not finish it."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import itertools
import socket
import time
from collections.abc import AsyncIterator, Callable

import framing
import pytest
from framing import ConnectionClosed, FrameStalled, InvalidHeader, TruncatedFrame, aio
from support.aio.links import FRAMES, STREAM, Link, called_back, each_link, each_way, framed
from support.aio.traffic import CALLS, Receive, frames_of, several
from support.aio.transport import Pipe
from support.aio.waits import arrived, turns, until, waiting
from support.loops import every_loop, run
from support.pairs import HELLO, SOON, finish, receive_all
from support.processes import TIMEOUT

LARGE = framing.encode(bytes(range(256)) * 4000)


@contextlib.asynccontextmanager
async def taking_at_least(seconds: float) -> AsyncIterator[None]:
    start = time.monotonic()
    yield
    # A loop's clock has its own grain.
    assert time.monotonic() - start >= seconds - 0.002


def stall(arrived: bytes, size: int) -> FrameStalled:
    """What is said of a frame of so many payload bytes, of which this is all that has come."""
    if len(arrived) < 10:
        return FrameStalled("header", 10, len(arrived), arrived)
    return FrameStalled("payload", size, len(arrived) - 10, arrived)


async def end_seen_by(peer: socket.socket) -> bytes:
    """What a peer still gets; it is told that the connection is over, in one way or another."""
    with contextlib.suppress(ConnectionError):
        return await asyncio.to_thread(receive_all, peer)
    return b""


# Peers that do not finish


@each_link
@every_loop
def test_a_peer_that_stops_inside_a_frame(loop: str, link: Link) -> None:
    async def after(count: int, call: Receive) -> None:
        async with framed(link, frame_timeout=SOON) as (stream, peer):
            peer.sendall(HELLO[:count])
            async with taking_at_least(SOON):
                with pytest.raises(FrameStalled) as caught:
                    await call(stream)
            error = caught.value
            assert error == stall(HELLO[:count], 5)
            assert error.errno == errno.ECONNABORTED
            assert not isinstance(error, TimeoutError)
            # It stays so, and the connection is gone.
            for again in CALLS.values():
                with pytest.raises(FrameStalled) as caught:
                    await again(stream)
                assert caught.value == error
            assert stream.is_closing()
            await stream.wait_closed()
            assert await end_seen_by(peer) == b""

    async def main() -> None:
        await asyncio.gather(
            *itertools.starmap(after, itertools.product((1, 9, 10, 14), CALLS.values()))
        )

    run(loop, main)


@each_way
@every_loop
def test_a_peer_that_drips(loop: str, link: Link) -> None:
    """No byte starts the time anew."""

    async def main() -> None:
        async with framed(link, frame_timeout=5 * SOON) as (stream, peer):
            task = await waiting(frames_of(stream))
            sent = 0
            async with taking_at_least(5 * SOON):
                while not task.done():
                    with contextlib.suppress(OSError):
                        peer.sendall(LARGE[sent : sent + 1])
                        sent += 1
                    await asyncio.sleep(SOON / 5)
            frames, error = await task
            assert frames == []
            assert isinstance(error, FrameStalled)
            assert error.partial is not None
            assert LARGE[:sent].startswith(error.partial)
            assert error == stall(error.partial, len(LARGE) - 10)

    run(loop, main)


@each_way
@every_loop
def test_in_a_large_frame(loop: str, link: Link) -> None:
    async def main() -> None:
        async with framed(link, frame_timeout=5 * SOON) as (stream, peer):
            # As much as the system's buffers hold.
            peer.sendall(LARGE[:150_000])
            assert await frames_of(stream) == ([], stall(LARGE[:150_000], len(LARGE) - 10))

    run(loop, main)


@each_way
@every_loop
def test_good_frames_come_first(loop: str, link: Link) -> None:
    async def main() -> None:
        async with framed(link, frame_timeout=SOON) as (stream, peer):
            peer.sendall(STREAM + HELLO[:12])
            # Nobody reads: they are here all the same, and so is their end.
            assert await stream.recv() == b"one"
            assert await stream.recv() == b""
            assert await frames_of(stream) == ([b"three"], stall(HELLO[:12], 5))

    run(loop, main)


@each_way
@every_loop
def test_while_nobody_reads(loop: str, link: Link) -> None:
    async def main() -> None:
        async with framed(link, frame_timeout=SOON) as (stream, peer):
            peer.sendall(HELLO[:12])
            await until(stream.is_closing)
            assert await frames_of(stream) == ([], stall(HELLO[:12], 5))

    run(loop, main)


@every_loop
def test_after_a_call_that_was_cancelled(loop: str) -> None:
    async def main() -> None:
        async with framed(frame_timeout=2 * SOON) as (stream, peer):
            peer.sendall(HELLO[:12])
            async with taking_at_least(2 * SOON):
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(SOON):
                        await stream.recv()
                assert await frames_of(stream) == ([], stall(HELLO[:12], 5))

    run(loop, main)


# Time that is not counted


@each_way
@every_loop
def test_between_frames(loop: str, link: Link) -> None:
    async def main() -> None:
        async with framed(link, frame_timeout=SOON) as (stream, peer):
            for _ in range(2):
                await asyncio.sleep(2 * SOON)
                peer.sendall(STREAM)
                assert await several(stream, 3) == FRAMES
            await asyncio.sleep(2 * SOON)
            finish(peer)
            assert await frames_of(stream) == ([], ConnectionClosed())

    run(loop, main)


@each_way
@every_loop
def test_while_reading_is_paused(loop: str, link: Link) -> None:
    """It is we who do not read: the peer is not to blame."""

    async def within(limit: int) -> None:
        async with framed(link, frame_timeout=SOON, limit=limit) as (stream, peer):
            peer.sendall(HELLO * 50 + HELLO[:12])
            await until(lambda: not stream.transport.is_reading())
            await asyncio.sleep(3 * SOON)
            assert await several(stream, 50) == [b"hello"] * 50
            peer.sendall(HELLO[12:])
            assert await stream.recv() == b"hello"
            # From now on it is read, and counted.
            peer.sendall(HELLO[:12])
            async with taking_at_least(SOON):
                assert await frames_of(stream) == ([], stall(HELLO[:12], 5))

    async def main() -> None:
        await asyncio.gather(within(0), within(100))

    run(loop, main)


@each_way
@every_loop
def test_it_counts_when_reading_goes_on(loop: str, link: Link) -> None:
    async def main() -> None:
        async with framed(link, frame_timeout=2 * SOON, limit=100) as (stream, peer):
            peer.sendall(HELLO * 50 + HELLO[:12])
            await until(lambda: not stream.transport.is_reading())
            await asyncio.sleep(SOON)
            async with taking_at_least(SOON):
                assert await frames_of(stream) == ([b"hello"] * 50, stall(HELLO[:12], 5))

    run(loop, main)


@each_way
@every_loop
def test_while_the_loop_is_busy(loop: str, link: Link) -> None:
    """What the system has already is read first, however late we come."""

    async def main() -> None:
        wire = LARGE[:10].replace(b"1024000", b"100000 ") + LARGE[10:100_010]
        async with framed(link, frame_timeout=SOON) as (stream, peer):
            for frame in (HELLO, wire):
                task = await waiting(stream.recv())
                start = stream.stats.wire_bytes
                peer.sendall(frame[:12])
                await arrived(stream, start + 12)
                peer.sendall(frame[12:])
                time.sleep(3 * SOON)
                assert await task == frame[10:]

    run(loop, main)


@pytest.mark.slow
@every_loop
def test_every_frame_has_its_own_time(loop: str) -> None:
    async def main() -> None:
        async with framed(frame_timeout=0.6) as (stream, peer):
            for _ in range(6):
                task = await waiting(stream.recv())
                peer.sendall(HELLO[:12])
                await asyncio.sleep(0.12)
                # With the beginning of the next one.
                peer.sendall(HELLO[12:] + HELLO[:3])
                assert await task == b"hello"
                peer.sendall(HELLO[3:])
                assert await stream.recv() == b"hello"

    run(loop, main)


# Other ends


@each_way
@every_loop
def test_an_end_is_no_stall(loop: str, link: Link) -> None:
    async def main() -> None:
        async with framed(link, frame_timeout=SOON) as (stream, peer):
            peer.sendall(HELLO[:12])
            await arrived(stream, 12)
            finish(peer)
            expected = TruncatedFrame("payload", 5, 2, HELLO[:12])
            assert await frames_of(stream) == ([], expected)
            await asyncio.sleep(2 * SOON)
            assert await frames_of(stream) == ([], expected)

    run(loop, main)


@each_way
@every_loop
def test_bytes_that_are_no_frame_do_not_stall(loop: str, link: Link) -> None:
    async def main() -> None:
        async with framed(link, frame_timeout=SOON) as (stream, peer):
            peer.sendall(b"12a")
            await asyncio.sleep(2 * SOON)
            assert await frames_of(stream) == ([], InvalidHeader(b"12a", 0))

    run(loop, main)


@each_way
@every_loop
def test_a_stream_that_was_closed(loop: str, link: Link) -> None:
    """Nothing comes after its end: the loop would report what goes wrong in a callback."""

    async def after(end: Callable[[aio.FramedStream], None]) -> None:
        async with framed(link, frame_timeout=SOON) as (stream, peer):
            peer.sendall(HELLO[:12])
            await arrived(stream, 12)
            end(stream)
            peer.close()
            await stream.wait_closed()
            await asyncio.sleep(2 * SOON)
            with pytest.raises(ConnectionClosed) as caught:
                await stream.recv()
            assert caught.value.local

    async def main() -> None:
        await asyncio.gather(after(aio.FramedStream.close), after(aio.FramedStream.abort))

    run(loop, main)


# In the callback style


class Told(aio.FramedProtocol):
    """Knows what it was told, and does nothing about it."""

    def __init__(self, frame_timeout: float) -> None:
        super().__init__(frame_timeout=frame_timeout)
        self.told: list[object] = []

    def frame_received(self, frame: bytes) -> None:
        self.told.append(frame)

    def error_received(self, exc: framing.FramingError) -> None:
        self.told.append(exc)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.told.append(exc)


@each_link
@every_loop
def test_a_protocol_is_told_once(loop: str, link: Link) -> None:
    async def main() -> None:
        async with called_back(lambda: Told(SOON), link) as (protocol, peer):
            assert protocol.frame_timeout == SOON
            peer.sendall(STREAM + HELLO[:12])
            async with taking_at_least(SOON):
                await until(lambda: len(protocol.told) == 5)
            assert protocol.told == [*FRAMES, stall(HELLO[:12], 5), None]
            assert await end_seen_by(peer) == b""
            await turns(20)
            assert len(protocol.told) == 5

    run(loop, main)


@each_way
@every_loop
def test_a_protocol_whose_peer_is_in_time(loop: str, link: Link) -> None:
    async def main() -> None:
        async with called_back(lambda: Told(TIMEOUT), link) as (protocol, peer):
            peer.sendall(HELLO[:12])
            await arrived(protocol, 12)
            peer.sendall(HELLO[12:])
            await until(lambda: protocol.told)
            peer.close()
            await until(lambda: len(protocol.told) == 2)
            assert protocol.told == [b"hello", None]

    run(loop, main)


@every_loop
def test_the_end_stops_the_clock_of_a_protocol(loop: str) -> None:
    class Patient(aio.FramedProtocol):
        def __init__(self) -> None:
            super().__init__(frame_timeout=0.05)
            self.errors: list[Exception] = []

        def error_received(self, exc: framing.FramingError) -> None:
            self.errors.append(exc)

        def eof_received(self) -> bool:
            super().eof_received()
            return True

    async def main() -> None:
        pipe, protocol = Pipe().connect(Patient)
        pipe.give(b"10   ")
        protocol.eof_received()
        await asyncio.sleep(0.2)
        assert [type(error) for error in protocol.errors] == [framing.TruncatedFrame]
        protocol.abort()
        await turns()

    run(loop, main)
