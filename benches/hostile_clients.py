"""Good clients of a server that others attack: each sends a message, awaits the reply, and looks at every byte of it.

    python benches/hostile_clients.py PORT

For a line on its standard input it begins, for the next it stops and prints what the round trips since then took, and
so on. It ends when its standard input does.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import select
import socket
import statistics
import sys
import time
from typing import TYPE_CHECKING

import by_hand
import harness
import peers

if TYPE_CHECKING:
    from collections.abc import Iterator

COUNT = 8
"""Clients that stay."""

NEWCOMER_EACH = 10
"""After so many round trips, one by a client that comes and goes."""

SIZES = (0, 1, 32, 200, 1000, 20_000)

PAUSE = 0.001
"""Seconds between two round trips: they are no load."""

PATIENCE = 60.0
"""Seconds after which a client gives up, and all is lost."""


class Clients:
    def __init__(self, port: int) -> None:
        self.address = (peers.HOST, port)
        self.staying = [self.connected() for _ in range(COUNT)]
        self.turns = itertools.cycle(self.staying)
        self.sizes = itertools.cycle(SIZES)
        self.random = random.Random(0)
        # Everything is there once, so that the first round trip is like all others.
        for sock in self.staying:
            self.round_trip(sock)

    def connected(self) -> socket.socket:
        sock = socket.create_connection(self.address, timeout=PATIENCE)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock

    def round_trip(self, sock: socket.socket) -> bool:
        """Whether the reply is what was sent."""
        message = by_hand.encode(self.random.randbytes(next(self.sizes)))
        sock.sendall(message)
        reply = bytearray()
        while len(reply) < len(message):
            received = sock.recv(len(message) - len(reply))
            if not received:
                return False
            reply += received
        return reply == message

    def measure(self) -> dict[str, float]:
        """Works until there is a line, or the end."""
        trips: list[float] = []
        newcomers: list[float] = []
        wrong = 0
        for number in itertools.count(1):
            start = time.perf_counter()
            wrong += not self.round_trip(next(self.turns))
            trips.append(time.perf_counter() - start)
            if number % NEWCOMER_EACH == 0:
                start = time.perf_counter()
                with self.connected() as newcomer:
                    wrong += not self.round_trip(newcomer)
                newcomers.append(time.perf_counter() - start)
            if newcomers and select.select([sys.stdin], [], [], PAUSE)[0]:
                break
        return {
            "trips": len(trips),
            "newcomers": len(newcomers),
            "wrong": wrong,
            **dict(_figures("trip", trips)),
            **dict(_figures("newcomer", newcomers)),
        }


def _figures(name: str, seconds: list[float]) -> Iterator[tuple[str, float]]:
    ordered = sorted(seconds)
    yield f"{name}_median", statistics.median(ordered)
    yield f"{name}_p99", ordered[len(ordered) * 99 // 100]
    yield f"{name}_worst", ordered[-1]


def main(port: str) -> None:
    harness.pin()
    clients = Clients(int(port))
    print(COUNT, flush=True)
    # Without a buffer in which a line could hide from `select`.
    while os.read(sys.stdin.fileno(), 1):
        print(json.dumps(clients.measure()), flush=True)
        os.read(sys.stdin.fileno(), 1)


if __name__ == "__main__":
    main(*sys.argv[1:])
