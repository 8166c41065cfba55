"""Ways to talk over a connection in an event loop: `FramedStream`, `FramedProtocol`, and what stands in their place."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar, Protocol, cast

import by_hand
from framing import aio

if TYPE_CHECKING:
    import socket
    from typing import Self


class End(Protocol):
    """One end of a connection. Each loops by itself, so that nothing but what is timed is in the figures."""

    @classmethod
    async def over(cls, sock: socket.socket) -> Self:
        """Takes the socket over."""

    def close(self) -> None: ...


class Stream:
    name: ClassVar[str] = "FramedStream"

    def __init__(self, stream: aio.FramedStream) -> None:
        self.stream = stream

    @classmethod
    async def over(cls, sock: socket.socket) -> Self:
        return cls(await aio.open_connection(sock=sock))

    async def recv(self, count: int) -> None:
        stream = self.stream
        for _ in range(count):
            await stream.recv()

    async def recv_many(self, count: int) -> None:
        stream = self.stream
        while count > 0:
            count -= len(await stream.recv_many())

    async def send(self, payload: bytes, count: int) -> None:
        stream = self.stream
        for _ in range(count):
            await stream.send(payload)
        await stream.recv()

    async def send_many(self, payloads: list[bytes], count: int) -> None:
        """Sends all of them so many times."""
        stream = self.stream
        for _ in range(count):
            await stream.send_many(payloads)
        await stream.recv()

    async def exchange(self, payload: bytes, count: int) -> None:
        stream = self.stream
        for _ in range(count):
            await stream.send(payload)
            await stream.recv()

    def close(self) -> None:
        self.stream.abort()


class Streams:
    """What asyncio has for the job."""

    name: ClassVar[str] = "asyncio streams"

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def over(cls, sock: socket.socket) -> Self:
        return cls(*await asyncio.open_connection(sock=sock))

    async def recv(self, count: int) -> None:
        reader = self.reader
        for _ in range(count):
            header = await reader.readexactly(by_hand.HEADER_SIZE)
            await reader.readexactly(int(header))

    async def send(self, payload: bytes, count: int) -> None:
        writer = self.writer
        for _ in range(count):
            writer.write(b"%-10d%b" % (len(payload), payload))
            await writer.drain()
        await self.recv(1)

    async def exchange(self, payload: bytes, count: int) -> None:
        reader, writer = self.reader, self.writer
        for _ in range(count):
            writer.write(b"%-10d%b" % (len(payload), payload))
            await writer.drain()
            header = await reader.readexactly(by_hand.HEADER_SIZE)
            await reader.readexactly(int(header))

    def close(self) -> None:
        self.writer.transport.abort()


class Callback(aio.FramedProtocol):
    """Answers each message but the last."""

    name: ClassVar[str] = "FramedProtocol"

    def __init__(self) -> None:
        super().__init__()
        self.left = 0
        self.answers = False
        self.done = asyncio.Event()

    @classmethod
    async def over(cls, sock: socket.socket) -> Self:
        _, end = await asyncio.get_running_loop().create_connection(cls, sock=sock)
        return end

    async def recv(self, count: int) -> None:
        self.left = count
        self.done.clear()
        await self.done.wait()

    async def exchange(self, payload: bytes, count: int) -> None:
        self.answers = True
        self.send(payload)
        await self.recv(count)

    def frame_received(self, frame: bytes) -> None:
        self.left -= 1
        if not self.left:
            self.done.set()
        elif self.answers:
            self.send(frame)


class Bare(asyncio.Protocol):
    """The floor: counts bytes."""

    name: ClassVar[str] = "floor: bare asyncio.Protocol"

    def __init__(self) -> None:
        self.left = 0
        self.answers = 0
        self.answer = b""
        self.done = asyncio.Event()

    @classmethod
    async def over(cls, sock: socket.socket) -> Self:
        _, end = await asyncio.get_running_loop().create_connection(cls, sock=sock)
        return end

    async def drain(self, size: int) -> None:
        """Receives so many bytes."""
        self.left = size
        self.done.clear()
        await self.done.wait()

    async def exchange(self, payload: bytes, count: int) -> None:
        self.answer = by_hand.encode(payload)
        self.answers = count - 1
        self.transport.write(self.answer)
        await self.drain(len(self.answer))

    def close(self) -> None:
        self.transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's is not an `asyncio.Transport`.
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self.left -= len(data)
        if self.left:
            return
        if not self.answers:
            self.done.set()
            return
        self.answers -= 1
        self.left = len(self.answer)
        self.transport.write(self.answer)
