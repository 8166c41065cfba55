"""A peer that is not framed and lives in the same loop: asyncio's own streams."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct


class Peer:
    """The other end, which is not framed. It reads what a test tells it to, and hardly anything ahead."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def receive(self, size: int) -> bytes:
        """Wait for so many bytes; fewer where the stream ends."""
        try:
            return await self.reader.readexactly(size)
        except asyncio.IncompleteReadError as error:
            return error.partial

    async def receive_all(self) -> bytes:
        """Wait for the end of the stream."""
        return await self.reader.read()

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    def finish(self) -> None:
        """Say "nothing more from me", and still be able to read."""
        self.writer.write_eof()

    def reset(self) -> None:
        """Close a TCP connection as one does that crashes: nothing waits, our end gets an error."""
        sock = self.writer.get_extra_info("socket")
        # It may be gone already.
        with contextlib.suppress(AttributeError, OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.abort()

    def abort(self) -> None:
        drop(self.writer.transport)

    async def close(self) -> None:
        self.writer.close()
        # It does not matter how it has ended before.
        with contextlib.suppress(OSError):
            await self.writer.wait_closed()


def drop(transport: asyncio.WriteTransport) -> None:
    """Abort what may be gone."""
    # asyncio's own transport trips over that where there were bytes to be flushed.
    with contextlib.suppress(AttributeError):
        transport.abort()


async def accepted(sock: socket.socket, context: ssl.SSLContext | None) -> Peer:
    """Make a peer of a socket that a server would have accepted."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    # uvloop gives another one back where there is TLS.
    protocol = asyncio.StreamReaderProtocol(reader)
    transport, _ = await loop.connect_accepted_socket(lambda: protocol, sock, ssl=context)
    return Peer(reader, asyncio.StreamWriter(transport, protocol, reader, loop))


def taken_over(transport: asyncio.Transport, wire: bytes = b"") -> Peer:
    """Put asyncio's own streams over a transport whose protocol so far has received these bytes."""
    reader = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(reader)
    transport.set_protocol(protocol)
    protocol.connection_made(transport)
    reader.feed_data(wire)
    transport.resume_reading()
    return Peer(reader, asyncio.StreamWriter(transport, protocol, reader, asyncio.get_running_loop()))
