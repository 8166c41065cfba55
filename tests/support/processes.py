"""Scripts as processes of their own, and peers that send them exactly what a test says."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import struct
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

TIMEOUT = 60.0
"""Seconds after which a test gives up on a peer. No test takes so long unless something hangs."""

# Text is UTF-8 wherever the tests run; and a socket that a script forgets shows on its stderr.
_PYTHON = (sys.executable, "-X", "utf8", "-X", "dev", "-W", "error")

_SLOW_STEP = re.compile(r"^Executing <.*> took [\d.]+ seconds\n", re.MULTILINE)


@contextlib.contextmanager
def started(
    script: Path, *arguments: str, stdin: int = subprocess.DEVNULL, stdout: int = subprocess.PIPE
) -> Iterator[subprocess.Popen[str]]:
    """Starts a script, and kills what is left of it at the end."""
    with subprocess.Popen(
        [*_PYTHON, os.fspath(script), *arguments],
        stdin=stdin,
        stdout=stdout,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        # Ends reads from its pipes too, which know no timeout.
        watchdog = threading.Timer(TIMEOUT, process.kill)
        watchdog.start()
        try:
            yield process
        finally:
            watchdog.cancel()
            process.kill()


@contextlib.contextmanager
def serving(script: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Starts a server on a free port, and gives its process and the port."""
    with started(script, "--port", "0", *arguments) as process:
        line = first_line(process)
        assert line.startswith("listening on 127.0.0.1:"), line
        yield process, int(line.rpartition(":")[2])


def first_line(process: subprocess.Popen[str]) -> str:
    """Waits for the next line of a process; "" where it has ended instead."""
    assert process.stdout is not None
    return process.stdout.readline()


def finished(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Waits for the end of a process: its exit status and what it wrote to stderr."""
    assert process.stderr is not None
    complaints = complaints_in(process.stderr.read())
    return process.wait(), complaints


def run(script: Path, *arguments: str) -> tuple[int, str, str]:
    """Runs a script to its end: exit status, stdout and stderr."""
    with started(script, *arguments) as process:
        output, stderr = process.communicate()
        return process.returncode, output, complaints_in(stderr)


def complaints_in(stderr: str) -> str:
    """What a script complained of; not what asyncio, in the debug mode of `-X dev`, says of a slow machine."""
    return _SLOW_STEP.sub("", stderr)


@contextlib.contextmanager
def peer(pieces: Iterable[bytes], *, end: bool = True) -> Iterator[int]:
    """A server for one client, on the port it gives: sends piece after piece, then ends the stream.

    Without `end` it falls silent instead, and leaves it to the client to close.
    """

    def serve() -> None:
        connection, _ = listener.accept()
        # A client that is refused half-way may reset the connection.
        with connection, contextlib.suppress(ConnectionError):
            connection.settimeout(TIMEOUT)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for piece in pieces:
                connection.sendall(piece)
            if end:
                connection.shutdown(socket.SHUT_WR)
            assert connection.recv(1) == b""

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(TIMEOUT)
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(TIMEOUT)
        assert not thread.is_alive()


def stream(port: int) -> Iterator[bytes]:
    """What the server on this port sends, from the first byte to the end."""
    with connect(port) as connection:
        while chunk := connection.recv(65536):
            yield chunk


def connect(port: int, receive_buffer: int | None = None) -> socket.socket:
    """Connects to the server on this port; with little room for what comes, if so wanted."""
    connection = socket.socket()
    # It has to be small before the connection is made.
    if receive_buffer is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    connection.settimeout(TIMEOUT)
    try:
        connection.connect(("127.0.0.1", port))
    except OSError:
        connection.close()
        raise
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def greeted(port: int) -> socket.socket:
    """Connects to a server that speaks first, and takes the first byte: it has begun with this client."""
    connection = connect(port)
    assert connection.recv(1)
    return connection


def vanish(connection: socket.socket) -> None:
    """Resets the connection, as a process does that is killed with something unread."""
    # With a linger time of zero, closing resets.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
