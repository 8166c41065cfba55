"""The connecting side."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Any, Unpack

from ._channel import Channel
from ._options import stream_config
from ._stream import FramedStream

if TYPE_CHECKING:
    from ._options import ConnectOptions, UnixConnectOptions

__all__ = ["open_connection", "open_unix_connection"]


async def open_connection(
    host: str | None = None,
    port: int | str | None = None,
    **options: Unpack[ConnectOptions],
) -> FramedStream:
    """Connect to a server and return the framed stream. `TCP_NODELAY` is set.

    Args:
        host: The server's name or address; None if a `sock` is given.
        port: The server's port.
        **options: How the stream is framed: see `FrameOptions`. Two more options limit its buffers. `limit` is the
            number of received bytes above which reading pauses: a high-water mark, or a pair of that and the low
            mark at which reading resumes. By default they are 65,536 and a quarter of that. `write_limit` is the
            number of bytes to be sent above which `send` waits, given in the same way. All other options are those
            of `loop.create_connection`: ssl, server_hostname, family, sock, local_addr, happy_eyeballs_delay,
            ssl_handshake_timeout, and so on.

    Raises:
        OSError: The connection or the handshake failed.
        TypeError, ValueError: An argument is wrong. No connection was made.
    """
    config, connect_options = stream_config(dict(options))
    loop = asyncio.get_running_loop()
    # Type checkers would apply the overloads of this method, which allow only some combinations of options.
    connect: Any = loop.create_connection
    _, channel = await connect(lambda: Channel(config, loop), host, port, **connect_options)
    return FramedStream._create(channel)  # noqa: SLF001


async def open_unix_connection(
    path: str | os.PathLike[str] | None = None,
    **options: Unpack[UnixConnectOptions],
) -> FramedStream:
    """Connect to a server on a Unix socket and return the framed stream.

    Args:
        path: The socket's path; None if a `sock` is given.
        **options: As for `open_connection`, but with the options of `loop.create_unix_connection`: ssl,
            server_hostname, sock, and so on.

    Raises:
        OSError, TypeError, ValueError: As for `open_connection`.
    """
    config, connect_options = stream_config(dict(options))
    loop = asyncio.get_running_loop()
    _, channel = await loop.create_unix_connection(
        lambda: Channel(config, loop), os.fspath(path) if path is not None else None, **connect_options
    )
    return FramedStream._create(channel)  # noqa: SLF001
