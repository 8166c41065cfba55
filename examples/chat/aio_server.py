"""A chat room: what one client says, all the others hear.

A client's first message is its name. From then on the server forwards each message, behind the name of
who said it, with both headers as they came. Nobody is waited for: asyncio calls when something has come.

    python aio_server.py
    python aio_client.py            (in other terminals, as many as you like)

This one does it with framing.aio, in the callback style; server.py is the same script with select. Clients
of all kinds can meet.
"""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

import framing
from framing import aio
from terminal import printable, server_options

if TYPE_CHECKING:
    import argparse

# The longest name or message.
MESSAGE_LIMIT = 65536

# Bytes kept for a client that does not read, besides what the kernel keeps.
BACKLOG = 4 * 1024 * 1024

# Clients at a time. Some systems allow a process 256 descriptors.
CROWD = 200


class Client(aio.FramedProtocol):
    """Somebody who is connected; one of the room as soon as the name is there."""

    def __init__(self, clients: set[Client]) -> None:
        super().__init__(max_frame_size=MESSAGE_LIMIT, keep_header=True)
        self.clients = clients
        self.label = "nowhere"
        self.user: bytes | None = None
        self.reason: str | Exception = "the stream ended"

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody is at the door."""
        super().connection_made(transport)
        # Some systems do not know the address of who has left already.
        if address := transport.get_extra_info("peername"):
            self.label = "{}:{}".format(*address)
        self.transport.set_write_buffer_limits(high=BACKLOG)
        self.clients.add(self)
        if len(self.clients) > CROWD:
            self.show_out("the room is full")

    def frame_received(self, frame: bytes) -> None:
        """Handle one line: a name, or what somebody says."""
        if self.user is None:
            self.user = frame
            self.label = printable(frame[framing.HEADER_SIZE :])
            print(f"{self.label} joined", flush=True)
        else:
            self.forward(self.user + frame)

    def forward(self, said: bytes) -> None:
        """Send a text to all other members of the room."""
        for client in self.clients:
            if client is not self and client.user is not None and not client.is_closing():
                client.send_encoded(said)

    def pause_writing(self) -> None:
        """Disconnect a member whose backlog has become too long."""
        # To wait would make everybody wait for one who does not read, to keep more would take all the memory,
        # and to leave messages out would deceive a reader who is only slow. So the connection ends, and at
        # once: what is in the backlog would have to wait for its reader, too.
        self.show_out("does not read what others say")

    def error_received(self, exc: framing.FramingError) -> None:
        """Handle bytes that are not framed, a frame that is too long, or an end inside a frame."""
        self.show_out(exc)

    def connection_lost(self, exc: Exception | None) -> None:
        """Leave the room when the connection is gone, whoever ended it."""
        super().connection_lost(exc)
        self.clients.remove(self)
        print(f"{self.label} left: {exc or self.reason}", flush=True)

    def show_out(self, reason: str | Exception) -> None:
        """End the connection at once."""
        self.reason = reason
        self.abort()


async def serve(options: argparse.Namespace) -> None:
    clients: set[Client] = set()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Client(clients), options.host, options.port)
    try:
        # A name may stand for several addresses.
        for sock in server.sockets:
            print("listening on {}:{}".format(*sock.getsockname()), flush=True)
        # Until ctrl-C. (serve_forever would then wait until all clients have left.)
        await loop.create_future()
    finally:
        server.close()
        for client in clients:
            client.show_out("the room is closed")


def main() -> None:
    asyncio.run(serve(server_options(__doc__)))


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:
        sys.exit(f"{sys.argv[0]}: {error}")
