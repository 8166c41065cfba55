"""Ways to talk over a connection: `FramedSocket`, what stands in its place by hand, and a peer."""

from __future__ import annotations

import struct
from collections import deque
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, ClassVar, Protocol

import by_hand
import framing

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

AT_ONCE = 1024 * 1024
"""Bytes that a careful receiver allocates for one `recv`, whatever a header claims."""


class End(Protocol):
    """One end of a connection. The two that are timed most are attributes, so that C is called directly."""

    name: ClassVar[str]

    def __init__(self, sock: socket.socket) -> None: ...

    @property
    def send(self) -> Callable[[bytes], object]: ...

    @property
    def recv(self) -> Callable[[], bytes]: ...

    def send_many(self, payloads: list[bytes]) -> None: ...

    def recv_many(self, count: int) -> None:
        """Receives exactly so many messages."""

    @staticmethod
    def wire(payload: bytes) -> bytes:
        """The bytes that `send` sends."""


class Framed:
    name: ClassVar[str] = "framing"

    def __init__(self, sock: socket.socket) -> None:
        self.framed = framing.FramedSocket(sock)
        self.send = self.framed.send
        self.recv = self.framed.recv

    def send_many(self, payloads: list[bytes]) -> None:
        self.framed.send_many(payloads)

    def recv_many(self, count: int) -> None:
        recv_many = self.framed.recv_many
        while count > 0:
            count -= len(recv_many())

    @staticmethod
    def wire(payload: bytes) -> bytes:
        return by_hand.encode(payload)


class _ByHand:
    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock

    def send(self, payload: bytes) -> None:
        self.sock.sendall(b"%-10d%b" % (len(payload), payload))

    def send_many(self, payloads: list[bytes]) -> None:
        self.sock.sendall(b"".join([by_hand.encode(payload) for payload in payloads]))

    @staticmethod
    def wire(payload: bytes) -> bytes:
        return by_hand.encode(payload)


class Exact(_ByHand):
    """Receives a header and no more, then its payload."""

    name: ClassVar[str] = "by hand: unbuffered"

    def recv(self) -> bytes:
        return self._exactly(int(self._exactly(by_hand.HEADER_SIZE)))

    def recv_many(self, count: int) -> None:
        for _ in range(count):
            self.recv()

    def _exactly(self, size: int) -> bytes:
        pieces: list[bytes] = []
        while size:
            piece = self.sock.recv(min(size, AT_ONCE))
            if len(piece) == size and not pieces:
                return piece
            if not piece:
                raise EOFError
            pieces.append(piece)
            size -= len(piece)
        return b"".join(pieces)


class Buffered(_ByHand):
    """Receives what there is, and takes it apart."""

    name: ClassVar[str] = "by hand: buffered"

    def __init__(self, sock: socket.socket) -> None:
        super().__init__(sock)
        self.decoder = by_hand.HandDecoder()
        self.messages: deque[bytes] = deque()

    def recv(self) -> bytes:
        while not self.messages:
            self._more()
        return self.messages.popleft()

    def recv_many(self, count: int) -> None:
        while count > 0:
            self._more()
            count -= len(self.messages)
            self.messages.clear()

    def _more(self) -> None:
        chunk = self.sock.recv(65536)
        if not chunk:
            raise EOFError
        self.messages.extend(self.decoder.feed(chunk))


class Multiprocessing:
    """The standard library's, over the same socket. Its header is four bytes."""

    name: ClassVar[str] = "multiprocessing.Connection"

    def __init__(self, sock: socket.socket) -> None:
        self.connection = Connection(sock.dup().detach())
        self.send = self.connection.send_bytes
        self.recv = self.connection.recv_bytes

    def send_many(self, payloads: list[bytes]) -> None:
        send = self.send
        for payload in payloads:
            send(payload)

    def recv_many(self, count: int) -> None:
        recv = self.recv
        for _ in range(count):
            recv()

    @staticmethod
    def wire(payload: bytes) -> bytes:
        return struct.pack("!i", len(payload)) + payload
