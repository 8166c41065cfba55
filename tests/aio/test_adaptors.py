"""`read_frame`: frames over asyncio's own streams, however they are cut, given up, or end."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
from typing import Any

import framing
import pytest
from framing import (
    ConnectionClosed,
    DecimalHeader,
    FrameTooLarge,
    FramingError,
    InvalidHeader,
    TruncatedFrame,
    aio,
)
from framing.aio import _adaptors
from support import golden, pairs
from support.aio.links import Link, each_way, streams, tcp
from support.aio.readers import MEGABYTE, SIZES, filled, frames_read, given_up, read_part
from support.aio.traffic import sending
from support.aio.waits import turns, waiting
from support.driver import facts_of
from support.golden import Vector
from support.loops import every_loop, run
from support.pairs import HELLO

# Not a byte beyond


@each_way
@every_loop
def test_what_follows_is_for_whoever_reads_next(loop: str, link: Link) -> None:
    frames = [random.Random(size).randbytes(size) for size in SIZES]

    async def main() -> None:
        async with streams(link) as (reader, _, peer):
            wire = b"".join(framing.encode(frame) + b"a line\n" for frame in frames)
            task = asyncio.create_task(sending(peer, wire * 2))
            for frame in frames * 2:
                assert await aio.read_frame(reader) == frame
                assert await reader.readline() == b"a line\n"
            await task

    run(loop, main)


@every_loop
def test_every_cut(loop: str) -> None:
    wire = HELLO + framing.encode("") + b"plain"

    async def main() -> None:
        for places in itertools.combinations(range(1, len(wire)), 2):
            reader = asyncio.StreamReader()

            async def read(reader: asyncio.StreamReader) -> tuple[bytes, bytes, bytes]:
                first, second = await aio.read_frame(reader), await aio.read_frame(reader)
                return first, second, await reader.readexactly(5)

            task = asyncio.create_task(read(reader))
            for start, end in itertools.pairwise([0, *places, len(wire)]):
                await turns(2)
                reader.feed_data(wire[start:end])
            assert await task == (b"hello", b"", b"plain")

    run(loop, main, debug=False)


# Everything that a decoder knows: the frames, how a stream ends, and that cutting and giving up change nothing


def options_of(vector: Vector) -> dict[str, Any]:
    return {
        "header": vector.header.library(),
        "max_frame_size": vector.max_frame_size,
        "keep_header": vector.keep_header,
    }


def check(vector: Vector, frames: list[bytes], error: FramingError) -> None:
    assert frames == vector.outcome.frames, vector.name
    if vector.outcome.end == "clean":
        assert error == ConnectionClosed(local=False)
        return
    assert facts_of(error) == (vector.outcome.end, vector.outcome.facts)
    if isinstance(error, TruncatedFrame):
        assert error.partial == vector.left
    else:
        assert getattr(error, "offset", None) == 0


async def by_giving_up(reader: asyncio.StreamReader, vector: Vector) -> list[bytes]:
    """Feeds the stream, and reads it by calls of which each is given up for want of bytes."""
    frames: list[bytes] = []
    # Of longer streams the pieces are longer.
    size = 1 + len(vector.stream) // 100
    with contextlib.suppress(FramingError):
        for at in range(0, len(vector.stream), size):
            reader.feed_data(vector.stream[at : at + size])
            while True:
                task = asyncio.create_task(aio.read_frame(reader, **options_of(vector)))
                await turns(2)
                if not task.done():
                    await given_up(task)
                    break
                frames.append(task.result())
    return frames


@pytest.mark.parametrize("giving_up", [False, True])
@every_loop
def test_every_vector(loop: str, giving_up: bool) -> None:
    async def main() -> None:
        for vector in golden.load():
            reader, frames = asyncio.StreamReader(), list[bytes]()
            if giving_up:
                frames = await by_giving_up(reader, vector)
            else:
                reader.feed_data(vector.stream)
            reader.feed_eof()
            rest, error = await frames_read(reader, **options_of(vector))
            check(vector, frames + rest, error)

    run(loop, main, debug=False)


# Giving up


@each_way
@every_loop
def test_given_up_hundreds_of_times(loop: str, link: Link) -> None:
    generator = random.Random(f"{loop} {link.name}")
    sent: list[bytes] = []
    got: list[bytes] = []

    async def read(reader: asyncio.StreamReader) -> None:
        got.append(await aio.read_frame(reader))

    async def main() -> int:
        async with streams(link) as (reader, _, peer):
            rest, inside = b"", 0
            for number in itertools.count():
                if not rest:
                    if number > 300:
                        break
                    sent.append(generator.randbytes(generator.choice([0, 1, 9, 10, 11, 40, 3000])))
                    rest = framing.encode(sent[-1])
                size = generator.choice([1, 3, 10, 11, 3000])
                peer.sendall(rest[:size])
                rest = rest[size:]
                task = asyncio.create_task(read(reader))
                await turns(generator.randrange(5))
                task.cancel()
                await asyncio.wait([task])
                inside += len(_adaptors._unfinished)
            while len(got) < len(sent):
                await read(reader)
            assert got == sent
            return inside

    assert run(loop, main) > 50
    assert not _adaptors._unfinished


@pytest.mark.parametrize("arrived", [0, 4, 10, 12])
@every_loop
def test_timeouts(loop: str, arrived: int) -> None:
    async def main() -> None:
        reader = filled(HELLO[:arrived])
        for _ in range(3):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(aio.read_frame(reader), 0.001)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.001):
                    await aio.read_frame(reader)
        reader.feed_data(HELLO[arrived:] + b"plain")
        assert await aio.read_frame(reader) == b"hello"
        assert await reader.readexactly(5) == b"plain"

    run(loop, main)


@every_loop
def test_a_large_frame_given_up_again_and_again(loop: str) -> None:
    async def main() -> None:
        async with streams(tcp) as (reader, _, peer):
            wire = framing.encode(MEGABYTE * 8) + HELLO
            task = asyncio.create_task(sending(peer, wire))
            for turn in itertools.count():
                reading = asyncio.create_task(aio.read_frame(reader))
                await turns(2 + turn % 3)
                reading.cancel()
                await asyncio.wait([reading])
                if not reading.cancelled():
                    break
            assert reading.result() == MEGABYTE * 8
            assert await aio.read_frame(reader) == b"hello"
            await task

    run(loop, main)


OTHERS: list[dict[str, Any]] = [{"header": 12}, {"max_frame_size": 100}, {"keep_header": True}]


@pytest.mark.parametrize("others", OTHERS, ids=str)
def test_other_arguments_inside_a_frame(others: dict[str, Any]) -> None:
    async def main() -> None:
        for arrived in range(1, len(HELLO)):
            reader = filled(HELLO[:arrived])
            await read_part(reader)
            for _ in range(2):
                with pytest.raises(ValueError, match=r"inside a frame .* header=DecimalHeader\(.*10"):
                    await aio.read_frame(reader, **others)
            reader.feed_data(HELLO[arrived:] + framing.encode("next", others.get("header", 10)))
            # The same in other words.
            assert await aio.read_frame(reader, DecimalHeader(), max_frame_size=10**9) == b"hello"
            assert (await aio.read_frame(reader, **others)).endswith(b"next")

    run("asyncio", main)


# The end


@each_way
@every_loop
def test_the_end_at_every_byte(loop: str, link: Link) -> None:
    async def main() -> None:
        for arrived in range(len(HELLO)):
            async with streams(link) as (reader, _, peer):
                peer.sendall(HELLO + HELLO[:arrived])
                pairs.finish(peer)
                frames, error = await frames_read(reader)
                assert frames == [b"hello"]
                if not arrived:
                    assert error == ConnectionClosed(local=False)
                else:
                    assert isinstance(error, TruncatedFrame)
                    assert error.partial == HELLO[:arrived]

    run(loop, main)


@every_loop
def test_a_reset(loop: str) -> None:
    async def main() -> None:
        async with streams(tcp) as (reader, _, peer):
            peer.sendall(HELLO[:12])
            await read_part(reader)
            task = await waiting(aio.read_frame(reader))
            pairs.reset(peer)
            for call in (task, aio.read_frame(reader)):
                with pytest.raises(ConnectionResetError):
                    await call

    run(loop, main)


@pytest.mark.parametrize("arrived", [0, 4, 10, 12])
def test_an_error_of_the_reader_loses_nothing(arrived: int) -> None:
    async def main() -> None:
        reader = filled(HELLO[:arrived])
        task = await waiting(aio.read_frame(reader))
        error = ConnectionResetError("gone")
        reader.set_exception(error)
        for call in (task, aio.read_frame(reader)):
            with pytest.raises(ConnectionResetError) as caught:
                await call
            assert caught.value is error
        reader._exception = None  # type: ignore[attr-defined]
        reader.feed_data(HELLO[arrived:])
        assert await aio.read_frame(reader) == b"hello"

    run("asyncio", main)


@every_loop
def test_a_frame_that_is_only_a_header_is_whole(loop: str) -> None:
    """Nothing is read behind it, so that no error behind it is met."""

    async def main() -> None:
        reader = asyncio.StreamReader()
        task = await waiting(aio.read_frame(reader))
        reader.feed_data(framing.encode(""))
        reader.set_exception(ConnectionResetError())
        assert await task == b""
        with pytest.raises(ConnectionResetError):
            await aio.read_frame(reader)

    run(loop, main)


REFUSED: dict[str, tuple[bytes, dict[str, Any], FramingError, bytes]] = {
    "a sign": (b"-5        hello", {}, InvalidHeader(b"-", 0), b"hello"),
    "one byte": (b"-", {}, InvalidHeader(b"-", 0), b""),
    "blank": (b" " * 10 + b"x", {}, InvalidHeader(b" " * 10, 0), b"x"),
    "too large": (b"6         abcdef", {"max_frame_size": 5}, FrameTooLarge(6, 5, 0), b"abcdef"),
    "HTTP": (
        b"GET / HTTP/1.1\r\n",
        {},
        InvalidHeader(b"G", 0, "this looks like an HTTP request"),
        b"/1.1\r\n",
    ),
}


@pytest.mark.parametrize(("wire", "options", "error", "left"), REFUSED.values(), ids=REFUSED)
@every_loop
def test_what_is_refused(
    loop: str, wire: bytes, options: dict[str, Any], error: FramingError, left: bytes
) -> None:
    facts = {name: getattr(error, name) for name in error._facts or ()}
    refused = type(error)(**(facts | {"partial": wire.removesuffix(left)}))

    async def main() -> None:
        reader = filled(wire)
        other: list[dict[str, Any]] = [{"header": 3}, {"keep_header": True}]
        for arguments in [options, options, *other, options]:
            with pytest.raises(type(error)) as caught:
                await aio.read_frame(reader, **arguments)
            assert caught.value == refused
        reader.feed_eof()
        assert await reader.read() == left

    run(loop, main)
