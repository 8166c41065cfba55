"""The near side of a benchmark: connections to peers, and turns that are timed here."""

from __future__ import annotations

import contextlib
import select
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import harness
import peers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import ends

PATIENCE = 30.0
"""Seconds that a peer may take to start."""

FILL_SIZE = 4 * 1024 * 1024
"""Bytes that have arrived before their receiving is timed."""


@contextlib.contextmanager
def linked(role: str, end: type[ends.End], size: int) -> Iterator[socket.socket]:
    """A connection to a peer on another core, which ends with it."""
    with socket.create_server((peers.HOST, 0)) as listener:
        listener.settimeout(PATIENCE)
        port = str(listener.getsockname()[1])
        command = [sys.executable, str(Path(peers.__file__)), port, role, end.__name__, str(size)]
        with subprocess.Popen(command) as process:
            harness.pin_apart(process.pid)
            try:
                sock, _ = listener.accept()
                with sock:
                    sock.settimeout(None)
                    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    yield sock
            finally:
                process.kill()


def timed(work: Callable[[int], object]) -> harness.Turn:
    def take(count: int) -> float:
        start = time.perf_counter()
        work(count)
        return time.perf_counter() - start

    return take


def receiving(sock: socket.socket, wire_size: int, receive: harness.Turn) -> harness.Turn:
    """Turns of `receive`, called with a number of messages that have arrived.

    That they have arrived keeps the feeder out of the figures: to send takes longer than to receive.
    """
    at_once = max(1, FILL_SIZE // wire_size)

    def turn(count: int) -> float:
        took = 0.0
        while count:
            now = min(count, at_once)
            peers.order(sock, now)
            _wait(sock, now * wire_size)
            took += receive(now)
            count -= now
        return took

    return turn


def streaming(sock: socket.socket, receive: harness.Turn) -> harness.Turn:
    """Turns of `receive` while the feeder sends: who is slower decides."""

    def turn(count: int) -> float:
        peers.order(sock, count)
        _wait(sock, 1)
        return receive(count)

    return turn


def sending(sock: socket.socket, wire_size: int, send: harness.Turn) -> harness.Turn:
    """Turns of `send`, called with a number of messages, of so many bytes each, that a peer drains."""

    def turn(count: int) -> float:
        peers.order(sock, count * wire_size)
        took = send(count)
        peers.wait_drained(sock)
        return took

    return turn


def exchanging(sock: socket.socket, exchange: harness.Turn) -> harness.Turn:
    """Turns of `exchange`, called with a number of round trips to a peer that echoes."""

    def turn(count: int) -> float:
        peers.order(sock, count)
        return exchange(count)

    return turn


def _wait(sock: socket.socket, size: int) -> None:
    """Waits until so many bytes have arrived, or as many as the system keeps."""
    # Windows knows no such mark, and wakes at the first byte.
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, size)
    select.select([sock], [], [])
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, 1)
