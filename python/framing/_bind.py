"""Sockets that listen, and the files of those that listen on a path."""

from __future__ import annotations

import os
import pathlib
import socket
from typing import TYPE_CHECKING

from ._address import resolve, unix_path

if TYPE_CHECKING:
    from ._address import Address, Target

__all__ = ["SocketFile", "bound"]


class SocketFile:
    """The file of a Unix socket that has just been made.

    Args:
        path: Where it is.
    """

    def __init__(self, path: str | bytes) -> None:
        # The program may change its directory.
        self._path = pathlib.Path(os.fsdecode(path)).absolute()
        self._identity = _identity(self._path)
        self._maker = os.getpid()

    def remove(self) -> None:
        """Remove the file if it is still the same and this process made it.

        Call this while the socket is open: until then no other file can get its inode.
        """
        try:
            if os.getpid() == self._maker and _identity(self._path) == self._identity:
                self._path.unlink()
        except OSError:
            # Somebody else has removed it, or the right to.
            return


def bound(address: Address, reuse_port: bool) -> tuple[socket.socket, SocketFile | None]:
    """Return a socket that is bound to an address, and its file if the address is a path.

    Raises:
        OSError: The system refuses.
        ValueError: `reuse_port` is for a platform or an address that does not have it.
    """
    path = unix_path(address)
    if reuse_port and (path is not None or not hasattr(socket, "SO_REUSEPORT")):
        raise ValueError("reuse_port is for TCP, on platforms that have SO_REUSEPORT")
    # A host with both kinds of addresses is reached by more peers on that of IPv4: plain sockets use it.
    family, target = min(resolve(address, to_listen=True), key=_is_ipv6)
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        if path is None:
            _set_options(sock, reuse_port)
        _bind(sock, target)
        # Of Linux's abstract addresses, which begin with a NUL, and of those it makes up there is no file.
        has_file = path is not None and path[:1] not in ("", b"", "\0", b"\0")
        return sock, SocketFile(path) if path is not None and has_file else None
    except BaseException:
        sock.close()
        raise


def _set_options(sock: socket.socket, reuse_port: bool) -> None:
    """Set the same options as `socket.create_server`."""
    if os.name == "posix":
        # So that a server can be started again at once. On Windows it can, and this means another thing.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if reuse_port:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    if sock.family == socket.AF_INET6:
        # Platforms differ in what they do of their own accord.
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)


def _bind(sock: socket.socket, target: object) -> None:
    try:
        sock.bind(target)  # type: ignore[arg-type]
    except OSError as error:
        if error.errno is None:
            raise
        message = f"{error.strerror} (while binding to {target!r})"
        raise OSError(error.errno, message) from None


def _is_ipv6(target: Target) -> bool:
    return target[0] == socket.AF_INET6


def _identity(path: pathlib.Path) -> tuple[int, int]:
    status = path.lstat()
    return status.st_dev, status.st_ino
