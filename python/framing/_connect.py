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
"""A str that was probably meant as a host and a port, if there is no such file."""

_SHOWN = reprlib.Repr()
_SHOWN.maxstring = _SHOWN.maxother = 100
"""The most of an address that a message shows. Host names are shorter, and nobody reads a terminal full."""

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
    """Connect to a server and return the framed connection. A TCP socket gets `TCP_NODELAY`.

    Args:
        address: `(host, port)`, or the path of a Unix socket. All addresses of a host are tried in turn.
        timeout: Seconds for the whole call, the TLS handshake included; None waits for ever, and "default" means the
            timeout that `socket.setdefaulttimeout` has set, by default None. It stays set on the socket. It does not
            cut short a slow look-up of the host's name.
        ssl: A client's context for TLS, or True for `ssl.create_default_context()`.
        server_hostname: The name to check the server's certificate against; by default the host.
        source_address: `(host, port)` to connect from.
        **options: How the connection is framed: see `FrameOptions`.

    Raises:
        OSError: The connection or the handshake failed. If several addresses failed, this is the error of the last
            one. The message names `address`.
        TimeoutError: The call took longer than `timeout`. The message names `address`.
        TypeError, ValueError: An argument is wrong. No connection was made.
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
    """Add the address to the text of an `OSError` that the block raises."""
    try:
        yield
    except OSError as error:
        if error.filename is not None:
            # Such an error already names the path.
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
        # A copy of the error is made from these arguments.
        error.args = (error.errno, error.strerror)


def _connected(
    targets: list[Target], source: tuple[str, int] | None, deadline: Deadline
) -> socket.socket:
    """Connect to the first target that accepts."""
    failure: OSError | None = None
    for target in targets:
        try:
            return _attempt(target, source, deadline)
        except OSError as error:
            failure = error
    try:
        raise failure or OSError("the host has no address")
    finally:
        # The error refers to this stack frame, so the frame must not refer to the error.
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
            # The server's queue is full. Polling does not help: such a socket is always writable.
            left = deadline.remaining()
            if left == 0:
                raise deadline.missed() from None
            time.sleep(pause if left is None else min(pause, left))
            pause = min(2 * pause, _LONGEST_PAUSE)
        except OSError as error:
            if error.errno is not None:
                # Without the path, the message for "host:port" would be just "No such file or directory".
                error.filename = os.fsdecode(path)
            raise


def _left(deadline: Deadline) -> float | None:
    """Return the seconds that are left for the next step, or raise if the deadline has passed."""
    left = deadline.remaining()
    if left == 0:
        raise deadline.missed()
    return left


connect.__module__ = "framing"
