"""Print the objects of a server, each on a line of its own.

    python pickle_server.py
    python pickle_client.py         (in another terminal)

WARNING: unpickling what a stranger sent runs the stranger's code, here, with your rights. Nothing in
this script prevents that, and nothing could. Connect only to a server that you started yourself, on
127.0.0.1; between machines, send JSON.
"""

from __future__ import annotations

import itertools
import pickle
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


def unpickle(payload: bytes) -> object:
    # WARNING: pickle.loads runs whatever code the payload names. Framing says where the payload ends,
    # not whether it is meant well. Only for what your own server sent.
    try:
        return pickle.loads(payload)
    except Exception as error:  # The payload decides which: pickle promises no particular one.
        raise ValueError(f"not a pickled object: {error}") from error


def main() -> None:
    options = client_options(__doc__)
    if options.host != "127.0.0.1":
        print(f"warning: {options.host} will be able to run any code here", file=sys.stderr)
    try:
        with socket.create_connection((options.host, options.port)) as sock:
            for payload in itertools.islice(receive(sock), options.count or None):
                print(unpickle(payload), flush=True)
    except (OSError, EOFError, ValueError) as error:
        sys.exit(f"{options.host}:{options.port}: {error}")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
