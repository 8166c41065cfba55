"""Frames over the limit that are skipped: `framing.aio`."""

from __future__ import annotations

import asyncio
from typing import Any

import framing
import pytest
from framing import FrameStalled, TruncatedFrame, aio
from support.aio.links import Link, called_back, each_way, framed, pair
from support.aio.traffic import Receive, each_call, several
from support.aio.waits import turns, until
from support.loops import every_loop, run
from support.oversize import FRAMES, OVER, SKIP, STREAM, warnings
from support.pairs import finish

pytestmark = pytest.mark.dev_mode

OPTIONS: dict[str, Any] = SKIP


@each_call
@each_way
@every_loop
def test_good_frames_around_come_out(
    loop: str, link: Link, call: Receive, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        async with framed(link, **OPTIONS) as (stream, peer):
            sending = asyncio.create_task(asyncio.to_thread(peer.sendall, STREAM))
            assert await several(stream, len(FRAMES), call) == FRAMES
            await sending
            stats = stream.stats
            assert (stats.frames, stats.skipped_frames, stats.buffered) == (4, 4, 0)
            assert stats.skipped_bytes + stats.wire_bytes == len(STREAM)
            assert stream.on_oversize == "skip"

    run(loop, main)
    ours = [record for record in caplog.records if record.name == "framing"]
    caplog.records[:] = ours
    assert warnings(caplog) == OVER


@every_loop
def test_while_nobody_waits_it_is_discarded_all_the_same(loop: str) -> None:
    async def main() -> None:
        async with framed(pair, **OPTIONS, limit=10_000) as (stream, peer):
            size = 10_000_000
            sending = asyncio.create_task(
                asyncio.to_thread(peer.sendall, b"%-10d" % size + b"x" * size + framing.encode("next"))
            )
            # All but what came with the next frame, which waits to be asked for.
            await until(lambda: stream.stats.skipped_bytes > size - 300_000)
            await sending
            assert await stream.recv() == b"next"
            assert (stream.stats.skipped_frames, stream.stats.skipped_bytes) == (1, size + 10)

    run(loop, main)


@every_loop
def test_cancelled_in_the_midst_of_it(loop: str) -> None:
    async def main() -> None:
        async with framed(pair, **OPTIONS) as (stream, peer):
            wire = framing.encode(b"x" * 1000) + framing.encode("next")
            for at in range(0, len(wire), 100):
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(stream.recv(), 0.001)
                peer.sendall(wire[at : at + 100])
            assert await stream.recv() == b"next"

    run(loop, main)


@every_loop
def test_the_end_inside_it(loop: str) -> None:
    async def main() -> None:
        async with framed(pair, **OPTIONS) as (stream, peer):
            peer.sendall(framing.encode("ok") + b"100       " + b"x" * 30)
            finish(peer)
            assert await stream.recv() == b"ok"
            with pytest.raises(TruncatedFrame) as caught:
                await stream.recv()
            assert (caught.value.expected, caught.value.received) == (100, 30)

    run(loop, main)


@every_loop
def test_a_peer_that_drips_one_is_given_up(loop: str) -> None:
    async def main() -> None:
        async with framed(pair, **OPTIONS, frame_timeout=0.02) as (stream, peer):
            peer.sendall(b"100       " + b"x" * 30)
            with pytest.raises(FrameStalled):
                await stream.recv()

    run(loop, main)


@every_loop
def test_bounds_hold_here_too(loop: str) -> None:
    async def main() -> None:
        async with framed(pair, **OPTIONS, max_skip=10) as (stream, peer):
            peer.sendall(b"".join(map(framing.encode, [b"0123456789", b"ok", b"0123456789a"])))
            assert await stream.recv() == b"ok"
            with pytest.raises(framing.FrameTooLarge):
                await stream.recv()
        async with framed(pair, max_consecutive_empty=1) as (stream, peer):
            peer.sendall(framing.encode("") * 2)
            assert await stream.recv() == b""
            with pytest.raises(framing.InvalidPayload, match="empty"):
                await stream.recv()

    run(loop, main)


class Collecting(aio.FramedProtocol):
    def __init__(self) -> None:
        super().__init__(max_frame_size=5, on_oversize="skip", max_skip=1_000_000)
        self.frames: list[bytes] = []

    def frame_received(self, frame: bytes) -> None:
        self.frames.append(frame)


@each_way
@every_loop
def test_the_callback_style(loop: str, link: Link) -> None:
    async def main() -> None:
        async with called_back(Collecting, link) as (protocol, peer):
            await asyncio.to_thread(peer.sendall, STREAM)
            await until(lambda: len(protocol.frames) == len(FRAMES))
            assert protocol.frames == FRAMES
            assert protocol.stats.skipped_frames == 4

    run(loop, main)


@every_loop
def test_servers_take_it(loop: str) -> None:
    async def main() -> None:
        got: list[bytes] = []

        async def handler(stream: aio.FramedStream) -> None:
            got.extend([frame async for frame in stream])

        server = await aio.start_server(handler, "127.0.0.1", 0, **OPTIONS, max_consecutive_empty=9)
        async with server:
            port = server.sockets[0].getsockname()[1]
            async with await aio.open_connection("127.0.0.1", port) as stream:
                await stream.send_many([b"too long", b"ok", b"too long"])
            await until(lambda: got == [b"ok"])
            await turns()
        for bad in ({"on_oversize": "no"}, {"max_skip": 5}, {"max_consecutive_empty": -1}):
            with pytest.raises(ValueError, match=next(iter(bad))):
                await aio.start_server(handler, "127.0.0.1", 0, **bad)

    run(loop, main)
