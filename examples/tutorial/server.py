"""A greeting, then the time every few seconds, over one connection that stays open.

TCP carries bytes and knows no messages. So each message goes out behind a header: its length in
bytes, as text, padded with spaces to ten characters. The client reads from it where the message ends.

    python server.py
    python client.py                (in another terminal)

This one does it with framing; plain_server.py is the same script by hand. Either client will do.
"""

from __future__ import annotations

import contextlib
import itertools
import socket
import sys
import threading
import time
from typing import TYPE_CHECKING

from framing import encode
from options import server_options

if TYPE_CHECKING:
    import argparse


def compose(number: int, given: list[str]) -> str:
    if given:
        return given[number % len(given)]
    return f"The time is {time.time()}" if number else "Welcome to the server!"


def talk(client: socket.socket, options: argparse.Namespace) -> None:
    # A client may leave at any time. That ends its own thread, and is nobody else's concern.
    with client, contextlib.suppress(OSError):
        for number in itertools.islice(itertools.count(), options.count or None):
            if number:
                time.sleep(options.interval)
            client.sendall(encode(compose(number, options.message)))


def main() -> None:
    options = server_options(__doc__)
    with socket.create_server((options.host, options.port)) as server:
        host, port = server.getsockname()
        print(f"listening on {host}:{port}", flush=True)
        for _ in itertools.islice(itertools.count(), options.clients or None):
            client, address = server.accept()
            print("connection from {}:{}".format(*address), flush=True)
            # Daemons: ctrl-C need not wait for them.
            threading.Thread(target=talk, args=(client, options), daemon=True).start()
    for thread in set(threading.enumerate()) - {threading.current_thread()}:
        thread.join()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:
        sys.exit(f"{sys.argv[0]}: {error}")
