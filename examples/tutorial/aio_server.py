"""A greeting, then the time every few seconds, over one connection that stays open.

TCP carries bytes and knows no messages. So each message goes out behind a header: its length in
bytes, as text, padded with spaces to ten characters. The client reads from it where the message ends.

    python aio_server.py
    python aio_client.py            (in another terminal)

This one does it with framing.aio: all clients in one thread, each in a task; server.py is the same
script with a thread for each. Any client will do.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
import time
from typing import TYPE_CHECKING

from framing import aio
from options import server_options

if TYPE_CHECKING:
    import argparse


def compose(number: int, given: list[str]) -> str:
    if given:
        return given[number % len(given)]
    return f"The time is {time.time()}" if number else "Welcome to the server!"


async def talk(client: aio.FramedStream, options: argparse.Namespace) -> None:
    # A client may leave at any time. The error that the next send raises then ends this task, and the
    # server knows that it is an ordinary one. Who does not read is waited for here, and nowhere else.
    for number in itertools.islice(itertools.count(), options.count or None):
        if number:
            await asyncio.sleep(options.interval)
        await client.send(compose(number, options.message))


async def serve(options: argparse.Namespace) -> None:
    numbers = itertools.count(1)
    enough = asyncio.Event()

    async def welcome(client: aio.FramedStream) -> None:
        if next(numbers) == options.clients:
            enough.set()
        # Some systems do not know the address of who has left already.
        host, port, *_ = client.get_extra_info("peername") or ("nowhere", 0)
        print(f"connection from {host}:{port}", flush=True)
        await talk(client, options)

    server = await aio.start_server(welcome, options.host, options.port, grace=None)
    try:
        # A name may stand for several addresses.
        for sock in server.sockets:
            print("listening on {}:{}".format(*sock.getsockname()), flush=True)
        await enough.wait()
        server.close()
        # Who has been let in is served to the end.
        await server.wait_closed()
    finally:
        # On ctrl-C nobody is: asyncio.run cancels the tasks that are left.
        server.close()


def main() -> None:
    asyncio.run(serve(server_options(__doc__)))


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:
        sys.exit(f"{sys.argv[0]}: {error}")
