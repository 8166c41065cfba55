"""Every header format, everywhere a header is taken."""

from __future__ import annotations

import asyncio
import copy
import itertools
import pickle
import socket
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import framing
import pytest
from framing import BinaryHeader, DecimalHeader, FramedSocket, NetstringHeader, VarintHeader, aio
from support.aio.links import called_back, pair, paired, streams, tcp
from support.aio.recorder import Recorder
from support.aio.servers import address, echo, serving
from support.formats import FORMATS, Format, each_few, each_format
from support.loops import every_loop, run
from support.pairs import begin, framed, receive
from support.refusal import refusal

# Numbers that two formats have in common, so that nothing but the class tells them apart.
SIMILAR = [
    *(DecimalHeader(number) for number in range(1, 9)),
    *(BinaryHeader(number) for number in range(1, 9)),
    *(VarintHeader(number) for number in range(1, 9)),
    *(NetstringHeader(number) for number in range(1, 9)),
]


def same(one: object, other: object) -> bool:
    return type(one) is type(other) and one == other and hash(one) == hash(other)


def test_headers_of_two_classes_are_never_equal() -> None:
    assert len(set(SIMILAR)) == len(SIMILAR)
    for (at, one), (place, other) in itertools.product(enumerate(SIMILAR), repeat=2):
        assert (one == other) is (at == place)
        assert (one != other) is (at != place)


def test_one_dict_for_all() -> None:
    names = {kind.header: kind.name for kind in FORMATS}
    assert len(names) == len(FORMATS)
    for kind in FORMATS:
        for twin in (copy.copy(kind.header), pickle.loads(pickle.dumps(kind.header))):
            assert names[twin] == kind.name


# The codec


@each_format
def test_a_codec_and_the_functions(kind: Format) -> None:
    header = kind.header
    encoder, decoder = framing.FrameEncoder(header), framing.FrameDecoder(header)
    assert same(encoder.header, header)
    assert same(decoder.header, header)
    for payload in kind.bodies:
        wire = kind.wire(payload)
        assert framing.encode(payload, header) == encoder.encode(payload) == wire
        assert encoder.encode_many([payload, payload]) == wire * 2
        assert encoder.header_for(payload) == kind.head(len(payload))
        buffer = bytearray(len(wire) + 2)
        assert encoder.encode_into(payload, buffer, 1) == len(wire)
        assert buffer == b"\0" + wire + b"\0"
        assert framing.decode(wire * 2, header) == decoder.feed(wire * 2) == [payload] * 2
        for keep_header in (False, True):
            frame = kind.received(payload, keep_header=keep_header)
            assert framing.decode(wire, header, keep_header=keep_header) == [frame]


@each_format
def test_what_is_too_large(kind: Format) -> None:
    limit = 100
    expected = framing.FrameTooLarge(101, 100, 0)
    calls: list[Callable[[], object]] = [
        lambda: framing.decode(kind.wire(bytes(101)), kind.header, max_frame_size=limit),
        lambda: framing.FrameDecoder(kind.header, max_frame_size=limit).feed(kind.head(101)),
    ]
    for call in calls:
        with pytest.raises(framing.FrameTooLarge) as caught:
            call()
        assert caught.value == expected
    with pytest.raises(framing.FrameTooLarge) as caught:
        framing.encode(bytes(101), kind.header, max_frame_size=limit)
    assert caught.value == framing.FrameTooLarge(101, 100)
    assert framing.decode(kind.wire(bytes(100)), kind.header, max_frame_size=limit) == [bytes(100)]


# Sockets


@each_few
def test_a_framed_socket(kind: Format) -> None:
    with framed(header=kind.header) as (fs, peer):
        assert same(fs.header, kind.header)
        assert fs.max_frame_size == min(kind.most, framing.DEFAULT_MAX_FRAME_SIZE)
        peer.sendall(kind.wire(b"hello"))
        assert fs.recv() == b"hello"
        fs.send("answer")
        assert receive(peer, len(kind.wire(b"answer"))) == kind.wire(b"answer")


@each_few
def test_connect_and_listen(kind: Format) -> None:
    with framing.listen(("127.0.0.1", 0), header=kind.header) as listener:
        accepting = begin(listener.accept)
        with (
            framing.connect(listener.address, header=kind.header) as client,
            accepting.result()[0] as server,
        ):
            for end in (client, server):
                assert same(end.header, kind.header)
            client.send("hello")
            client.socket.sendall(kind.wire(b"raw"))
            assert [server.recv(), server.recv()] == [b"hello", b"raw"]


@each_few
def test_send_frame_and_recv_frame(kind: Format) -> None:
    ours, peer = socket.socketpair()
    with ours, peer:
        framing.send_frame(ours, "hello", kind.header)
        assert receive(peer, len(kind.wire(b"hello"))) == kind.wire(b"hello")
        peer.sendall(kind.wire(b"hello") * 2)
        assert framing.recv_frame(ours, kind.header) == b"hello"
        assert framing.recv_frame(ours, header=kind.header, keep_header=True) == kind.wire(b"hello")


# asyncio


@each_few
@every_loop
def test_streams(loop: str, kind: Format) -> None:
    async def main() -> None:
        async with paired(tcp, header=kind.header) as (stream, peer):
            assert same(stream.header, kind.header)
            await peer.send(kind.wire(b"hello"))
            assert await stream.recv() == b"hello"
            await stream.send("answer")
            wire = kind.wire(b"answer")
            assert await peer.receive(len(wire)) == wire
        async with serving(echo, header=kind.header) as server:
            reader, writer = await asyncio.open_connection(*address(server))
            writer.write(kind.wire(b"hello"))
            assert await reader.readexactly(len(kind.wire(b"hello"))) == kind.wire(b"hello")
            writer.close()
            await writer.wait_closed()
            async with await aio.open_connection(*address(server), header=kind.header) as stream:
                await stream.send("hello")
                assert await stream.recv() == b"hello"

    run(loop, main)


@each_few
@every_loop
def test_protocols(loop: str, kind: Format) -> None:
    async def main() -> None:
        async with called_back(lambda: Recorder(header=kind.header), pair) as (protocol, peer):
            assert same(protocol.header, kind.header)
            protocol.send("hello")
            wire = kind.wire(b"hello")
            assert await asyncio.to_thread(receive, peer, len(wire)) == wire

    run(loop, main)


@each_few
@every_loop
def test_read_frame_and_write_frame(loop: str, kind: Format) -> None:
    async def main() -> None:
        async with streams(pair) as (reader, writer, peer):
            peer.sendall(kind.wire(b"hello") * 2)
            assert await aio.read_frame(reader, kind.header) == b"hello"
            frame = await aio.read_frame(reader, header=kind.header, keep_header=True)
            assert frame == kind.wire(b"hello")
            aio.write_frame(writer, "hello", kind.header)
            wire = kind.wire(b"hello")
            assert await asyncio.to_thread(receive, peer, len(wire)) == wire

    run(loop, main)


# What is no header

CALLS: dict[str, Callable[[Any], object]] = {
    "FrameEncoder": framing.FrameEncoder,
    "FrameDecoder": framing.FrameDecoder,
    "encode": lambda header: framing.encode(b"", header),
    "decode": lambda header: framing.decode(b"", header),
    "FramedSocket": lambda header: with_socket(lambda sock: FramedSocket(sock, header)),
    "send_frame": lambda header: with_socket(lambda sock: framing.send_frame(sock, b"", header)),
    "recv_frame": lambda header: with_socket(lambda sock: framing.recv_frame(sock, header)),
    "connect": lambda header: framing.connect(("127.0.0.1", 1), header=header),
    "listen": lambda header: framing.listen(("127.0.0.1", 0), header=header),
    "FramedProtocol": aio.FramedProtocol,
    "open_connection": lambda header: asyncio.run(aio.open_connection("127.0.0.1", 1, header=header)),
    "start_server": lambda header: asyncio.run(aio.start_server(echo, "127.0.0.1", 0, header=header)),
    "write_frame": lambda header: aio.write_frame(NOWHERE, b"", header),
    "read_frame": lambda header: asyncio.run(read_from_nowhere(header)),
}
NOWHERE: Any = SimpleNamespace(write=lambda _: pytest.fail("it was written"))


async def read_from_nowhere(header: Any) -> None:
    await aio.read_frame(asyncio.StreamReader(), header)


def with_socket(call: Callable[[socket.socket], object]) -> object:
    ours, peer = socket.socketpair()
    with ours, peer:
        return call(ours)


@pytest.mark.parametrize("header", ["4", None, BinaryHeader, (4,)], ids=repr)
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_what_is_no_header(call: Callable[[Any], object], header: object) -> None:
    text = refusal(TypeError, lambda: call(header))
    assert "header must be an int (its width) or a header object" in text
    assert f"not '{type(header).__name__}'" in text
