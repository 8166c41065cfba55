"""What programs write: mypy in its strict mode, pyright and basedpyright find nothing to say of it. It is not run."""

from __future__ import annotations

import array
import asyncio
import socket
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Literal, assert_type

import framing
from framing import (
    BinaryHeader,
    DecimalHeader,
    FrameDecoder,
    FramedListener,
    FramedSocket,
    FrameEncoder,
    FrameStats,
    NetstringHeader,
    VarintHeader,
    aio,
    presets,
)

HEADERSIZE = 10


def codec() -> None:
    """Bytes and frames."""
    header = DecimalHeader(HEADERSIZE, align=">", fill="0", unit="chars", strict=True)
    encoder = FrameEncoder(header, max_frame_size=1000)
    assert_type(encoder.encode("hello"), bytes)
    assert_type(encoder.encode_many(["hello", b"hello", bytearray(5)]), bytes)
    assert_type(encoder.encode_into(memoryview(b"hello"), bytearray(100), 5), int)
    assert_type(framing.encode(array.array("I", [1, 2]), HEADERSIZE), bytes)
    decoder = FrameDecoder(BinaryHeader(4, byteorder="little"), on_oversize="skip", max_skip=10**6)
    assert_type(decoder.feed(b"hello"), list[bytes])
    for frame in decoder.feed(bytearray(b"hello")):
        assert_type(frame, bytes)
        print(frame.decode())
    view = decoder.get_buffer()
    view[:5] = b"hello"
    assert_type(decoder.buffer_updated(5), list[bytes])
    assert_type(decoder.stats, FrameStats)
    assert_type(decoder.stats.frames, int)
    if decoder.error is not None:
        raise decoder.error
    capture = Path("capture").read_bytes()
    try:
        frames = framing.decode(capture, presets.PROTOBUF_DELIMITED)
    except framing.FramingError as error:
        frames = error.frames or []
    assert_type(frames, list[bytes])
    word: Literal["<", ">", "^"] = "^"
    print([DecimalHeader(5, align=word), VarintHeader(strict=True), NetstringHeader(5)])


def client(address: tuple[str, int], context: ssl.SSLContext | None = None) -> bytes:
    """A blocking connection."""
    with framing.connect(address, timeout=5, header=HEADERSIZE, ssl=context) as connection:
        assert_type(connection, FramedSocket)
        connection.send("hello", timeout=None)
        connection.send_many(str(number) for number in range(5))
        connection.send_encoded(framing.encode("hello"))
        assert_type(connection.recv(), bytes)
        assert_type(connection.recv(timeout=0.5), bytes)
        assert_type(connection.recv(timeout="default"), bytes)
        assert_type(connection.recv_many(16, timeout=0), list[bytes])
        assert_type(connection.recv_into(bytearray(100), timeout=None), int)
        for frame in connection:
            assert_type(frame, bytes)
            print(frame.decode())
        try:
            return connection.recv()
        except framing.FrameTimeout as late:
            assert_type(late.partial, bytes | None)
            assert_type(late.hint, str | None)
            print(late.stage, late.received + late.expected)
        except (framing.SendWouldBlock, framing.FrameWouldBlock) as error:
            assert_type(error.errno, int | None)
        except framing.InvalidHeader as error:
            print(error.header + (error.partial or b""), error.offset)
        except framing.FrameTooLarge as error:
            print(error.length - error.limit, error.hint)
        sock, rest = connection.detach()
        assert_type(rest, bytes)
        sock.close()
    return b""


def in_a_script(sock: socket.socket, secure: ssl.SSLSocket) -> None:
    """One line of it at a time."""
    framing.send_frame(sock, "hello", HEADERSIZE)
    assert_type(framing.recv_frame(secure, HEADERSIZE, timeout=5), bytes)
    FramedSocket(secure, HEADERSIZE, max_frame_size=1000, frame_timeout=2.5).close()


def server(handle: Callable[[FramedSocket], None]) -> None:
    """A listener, and many connections at once."""
    with framing.listen(("", 1243), backlog=5, on_oversize="skip") as listener:
        assert_type(listener, FramedListener)
        connection, address = listener.accept(timeout=5)
        assert_type(connection, FramedSocket)
        print(address, connection.local_address, connection.remote_address, connection.fileno())
        connections = [connection]
        for ready in framing.wait(connections, timeout=1):
            assert_type(ready, FramedSocket)
            handle(ready)
        if listener in framing.wait([listener, connection]):
            for other, _ in listener:
                handle(other)


class Echo(aio.FramedProtocol):
    """The callback style."""

    def __init__(self) -> None:
        """With options."""
        super().__init__(HEADERSIZE, max_frame_size=1000, on_oversize="skip")

    def frame_received(self, frame: bytes) -> None:
        """Sends it back."""
        self.send(frame)


class Batches(aio.FramedProtocol):
    """All frames of one read."""

    def frames_received(self, frames: list[bytes]) -> None:
        """Sends them back."""
        self.send_many(frames)

    def error_received(self, exc: framing.FramingError) -> None:
        """Says so."""
        print(exc)


async def echo(stream: aio.FramedStream) -> None:
    """A handler."""
    async for frame in stream:
        assert_type(frame, bytes)
        await stream.send(frame.upper())


async def main() -> None:
    """Coroutines."""
    loop = asyncio.get_running_loop()
    protocols = await loop.create_server(Echo, "127.0.0.1", 1243)
    protocols.close()
    _, protocol = await loop.create_connection(Batches, "127.0.0.1", 1243)
    assert_type(protocol, Batches)
    async with await aio.start_server(echo, "127.0.0.1", 1243, grace=1, header=HEADERSIZE) as running:
        assert_type(running, aio.FramedServer)
        await running.serve_forever()
    stream = await aio.open_connection("127.0.0.1", 1243, on_oversize="skip", limit=(1000, 10))
    assert_type(stream, aio.FramedStream)
    async with stream:
        await stream.send("hello")
        stream.send_nowait(b"hello")
        assert_type(await stream.recv(), bytes)
        assert_type(await stream.recv_many(16), list[bytes])
        assert_type([frame async for frame in stream], list[bytes])
        assert_type(stream.stats, FrameStats)
        print(stream.local_address, stream.remote_address)
    reader, writer = await asyncio.open_connection("127.0.0.1", 1243)
    framing.aio.write_frame(writer, "hello", HEADERSIZE)
    assert_type(await framing.aio.read_frame(reader, HEADERSIZE), bytes)
