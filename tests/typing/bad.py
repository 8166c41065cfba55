"""What programs get wrong: each line marked `wrong` is refused by mypy, pyright and basedpyright, and no other one is.

It is not run.
"""

from __future__ import annotations

import asyncio
import socket

import framing
from framing import BinaryHeader, DecimalHeader, FrameDecoder, FramedSocket, FrameEncoder, aio


def headers() -> None:
    """Words that are none of a few."""
    DecimalHeader(10, align="x")  # wrong
    DecimalHeader(10, align="left")  # wrong
    DecimalHeader(10, unit="characters")  # wrong
    DecimalHeader(10, fill="_")  # wrong
    DecimalHeader("10")  # wrong
    BinaryHeader(4, byteorder="network")  # wrong
    BinaryHeader(4, "big")  # wrong
    FrameEncoder(header="10")  # wrong
    FrameDecoder(on_oversize="skipp")  # wrong
    FrameDecoder(10, 1000)  # wrong
    FrameDecoder(max_frame_size="1000")  # wrong


def codec() -> None:
    """Payloads and frames of another type."""
    framing.encode(5)  # wrong
    framing.encode({"type": "hello"})  # wrong
    framing.encode(["hello"])  # wrong
    framing.encode(None)  # wrong
    FrameDecoder().feed("hello")  # wrong
    framing.decode("5    hello", 5)  # wrong
    FrameEncoder().encode_many([1, 2])  # wrong
    text: str = framing.decode(b"5    hello", 5)[0]  # wrong
    print(text)


def blocking(connection: FramedSocket, sock: socket.socket) -> None:
    """The old script's lines."""
    connection.recv(16)  # wrong
    connection.recv(timeout="5")  # wrong
    connection.recv_into(bytearray(5), 16)  # wrong
    connection.send("hello", 10)  # wrong
    connection.send(5)  # wrong
    connection.sendall("hello")  # wrong
    connection.recv().encode()  # wrong
    message: str = connection.recv()  # wrong
    print(message)
    framing.recv_frame(sock, "10")  # wrong
    framing.send_frame(sock, 5)  # wrong
    framing.connect("localhost", 1243)  # wrong
    framing.connect(("localhost", "1243"))  # wrong
    framing.connect(("localhost", 1243), on_oversize="skipp")  # wrong
    framing.connect(("localhost", 1243), header="10")  # wrong
    framing.listen(("localhost", 1243), header="10").accept(5)  # wrong
    framing.wait(connection)  # wrong
    print(framing.Framesocket)  # wrong


class Echo(aio.FramedProtocol):
    """The callback style."""

    def frame_received(self, frame: str) -> None:  # wrong
        """Takes text."""
        self.send(frame)


async def streams(stream: aio.FramedStream, reader: asyncio.StreamReader) -> None:
    """Coroutines."""
    async for frame in stream:
        text: str = frame  # wrong
        print(text)
    for frame in stream:  # wrong
        print(frame)
    await stream.recv(16)  # wrong
    await stream.send(5)  # wrong
    (await aio.read_frame(reader, "10")).decode()  # wrong
    await aio.open_connection("localhost", 1243, on_oversize="skipp")  # wrong
    await aio.open_connection("localhost", 1243, header="10")  # wrong
    await aio.start_server(streams, "localhost", 1243)  # wrong
