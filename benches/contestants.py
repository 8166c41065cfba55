"""Who takes part: each has a connection and a peer of its own."""

from __future__ import annotations

import functools
import socket
import struct
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import by_hand
import ends
import links
import peers

if TYPE_CHECKING:
    from collections.abc import Callable

    import harness

T = TypeVar("T")


class Contestants(ExitStack):
    """The contestants of one comparison, with messages of one size. Their connections end with it."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size
        self.payload = peers.payload_of(size)
        self.batch = peers.batch_of(size)

    def recv(self, end: type[ends.End]) -> harness.Turn:
        sock = self._linked("feed", end)
        return links.receiving(sock, self._wire_size(end), _calling(end(sock).recv))

    def recv_many(self, end: type[ends.End]) -> harness.Turn:
        sock = self._linked("feed", end)
        return links.receiving(sock, self._wire_size(end), links.timed(end(sock).recv_many))

    def recv_into(self) -> harness.Turn:
        sock = self._linked("feed", ends.Framed)
        receive = _giving(ends.Framed(sock).framed.recv_into, bytearray(self.size))
        return links.receiving(sock, self._wire_size(ends.Framed), receive)

    def drain(self) -> harness.Turn:
        """The floor: takes the bytes of as many messages, and looks at none of them."""
        sock = self._linked("feed", ends.Framed)
        wire_size = self._wire_size(ends.Framed)
        return links.receiving(sock, wire_size, _draining(sock, wire_size))

    def unpack(self) -> harness.Turn:
        """The floor of whoever makes an object of each message, but reads many at once: the drain, and `struct`."""
        sock = self._linked("feed", ends.Framed)
        wire_size = self._wire_size(ends.Framed)
        return links.receiving(sock, wire_size, _unpacking(sock, wire_size, self.size))

    def recv_whole(self) -> harness.Turn:
        """The floor of whoever makes a new object of each message: one `recv`, of a size known beforehand."""
        sock = self._linked("feed", ends.Framed)
        wire_size = self._wire_size(ends.Framed)
        whole = partial(sock.recv, wire_size, socket.MSG_WAITALL)
        return links.receiving(sock, wire_size, _calling(whole))

    def streamed_recv(self, end: type[ends.End]) -> harness.Turn:
        sock = self._linked("feed", end)
        return links.streaming(sock, _calling(end(sock).recv))

    def streamed_drain(self) -> harness.Turn:
        sock = self._linked("feed", ends.Framed)
        return links.streaming(sock, _draining(sock, self._wire_size(ends.Framed)))

    def send(self, end: type[ends.End]) -> harness.Turn:
        sock = self._linked("drain", end)
        return links.sending(sock, self._wire_size(end), _giving(end(sock).send, self.payload))

    def send_payload(self) -> harness.Turn:
        """The floor: no header."""
        sock = self._linked("drain", ends.Exact)
        return links.sending(sock, self.size, _giving(sock.sendall, self.payload))

    def send_many(self, end: type[ends.End]) -> harness.Turn:
        """Turns of whole batches."""
        sock = self._linked("drain", end)
        wire_size = self._wire_size(end) * len(self.batch)
        return links.sending(sock, wire_size, _giving(end(sock).send_many, self.batch))

    def send_one_by_one(self) -> harness.Turn:
        """The same batches, by one `sendall` for each message."""
        sock = self._linked("drain", ends.Exact)
        batch = self.batch

        @links.timed
        def send(count: int) -> None:
            sendall = sock.sendall
            for _ in range(count):
                for payload in batch:
                    sendall(b"%-10d%b" % (len(payload), payload))

        return links.sending(sock, self._wire_size(ends.Exact) * len(batch), send)

    def ping_pong(self, end: type[ends.End]) -> harness.Turn:
        sock = self._linked("echo", end)
        mine = end(sock)
        send, recv, payload = mine.send, mine.recv, self.payload

        @links.timed
        def exchange(count: int) -> None:
            for _ in range(count):
                send(payload)
                recv()

        return links.exchanging(sock, exchange)

    def bare_ping_pong(self) -> harness.Turn:
        """The floor: as many bytes, no framing, and the hope that they come in one piece."""
        sock = self._linked("bounce", ends.Exact)
        message = by_hand.encode(self.payload)

        @links.timed
        def exchange(count: int) -> None:
            sendall, recv, size = sock.sendall, sock.recv, len(message)
            for _ in range(count):
                sendall(message)
                recv(size)

        return links.exchanging(sock, exchange)

    def ping_pong_many(self, end: type[ends.End]) -> harness.Turn:
        """Turns of whole batches, there and back."""
        sock = self._linked("echo_many", end)
        mine = end(sock)
        batch = self.batch

        @links.timed
        def exchange(count: int) -> None:
            for _ in range(count):
                mine.send_many(batch)
                mine.recv_many(len(batch))

        return links.exchanging(sock, exchange)

    def _linked(self, role: str, end: type[ends.End]) -> socket.socket:
        return self.enter_context(links.linked(role, end, self.size))

    def _wire_size(self, end: type[ends.End]) -> int:
        return len(end.wire(self.payload))


def _calling(call: Callable[[], object]) -> harness.Turn:
    @links.timed
    def repeat(count: int) -> None:
        for _ in range(count):
            call()

    return repeat


def _giving(call: Callable[[T], object], argument: T) -> harness.Turn:
    @links.timed
    def repeat(count: int) -> None:
        for _ in range(count):
            call(argument)

    return repeat


def _draining(sock: socket.socket, wire_size: int) -> harness.Turn:
    buffer = bytearray(peers.DRAIN_SIZE)

    @links.timed
    def drain(count: int) -> None:
        recv_into = sock.recv_into
        left = count * wire_size
        while left > 0:
            if not (received := recv_into(buffer)):
                raise EOFError
            left -= received

    return drain


def _unpacking(sock: socket.socket, wire_size: int, size: int) -> harness.Turn:
    """Takes the bytes of so many messages, and makes as many objects of the size of their payloads."""
    buffer = bytearray(peers.DRAIN_SIZE)

    @functools.cache
    def unpacker(messages: int) -> Callable[[bytearray], object]:
        return struct.Struct(f"{wire_size - size}x{size}s" * messages).unpack_from

    @links.timed
    def unpack(count: int) -> None:
        recv_into = sock.recv_into
        left, made = count * wire_size, 0
        while left > 0:
            if not (received := recv_into(buffer)):
                raise EOFError
            left -= received
            whole = min(count - left // wire_size - made, peers.DRAIN_SIZE // wire_size)
            unpacker(whole)(buffer)
            made += whole

    return unpack
