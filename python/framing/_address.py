"""Addresses: `(host, port)` for TCP, a path for a Unix socket."""

from __future__ import annotations

import errno
import os
import reprlib
import socket
from typing import Any, TypeAlias

__all__ = ["Address", "Path", "Target", "resolve", "unix_path"]

Path: TypeAlias = str | bytes | os.PathLike[str] | os.PathLike[bytes]
Address: TypeAlias = tuple[str | None, int] | tuple[str | None, int, int, int] | Path

Target: TypeAlias = tuple[socket.AddressFamily, Any]
"""A family, and the address in the form of that family."""

_LAST_PORT = 0xFFFF


def resolve(address: Address, *, to_listen: bool = False) -> list[Target]:
    """Resolve an address to at least one target, in the system's order of preference.

    Args:
        address: `(host, port)`, for IPv6 also `(host, port, flowinfo, scope_id)`, or a path.
        to_listen: No host, or an empty one, is every interface; otherwise it is as for `getaddrinfo`.

    Raises:
        TypeError: `address` is no address.
        OverflowError: There is no such port.
        OSError: The host is not known, or the platform has no Unix sockets.
    """
    path = unix_path(address)
    if path is not None:
        return [(_unix_family(), path)]
    host, port, *scope = _checked(address)
    family = socket.AF_INET6 if scope else socket.AF_UNSPEC
    if to_listen:
        # As `bind` has it.
        host = host or None
    flags = socket.AI_PASSIVE if to_listen else 0
    found = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM, flags=flags)
    if scope:
        # These two, getaddrinfo does not take.
        return [(family, (*target[:2], *_scoped(target, scope))) for family, _, _, _, target in found]
    return [(family, target) for family, _, _, _, target in found]


def unix_path(address: Address) -> str | bytes | None:
    """Return the path if the address is one."""
    if isinstance(address, str | bytes):
        return address
    return os.fspath(address) if isinstance(address, os.PathLike) else None


def _unix_family() -> socket.AddressFamily:
    family: socket.AddressFamily | None = getattr(socket, "AF_UNIX", None)
    if family is None:
        raise OSError(errno.EAFNOSUPPORT, "this platform has no Unix sockets: use (host, port)")
    return family


def _checked(address: object) -> tuple[Any, ...]:
    match address:
        case (str() | None, int(port)) | (str() | None, int(port), int(), int()) if isinstance(
            address, tuple
        ):
            if not 0 <= port <= _LAST_PORT:
                raise OverflowError(f"port must be between 0 and {_LAST_PORT}, not {port}")
            return address
    raise TypeError(
        "address must be (host, port), of a str and an int, or the path of a Unix socket, "
        f"not {reprlib.repr(address)}"
    )


def _scoped(target: tuple[Any, ...], given: list[int]) -> tuple[int, int]:
    flow, scope = given
    # A host may name its scope itself: "fe80::1%eth0".
    return flow, scope or target[3]
