"""A chat room: what one client says, all the others hear.

A client's first message is its name. From then on the server forwards each message, behind the name of
who said it, with both headers as they came. Nobody is waited for: select says who can be read or written.

    python plain_server.py
    python plain_client.py          (in other terminals, as many as you like)

This one does it by hand; server.py is the same script with framing. Clients of both kinds can meet.

The usual script goes wrong where a client is not as expected. It takes what one recv(10) gives for a
whole header. It waits for a newcomer's name, and for the rest of a message, while everybody else waits
too. And it blocks on sending to somebody who does not read.
"""

from __future__ import annotations

import contextlib
import errno
import select
import socket
import sys
from typing import TYPE_CHECKING

from terminal import printable, server_options

if TYPE_CHECKING:
    from collections.abc import Iterator

HEADERSIZE = 10

# The most that is read from one client before it is the next one's turn.
RECV_SIZE = 65536

# The longest name or message.
MESSAGE_LIMIT = 65536

# Bytes kept for a client that does not read, besides what the kernel keeps.
BACKLOG = 4 * 1024 * 1024

# Clients at a time. More wait at the door: select takes 512 sockets on Windows and no descriptor above
# 1023 elsewhere, and some systems allow a process 256.
CROWD = 200


class Client:
    """Somebody who is connected; one of the room as soon as the name is there."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.label = "{}:{}".format(*address)
        self.user: dict[str, bytes] | None = None
        self.inbox = bytearray()
        self.outbox = bytearray()


def messages(inbox: bytearray) -> Iterator[dict[str, bytes]]:
    while len(inbox) >= HEADERSIZE:
        header = bytes(inbox[:HEADERSIZE])
        # int() alone would take "-5", "+5" and "1_000" as well.
        if not header.strip(b" ").isdigit():
            raise ValueError(f"invalid header {header!r}")
        end = HEADERSIZE + int(header)
        if end > HEADERSIZE + MESSAGE_LIMIT:
            raise ValueError(f"a message of {int(header)} bytes is too long")
        if len(inbox) < end:
            break
        yield {"header": header, "data": bytes(inbox[HEADERSIZE:end])}
        del inbox[:end]


def receive(sock: socket.socket, clients: dict[socket.socket, Client]) -> None:
    client = clients[sock]
    try:
        chunk = sock.recv(RECV_SIZE)
    except OSError as error:
        # select may be wrong, and then there is nothing yet.
        if error.errno not in (errno.EAGAIN, errno.EWOULDBLOCK):
            raise
        return
    if not chunk:
        raise EOFError("the stream ended" + (" inside a message" if client.inbox else ""))
    client.inbox += chunk
    for message in messages(client.inbox):
        if client.user is None:
            client.user = message
            client.label = printable(message["data"])
            print(f"{client.label} joined", flush=True)
        else:
            forward(client, message, clients)


def forward(sender: Client, message: dict[str, bytes], clients: dict[socket.socket, Client]) -> None:
    if sender.user is None:
        return
    said = sender.user["header"] + sender.user["data"] + message["header"] + message["data"]
    for client in clients.values():
        if client is not sender and client.user is not None:
            client.outbox += said


def send(sock: socket.socket, clients: dict[socket.socket, Client]) -> None:
    outbox = clients[sock].outbox
    try:
        while outbox:
            del outbox[: sock.send(outbox)]
    except OSError as error:
        if error.errno not in (errno.EAGAIN, errno.EWOULDBLOCK):
            raise
    if len(outbox) > BACKLOG:
        raise ValueError("does not read what others say")


@contextlib.contextmanager
def parting(sock: socket.socket, clients: dict[socket.socket, Client]) -> Iterator[None]:
    # Whatever goes wrong with a client ends its own connection, and is nobody else's concern.
    try:
        yield
    except (OSError, EOFError, ValueError) as error:
        sock.close()
        print(f"{clients.pop(sock).label} left: {error}", flush=True)


def accept(listener: socket.socket, clients: dict[socket.socket, Client]) -> None:
    # Who knocks may be gone before the door is open.
    with contextlib.suppress(OSError):
        sock, address = listener.accept()
        sock.setblocking(False)
        clients[sock] = Client(address)


def serve(listener: socket.socket, clients: dict[socket.socket, Client]) -> None:
    while True:
        doors = [listener] if len(clients) < CROWD else []
        behind = [sock for sock, client in clients.items() if client.outbox]
        readable, _, _ = select.select([*doors, *clients], behind, [])
        for sock in list(clients):
            if sock in readable:
                with parting(sock, clients):
                    receive(sock, clients)
        for sock in list(clients):
            with parting(sock, clients):
                send(sock, clients)
        if listener in readable:
            accept(listener, clients)


def main() -> None:
    options = server_options(__doc__)
    with socket.create_server((options.host, options.port)) as listener:
        listener.setblocking(False)
        print("listening on {}:{}".format(*listener.getsockname()), flush=True)
        clients: dict[socket.socket, Client] = {}
        try:
            serve(listener, clients)
        finally:
            for sock in clients:
                sock.close()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:
        sys.exit(f"{sys.argv[0]}: {error}")
