"""Connected sockets of each kind, what travels over them, and calls that wait in threads of their own."""

from __future__ import annotations

import contextlib
import functools
import select
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any, Generic, TypeVar

import framing
import pytest
from framing import FramedSocket
from support import tls
from support.processes import TIMEOUT

T = TypeVar("T")

SOON = 0.03
"""Seconds that a call waits where the test is about its having waited."""

HELLO = framing.encode("hello")

# Two threads that are the first to ask would get an authority each.
_MAKING_CONTEXTS = threading.Lock()

# Our end, and the peer's, which gives up after TIMEOUT.
Pair = tuple[socket.socket, socket.socket]
Link = Callable[[], AbstractContextManager[Pair]]


@contextlib.contextmanager
def pair() -> Iterator[Pair]:
    """What `socket.socketpair` makes."""
    ours, peer = socket.socketpair()
    with ours, peer:
        peer.settimeout(TIMEOUT)
        yield ours, peer


@contextlib.contextmanager
def tcp(host: str = "127.0.0.1") -> Iterator[Pair]:
    """TCP; each write goes out at once."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with (
        socket.create_server((host, 0), family=family) as listener,
        socket.create_connection(listener.getsockname()[:2]) as ours,
        listener.accept()[0] as peer,
    ):
        for end in (ours, peer):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        peer.settimeout(TIMEOUT)
        yield ours, peer


def tcp6() -> AbstractContextManager[Pair]:
    """TCP over IPv6."""
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("needs IPv6")
    return tcp("::1")


@contextlib.contextmanager
def unix() -> Iterator[Pair]:
    """Unix sockets, connected by a path."""
    if not hasattr(socket, "AF_UNIX"):
        pytest.skip("needs Unix sockets")
    # Longer paths than this do not fit everywhere.
    with (
        tempfile.TemporaryDirectory() as folder,
        socket.socket(socket.AF_UNIX) as listener,
        socket.socket(socket.AF_UNIX) as ours,
    ):
        path = str(Path(folder) / "s")
        listener.bind(path)
        listener.listen()
        ours.connect(path)
        with listener.accept()[0] as peer:
            peer.settimeout(TIMEOUT)
            yield ours, peer


class OwnMethods(socket.socket):
    """A socket whose bytes go through methods of its own."""

    def recv_into(self, *arguments: Any) -> int:
        return super().recv_into(*arguments)

    def send(self, *arguments: Any) -> int:
        return super().send(*arguments)


@contextlib.contextmanager
def own_methods() -> Iterator[Pair]:
    """Our end is not plain: the bytes take another way than system calls."""
    with pair() as (plain, peer), OwnMethods(fileno=plain.detach()) as ours:
        yield ours, peer


@contextlib.contextmanager
def encrypted(link: Link = pair) -> Iterator[tuple[ssl.SSLSocket, ssl.SSLSocket]]:
    """TLS; our end is the client's. What follows a handshake has been read."""
    with _MAKING_CONTEXTS:
        client_context, server_context = _contexts()
    with link() as (ours, peer):
        ours.settimeout(TIMEOUT)
        handshake = begin(server_context.wrap_socket, peer, server_side=True)
        client = client_context.wrap_socket(ours, server_hostname="localhost")
        with client, handshake.result() as server:
            client.settimeout(None)
            yield client, server


@functools.cache
def _contexts() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """The client's and the server's, of every connection."""
    client, server = tls.client_context(), tls.server_context()
    # Else they arrive whenever they arrive, and make a socket readable that has nothing to read.
    server.num_tickets = 0
    return client, server


PLAIN: list[Link] = [tcp, tcp6, unix, pair]
FOREIGN: list[Link] = [own_methods, encrypted]


def each(*links: Link) -> pytest.MarkDecorator:
    """A test for these kinds."""
    return pytest.mark.parametrize("link", links, ids=[link.__name__ for link in links])


each_plain = each(*PLAIN)
each_way = each(pair, *FOREIGN)
"""The ways that bytes take: system calls, a socket's own methods, TLS."""
each_link = each(*PLAIN, *FOREIGN)
each_with_halves = each(*PLAIN, own_methods)
"""Where one direction can be ended alone."""


@contextlib.contextmanager
def framed(link: Link = pair, **options: Any) -> Iterator[tuple[FramedSocket, socket.socket]]:
    """Our end framed, and the peer's as it is."""
    with link() as (ours, peer), FramedSocket(ours, **options) as fs:
        yield fs, peer


def finish(sock: socket.socket) -> None:
    """Says "nothing more from me", and can still be read from."""
    if not isinstance(sock, ssl.SSLSocket):
        sock.shutdown(socket.SHUT_WR)
        return
    timeout = sock.gettimeout()
    sock.setblocking(False)
    # What is wanted to be read is the answer.
    with contextlib.suppress(ssl.SSLWantReadError):
        while True:
            try:
                sock.unwrap()
                break
            except ssl.SSLWantWriteError:
                select.select([], [sock], [], TIMEOUT)
    sock.settimeout(timeout)


def send_all_and_close(fs: FramedSocket) -> None:
    """Ends the stream behind what earlier sends have left."""
    fs.flush()
    fs.close()


def reset(sock: socket.socket) -> None:
    """Closes a TCP connection as one does that crashes: nothing waits, the peer gets an error."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def receive(sock: socket.socket, size: int) -> bytes:
    """Waits for so many bytes; fewer where the stream ends."""
    wire = bytearray()
    # What an SSLSocket raises at an end to which it has put one of its own.
    with contextlib.suppress(ssl.SSLZeroReturnError):
        while len(wire) < size and (chunk := sock.recv(min(size - len(wire), 2**20))):
            wire += chunk
    return bytes(wire)


def receive_all(sock: socket.socket) -> bytes:
    """Waits for the end of the stream."""
    return receive(sock, sys.maxsize)


def narrow(*socks: socket.socket) -> None:
    """Makes the system's buffers small, so that little fills them."""
    for sock in socks:
        for option in (socket.SO_SNDBUF, socket.SO_RCVBUF):
            sock.setsockopt(socket.SOL_SOCKET, option, 4096)


class Call(threading.Thread, Generic[T]):
    """A call in a thread of its own."""

    def __init__(self, function: Callable[..., T], *arguments: Any, **options: Any) -> None:
        super().__init__(daemon=True)
        self._call: Callable[[], T] = partial(function, *arguments, **options)
        self._results: list[T] = []
        self._error: BaseException | None = None

    def run(self) -> None:
        try:
            self._results.append(self._call())
        except BaseException as error:
            self._error = error

    def waits(self) -> None:
        """Returns once the call waits, as far as one can tell, or is over."""
        until_asleep(self)

    def result(self) -> T:
        """What the call returned or raised."""
        if (error := self.error()) is not None:
            raise error
        return self._results[0]

    def error(self) -> BaseException | None:
        """What the call raised, if it did."""
        self.join(TIMEOUT)
        assert not self.is_alive(), "the call hangs"
        # The traceback would keep the test's own frame alive.
        error, self._error = self._error, None
        return error


def begin(function: Callable[..., T], *arguments: Any, **options: Any) -> Call[T]:
    """Starts a call in a thread of its own."""
    call = Call(function, *arguments, **options)
    call.start()
    return call


def until_asleep(it: threading.Thread | subprocess.Popen[str]) -> None:
    """Returns once a thread, or a process, waits for something, as far as one can tell, or has ended."""
    # Where nothing tells so, it is likely after a while.
    if isinstance(it, threading.Thread):
        stat = Path(f"/proc/self/task/{it.native_id}/stat")
    else:
        stat = Path(f"/proc/{it.pid}/stat")
    if not stat.exists():
        time.sleep(SOON)
        return
    asleep = 0
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        while asleep < 5:
            time.sleep(0.002)
            # The state is behind the name, which may have anything in it.
            state = stat.read_text().rpartition(")")[2].split()[0]
            asleep = asleep + 1 if state in "SZ" else 0
