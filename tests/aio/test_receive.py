"""Receiving with `framing.aio`: the same frames however they come, and however they are asked for."""

from __future__ import annotations

import asyncio
import random
import socket
from typing import Any

import framing
import pytest
from framing import DecimalHeader, FrameStats, aio
from support.aio.links import FRAMES, STREAM, Link, each_link, each_way, framed
from support.aio.traffic import CALLS, Receive, each_call, one, protocol_of, sending, several, view_of
from support.aio.transport import piped
from support.aio.waits import arrived, received, waiting
from support.loops import every_loop, run
from support.pairs import HELLO, finish

MEGABYTE = bytes(range(256)) * 4096
CHARS = DecimalHeader(unit="chars")

# However they are asked for


@each_call
@each_link
@every_loop
def test_frames_that_are_here_and_that_are_not(loop: str, link: Link, call: Receive) -> None:
    async def main() -> None:
        async with framed(link) as (stream, peer):
            peer.sendall(STREAM * 5)
            await arrived(stream, len(STREAM * 5))
            assert await several(stream, 15, call) == FRAMES * 5
            for frame in FRAMES:
                task = await waiting(call(stream))
                peer.sendall(framing.encode(frame))
                assert await task == [frame]

    run(loop, main)


@each_link
@every_loop
def test_iteration(loop: str, link: Link) -> None:
    async def main() -> None:
        async with framed(link) as (stream, peer):
            peer.sendall(STREAM * 2)
            async for frame in stream:
                assert frame == b"one"
                break
            # It is left and taken up again as one likes.
            assert await stream.recv() == b""
            assert await stream.recv_many(1) == [b"three"]
            finish(peer)
            assert [frame async for frame in stream] == FRAMES
            assert [frame async for frame in stream] == []

    run(loop, main)


@every_loop
def test_many_at_once(loop: str) -> None:
    async def main() -> None:
        async with framed() as (stream, peer):
            peer.sendall(STREAM * 100 + HELLO[:12])
            await arrived(stream, len(STREAM) * 100 + 12)
            assert await stream.recv_many(2) == FRAMES[:2]
            assert await stream.recv_many(3) == [FRAMES[2], *FRAMES[:2]]
            assert await stream.recv_many() == [FRAMES[2]] + FRAMES * 98
            task = await waiting(stream.recv_many())
            # More than one arrives while it waits.
            peer.sendall(HELLO[12:] + STREAM)
            assert await task == [b"hello", *FRAMES]
            peer.sendall(STREAM)
            assert await stream.recv_many(10**9) == FRAMES

    run(loop, main)


@pytest.mark.parametrize("value", [0, -1, -(10**30)])
@every_loop
def test_less_than_one_is_not_many(loop: str, value: int) -> None:
    async def main() -> None:
        async with framed() as (stream, peer):
            peer.sendall(HELLO)
            with pytest.raises(ValueError, match="max_frames"):
                await stream.recv_many(value)
            for wrong in ("1", 1.0, True):
                with pytest.raises(TypeError, match="max_frames"):
                    await stream.recv_many(wrong)  # type: ignore[arg-type]
            assert await stream.recv_many(1) == [b"hello"]

    run(loop, main)


# However they come


@each_way
@every_loop
def test_in_two_pieces_at_every_cut(loop: str, link: Link) -> None:
    async def main() -> None:
        async with framed(link) as (stream, peer):
            for cut in range(len(STREAM) + 1):
                start = received(stream)
                peer.sendall(STREAM[:cut])
                await arrived(stream, start + cut)
                peer.sendall(STREAM[cut:])
                assert await several(stream, 3) == FRAMES

    run(loop, main)


@each_link
@every_loop
def test_byte_by_byte(loop: str, link: Link) -> None:
    async def main() -> None:
        async with framed(link) as (stream, peer):
            task = await waiting(several(stream, 3))
            for index in range(len(STREAM)):
                peer.sendall(STREAM[index : index + 1])
                await arrived(stream, index + 1)
            assert await task == FRAMES

    run(loop, main)


@pytest.mark.parametrize("keep_header", [False, True])
@each_link
@every_loop
def test_in_any_pieces(loop: str, link: Link, keep_header: bool) -> None:
    """Small and large frames, read all the while: sometimes whole, sometimes many at once."""
    generator = random.Random(f"{loop} {link.name} {keep_header}")
    sizes = [generator.choice([0, 1, 9, 50, 3000, 70_000, 300_000]) for _ in range(60)]
    payloads = [generator.randbytes(size) for size in sizes]
    wires = [framing.encode(payload) for payload in payloads]

    def send(peer: socket.socket) -> None:
        rest = memoryview(b"".join(wires))
        while rest:
            size = generator.choice([1, 9, 10, 11, 100, 5000, 100_000, 500_000])
            peer.sendall(rest[:size])
            rest = rest[size:]

    async def main() -> None:
        async with framed(link, keep_header=keep_header) as (stream, peer):
            sender = asyncio.create_task(asyncio.to_thread(send, peer))
            frames: list[bytes] = []
            while len(frames) < len(wires):
                frames += await generator.choice(list(CALLS.values()))(stream)
            await sender
            assert frames == (wires if keep_header else payloads)

    run(loop, main)


@every_loop
def test_two_streams_of_one_loop(loop: str) -> None:
    """They read into the same memory, and what has come of a frame is still its own."""

    async def main() -> None:
        wire = framing.encode("x" * 20) + framing.encode("y" * 5)
        async with framed() as (first, one_peer), framed() as (second, other_peer):
            for cut in range(len(wire)):
                start = received(first)
                one_peer.sendall(wire[:cut])
                await arrived(first, start + cut)
                other_peer.sendall(STREAM)
                assert await several(second, 3) == FRAMES
                one_peer.sendall(wire[cut:])
                assert await several(first, 2) == [b"x" * 20, b"y" * 5]

    run(loop, main)


# Of every size


@pytest.mark.parametrize(
    "size", [0, 1, 9, 10, 11, 4096, 65_535, 65_536, 70_000, 262_143, 262_144, 262_145, 2**20]
)
@each_link
@every_loop
def test_sizes(loop: str, link: Link, size: int) -> None:
    payload = MEGABYTE[:size]
    wire = framing.encode(payload) + HELLO

    async def main() -> None:
        async with framed(link) as (stream, peer):
            for call in (one, aio.FramedStream.recv_many):
                sender = asyncio.create_task(sending(peer, wire * 2))
                frames = await several(stream, 4, call)
                assert frames == [payload, b"hello"] * 2
                await sender
            assert stream.stats.largest_frame == max(size, 5)

    run(loop, main)


@each_link
@every_loop
def test_a_very_large_frame(loop: str, link: Link) -> None:
    payload = MEGABYTE * 20

    async def main() -> None:
        async with framed(link) as (stream, peer):
            sender = asyncio.create_task(sending(peer, framing.encode(payload)))
            assert await stream.recv() == payload
            await sender

    run(loop, main)


@every_loop
def test_a_large_frame_is_received_in_place(loop: str) -> None:
    """A transport is shown the frame's own memory, and can fill it by few large reads."""
    payload = MEGABYTE * 20
    rest = framing.encode(payload)
    sizes: list[int] = []

    async def main() -> None:
        nonlocal rest
        stream, pipe = await piped()
        async with stream:
            while rest:
                sizes.append(len(view_of(protocol_of(stream))))
                pipe.give(rest[: sizes[-1]])
                rest = rest[sizes[-1] :]
            assert await stream.recv() == payload

    run(loop, main)
    assert max(sizes) > 5 * len(MEGABYTE)
    assert len(sizes) < 20


# Options

OPTIONS: dict[str, tuple[dict[str, Any], list[tuple[bytes, bytes]]]] = {
    "narrow": ({"header": 1}, [(b"3one", b"one"), (b"0", b"")]),
    "wide": ({"header": 4096}, [(b"%-4096d" % 3 + b"one", b"one")]),
    "any alignment": (
        {},
        [(b"5         hello", b"hello"), (b"         0", b""), (b"   3      one", b"one")],
    ),
    "zeros": ({"header": DecimalHeader(6, align=">", fill="0")}, [(b"000003one", b"one")]),
    "with their headers": (
        {"keep_header": True},
        [(HELLO, HELLO), (b"         0", b"         0"), (b"0000000003one", b"0000000003one")],
    ),
    "characters": (
        {"header": CHARS},
        [("6         größer".encode(), "größer".encode()), (b"0         ", b"")],
    ),
    "characters, with their headers": (
        {"header": CHARS, "keep_header": True},
        [("2         ü😀".encode(), "2         ü😀".encode())],
    ),
    "up to a limit": ({"max_frame_size": 5}, [(HELLO, b"hello"), (b"0         ", b"")]),
}


@pytest.mark.parametrize(("options", "expected"), OPTIONS.values(), ids=OPTIONS)
@every_loop
def test_options(loop: str, options: dict[str, Any], expected: list[tuple[bytes, bytes]]) -> None:
    wire = b"".join(wire for wire, _ in expected)

    async def main() -> None:
        async with framed(**options) as (stream, peer):
            peer.sendall(wire)
            for _, frame in expected:
                assert await stream.recv() == frame
            for index in range(len(wire)):
                peer.sendall(wire[index : index + 1])
                await arrived(stream, len(wire) + index + 1)
            assert await several(stream, len(expected)) == [frame for _, frame in expected]

    run(loop, main)


@every_loop
def test_what_a_stream_says_of_itself(loop: str) -> None:
    async def main() -> None:
        async with framed() as (stream, _):
            assert stream.header == DecimalHeader(10)
            assert stream.max_frame_size == 1_000_000_000
            assert not stream.keep_header
            assert stream.frame_timeout is None
        header = DecimalHeader(4, align=">")
        async with framed(header=header, max_frame_size=7, keep_header=True, frame_timeout=2.5) as (
            stream,
            _,
        ):
            assert stream.header == header
            assert stream.max_frame_size == 7
            assert stream.keep_header
            assert stream.frame_timeout == 2.5

    run(loop, main)


@each_link
@every_loop
def test_the_counters(loop: str, link: Link) -> None:
    async def main() -> None:
        async with framed(link) as (stream, peer):
            assert stream.stats == FrameStats()
            peer.sendall(STREAM + HELLO[:12])
            assert await several(stream, 3) == FRAMES
            await arrived(stream, len(STREAM) + 12)
            before = stream.stats
            assert before == FrameStats(3, 8, 38, 5, 12)
            peer.sendall(HELLO[12:])
            assert await stream.recv() == b"hello"
            assert stream.stats == FrameStats(4, 13, 53, 5, 0)
            # A snapshot, which does not change; and what is sent is not counted.
            assert before == FrameStats(3, 8, 38, 5, 12)
            await stream.send("hello")
            assert stream.stats == FrameStats(4, 13, 53, 5, 0)
        assert stream.stats == FrameStats(4, 13, 53, 5, 0)

    run(loop, main)


# While something else is going on


@each_way
@every_loop
def test_while_sending(loop: str, link: Link) -> None:
    """A peer that sends back what it gets, more than the buffers hold."""

    def echo(peer: socket.socket, size: int) -> None:
        while size and (chunk := peer.recv(min(size, 65_536))):
            peer.sendall(chunk)
            size -= len(chunk)

    async def main() -> None:
        async with framed(link) as (stream, peer):
            frames = [MEGABYTE[: 40_000 + number] for number in range(200)]
            size = sum(len(frame) + 10 for frame in frames)
            echoing = asyncio.create_task(asyncio.to_thread(echo, peer, size))

            async def send() -> None:
                for frame in frames:
                    await stream.send(frame)

            sender = asyncio.create_task(send())
            assert await several(stream, len(frames)) == frames
            await sender
            await echoing

    run(loop, main)
