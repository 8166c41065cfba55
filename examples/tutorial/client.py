"""Print the messages of a server, each on a line of its own.

TCP does not keep messages apart: one recv can give half a header, or two messages and a bit. Sixteen
bytes at a time makes sure that this happens. What is left behind a message belongs to the next one.

    python server.py
    python client.py                (in another terminal)

This one does it with framing; plain_client.py is the same script by hand. Either server will do.
"""

from __future__ import annotations

import itertools
import socket
import sys
from typing import TYPE_CHECKING

from framing import FrameDecoder
from options import client_options

if TYPE_CHECKING:
    from collections.abc import Iterator


def receive(sock: socket.socket) -> Iterator[bytes]:
    decoder = FrameDecoder()
    while decoder.error is None and (chunk := sock.recv(16)):
        yield from decoder.feed(chunk)
    decoder.feed_eof()


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
