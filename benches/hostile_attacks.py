"""What hostile peers do to a server: all of them in one process, over plain sockets.

python benches/hostile_attacks.py PORT ATTACK COUNT SECONDS

COUNT is how many there are, and SECONDS the time that the server gives a frame. It prints a JSON object: `ended`, how
many the server has ended, or has served to the end, and how long that took after the first byte.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
import struct
import sys
import time
from typing import TYPE_CHECKING

import by_hand
import harness
import peers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FILES = 20_000

CLAIM = b"1000000000"
"""The most that a server accepts unless told otherwise."""

PART = 100_000
"""Bytes that come after some of the claims."""

DRIPS = 10
"""Bytes from each who drips, in the time that a frame is given."""

EMPTY_FRAMES = 40_000
ONE_BYTE_FRAMES = 40_000
"""From each who floods, and as many replies."""

BLOCK_SIZE = 64 * 1024

BAD_HEADERS = (
    b"GET / HTTP/1.1\r\nHost: server\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03",
    b"\x00\x00\x00\x05hello",
    b"-5        hello",
    b"+5        hello",
    b"5_0       hello",
    b"5\t        hello",
    b"          hello",
    b"5 5       hello",
    "\N{ARABIC-INDIC DIGIT FIVE}         hello".encode(),
)
"""Refused for what they are."""

TOO_LARGE = (b"9999999999", b"1000000001")
"""Refused for what they claim."""

AT_ONCE = 100
"""Connections, at most, that bad headers come over at a time."""

UNREAD_SIZE = 4096

SMALL_BUFFER = 4096
"""Bytes that the system is asked to keep for who does not read, so that the server has to keep the rest."""

SMALL, LARGE = by_hand.encode(bytes(30)), by_hand.encode(bytes(300_000))
POINTS = [
    *(SMALL[:end] for end in range(len(SMALL) + 1)),
    *(SMALL + SMALL[:end] for end in (1, 10, 39, 40)),
    *(LARGE[:end] for end in (11, 4096, 65_536, 262_144, 300_009, 300_010)),
]
"""What a connection is reset after: every point of a frame, of a second one, and some of a large one."""

_RESET = struct.pack("ii", 1, 0)


def silent(port: int, count: int, seconds: float) -> dict[str, float]:
    """Connected, and that is all: what others are held against. They go by themselves."""
    with _connected(port, count) as socks:
        time.sleep(seconds)
        return {"ended": len(socks)}


def claims(port: int, count: int, _: float) -> dict[str, float]:
    """A header that claims the maximum, and nothing more."""
    return _claims(port, count, CLAIM)


def parts(port: int, count: int, _: float) -> dict[str, float]:
    """The same, and a part of what was claimed."""
    return _claims(port, count, CLAIM + bytes(PART))


def drips(port: int, count: int, seconds: float) -> dict[str, float]:
    """A byte now and then: of a header for one half of them, of a payload for the other."""
    with _connected(port, count) as socks:
        begun = {}
        for number, sock in enumerate(socks):
            begun[sock] = time.monotonic()
            sock.send(CLAIM if number % 2 else b"1")
        rest = iter(CLAIM[1:] + bytes(100 * DRIPS))

        def drip() -> None:
            for sock in list(begun):
                with contextlib.suppress(ConnectionError, BlockingIOError):
                    sock.send(byte)

        ended: list[float] = []
        while begun:
            byte = bytes([next(rest)])
            drip()
            ended += _ended(begun, seconds / DRIPS)
        return _summary(ended)


def empty_frames(port: int, count: int, _: float) -> dict[str, float]:
    """As many as the server takes. The replies are read."""
    return _flood(port, count, by_hand.encode(b"") * EMPTY_FRAMES)


def one_byte_frames(port: int, count: int, _: float) -> dict[str, float]:
    return _flood(port, count, by_hand.encode(b"x") * ONE_BYTE_FRAMES)


def bad_headers(port: int, count: int, _: float) -> dict[str, float]:
    """One for each connection, and as many connections as the server takes."""
    kinds = BAD_HEADERS + TOO_LARGE
    ended: list[float] = []
    for first in range(0, count, AT_ONCE):
        with _connected(port, min(AT_ONCE, count - first)) as socks:
            begun = {}
            for number, sock in enumerate(socks, first):
                begun[sock] = time.monotonic()
                sock.send(kinds[number % len(kinds)])
            while begun:
                ended += _ended(begun)
    return _summary(ended)


def unread(port: int, count: int, _: float) -> dict[str, float]:
    """Frames, as many as the server takes, and none of the replies is ever read."""
    message = by_hand.encode(bytes(UNREAD_SIZE))
    with _connected(port, count, SMALL_BUFFER) as socks, select.epoll() as poller:
        by_descriptor = {sock.fileno(): sock for sock in socks}
        rests = dict.fromkeys(by_descriptor, message)
        for descriptor in by_descriptor:
            poller.register(descriptor, select.EPOLLOUT)
        while rests:
            for descriptor, _event in poller.poll():
                try:
                    sent = by_descriptor[descriptor].send(rests[descriptor])
                    rests[descriptor] = rests[descriptor][sent:] or message
                except BlockingIOError:
                    pass
                except ConnectionError:
                    del rests[descriptor]
                    poller.unregister(descriptor)
    return {"ended": count}


def resets(port: int, count: int, _: float) -> dict[str, float]:
    """Connections reset at every point of a frame, at once or when the server has seen so much of it."""
    for number in range(0, count, len(POINTS)):
        with _connected(port, min(len(POINTS), count - number)) as socks:
            for sock, wire in zip(socks, POINTS, strict=False):
                with contextlib.suppress(BlockingIOError):
                    sock.send(wire)
            if number // len(POINTS) % 2:
                time.sleep(0.02)
    return {"ended": count}


ATTACKS: dict[str, Callable[[int, int, float], dict[str, float]]] = {
    attack.__name__: attack
    for attack in (
        silent,
        claims,
        parts,
        drips,
        empty_frames,
        one_byte_frames,
        bad_headers,
        unread,
        resets,
    )
}


def _claims(port: int, count: int, wire: bytes) -> dict[str, float]:
    with _connected(port, count) as socks:
        begun = {}
        for sock in socks:
            begun[sock] = time.monotonic()
            sock.setblocking(True)
            # Who is slow has been ended half-way.
            with contextlib.suppress(ConnectionError):
                sock.sendall(wire)
        ended: list[float] = []
        while begun:
            ended += _ended(begun)
        return _summary(ended)


def _flood(port: int, count: int, wire: bytes) -> dict[str, float]:
    """Sends all of it over each connection, and says how many have got exactly the same back."""
    view = memoryview(wire)
    with _connected(port, count) as socks, select.epoll() as poller:
        by_descriptor = {sock.fileno(): sock for sock in socks}
        sent, received = (dict.fromkeys(by_descriptor, 0) for _ in range(2))
        right = 0
        for descriptor in by_descriptor:
            poller.register(descriptor, select.EPOLLIN | select.EPOLLOUT)
        while received:
            for descriptor, event in poller.poll():
                sock = by_descriptor[descriptor]
                if event & select.EPOLLOUT:
                    at = sent[descriptor]
                    with contextlib.suppress(BlockingIOError):
                        sent[descriptor] += sock.send(view[at : at + BLOCK_SIZE])
                    if sent[descriptor] == len(wire):
                        sock.shutdown(socket.SHUT_WR)
                        poller.modify(descriptor, select.EPOLLIN)
                if event & ~select.EPOLLOUT:
                    reply = sock.recv(BLOCK_SIZE)
                    at = received[descriptor]
                    received[descriptor] += len(reply)
                    if not reply or reply != view[at : at + len(reply)]:
                        right += at == len(wire) and not reply
                        del received[descriptor]
                        poller.unregister(descriptor)
    return {"ended": right}


def _ended(begun: dict[socket.socket, float], timeout: float | None = None) -> list[float]:
    """Waits for some to be ended by the server, and takes them out: how long after it had begun each was."""
    took = []
    with select.epoll() as poller:
        by_descriptor = {sock.fileno(): sock for sock in begun}
        for descriptor in by_descriptor:
            poller.register(descriptor, select.EPOLLIN)
        deadline = None if timeout is None else time.monotonic() + timeout
        # A moment for its neighbours: each look registers all that are left.
        pause = 0.01
        while poller.poll(None if deadline is None else max(0.0, deadline - time.monotonic())):
            time.sleep(pause)
            for descriptor, _ in poller.poll(0):
                sock = by_descriptor[descriptor]
                with contextlib.suppress(ConnectionError):
                    assert not sock.recv(1), "the server has nothing to say"
                took.append(time.monotonic() - begun.pop(sock))
                poller.unregister(descriptor)
            if not begun:
                break
    return took


def _summary(ended: list[float]) -> dict[str, float]:
    return {"ended": len(ended), "soonest": min(ended), "latest": max(ended)}


@contextlib.contextmanager
def _connected(port: int, count: int, buffer_size: int | None = None) -> Iterator[list[socket.socket]]:
    """So many connections; what is left of them is reset."""
    with contextlib.ExitStack() as stack:
        socks = []
        for _ in range(count):
            sock = stack.enter_context(socket.socket())
            if buffer_size is not None:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_size)
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, buffer_size)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.connect((peers.HOST, port))
            sock.setblocking(False)
            socks.append(sock)
        yield socks


def main(port: str, attack: str, count: str, seconds: str) -> None:
    harness.allow_files(FILES)
    harness.pin()
    # Good clients are on the same core, and it is not for its time that they are to compete.
    os.nice(19)
    print(json.dumps(ATTACKS[attack](int(port), int(count), float(seconds))))


if __name__ == "__main__":
    main(*sys.argv[1:])
