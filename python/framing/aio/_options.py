"""The options of streams and servers: how they are framed, the limits of their buffers, and asyncio's own options."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, Final, NamedTuple, SupportsIndex, TypeAlias

from .._options import FrameOptions, split

if TYPE_CHECKING:
    import socket
    from ssl import SSLContext

    from .._framing import _Config

__all__ = [
    "ConnectOptions",
    "ListenOptions",
    "StreamConfig",
    "UnixConnectOptions",
    "UnixListenOptions",
    "stream_config",
]

Limit: TypeAlias = SupportsIndex | tuple[SupportsIndex, SupportsIndex]
"""A high-water mark in bytes, or that and a low one."""

_DEFAULT_LIMIT: Final = 64 * 1024
"""Bytes: asyncio's own high-water mark for what waits to be sent."""


class StreamOptions(FrameOptions, total=False):
    """`FrameOptions`, and the limits of a stream's buffers.

    Keys:
        limit: The number of received bytes above which reading pauses: a high-water mark, or a pair of that and the
            low mark at which reading resumes. By default 65,536 and a quarter of that.
        write_limit: The number of bytes to be sent above which `send` waits, given in the same way.
    """

    limit: Limit
    write_limit: Limit


class _TransportOptions(StreamOptions, total=False):
    """The keywords that all of asyncio's functions share that make transports."""

    sock: socket.socket | None
    ssl_handshake_timeout: float | None
    ssl_shutdown_timeout: float | None


class UnixConnectOptions(_TransportOptions, total=False):
    """The keywords of `loop.create_unix_connection`."""

    ssl: SSLContext | bool | None
    server_hostname: str | None


class ConnectOptions(UnixConnectOptions, total=False):
    """The keywords of `loop.create_connection`."""

    family: int
    proto: int
    flags: int
    local_addr: tuple[str, int] | None
    happy_eyeballs_delay: float | None
    interleave: int | None
    all_errors: bool


class _ServerOptions(_TransportOptions, total=False):
    """The keywords of both kinds of servers."""

    ssl: SSLContext | None
    backlog: int
    start_serving: bool


class UnixListenOptions(_ServerOptions, total=False):
    """The keywords of `loop.create_unix_server`."""

    cleanup_socket: bool


class ListenOptions(_ServerOptions, total=False):
    """The keywords of `loop.create_server`."""

    family: int
    flags: int
    reuse_address: bool | None
    reuse_port: bool | None
    keep_alive: bool | None


class StreamConfig(NamedTuple):
    """The checked options of a stream."""

    framing: _Config
    read_marks: tuple[int, int]
    """The high and the low mark in bytes."""
    write_marks: tuple[int, int]


def stream_config(options: dict[str, Any]) -> tuple[StreamConfig, dict[str, Any]]:
    """Check the options of a stream before anything is connected, and return asyncio's options apart.

    Raises:
        TypeError, ValueError: An option is wrong.
    """
    framing, others = split(options)
    read_marks = _marks("limit", others.pop("limit", _DEFAULT_LIMIT))
    write_marks = _marks("write_limit", others.pop("write_limit", _DEFAULT_LIMIT))
    return StreamConfig(framing, read_marks, write_marks), others


def _marks(name: str, limit: Limit) -> tuple[int, int]:
    try:
        if isinstance(limit, tuple):
            high, low = map(operator.index, limit)
        else:
            high = operator.index(limit)
            # As asyncio does.
            low = high // 4
    except (TypeError, ValueError):
        message = f"{name} must be a number of bytes, or (high, low), not {limit!r}"
        raise TypeError(message) from None
    if not 0 <= low <= high:
        message = f"{name} must be at least 0, the low mark at most the high one, not {limit!r}"
        raise ValueError(message)
    return high, low
