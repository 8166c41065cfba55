"""`read_frame` and `write_frame` with each kind of header: never beyond a frame, and given up at any byte."""

from __future__ import annotations

import asyncio
import itertools
from types import SimpleNamespace
from typing import Any

import framing
import pytest
from framing import (
    ConnectionClosed,
    FrameDecoder,
    FrameTooLarge,
    FramingError,
    InvalidHeader,
    InvalidPayload,
    TruncatedFrame,
    aio,
)
from support.aio.links import Link, each_way, streams, tcp
from support.aio.readers import filled, given_up, read_part
from support.aio.traffic import sending
from support.aio.waits import turns, waiting
from support.formats import (
    NETSTRING,
    VARINT,
    Format,
    body,
    each_few,
    stream_of,
)
from support.loops import every_loop, run
from support.pairs import receive, receive_all

each_keep = pytest.mark.parametrize("keep_header", [False, True])

# What is there behind a frame and could be taken for part of it.
BEHIND = (b"plain", b",,,,,", b"\x80\x80\0\0\0", b"0:,1:")

# Around what is taken out of a reader at once, too.
LARGE = (262_143, 262_144, 262_145, 2_000_000)


def large(kind: Format) -> list[bytes]:
    return [body(size) for size in LARGE if size <= kind.most]


# Not a byte beyond


@each_keep
@each_way
@each_few
@every_loop
def test_what_follows_is_for_whoever_reads_next(
    loop: str, kind: Format, link: Link, keep_header: bool
) -> None:
    payloads = kind.bodies + large(kind)
    wire = b"".join(kind.wire(payload) + BEHIND[at % 4] for at, payload in enumerate(payloads))

    async def main() -> None:
        async with streams(link) as (reader, _, peer):
            task = asyncio.create_task(sending(peer, wire))
            for at, payload in enumerate(payloads):
                frame = await aio.read_frame(reader, kind.header, keep_header=keep_header)
                assert frame == kind.received(payload, keep_header=keep_header)
                assert await reader.readexactly(5) == BEHIND[at % 4]
            await task

    run(loop, main)


@each_keep
@each_few
def test_all_of_it_is_here(kind: Format, keep_header: bool) -> None:
    async def main() -> None:
        for size in range(min(kind.most, 280) + 1):
            reader = filled(kind.wire(body(size)) * 2, b"+")
            frame = kind.received(body(size), keep_header=keep_header)
            for _ in range(2):
                assert await aio.read_frame(reader, kind.header, keep_header=keep_header) == frame
            reader.feed_eof()
            assert await reader.read() == b"+"

    run("asyncio", main)


@pytest.mark.parametrize("zeros", range(1, 10))
def test_a_varint_that_is_longer_than_it_need_be(zeros: int) -> None:
    head = b"\x85" + b"\x80" * (zeros - 1) + b"\0"

    async def main() -> None:
        reader = filled(head, b"hello", head, b"helloplain")
        assert await aio.read_frame(reader, VARINT.header) == b"hello"
        assert await aio.read_frame(reader, VARINT.header, keep_header=True) == head + b"hello"
        assert await reader.readexactly(5) == b"plain"

    run("asyncio", main)


@each_few
@every_loop
def test_every_cut(loop: str, kind: Format) -> None:
    wire = kind.wire(b"hello") + kind.wire(b"") + b"plain"

    async def main() -> None:
        for places in itertools.combinations(range(1, len(wire)), 2):
            reader = asyncio.StreamReader()

            async def read(reader: asyncio.StreamReader) -> tuple[bytes, bytes, bytes]:
                first = await aio.read_frame(reader, kind.header)
                second = await aio.read_frame(reader, kind.header)
                return first, second, await reader.readexactly(5)

            task = asyncio.create_task(read(reader))
            for start, end in itertools.pairwise([0, *places, len(wire)]):
                await turns(2)
                reader.feed_data(wire[start:end])
            assert await task == (b"hello", b"", b"plain")

    run(loop, main, debug=False)


# Given up


@each_keep
@each_few
@every_loop
def test_given_up_at_every_byte(loop: str, kind: Format, keep_header: bool) -> None:
    """In the middle of a header, and before what stands behind a payload: the next call carries on."""
    stream = stream_of(kind)
    options: dict[str, Any] = {"header": kind.header, "keep_header": keep_header}

    async def main() -> None:
        for payload in stream.payloads:
            wire = kind.wire(payload)
            for arrived in range(len(wire)):
                reader = filled(wire[:arrived])
                await read_part(reader, **options)
                await read_part(reader, **options)
                reader.feed_data(wire[arrived:] + kind.wire(b"next") + b"plain")
                for expected in (payload, b"next"):
                    frame = await aio.read_frame(reader, **options)
                    assert frame == kind.received(expected, keep_header=keep_header)
                assert await reader.readexactly(5) == b"plain"

    run(loop, main, debug=False)


@each_few
@every_loop
def test_given_up_at_each_byte_of_one_frame(loop: str, kind: Format) -> None:
    wire = kind.wire(body(130))

    async def main() -> None:
        reader = asyncio.StreamReader()
        for index in range(len(wire)):
            task = await waiting(aio.read_frame(reader, kind.header))
            await given_up(task)
            reader.feed_data(wire[index : index + 1])
        reader.feed_data(b"plain")
        assert await aio.read_frame(reader, kind.header) == body(130)
        assert await reader.readexactly(5) == b"plain"

    run(loop, main, debug=False)


@pytest.mark.parametrize("short", [1, 2, 300_000])
@each_keep
@each_few
@every_loop
def test_a_large_frame_given_up(loop: str, kind: Format, keep_header: bool, short: int) -> None:
    options: dict[str, Any] = {"header": kind.header, "keep_header": keep_header}

    async def main() -> None:
        for payload in large(kind):
            wire = kind.wire(payload)
            short_here = min(short, len(wire) - 1)
            reader = filled(wire[:-short_here])
            for _ in range(2):
                await read_part(reader, **options)
            task = await waiting(aio.read_frame(reader, **options))
            reader.feed_data(wire[-short_here:] + b"plain")
            assert await task == kind.received(payload, keep_header=keep_header)
            assert await reader.readexactly(5) == b"plain"

    run(loop, main)


@each_few
@every_loop
def test_timeouts(loop: str, kind: Format) -> None:
    wire = kind.wire(b"x" * 300)

    async def main() -> None:
        for arrived in (0, 1, len(kind.head(300)), len(wire) - 1):
            reader = filled(wire[:arrived])
            for _ in range(2):
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(aio.read_frame(reader, kind.header), 0.001)
            reader.feed_data(wire[arrived:] + b"plain")
            assert await aio.read_frame(reader, kind.header) == b"x" * 300
            assert await reader.readexactly(5) == b"plain"

    run(loop, main)


@each_few
def test_another_header_inside_a_frame(kind: Format) -> None:
    async def main() -> None:
        reader = filled(kind.wire(b"hello")[:-1])
        await read_part(reader, header=kind.header)
        with pytest.raises(ValueError, match="inside a frame") as caught:
            await aio.read_frame(reader, framing.BinaryHeader(7))
        assert f"header={kind.header!r}" in str(caught.value)
        reader.feed_data(kind.wire(b"hello")[-1:])
        assert await aio.read_frame(reader, kind.header) == b"hello"

    run("asyncio", main)


# The end


@each_keep
@each_few
def test_the_end_at_every_byte(kind: Format, keep_header: bool) -> None:
    options: dict[str, Any] = {"header": kind.header, "keep_header": keep_header}

    async def main() -> None:
        for payload in stream_of(kind).payloads:
            wire = kind.wire(payload)
            for arrived in range(len(wire)):
                reader = filled(wire[:arrived])
                reader.feed_eof()
                for _ in range(2):
                    if not arrived:
                        with pytest.raises(ConnectionClosed):
                            await aio.read_frame(reader, **options)
                        continue
                    with pytest.raises(TruncatedFrame) as caught:
                        await aio.read_frame(reader, **options)
                    error = caught.value
                    facts = (error.stage, error.expected, error.received)
                    assert facts == kind.facts(payload, arrived)
                    assert error.partial == wire[:arrived]
                    decoder = FrameDecoder(kind.header)
                    assert decoder.feed(wire[:arrived]) == []
                    assert decoder.feed(wire[arrived:]) == [payload]

    run("asyncio", main)


NO_COMMA = InvalidPayload(0, "byte 0x3b stands where the frame must end in 0x2c")
REFUSED: dict[str, tuple[Format, bytes, FramingError]] = {
    "a varint that goes on": (VARINT, b"\xff" * 10, InvalidHeader(b"\xff" * 10, 0)),
    # No header is shorter than two bytes.
    "no digit": (NETSTRING, b":,", InvalidHeader(b":", 0)),
    "a zero before digits": (NETSTRING, b"01", InvalidHeader(b"01", 0)),
    "no comma": (NETSTRING, b"2:ab;", NO_COMMA),
    "no comma behind nothing": (NETSTRING, b"0:;", NO_COMMA),
    "no comma far behind": (NETSTRING, NETSTRING.wire(body(500_000))[:-1] + b";", NO_COMMA),
    "too large": (NETSTRING, b"2000000:", FrameTooLarge(2_000_000, 1_000_000, 0)),
    "too large a varint": (VARINT, b"\x80\x89\x7a", FrameTooLarge(2_000_000, 1_000_000, 0)),
}


@pytest.mark.parametrize(("kind", "wire", "error"), REFUSED.values(), ids=REFUSED)
@each_keep
@every_loop
def test_what_is_behind_a_refusal_is_left(
    loop: str, keep_header: bool, kind: Format, wire: bytes, error: FramingError
) -> None:
    options: dict[str, Any] = {
        "header": kind.header,
        "keep_header": keep_header,
        "max_frame_size": 1_000_000,
    }
    facts = {name: getattr(error, name) for name in error._facts or ()}
    refused = type(error)(**(facts | {"partial": wire}))

    async def main() -> None:
        reader = filled(wire, b"plain")
        for _ in range(2):
            with pytest.raises(type(error)) as caught:
                await aio.read_frame(reader, **options)
            assert caught.value == refused
        assert await reader.readexactly(5) == b"plain"
        # The same where each of its bytes comes by itself.
        reader = asyncio.StreamReader()
        if len(wire) < 100:
            task = asyncio.create_task(aio.read_frame(reader, **options))
            for byte in wire:
                await turns(2)
                reader.feed_data(bytes([byte]))
            with pytest.raises(type(error)) as caught:
                await task
            taken: bytes = getattr(caught.value, "partial", b"")
            assert caught.value == type(error)(**(facts | {"partial": taken}))
            # Nothing was read behind the byte that was refused.
            assert taken
            assert wire.startswith(taken)

    run(loop, main)


# Writing


@each_way
@each_few
@every_loop
def test_what_the_peer_gets(loop: str, kind: Format, link: Link) -> None:
    payloads = kind.bodies + large(kind)
    # A payload that can be changed is copied, one that cannot may not be.
    makers: list[Any] = [bytes, bytearray, memoryview, type("Bytes", (bytes,), {})]
    wire = b"".join(kind.wire(payload) * len(makers) for payload in payloads)

    async def main() -> None:
        async with streams(link) as (_, writer, peer):
            reading = asyncio.create_task(asyncio.to_thread(receive, peer, len(wire)))
            for payload in payloads:
                for make in makers:
                    given = make(payload)
                    aio.write_frame(writer, given, kind.header)
                    if isinstance(given, bytearray):
                        given[:] = b"\xee" * len(given)
                    await writer.drain()
            assert await reading == wire

    run(loop, main)


@each_few
def test_a_large_payload_is_whole_whatever_it_is(kind: Format) -> None:
    for payload in [*kind.bodies, *large(kind)]:
        written: list[bytes] = []
        writer: Any = SimpleNamespace(write=lambda data, into=written: into.append(bytes(data)))
        aio.write_frame(writer, payload, kind.header)
        aio.write_frame(writer, bytearray(payload), kind.header)
        aio.write_frame(writer, "é" * (len(payload) // 2), kind.header)
        text = ("é" * (len(payload) // 2)).encode()
        assert b"".join(written) == kind.wire(payload) * 2 + kind.wire(text)


@each_few
@every_loop
def test_what_one_writes_the_other_reads(loop: str, kind: Format) -> None:
    payloads = kind.bodies + large(kind)

    async def main() -> None:
        async with streams(tcp) as (_, writer, peer):
            reading = asyncio.create_task(asyncio.to_thread(receive_all, peer))
            for payload in payloads:
                aio.write_frame(writer, payload, kind.header)
            writer.write_eof()
            wire = await reading
            reader = filled(wire)
            assert [await aio.read_frame(reader, kind.header) for _ in payloads] == payloads

    run(loop, main)
