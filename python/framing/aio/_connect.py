"""The connecting side."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Any, Literal, SupportsIndex

from ._channel import Channel
from ._options import DEFAULT_LIMIT, Limit, options
from ._stream import FramedStream

if TYPE_CHECKING:
    from .._header import HeaderLike

__all__ = ["open_connection", "open_unix_connection"]


async def open_connection(
    host: str | None = None,
    port: int | str | None = None,
    *,
    header: HeaderLike = 10,
    max_frame_size: SupportsIndex | None = None,
    keep_header: bool = False,
    frame_timeout: float | None = None,
    on_oversize: Literal["error", "skip"] = "error",
    max_skip: SupportsIndex | None = None,
    max_consecutive_empty: SupportsIndex | None = None,
    limit: Limit = DEFAULT_LIMIT,
    write_limit: Limit = DEFAULT_LIMIT,
    **connect_options: Any,
) -> FramedStream:
    """Connects to a server that speaks in frames. `TCP_NODELAY` is set.

    Args:
        host: The server's name or address; None where a `sock` is given.
        port: The server's port.
        header: How frames begin: a header object, or an int as the width in bytes of a `DecimalHeader`.
        max_frame_size: The largest payload sent or accepted, in the header's unit.
        keep_header: Give received frames as header + payload, as they came.
        frame_timeout: Seconds that the peer may take between the first byte of a frame and its last; None for
            no limit. When it has passed, the connection is dead.
        on_oversize: What becomes of a received frame over `max_frame_size`: "error", and the stream is refused; or
            "skip", and it is discarded as it arrives, counted in `stats`, and logged as a warning of the logger
            `framing`.
        max_skip: The longest frame that is skipped, in the header's unit; a longer one is a `FrameTooLarge`. None
            for no bound.
        max_consecutive_empty: How many empty frames may follow each other; one more is an `InvalidPayload`. None
            for any number.
        limit: Bytes received and not asked for above which reading pauses: a high-water mark, or that and a low
            one at which it goes on; by default a quarter.
        write_limit: Bytes to be sent above which `send` waits, likewise.
        **connect_options: As for `loop.create_connection`: ssl, server_hostname, family, sock, local_addr,
            happy_eyeballs_delay, ssl_handshake_timeout, and so on.

    Raises:
        OSError: The connection, or the handshake, failed.
        TypeError, ValueError: An argument is wrong. Nothing has been connected.
    """
    chosen = options(
        header,
        max_frame_size,
        keep_header,
        frame_timeout,
        on_oversize,
        max_skip,
        max_consecutive_empty,
        limit,
        write_limit,
    )
    loop = asyncio.get_running_loop()
    # Its signature, seen by a type checker, tells apart what may be given together.
    connect: Any = loop.create_connection
    _, channel = await connect(lambda: Channel(chosen, loop), host, port, **connect_options)
    return FramedStream(channel)


async def open_unix_connection(
    path: str | os.PathLike[str] | None = None,
    *,
    header: HeaderLike = 10,
    max_frame_size: SupportsIndex | None = None,
    keep_header: bool = False,
    frame_timeout: float | None = None,
    on_oversize: Literal["error", "skip"] = "error",
    max_skip: SupportsIndex | None = None,
    max_consecutive_empty: SupportsIndex | None = None,
    limit: Limit = DEFAULT_LIMIT,
    write_limit: Limit = DEFAULT_LIMIT,
    **connect_options: Any,
) -> FramedStream:
    """Connects to a server on a Unix socket.

    Args:
        path: The socket's path; None where a `sock` is given.
        header: As for `open_connection`.
        max_frame_size: As for `open_connection`.
        keep_header: As for `open_connection`.
        frame_timeout: As for `open_connection`.
        on_oversize: As for `open_connection`.
        max_skip: As for `open_connection`.
        max_consecutive_empty: As for `open_connection`.
        limit: As for `open_connection`.
        write_limit: As for `open_connection`.
        **connect_options: As for `loop.create_unix_connection`: ssl, server_hostname, sock, and so on.

    Raises:
        OSError, TypeError, ValueError: As `open_connection`.
    """
    chosen = options(
        header,
        max_frame_size,
        keep_header,
        frame_timeout,
        on_oversize,
        max_skip,
        max_consecutive_empty,
        limit,
        write_limit,
    )
    loop = asyncio.get_running_loop()
    _, channel = await loop.create_unix_connection(
        lambda: Channel(chosen, loop), os.fspath(path) if path is not None else None, **connect_options
    )
    return FramedStream(channel)
