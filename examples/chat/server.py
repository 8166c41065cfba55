"""A chat room: what one client says, all the others hear.

A client's first message is its name. From then on the server forwards each message, behind the name of
who said it, with both headers as they came. Nobody is waited for: select says who can be read or written.

    python server.py
    python client.py                (in other terminals, as many as you like)

This one does it with framing; plain_server.py is the same script by hand. Clients of both kinds can meet.
"""

from __future__ import annotations

import contextlib
import select
import sys
from typing import TYPE_CHECKING

import framing
from terminal import printable, server_options

if TYPE_CHECKING:
    from collections.abc import Iterator

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
        self.user: bytes | None = None
        self.outbox = bytearray()
        # There may be more in the FramedSocket, where select does not see it.
        self.talking = False


Clients = dict[framing.FramedSocket, Client]


def receive(link: framing.FramedSocket, clients: Clients) -> None:
    client = clients[link]
    client.talking = False
    try:
        messages = link.recv_many(timeout=0)
    except BlockingIOError:
        return
    client.talking = True
    for message in messages:
        if client.user is None:
            client.user = message
            client.label = printable(message[framing.HEADER_SIZE :])
            print(f"{client.label} joined", flush=True)
        else:
            forward(client, client.user + message, clients)


def forward(sender: Client, said: bytes, clients: Clients) -> None:
    for client in clients.values():
        if client is not sender and client.user is not None:
            client.outbox += said


def send(link: framing.FramedSocket, clients: Clients) -> None:
    client = clients[link]
    # Not taken at all: later. Taken and begun: the rest is the link's, and goes first the next time.
    with contextlib.suppress(BlockingIOError):
        with contextlib.suppress(framing.SendIncomplete):
            link.send_encoded(client.outbox, timeout=0)
        client.outbox = bytearray()
    if len(client.outbox) + link.pending_send > BACKLOG:
        raise ValueError("does not read what others say")


@contextlib.contextmanager
def parting(link: framing.FramedSocket, clients: Clients) -> Iterator[None]:
    # Whatever goes wrong with a client ends its own connection, and is nobody else's concern.
    try:
        yield
    except (OSError, EOFError, ValueError) as error:
        link.close()
        print(f"{clients.pop(link).label} left: {error}", flush=True)


def accept(listener: framing.FramedListener, clients: Clients) -> None:
    # Who knocks may be gone before the door is open.
    with contextlib.suppress(OSError):
        link, address = listener.accept(timeout=0)
        clients[link] = Client(address)


def serve(listener: framing.FramedListener, clients: Clients) -> None:
    while True:
        doors = [listener] if len(clients) < CROWD else []
        behind = [link for link, client in clients.items() if client.outbox or link.pending_send]
        watched: list[framing.FramedListener | framing.FramedSocket] = [*doors, *clients]
        busy = any(client.talking for client in clients.values())
        readable, _, _ = select.select(watched, behind, [], 0 if busy else None)
        for link in list(clients):
            if link in readable or clients[link].talking:
                with parting(link, clients):
                    receive(link, clients)
        for link in list(clients):
            with parting(link, clients):
                send(link, clients)
        if listener in readable:
            accept(listener, clients)


def main() -> None:
    options = server_options(__doc__)
    address = (options.host, options.port)
    with framing.listen(address, max_frame_size=MESSAGE_LIMIT, keep_header=True) as listener:
        print("listening on {}:{}".format(*listener.address), flush=True)
        clients: Clients = {}
        try:
            serve(listener, clients)
        finally:
            for link in clients:
                link.close()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:
        sys.exit(f"{sys.argv[0]}: {error}")
