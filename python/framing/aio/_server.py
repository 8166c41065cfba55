"""The listening side."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Unpack

from .._errors import ConnectionClosed
from .._options import Configured
from .._private import NoPublicConstructor
from ._channel import Channel
from ._options import StreamConfig, stream_config
from ._stream import FramedStream

if TYPE_CHECKING:
    import os
    import socket
    from collections.abc import Awaitable, Callable, Sequence
    from types import TracebackType
    from typing import Self

    from ._options import ListenOptions, UnixListenOptions

__all__ = ["FramedServer", "start_server", "start_unix_server"]

DEFAULT_GRACE = 5.0
"""Seconds: enough to finish a request, and not long to wait for an idle client."""


class FramedServer(Configured, metaclass=NoPublicConstructor):
    """A server of framed connections with the methods of an `asyncio.Server`. It is made by `start_server`.

    A task for each client runs the handler. When the handler returns, its stream is flushed and closed. When it
    raises, its stream is closed and the error is reported to the event loop's exception handler. `ConnectionClosed`
    and an `OSError` of the stream itself are ordinary ends, which are not reported.
    """

    _made_by = "use aio.start_server"

    def __init__(
        self,
        handler: Callable[[FramedStream], Awaitable[object]],
        config: StreamConfig,
        grace: float | None,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._handler = handler
        self._stream_config = config
        self._config = config.framing
        self._grace = grace
        self._listening: asyncio.Server
        self._streams: dict[asyncio.Task[None], FramedStream] = {}
        self._closing = asyncio.Event()
        self._waiting: set[asyncio.Task[Any] | None] = set()
        self._deadline: float | None = None

    @property
    def sockets(self) -> tuple[socket.socket, ...]:
        """The sockets that the server listens on; empty once the server is closed."""
        return tuple(self._listening.sockets)

    def get_loop(self) -> asyncio.AbstractEventLoop:
        """Return the event loop."""
        return self._loop

    def is_serving(self) -> bool:
        """Return whether the server accepts connections."""
        return self._listening.is_serving()

    async def start_serving(self) -> None:
        """Start accepting connections, if the server was made with `start_serving=False`."""
        await self._listening.start_serving()

    async def serve_forever(self) -> None:
        """Accept connections until the server is closed. If this call is cancelled, it closes the server.

        In both cases it then waits as `wait_closed` does.

        Raises:
            RuntimeError: The server is closed already.
        """
        if self._closing.is_set():
            message = f"{self!r} is closed"
            raise RuntimeError(message)
        await self.start_serving()
        try:
            await self._closing.wait()
        finally:
            self.close()
            await self.wait_closed()

    def close(self) -> None:
        """Stop accepting connections. Existing ones continue until `wait_closed` ends them."""
        if not self._closing.is_set():
            self._closing.set()
            if self._grace is not None:
                self._deadline = self._loop.time() + self._grace
            self._listening.close()

    async def wait_closed(self) -> None:
        """Wait until the server is closed and all handlers have ended.

        Handlers that have not ended `grace` seconds after `close` are cancelled, and their connections are aborted.
        If this call is cancelled, it does so with all of them at once.
        """
        await self._closing.wait()
        waiting = asyncio.current_task()
        self._waiting.add(waiting)
        try:
            while tasks := self._others():
                left = None if self._deadline is None else self._deadline - self._loop.time()
                if left is not None and left <= 0:
                    break
                await asyncio.wait(tasks, timeout=left)
            self.abort_clients()
            while tasks := self._others():
                await asyncio.wait(tasks)
        except BaseException:
            self.abort_clients()
            raise
        finally:
            self._waiting.discard(waiting)

    def close_clients(self) -> None:
        """Close all connections after what was sent has gone out. Their handlers get `ConnectionClosed`."""
        for stream in list(self._streams.values()):
            stream.close()

    def abort_clients(self) -> None:
        """Abort all connections and cancel their handlers."""
        for task in self._others():
            self._streams[task].abort()
            task.cancel()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
        await self.wait_closed()

    def __repr__(self) -> str:
        return f"<FramedServer sockets={self.sockets!r}, {len(self._streams)} clients>"

    async def _listen(self, listen: Any, *address: Any, **server_options: Any) -> Self:
        self._listening = await listen(self._channel, *address, **server_options)
        return self

    def _others(self) -> set[asyncio.Task[None]]:
        """Return the handlers' tasks, except those of handlers that themselves wait for the server to close."""
        return self._streams.keys() - self._waiting - {asyncio.current_task()}

    def _channel(self) -> Channel:
        return Channel(self._stream_config, self._loop, self._accept)

    def _accept(self, channel: Channel) -> None:
        stream = FramedStream._create(channel)  # noqa: SLF001
        if self._closing.is_set():
            # The connection was being accepted when the server was closed.
            stream.abort()
            return
        task = self._loop.create_task(self._serve(stream))
        self._streams[task] = stream
        task.add_done_callback(self._streams.pop)

    async def _serve(self, stream: FramedStream) -> None:
        async with stream:
            try:
                await self._handler(stream)
            except asyncio.CancelledError:
                stream.abort()
                raise
            except Exception as error:
                if not _is_ordinary(error, stream):
                    self._report(error, stream)

    def _report(self, error: Exception, stream: FramedStream) -> None:
        self._loop.call_exception_handler(
            {
                "message": "unhandled exception in a handler of framed connections",
                "exception": error,
                "transport": stream.transport,
                "task": asyncio.current_task(),
            }
        )


def _is_ordinary(error: BaseException, stream: FramedStream) -> bool:
    """Return whether an error is an ordinary end of a handler, because its connection ended."""
    if isinstance(error, BaseExceptionGroup):
        return all(_is_ordinary(each, stream) for each in error.exceptions)
    return isinstance(error, ConnectionClosed) or stream._channel.has_raised(error)  # noqa: SLF001


async def start_server(
    handler: Callable[[FramedStream], Awaitable[object]],
    host: str | Sequence[str] | None = None,
    port: int | str | None = None,
    *,
    grace: float | None = DEFAULT_GRACE,
    **options: Unpack[ListenOptions],
) -> FramedServer:
    """Start a server of framed connections and return it. `TCP_NODELAY` is set on the connections.

    Args:
        handler: A coroutine function that is called with a `FramedStream` for each client. See `FramedServer`.
        host: The address or addresses to listen on; None means all interfaces.
        port: The port; 0 means a free one (see `FramedServer.sockets`).
        grace: Seconds that handlers may take to end after the server is closed; None means no limit.
        **options: As for `open_connection`, but with the options of `loop.create_server`: ssl, family, sock, backlog,
            reuse_port, start_serving, ssl_handshake_timeout, and so on.

    Raises:
        OSError: The system refuses the address.
        TypeError, ValueError: An argument is wrong. No socket was opened.
    """
    config, server_options = stream_config(dict(options))
    server = FramedServer._create(  # noqa: SLF001
        _callable(handler), config, _seconds(grace)
    )
    # Type checkers would apply the overloads of this method, which allow only some combinations of options.
    listen: Any = server.get_loop().create_server
    return await server._listen(listen, host, port, **server_options)  # noqa: SLF001


async def start_unix_server(
    handler: Callable[[FramedStream], Awaitable[object]],
    path: str | os.PathLike[str] | None = None,
    *,
    grace: float | None = DEFAULT_GRACE,
    **options: Unpack[UnixListenOptions],
) -> FramedServer:
    """Start a server of framed connections on a Unix socket and return it.

    Args:
        handler: As for `start_server`.
        path: The socket's path; None if a `sock` is given.
        grace: As for `start_server`.
        **options: As for `open_connection`, but with the options of `loop.create_unix_server`: ssl, sock, backlog,
            start_serving, and so on.

    Raises:
        OSError, TypeError, ValueError: As for `start_server`.
    """
    config, server_options = stream_config(dict(options))
    server = FramedServer._create(  # noqa: SLF001
        _callable(handler), config, _seconds(grace)
    )
    listen: Any = server.get_loop().create_unix_server
    return await server._listen(listen, path, **server_options)  # noqa: SLF001


def _callable(
    handler: Callable[[FramedStream], Awaitable[object]],
) -> Callable[[FramedStream], Awaitable[object]]:
    if not callable(handler):
        message = f"handler must be a coroutine function, not '{type(handler).__name__}'"
        raise TypeError(message)
    return handler


def _seconds(grace: float | None) -> float | None:
    if grace is None:
        return None
    if not isinstance(grace, (int, float)) or isinstance(grace, bool):
        message = f"grace must be a number of seconds or None, not '{type(grace).__name__}'"
        raise TypeError(message)
    if not grace >= 0:
        message = f"grace must be at least 0 seconds, not {grace}"
        raise ValueError(message)
    return grace
