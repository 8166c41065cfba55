"""Clients of the echo servers: all in one loop over plain sockets, the same for each server.

They send bytes that were prepared, and only count those that come back. They never sleep: a client that is woken up for
each answer costs the server more than some of the servers cost themselves.
"""

from __future__ import annotations

import contextlib
import select
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import aio_servers
import by_hand
import harness
import peers

if TYPE_CHECKING:
    from collections.abc import Iterator

RECV_SIZE = 64 * 1024

_UPGRADE = (
    b"GET / HTTP/1.1\r\nHost: bench\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


@dataclass(frozen=True)
class Server:
    process: int
    kind: str
    port: int

    @property
    def speaks_websocket(self) -> bool:
        return self.kind in ("picows", "websockets")


@contextlib.contextmanager
def serving(loop: str, kind: str, *, warm: bool) -> Iterator[Server]:
    """A server on another core."""
    command = [sys.executable, str(Path(aio_servers.__file__)), loop, kind, *(["warm"] if warm else [])]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        harness.pin_apart(process.pid)
        try:
            assert process.stdout
            yield Server(process.pid, kind, int(process.stdout.readline()))
        finally:
            process.kill()


class Clients(contextlib.ExitStack):
    """So many connections to a server; they end with it."""

    def __init__(self, server: Server, count: int, size: int) -> None:
        super().__init__()
        payload = peers.payload_of(size)
        if server.speaks_websocket:
            self.message, self.reply_size = _websocket_message(payload), 2 + size
        else:
            self.message = by_hand.encode(payload)
            self.reply_size = len(self.message)
        self.server = server
        self.socks = [self.enter_context(_connected(server)) for _ in range(count)]

    def echo(self, in_flight: int) -> harness.Turn:
        """Turns of rounds. In each, every client sends so many messages, and awaits as many."""

        def turn(rounds: int) -> float:
            start = time.perf_counter()
            _exchange(self.socks, rounds, self.message * in_flight, self.reply_size * in_flight)
            return time.perf_counter() - start

        return turn


def _exchange(socks: list[socket.socket], rounds: int, batch: bytes, reply_size: int) -> None:
    """A closed loop: who has all replies sends the next batch at once, until there were enough."""
    poller = select.epoll() if sys.platform == "linux" else select.poll()
    clients = {sock.fileno(): sock for sock in socks}
    for descriptor in clients:
        poller.register(descriptor, select.POLLIN)
    incomplete: dict[int, int] = {}
    to_receive = rounds * len(socks)
    to_send = to_receive - len(socks)
    buffer = bytearray(RECV_SIZE)
    # A batch is small, and nothing is under way: so it is sent whole.
    for sock in socks:
        sock.send(batch)
    while to_receive:
        for descriptor, _ in poller.poll(0):
            sock = clients[descriptor]
            if not (received := sock.recv_into(buffer)):
                raise EOFError
            if left := incomplete.pop(descriptor, reply_size) - received:
                incomplete[descriptor] = left
                continue
            to_receive -= 1
            if to_send:
                to_send -= 1
                sock.send(batch)


def _connected(server: Server) -> socket.socket:
    sock = socket.create_connection((peers.HOST, server.port))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if server.speaks_websocket:
        sock.sendall(_UPGRADE)
        answer = b""
        while not answer.endswith(b"\r\n\r\n"):
            answer += sock.recv(1)
    sock.setblocking(False)
    return sock


def _websocket_message(payload: bytes) -> bytes:
    """A binary message as clients send it, masked."""
    mask = bytes(range(1, 5))
    masked = bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))
    assert len(payload) < 126, "the length takes one byte"
    return bytes([0x82, 0x80 | len(payload)]) + mask + masked
