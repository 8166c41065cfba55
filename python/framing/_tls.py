"""TLS: contexts are checked before a connection is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import socket
    from ssl import SSLContext, SSLSocket

__all__ = ["client_context", "server_context", "wrap"]


def client_context(given: SSLContext | bool | None, server_hostname: str | None) -> SSLContext | None:
    """Return the context to connect with, or None for no TLS; True means the default one.

    Raises:
        TypeError: It is no context.
        ValueError: There is no host name and the context checks it, or the name cannot be one.
        ssl.SSLError: The context is a server's.
    """
    if given is None or given is False:
        return None
    import ssl

    context = ssl.create_default_context() if given is True else given
    if not isinstance(context, ssl.SSLContext):
        raise TypeError(f"ssl must be an ssl.SSLContext or True, not '{type(context).__name__}'")
    if context.check_hostname and not server_hostname:
        raise ValueError("server_hostname is required: the context checks it, and no host is given")
    _rehearse(context, server_hostname=server_hostname)
    return context


def server_context(given: SSLContext | None) -> SSLContext | None:
    """Return the context to accept with, or None for no TLS.

    Raises:
        TypeError: It is no context.
        ssl.SSLError: The context is a client's.
    """
    if given is None:
        return None
    import ssl

    if not isinstance(given, ssl.SSLContext):
        raise TypeError(f"ssl must be an ssl.SSLContext, not '{type(given).__name__}'")
    _rehearse(given, server_side=True)
    return given


def wrap(context: SSLContext, sock: socket.socket, **options: Any) -> SSLSocket:
    """Wrap a connected socket in TLS. The handshake follows later.

    Raises:
        OSError: It is not connected any more.
    """
    # Else it would be taken for a socket that is to be connected later.
    sock.getpeername()
    return context.wrap_socket(sock, do_handshake_on_connect=False, **options)


def _rehearse(context: SSLContext, **options: Any) -> None:
    """Raise what `wrap_socket` would raise, without a socket."""
    import ssl

    context.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), **options)
