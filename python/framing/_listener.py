"""The listening side: a socket that gives framed connections."""

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
"""What befell one connection before it was accepted, and not the listener: see accept(2)."""


def listen(
    address: Address,
    *,
    backlog: int = 128,
    reuse_port: bool = False,
    ssl: SSLContext | None = None,
    **options: Unpack[FrameOptions],
) -> FramedListener:
    """Listens for connections, which come out as `FramedSocket`s.

    Args:
        address: `(host, port)`; no host (None or "") is every IPv4 interface, and port 0 a free one. A
            host name with several addresses is its first one of IPv4, if there is one. Or a path, for a Unix
            socket: its file is removed by `close`, in the process that called `listen`.
        backlog: Connections that may wait to be accepted.
        reuse_port: Several sockets may listen on the port, and the system spreads connections among them.
        ssl: A server's context, for TLS. The handshake is part of a connection's first call, under its
            deadline: a client that is silent stops nobody else.
        **options: How the connections are framed: see `FrameOptions`.

    Raises:
        OSError: The system refuses the address.
        TypeError, ValueError: An argument is wrong. None is left to be refused at the first connection.

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
"""By a name that the listener's own `socket` does not hide."""


class FramedListener(Configured, metaclass=NoPublicConstructor):
    """A socket that listens, and gives framed connections. `listen` makes it.

    Many threads may accept at once. Iterating accepts until the listener is closed:

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
        """Listens on `sock`, which is made non-blocking, and is the listener's from then on.

        `config` says how the connections are framed, `context` is for TLS, `file` is removed when the listener is closed.
        """
        self._sock = sock
        self._address = sock.getsockname()
        self._config = config
        self._context = context
        self._timeout = sock.gettimeout()
        # One of several threads, or processes, gets the connection that has woken all of them.
        sock.setblocking(False)
        self._gate = Gate(shut=lambda: None if file is None else file.remove(), dispose=sock.close)

    def accept(
        self, *, timeout: float | Literal["default"] | None = "default"
    ) -> tuple[FramedSocket, Any]:
        """Waits for a connection, and gives it and its peer's address.

        It blocks, or has `socket.getdefaulttimeout()`; `TCP_NODELAY` is set. Connections that have died
        before they were accepted are passed over.

        Args:
            timeout: Seconds to wait; None for ever, 0 not at all. "default" is what `settimeout` has set.

        Raises:
            ConnectionClosed: This side has closed the listener, perhaps meanwhile; `local` is True.
            TimeoutError: There was none in time.
            BlockingIOError: There is none, and the timeout is 0.
            OSError: The system refuses, out of descriptors for example. The connection waits.
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
        """Ends the listening.

        A call that waits in another thread raises `ConnectionClosed`, as do later calls; the last one that is
        under way closes the descriptor. Copies of it in forked processes go on listening.
        """
        self._gate.close()

    @property
    def closed(self) -> bool:
        """Whether this side has closed it."""
        return self._gate.closed

    @property
    def address(self) -> Any:
        """Where it listens, as `getsockname` says it: with the port that the system chose."""
        return self._address

    @property
    def socket(self) -> _Socket:
        """The listening socket. It does not block."""
        return self._sock

    def fileno(self) -> int:
        """Gives the descriptor, which is readable where there is a connection; -1 once it is closed."""
        return -1 if self.closed else self._sock.fileno()

    def settimeout(self, timeout: float | None) -> None:
        """Sets how long `accept` waits where it is not told: seconds, None for ever, 0 not at all.

        Raises:
            TypeError: It is no number.
            ValueError: It is negative.
        """
        self._timeout = seconds(timeout)

    def gettimeout(self) -> float | None:
        """Gives how long `accept` waits where it is not told."""
        return self._timeout

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        state = "closed" if self.closed else "listening"
        return f"<framing.FramedListener {state} on {self._address!r}>"

    def _wait(self, deadline: Deadline) -> None:
        """Waits until there may be a connection."""
        if deadline.remaining() == 0:
            raise deadline.missed()
        bell = self._gate.bell()
        if bell in readable({self._sock.fileno(), bell}, deadline):
            raise ConnectionClosed(local=True)

    def _connection(self, sock: _Socket) -> FramedSocket | None:
        """Frames an accepted socket; not one that is dead already."""
        try:
            # Some platforms hand down that the listener does not block.
            sock.settimeout(socket.getdefaulttimeout())
            if sock.family in (socket.AF_INET, socket.AF_INET6):
                # Some refuse it where the peer has gone.
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
