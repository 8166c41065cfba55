"""The far side of a benchmark: a process with one connection, which does what it is ordered.

    python benches/peers.py PORT feed|drain|drain_and_tell|bounce|echo|echo_many END SIZE

An order is a number of messages (of bytes, for those who drain), and comes over the connection itself, while
nothing else is under way there.
"""

from __future__ import annotations

import socket
import struct
import sys
from typing import TYPE_CHECKING

import by_hand
import ends

if TYPE_CHECKING:
    from collections.abc import Callable

HOST = "127.0.0.1"

FEED_SIZE = 1024 * 1024
"""Bytes that a feeder hands to the kernel at a time, however small the messages."""

DRAIN_SIZE = 256 * 1024

BATCH_SIZE = 400_000
"""Bytes of messages that are sent at a time, where there are many."""

_ORDER = struct.Struct("!Q")


def payload_of(size: int) -> bytes:
    return (bytes(range(256)) * (size // 256 + 1))[:size]


def batch_of(size: int) -> list[bytes]:
    count = max(4, min(1000, BATCH_SIZE // size))
    return [bytes([index % 256]) * size for index in range(count)]


def order(sock: socket.socket, count: int) -> None:
    sock.sendall(_ORDER.pack(count))


def wait_drained(sock: socket.socket) -> None:
    if not sock.recv(1):
        raise EOFError


def feed(sock: socket.socket, end: type[ends.End], size: int) -> Callable[[int], None]:
    message = end.wire(payload_of(size))
    at_once = max(1, FEED_SIZE // len(message))
    stream = memoryview(message * at_once)

    def obey(count: int) -> None:
        times, rest = divmod(count, at_once)
        for _ in range(times):
            sock.sendall(stream)
        sock.sendall(stream[: rest * len(message)])

    return obey


def drain(sock: socket.socket, _end: type[ends.End], _size: int) -> Callable[[int], None]:
    return _draining(sock, b".")


def drain_and_tell(sock: socket.socket, end: type[ends.End], _size: int) -> Callable[[int], None]:
    """Tells by an empty message, for those who read nothing else."""
    return _draining(sock, end.wire(b""))


def _draining(sock: socket.socket, drained: bytes) -> Callable[[int], None]:
    buffer = bytearray(DRAIN_SIZE)

    def obey(count: int) -> None:
        while count > 0:
            if not (received := sock.recv_into(buffer)):
                raise EOFError
            count -= received
        sock.sendall(drained)

    return obey


def bounce(sock: socket.socket, _end: type[ends.End], size: int) -> Callable[[int], None]:
    """Echoes without framing: right only where a message comes in one piece."""
    wire_size = by_hand.HEADER_SIZE + size

    def obey(count: int) -> None:
        for _ in range(count):
            sock.sendall(sock.recv(wire_size))

    return obey


def echo(sock: socket.socket, end: type[ends.End], _size: int) -> Callable[[int], None]:
    ours = end(sock)
    send, recv = ours.send, ours.recv

    def obey(count: int) -> None:
        for _ in range(count):
            send(recv())

    return obey


def echo_many(sock: socket.socket, end: type[ends.End], size: int) -> Callable[[int], None]:
    ours = end(sock)
    batch = batch_of(size)

    def obey(count: int) -> None:
        for _ in range(count):
            ours.recv_many(len(batch))
            ours.send_many(batch)

    return obey


ROLES = {role.__name__: role for role in (feed, drain, drain_and_tell, bounce, echo, echo_many)}
ENDS: dict[str, type[ends.End]] = {
    end.__name__: end for end in (ends.Framed, ends.Exact, ends.Buffered, ends.Multiprocessing)
}


def main(port: str, role: str, end: str, size: str) -> None:
    with socket.create_connection((HOST, int(port))) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        obey = ROLES[role](sock, ENDS[end], int(size))
        while given := sock.recv(_ORDER.size, socket.MSG_WAITALL):
            obey(*_ORDER.unpack(given))


if __name__ == "__main__":
    main(*sys.argv[1:])
