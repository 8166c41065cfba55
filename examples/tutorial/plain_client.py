"""Print the messages of a server, each on a line of its own.

TCP does not keep messages apart: one recv can give half a header, or two messages and a bit. Sixteen
bytes at a time makes sure that this happens. What is left behind a message belongs to the next one.

    python plain_server.py
    python plain_client.py          (in another terminal)

This one does it by hand; client.py is the same script with framing. Either server will do.
"""

from __future__ import annotations

import itertools
import socket
import sys
from typing import TYPE_CHECKING

from options import client_options

if TYPE_CHECKING:
    from collections.abc import Iterator

HEADERSIZE = 10


def receive(sock: socket.socket) -> Iterator[bytes]:
    buffer = bytearray()
    while chunk := sock.recv(16):
        buffer += chunk
        while len(buffer) >= HEADERSIZE:
            header = bytes(buffer[:HEADERSIZE])
            # int() alone would take "-5", "+5" and "1_000" as well.
            if not header.strip(b" ").isdigit():
                raise ValueError(f"invalid header {header!r}: the stream is not framed")
            end = HEADERSIZE + int(header)
            if len(buffer) < end:
                break
            yield bytes(buffer[HEADERSIZE:end])
            del buffer[:end]
    if buffer:
        raise EOFError("the stream ended inside a message")


def main() -> None:
    options = client_options(__doc__)
    try:
        with socket.create_connection((options.host, options.port)) as sock:
            for payload in itertools.islice(receive(sock), options.count or None):
                print(payload.decode(), flush=True)
    except (OSError, EOFError, ValueError) as error:
        sys.exit(f"{options.host}:{options.port}: {error}")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
