"""Talk in a chat room: type a line and press enter; what the others say is printed as it comes.

The socket does not block: a recv without anything to give raises an error with errno EAGAIN. Where the
usual script tries one after each line that is typed, this one lets select wait for both, keyboard and
server.

    python plain_server.py
    python plain_client.py          (in other terminals, as many as you like)

This one does it by hand; client.py is the same script with framing. Either server will do.
"""

from __future__ import annotations

import errno
import select
import socket
import sys
from typing import TYPE_CHECKING

from terminal import Terminal, client_options

if TYPE_CHECKING:
    from collections.abc import Iterator

HEADERSIZE = 10
MESSAGE_LIMIT = 65536


def encode(line: str) -> bytes:
    # The header counts bytes, and one character can be several: encode first, then measure.
    payload = line.encode()
    if len(payload) > MESSAGE_LIMIT:
        raise ValueError(f"a message of {len(payload)} bytes is too long")
    return f"{len(payload):<{HEADERSIZE}}".encode() + payload


def payloads(inbox: bytearray) -> Iterator[bytes]:
    while len(inbox) >= HEADERSIZE:
        header = bytes(inbox[:HEADERSIZE])
        # int() alone would take "-5", "+5" and "1_000" as well.
        if not header.strip(b" ").isdigit():
            raise ValueError(f"invalid header {header!r}: the stream is not framed")
        end = HEADERSIZE + int(header)
        if end > HEADERSIZE + MESSAGE_LIMIT:
            raise ValueError(f"a message of {int(header)} bytes is too long")
        if len(inbox) < end:
            break
        yield bytes(inbox[HEADERSIZE:end])
        del inbox[:end]


def receive(server: socket.socket, inbox: bytearray) -> bool:
    """Take what has arrived, if anything, and return False if the server has closed."""
    try:
        chunk = server.recv(65536)
    except OSError as error:
        if error.errno not in (errno.EAGAIN, errno.EWOULDBLOCK):
            raise
        return True
    if not chunk and inbox:
        raise EOFError("the stream ended inside a message")
    inbox += chunk
    return bool(chunk)


def send(server: socket.socket, outbox: bytearray) -> None:
    """Send what there is room for, and keep the rest."""
    try:
        while outbox:
            del outbox[: server.send(outbox)]
    except OSError as error:
        if error.errno not in (errno.EAGAIN, errno.EWOULDBLOCK):
            raise


def chat(server: socket.socket, terminal: Terminal) -> None:
    inbox, outbox = bytearray(), bytearray()
    heard: list[bytes] = []
    talking = True
    while receive(server, inbox):
        for payload in payloads(inbox):
            heard.append(payload)
            # A name, and what was said.
            if len(heard) == 2:
                terminal.show(*heard)
                heard.clear()
        send(server, outbox)
        # No line is read while an earlier one is still on its way.
        sources: list[socket.socket | Terminal] = [server]
        if talking and not outbox:
            sources.append(terminal)
        readable, _, _ = select.select(sources, [server] if outbox else [], [])
        if terminal in readable:
            try:
                for line in terminal.lines():
                    outbox += encode(line)
            except EOFError:
                # What the others have said meanwhile is still heard: the server closes after that.
                talking = False
                server.shutdown(socket.SHUT_WR)


def main() -> None:
    options = client_options(__doc__)
    try:
        with (
            socket.create_connection((options.host, options.port)) as server,
            Terminal(options.name) as terminal,
        ):
            server.setblocking(False)
            chat(server, terminal)
    except (OSError, EOFError, ValueError) as error:
        sys.exit(f"{options.host}:{options.port}: {error}")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
