"""The connecting side."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import reprlib
import socket
import time
from typing import TYPE_CHECKING, Literal, Unpack

from ._address import resolve, unix_path
from ._deadline import Deadline
from ._framing import FramedSocket, _Config
from ._tls import client_context, wrap

if TYPE_CHECKING:
    from collections.abc import Iterator
    from ssl import SSLContext

    from ._address import Address, Target
    from ._options import FrameOptions

__all__ = ["connect"]

_HOST_AND_PORT = re.compile(r"[^/\\]*:\d+", re.ASCII)
"""What is meant as a host and a port, where there is no such file."""

_SHOWN = reprlib.Repr()
_SHOWN.maxstring = _SHOWN.maxother = 100
"""Names of hosts are shorter, and what fills a terminal is not read."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.001, 0.05
"""Seconds between two attempts at a Unix socket whose queue is full."""


def connect(
    address: Address,
    *,
    timeout: float | Literal["default"] | None = "default",
    ssl: SSLContext | bool | None = None,
    server_hostname: str | None = None,
    source_address: tuple[str, int] | None = None,
    **options: Unpack[FrameOptions],
) -> FramedSocket:
    """Connects to a server that speaks in frames. `TCP_NODELAY` is set.

    Args:
        address: `(host, port)`, or the path of a Unix socket. All addresses of a host are tried in turn.
        timeout: Seconds for all of it, the TLS handshake included; None for ever; "default" for what
            `socket.setdefaulttimeout` has set, which is None unless somebody has. It stays set on the socket. A
            look-up of the host's name that takes longer is not cut short.
        ssl: A client's context, for TLS; True for `ssl.create_default_context()`.
        server_hostname: The name that the server's certificate is to be for; by default, the host.
        source_address: `(host, port)` to connect from.
        **options: How the connection is framed: see `FrameOptions`.

    Raises:
        OSError: The connection, or the handshake, failed. Of several addresses, what the last one said. Its text
            names `address`.
        TimeoutError: It took longer than `timeout`. Likewise.
        TypeError, ValueError: An argument is wrong. Nothing has been connected.
    """
    if timeout == "default":
        timeout = socket.getdefaulttimeout()
    deadline = Deadline(timeout)
    config = _Config(**options)
    path = unix_path(address)
    if path is not None and source_address is not None:
        raise ValueError("source_address is for TCP")
    if server_hostname is not None and not ssl:
        raise ValueError("server_hostname is for TLS: there is no ssl")
    if server_hostname is None and isinstance(address, tuple):
        server_hostname = address[0]
    context = client_context(ssl, server_hostname)
    with _naming(address):
        sock = _connected(resolve(address), source_address, deadline)
        try:
            if context is not None:
                sock = tls = wrap(context, sock, server_hostname=server_hostname)
                tls.settimeout(_left(deadline))
                tls.do_handshake()
            sock.settimeout(timeout)
            return FramedSocket._configured(sock, config)  # noqa: SLF001 - ours
        except BaseException:
            sock.close()
            raise


@contextlib.contextmanager
def _naming(address: Address) -> Iterator[None]:
    """Has the text of whatever the system says tell whom it was about. It stays the same error otherwise."""
    try:
        yield
    except OSError as error:
        if error.filename is not None:
            # It names the path.
            if error.errno == errno.ENOENT and _HOST_AND_PORT.fullmatch(os.fsdecode(error.filename)):
                _add(
                    error,
                    "(a str is the path of a Unix socket: the address of a TCP server is (host, port))",
                )
        else:
            _add(error, f"(while connecting to {_SHOWN.repr(address)})")
        raise


def _add(error: OSError, text: str) -> None:
    if error.strerror is None:
        error.args = (f"{error} {text}",)
    else:
        error.strerror = f"{error.strerror} {text}"
        # These are what a copy is made of.
        error.args = (error.errno, error.strerror)


def _connected(
    targets: list[Target], source: tuple[str, int] | None, deadline: Deadline
) -> socket.socket:
    """Connects to the first target that can be."""
    failure: OSError | None = None
    for target in targets:
        try:
            return _attempt(target, source, deadline)
        except OSError as error:
            failure = error
    try:
        raise failure or OSError("the host has no address")
    finally:
        # It knows this frame, which must not know it.
        del failure


def _attempt(target: Target, source: tuple[str, int] | None, deadline: Deadline) -> socket.socket:
    family, address = target
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        if not isinstance(address, tuple):
            _connect_to_path(sock, address, deadline)
            return sock
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if source is not None:
            sock.bind(source)
        sock.settimeout(_left(deadline))
        sock.connect(address)
        return sock
    except BaseException:
        sock.close()
        raise


def _connect_to_path(sock: socket.socket, path: str | bytes, deadline: Deadline) -> None:
    sock.setblocking(False)
    pause = _FIRST_PAUSE
    while True:
        try:
            sock.connect(path)
            return
        except BlockingIOError:
            # Its queue is full, and nothing tells when it is not: such a socket is always writable.
            left = deadline.remaining()
            if left == 0:
                raise deadline.missed() from None
            time.sleep(pause if left is None else min(pause, left))
            pause = min(2 * pause, _LONGEST_PAUSE)
        except OSError as error:
            if error.errno is not None:
                # Or "host:port" is just "No such file or directory".
                error.filename = os.fsdecode(path)
            raise


def _left(deadline: Deadline) -> float | None:
    """The seconds that are left for the next step, if there are any."""
    left = deadline.remaining()
    if left == 0:
        raise deadline.missed()
    return left


connect.__module__ = "framing"
