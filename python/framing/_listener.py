"""The listening side: a socket that accepts framed connections."""

from __future__ import annotations

import contextlib
import errno
import socket
from typing import TYPE_CHECKING, Any, Literal, Self, TypeAlias, Unpack

from ._bind import bound
from ._deadline import Deadline, seconds
from ._errors import ConnectionClosed
from ._framing import FramedSocket, _Config
from ._gate import Gate
from ._options import Configured
from ._poll import readable
from ._private import NoPublicConstructor
from ._tls import server_context, wrap

if TYPE_CHECKING:
    from ssl import SSLContext

    from ._address import Address
    from ._bind import SocketFile
    from ._options import FrameOptions

__all__ = ["FramedListener", "listen"]

_GONE = {
    getattr(errno, name, errno.ECONNABORTED)
    for name in (
        "ECONNABORTED",
        "ECONNRESET",
        "EHOSTDOWN",
        "EHOSTUNREACH",
        "ENETDOWN",
        "ENETUNREACH",
        "ENONET",
        "ENOPROTOOPT",
        "ENOTCONN",
        "EOPNOTSUPP",
        "EPROTO",
    )
}
"""Errors of accept(2) that concern one connection that died before it was accepted, and not the listener."""


def listen(
    address: Address,
    *,
    backlog: int = 128,
    reuse_port: bool = False,
    ssl: SSLContext | None = None,
    **options: Unpack[FrameOptions],
) -> FramedListener:
    """Listen for connections, which are accepted as `FramedSocket`s.

    Args:
        address: `(host, port)`, or the path of a Unix socket. An empty host (None or "") means every IPv4 interface,
            and port 0 means a free port. If a host name has several addresses, its first IPv4 address is used, if it
            has one. `close` removes the file of a Unix socket, in the process that called `listen`.
        backlog: The number of connections that may wait to be accepted.
        reuse_port: Let several sockets listen on the port. The system spreads the connections among them.
        ssl: A server's context for TLS. The handshake is part of a connection's first call and its
            timeout, so a client that is silent delays nobody else.
        **options: How the connections are framed: see `FrameOptions`.

    Raises:
        OSError: The system refuses the address.
        TypeError, ValueError: An argument is wrong. All of them are checked here, before the first connection.

    >>> with listen(("127.0.0.1", 0)) as listener, connect(listener.address) as client:
    ...     server, address = listener.accept()
    ...     with server:
    ...         server.send("hello")
    ...         client.recv()
    b'hello'
    """
    config = _Config(**options)
    context = server_context(ssl)
    sock, file = bound(address, reuse_port)
    try:
        sock.listen(backlog)
        return FramedListener._create(sock, config, context, file)  # noqa: SLF001
    except BaseException:
        if file is not None:
            file.remove()
        sock.close()
        raise


_Socket: TypeAlias = socket.socket
"""A name for the type that the listener's property `socket` does not hide."""


class FramedListener(Configured, metaclass=NoPublicConstructor):
    """A listening socket that accepts framed connections. It is made by `listen`.

    Several threads may accept at once. Iterating accepts connections until the listener is closed:

        for connection, address in listener:
            threading.Thread(target=serve, args=(connection,)).start()
    """

    _made_by = "use framing.listen"

    def __init__(
        self,
        sock: _Socket,
        config: _Config,
        context: SSLContext | None = None,
        file: SocketFile | None = None,
    ) -> None:
        """Listen on `sock`, which becomes non-blocking and belongs to the listener.

        `config` says how the connections are framed, `context` is for TLS, `file` is removed when the listener is closed.
        """
        self._sock = sock
        self._address = sock.getsockname()
        self._config = config
        self._context = context
        self._timeout = sock.gettimeout()
        # A connection wakes all waiting threads and processes, and only one of them gets it.
        sock.setblocking(False)
        self._gate = Gate(shut=lambda: None if file is None else file.remove(), dispose=sock.close)

    def accept(
        self, *, timeout: float | Literal["default"] | None = "default"
    ) -> tuple[FramedSocket, Any]:
        """Wait for a connection, and return it with its peer's address.

        The connection has the timeout `socket.getdefaulttimeout()`, and a TCP socket gets `TCP_NODELAY`. Connections
        that died before they were accepted are ignored.

        Args:
            timeout: Seconds to wait, None to wait for ever, or 0 not to wait. "default" means the timeout that
                `settimeout` has set.

        Raises:
            ConnectionClosed: This side closed the listener, before or during the call; `local` is True.
            TimeoutError: No connection came in time.
            BlockingIOError: No connection is waiting, and the timeout is 0.
            OSError: The system refuses, for example because no descriptor is left. The connection keeps waiting.
        """
        deadline = Deadline(self._timeout if timeout == "default" else timeout)
        with self._gate:
            while True:
                try:
                    sock, address = self._sock.accept()
                except BlockingIOError:
                    self._wait(deadline)
                except OSError as error:
                    if error.errno not in _GONE:
                        raise
                else:
                    connection = self._connection(sock)
                    if connection is not None:
                        return connection, address

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> tuple[FramedSocket, Any]:
        try:
            return self.accept()
        except ConnectionClosed:
            raise StopIteration from None

    def close(self) -> None:
        """Stop listening.

        Calls that wait in other threads raise `ConnectionClosed`, as do later calls. The descriptor is closed when
        the last of those calls has ended. Forked processes that have a copy of it go on listening.
        """
        self._gate.close()

    @property
    def closed(self) -> bool:
        """Whether this side has closed the listener."""
        return self._gate.closed

    @property
    def address(self) -> Any:
        """The address that it listens on, as `getsockname` returns it, with the port that the system chose."""
        return self._address

    @property
    def socket(self) -> _Socket:
        """The listening socket, which is non-blocking."""
        return self._sock

    def fileno(self) -> int:
        """Return the descriptor, which is readable when a connection is waiting; -1 once the listener is closed."""
        return -1 if self.closed else self._sock.fileno()

    def settimeout(self, timeout: float | None) -> None:
        """Set the default timeout of `accept`.

        Args:
            timeout: Seconds, None to wait for ever, or 0 not to wait.

        Raises:
            TypeError: `timeout` is not a number.
            ValueError: `timeout` is negative.
        """
        self._timeout = seconds(timeout)

    def gettimeout(self) -> float | None:
        """Return the default timeout of `accept` in seconds, or None if it waits for ever."""
        return self._timeout

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        state = "closed" if self.closed else "listening"
        return f"<framing.FramedListener {state} on {self._address!r}>"

    def _wait(self, deadline: Deadline) -> None:
        """Wait until there may be a connection."""
        if deadline.remaining() == 0:
            raise deadline.missed()
        bell = self._gate.bell()
        if bell in readable({self._sock.fileno(), bell}, deadline):
            raise ConnectionClosed(local=True)

    def _connection(self, sock: _Socket) -> FramedSocket | None:
        """Make the framed connection of an accepted socket, or return None if it is dead already."""
        try:
            # On some platforms an accepted socket inherits that the listener is non-blocking.
            sock.settimeout(socket.getdefaulttimeout())
            if sock.family in (socket.AF_INET, socket.AF_INET6):
                # Some platforms refuse this if the peer has gone.
                with contextlib.suppress(OSError):
                    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._context is not None:
                sock = wrap(self._context, sock, server_side=True)
            return FramedSocket._configured(sock, self._config)  # noqa: SLF001 - ours
        except BaseException as error:
            sock.close()
            if isinstance(error, OSError) and error.errno in _GONE:
                return None
            raise


listen.__module__ = FramedListener.__module__ = "framing"
