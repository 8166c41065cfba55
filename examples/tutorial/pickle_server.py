"""Python objects instead of text: a pickled dict every few seconds.

A payload is bytes, whatever they mean, so an object only needs pickle.dumps before it is framed.

    python pickle_server.py
    python pickle_client.py         (in another terminal)

WARNING: whoever unpickles what a stranger sent runs the stranger's code. This server only sends, and
only to its own machine (127.0.0.1) unless told otherwise; its client is the one that has to trust.
"""

from __future__ import annotations

import contextlib
import itertools
import pickle
import socket
import sys
import threading
import time
from typing import TYPE_CHECKING

from framing import encode
from options import server_options

if TYPE_CHECKING:
    import argparse


def compose(number: int, given: list[str]) -> dict[str, object]:
    text = given[number % len(given)] if given else "Welcome to the server!"
    return {"number": number, "text": text, "time": time.time()}


def talk(client: socket.socket, options: argparse.Namespace) -> None:
    # A client may leave at any time. That ends its own thread, and is nobody else's concern.
    with client, contextlib.suppress(OSError):
        for number in itertools.islice(itertools.count(), options.count or None):
            if number:
                time.sleep(options.interval)
            client.sendall(encode(pickle.dumps(compose(number, options.message))))


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
