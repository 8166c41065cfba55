"""`fields=`: the bytes of a binary header that are not its length, by every call that takes them."""

from __future__ import annotations

import array
import re
from collections.abc import Callable
from typing import Any

import framing
import pytest
from framing import (
    BinaryHeader,
    DecimalHeader,
    FrameDecoder,
    FrameEncoder,
    NetstringHeader,
    VarintHeader,
    presets,
)
from support.aio.transport import piped
from support.formats import POSTGRES
from support.headers import LibraryHeader
from support.loops import run
from support.pairs import framed, receive_all
from support.senders import WAYS, count, each_way

# TLS records, HTTP/2 frames, PostgreSQL, gRPC; both sides of the length; little-endian; wide; none at all.
LAYOUTS: dict[str, BinaryHeader] = {
    "before": presets.POSTGRES,
    "a flag": presets.GRPC,
    "three before": BinaryHeader(2, length_offset=3),
    "behind": BinaryHeader(3, size=9),
    "around": BinaryHeader(2, byteorder="little", length_offset=1, size=6, length_adjustment=-6),
    "around eight": BinaryHeader(8, length_offset=2, size=13, length_adjustment=3),
    "wide": BinaryHeader(1, byteorder="little", length_offset=100, size=300),
    "widest": BinaryHeader(4, length_offset=4000, size=4096),
    "none": BinaryHeader(4),
}
each_layout = pytest.mark.parametrize("header", LAYOUTS.values(), ids=LAYOUTS)

# What lies above the codec sees these only: that there are fields, on either side, many of them, or none.
FEW = ("before", "around", "widest", "none")
OF_THE_CODEC = ("framing.encode", "encode", "encode_into", "header_for", "encode_many")

WITHOUT: dict[str, LibraryHeader] = {
    "decimal": DecimalHeader(),
    "binary": BinaryHeader(8),
    "varint": VarintHeader(),
    "netstring": NetstringHeader(),
}

each_way_and_layout = pytest.mark.parametrize(
    ("name", "header"),
    [
        pytest.param(name, LAYOUTS[layout], id=f"{name}-{layout}")
        for name in WAYS
        for layout in (LAYOUTS if name in OF_THE_CODEC else FEW)
    ],
)

# The last is more than `write_frame` copies, and than is put together with others.
PAYLOADS = [b"abc", b"x" * 100, bytes(range(250))]


def room(header: BinaryHeader) -> int:
    return header.size - header.length_size


def fields_for(header: BinaryHeader) -> bytes:
    """As many bytes as there are, none of them zero, and no two beside each other the same."""
    return bytes(1 + number % 251 for number in range(room(header)))


def wire_of(header: BinaryHeader, payload: bytes, fields: bytes) -> bytes:
    number = len(payload) - header.length_adjustment
    little = header.byteorder == "little"
    length = number.to_bytes(header.length_size, "little" if little else "big")
    return fields[: header.length_offset] + length + fields[header.length_offset :] + payload


# Their place


@each_way_and_layout
def test_they_stand_around_the_length(name: str, header: BinaryHeader) -> None:
    fields = fields_for(header)

    async def main() -> None:
        async with WAYS[name](header) as (send, written):
            wire = b""
            for payload in PAYLOADS:
                for given, around in (({"fields": fields}, fields), ({}, bytes(room(header)))):
                    await send(payload, **given)
                    wire += wire_of(header, payload, around) * count(name)
            # Large frames take ways of their own; in a header of one byte there is none.
            if header.length_size > 2:
                await send(b"y" * 20_000, fields=fields)
                await send(b"zeros", fields=None)
                wire += wire_of(header, b"y" * 20_000, fields) * count(name)
                wire += wire_of(header, b"zeros", bytes(room(header))) * count(name)
            assert await written() == wire

    run("asyncio", main)


@pytest.mark.parametrize("size", [70_000, 300_000, 1_500_000])
@each_way
def test_large_frames(name: str, size: int) -> None:
    payload = b"y" * size

    async def main() -> None:
        async with WAYS[name](presets.POSTGRES) as (send, written):
            for fields in (b"D", b"E"):
                await send(payload, fields=fields)
            frames = [wire_of(presets.POSTGRES, payload, fields) for fields in (b"D", b"E")]
            assert await written() == frames[0] * count(name) + frames[1] * count(name)

    run("asyncio", main)


# The caller's memory


@pytest.mark.parametrize(
    "make",
    [
        bytes,
        bytearray,
        memoryview,
        lambda data: memoryview(b"<" + data + b">")[1:-1],
        lambda data: array.array("B", data),
        lambda data: array.array("H", data),
        lambda data: memoryview(data).cast("B", (2, len(data) // 2)),
        type("Bytes", (bytes,), {}),
    ],
    ids=["bytes", "bytearray", "view", "part", "array", "wide array", "two dimensions", "subclass"],
)
@each_way
def test_any_bytes_like(name: str, make: Callable[[bytes], Any]) -> None:
    header = LAYOUTS["around"]
    fields = fields_for(header)
    assert len(fields) == 4

    async def main() -> None:
        async with WAYS[name](header) as (send, written):
            given = make(fields)
            await send(b"hello", fields=given)
            # It is the caller's again, and may change.
            if isinstance(given, bytearray):
                given[:] = b"\xee" * 4
                given.clear()
            wire = wire_of(header, b"hello", fields) * count(name)
            assert await written() == wire

    run("asyncio", main)


# What is refused


each_way_and_header = pytest.mark.parametrize(
    ("name", "header"),
    [
        pytest.param(name, (LAYOUTS | WITHOUT)[layout], id=f"{name}-{layout}")
        for name in WAYS
        for layout in (*(LAYOUTS if name in OF_THE_CODEC else FEW), *WITHOUT)
    ],
)


def refusals(header: LibraryHeader) -> list[tuple[Any, type[Exception], str]]:
    size = room(header) if isinstance(header, BinaryHeader) else 0
    sizes = {0, 1, 2, 5, 6, size - 1, size + 1, 5000} - {size, -1}
    others: list[Any] = ["a" * size, size, [0] * size, memoryview(bytes(2 * size + 4))[::2]]
    return [
        (bytes(wrong), ValueError, rf"fields must be {size} bytes? for .*, not {wrong}$")
        for wrong in sizes
    ] + [(value, TypeError, "fields must be") for value in others]


@each_way_and_header
def test_refused_before_a_byte_is_written(name: str, header: LibraryHeader) -> None:
    async def main() -> None:
        async with WAYS[name](header) as (send, written):
            for fields, kind, text in refusals(header):
                for payload in (b"hello", b"y" * 200):
                    with pytest.raises(kind) as caught:
                        await send(payload, fields=fields)
                    assert re.search(text, str(caught.value))
                    assert not isinstance(caught.value, framing.FramingError)
            assert await written() == b""

    run("asyncio", main)


@pytest.mark.parametrize("header", WITHOUT.values(), ids=WITHOUT)
@each_way
def test_no_bytes_where_there_is_no_place_for_any(name: str, header: LibraryHeader) -> None:
    async def main() -> None:
        async with WAYS[name](header) as (send, written):
            await send(b"hello", fields=b"")
            assert await written() == framing.encode("hello", header) * count(name)

    run("asyncio", main)


def test_refused_also_where_there_is_nothing_to_send() -> None:
    async def main() -> None:
        with framed(header=presets.POSTGRES) as (fs, _):
            for fields in (b"", b"no"):
                with pytest.raises(ValueError, match="fields"):
                    fs.send_many([], fields=fields)
                with pytest.raises(ValueError, match="fields"):
                    FrameEncoder(fs.header).encode_many([], fields=fields)
                stream, pipe = await piped(header=fs.header)
                with pytest.raises(ValueError, match="fields"):
                    await stream.send_many([], fields=fields)
                pipe.abort()
                await stream.wait_closed()

    run("asyncio", main)


def test_a_buffer_is_untouched() -> None:
    buffer = bytearray(b"-" * 20)
    wrong: list[Any] = [b"", b"ab", "a", None.__class__]
    for fields in wrong:
        with pytest.raises((ValueError, TypeError)):
            FrameEncoder(presets.POSTGRES).encode_into("hello", buffer, fields=fields)
    assert buffer == b"-" * 20


# Overlapping memory


@each_layout
def test_fields_that_are_in_the_buffer_that_is_written_to(header: BinaryHeader) -> None:
    """Wherever they are in it, and wherever the frame goes."""
    size = room(header)
    encoder = FrameEncoder(header)
    whole = header.size + 7
    memory = bytes(1 + number % 250 for number in range(whole + size + 8))
    places = sorted({0, 1, 2, header.length_offset, header.size - 1, header.size, whole, whole + 8})
    for start in places:
        for offset in (0, 1, 5):
            buffer = bytearray(memory)
            written = encoder.encode_into(
                b"payload", buffer, offset, fields=memoryview(buffer)[start : start + size]
            )
            wire = wire_of(header, b"payload", memory[start : start + size])
            assert written == len(wire)
            assert buffer == memory[:offset] + wire + memory[offset + len(wire) :]
            # And the payload, too.
            buffer = bytearray(memory)
            view = memoryview(buffer)
            encoder.encode_into(view[2:9], buffer, offset, fields=view[start : start + size])
            wire = wire_of(header, memory[2:9], memory[start : start + size])
            assert buffer == memory[:offset] + wire + memory[offset + len(wire) :]


# And back


@each_layout
@pytest.mark.parametrize("piece", [1, 3, 10_000])
def test_keep_header_gives_them_back(header: BinaryHeader, piece: int) -> None:
    fields = fields_for(header)
    wire = FrameEncoder(header).encode_many(PAYLOADS, fields=fields)
    decoder = FrameDecoder(header, keep_header=True)
    frames = [
        frame for at in range(0, len(wire), piece) for frame in decoder.feed(wire[at : at + piece])
    ]
    assert frames == [wire_of(header, payload, fields) for payload in PAYLOADS]
    after = header.length_offset + header.length_size
    for frame in frames:
        assert frame[: header.length_offset] + frame[after : header.size] == fields
    # To forward them is to send them as they came.
    with framed(header=header) as (fs, peer):
        for frame in frames:
            fs.send_encoded(frame)
        fs.close()
        assert receive_all(peer) == wire


def test_they_are_of_no_concern_to_the_limit() -> None:
    encoder = FrameEncoder(POSTGRES.header, max_frame_size=5)
    assert encoder.encode("hello", fields=b"Q") == b"Q\0\0\0\x09hello"
    with pytest.raises(framing.FrameTooLarge):
        encoder.encode("hello!", fields=b"Q")
