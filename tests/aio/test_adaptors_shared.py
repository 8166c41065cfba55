"""`read_frame` and `write_frame`, by many at once; what they remember, and what they refuse."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import itertools
import random
import tracemalloc
from types import SimpleNamespace
from typing import Any

import framing
import pytest
from framing import (
    ConcurrencyError,
    DecimalHeader,
    FrameTooLarge,
    FramingError,
    InvalidHeader,
    aio,
)
from framing.aio import _adaptors
from support import pairs
from support.aio.links import Link, each_way, streams, tcp
from support.aio.readers import CHARS, MEGABYTE, filled, read_part
from support.aio.waits import waiting
from support.loops import every_loop, run
from support.pairs import HELLO

# Many at once


@pytest.mark.parametrize("arrived", [0, 4, 10, 12])
@every_loop
def test_two_calls_at_once(loop: str, arrived: int) -> None:
    async def main() -> None:
        reader = filled(HELLO[:arrived])
        await read_part(reader)
        task = await waiting(aio.read_frame(reader))
        with pytest.raises(ConcurrencyError):
            await aio.read_frame(reader)
        assert await aio.read_frame(filled(HELLO)) == b"hello"
        # The first call could go on, and has not done so yet.
        reader.feed_data(HELLO[arrived:] + HELLO)
        with pytest.raises(ConcurrencyError):
            await aio.read_frame(reader)
        assert await task == await aio.read_frame(reader) == b"hello"

    run(loop, main)


@every_loop
def test_many_readers_inside_frames(loop: str) -> None:
    generator = random.Random(loop)
    payloads = [generator.randbytes(30) for _ in range(40)]

    async def main() -> None:
        readers = [(asyncio.StreamReader(), framing.encode(payload)) for payload in payloads]
        for start, end in itertools.pairwise([0, 3, 10, 11, 25]):
            for reader, wire in generator.sample(readers, len(readers)):
                reader.feed_data(wire[start:end])
            await asyncio.gather(*(read_part(reader) for reader, _ in readers))
            assert len(_adaptors._unfinished) == len(readers)
        for reader, wire in readers:
            reader.feed_data(wire[25:])
        got = await asyncio.gather(*(aio.read_frame(reader) for reader, _ in readers))
        assert got == payloads
        assert not _adaptors._unfinished

    run(loop, main)


@pytest.mark.parametrize("wire", [b"", HELLO[:4], HELLO[:12], b"GET /", b"9" * 10 + HELLO])
def test_what_is_kept_goes_with_its_reader(wire: bytes) -> None:
    async def main() -> None:
        for ends in (False, True):
            reader = filled(wire)
            if ends:
                reader.feed_eof()
            # By hand: nothing else has the call then.
            call = aio.read_frame(reader)
            with contextlib.suppress(FramingError):
                call.send(None)
            assert len(_adaptors._reading) == (not ends and wire[:1] in (b"", b"5"))
            call.close()
            assert len(_adaptors._unfinished) == (wire != b"")
            del reader, call
        reader = filled(wire)
        call = aio.read_frame(reader)
        with contextlib.suppress(FramingError):
            call.send(None)
        del reader, call

    run("asyncio", main)
    gc.collect()
    assert not _adaptors._unfinished
    assert not _adaptors._reading


# Where little has arrived, 64 KiB more; where much has, also what the reader makes of its own memory.
@pytest.mark.parametrize(
    ("arrived", "most"), [(100_000, 64 * 1024 + 4 * 100_000), (16_000_000, 1.9 * 16_000_000)]
)
def test_memory_follows_what_has_arrived(arrived: int, most: float) -> None:
    async def main() -> None:
        reader = filled(b"1000000000", bytes(arrived))
        tracemalloc.start()
        try:
            await read_part(reader)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peak < most

    run("asyncio", main, debug=False)


# What calls with different arguments remember


def test_each_call_has_its_own_arguments() -> None:
    left, right, umlauts = b"5         hello", b"         5hello", "5         größe".encode()
    strict: dict[str, Any] = {"header": DecimalHeader(strict=True)}
    cases: list[tuple[bytes, dict[str, Any], bytes | FramingError]] = [
        (left, {}, b"hello"),
        (right, {}, b"hello"),
        (left, strict, b"hello"),
        (right, strict, InvalidHeader(b" ", 0, partial=right[:10])),
        (left, {"max_frame_size": 4}, FrameTooLarge(5, 4, 0, partial=left[:10])),
        (left, {"max_frame_size": 5}, b"hello"),
        (left, {"keep_header": True}, left),
        (umlauts, {"header": CHARS}, "größe".encode()),
        (umlauts, {}, "größ".encode()[:5]),
        (b"5" + left, {"header": 1}, b"5    "),
    ]

    async def main() -> None:
        for wire, options, expected in random.Random(0).choices(cases, k=1000):
            try:
                result: bytes | FramingError = await aio.read_frame(filled(wire), **options)
            except FramingError as error:
                result = error
            assert result == expected

    run("asyncio", main, debug=False)


BAD: list[tuple[type[Exception], dict[str, Any]]] = [
    (ValueError, {"header": 0}),
    (TypeError, {"header": "10"}),
    (TypeError, {"header": []}),
    (TypeError, {"keep_header": 1}),
    (ValueError, {"header": 1, "max_frame_size": 10}),
]


@pytest.mark.parametrize(("kind", "options"), BAD, ids=str)
def test_bad_arguments(kind: type[Exception], options: dict[str, Any]) -> None:
    async def main() -> None:
        for wire in (b"", HELLO[:4]):
            reader = filled(wire)
            for _ in range(2):
                with pytest.raises(kind, match=r"header|max_frame_size"):
                    await aio.read_frame(reader, **options)
                await read_part(reader)
            reader.feed_data(HELLO[len(wire) :])
            assert await aio.read_frame(reader) == b"hello"

    run("asyncio", main)


# Writing


@each_way
@every_loop
def test_what_the_peer_gets(loop: str, link: Link) -> None:
    large = MEGABYTE + b"larger than what is copied"
    cases: list[tuple[Any, dict[str, Any]]] = [
        ("größer", {}),
        (b"", {}),
        (bytearray(b"hello"), {"header": 4}),
        (large, {}),
        (b"x" * len(large), {"header": CHARS}),
        (large, {"header": 64, "max_frame_size": len(large)}),
        ("ü" * 300_000, {"header": CHARS}),
        (memoryview(large)[1::1], {}),
        (bytearray(large), {}),
    ]
    wire = b"".join(framing.encode(payload, **options) for payload, options in cases)

    async def main() -> None:
        async with streams(link) as (_, writer, peer):
            reading = asyncio.create_task(asyncio.to_thread(pairs.receive, peer, len(wire)))
            for payload, options in cases:
                aio.write_frame(writer, payload, **options)
                if isinstance(payload, bytearray):
                    payload[:] = b"-" * len(payload)
            for bad in (large, "x" * 300_000):
                with pytest.raises(FrameTooLarge):
                    aio.write_frame(writer, bad, max_frame_size=200_000)
            with pytest.raises(TypeError):
                aio.write_frame(writer, 5)  # type: ignore[arg-type]
            await writer.drain()
            assert await reading == wire

    run(loop, main)


@every_loop
def test_writers_do_not_mix(loop: str) -> None:
    payloads = [bytes([number]) * (number * 40_000) for number in range(20)]

    async def main() -> None:
        async with streams(tcp) as (_, writer, peer):

            async def write(payload: bytes) -> None:
                for _ in range(3):
                    aio.write_frame(writer, payload)
                    await writer.drain()

            def read() -> list[bytes]:
                return [framing.recv_frame(peer) for _ in range(3 * len(payloads))]

            reading = asyncio.create_task(asyncio.to_thread(read))
            await asyncio.gather(*map(write, payloads))
            assert sorted(await reading) == sorted(payloads * 3)
            writer.write_eof()
            for payload in (b"", MEGABYTE):
                with pytest.raises(RuntimeError):
                    aio.write_frame(writer, payload)

    run(loop, main)


def test_what_is_large_is_not_copied() -> None:
    written: list[object] = []
    writer: Any = SimpleNamespace(write=written.append)
    aio.write_frame(writer, MEGABYTE, 7)
    assert written == [b"1048576", MEGABYTE]
    assert written[1] is MEGABYTE
