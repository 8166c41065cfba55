"""Print the messages of a server, each on a line of its own.

TCP does not keep messages apart: one read can give half a header, or two messages and a bit. A stream
of framing.aio gives whole messages, and keeps what is left behind one for the next.

    python aio_server.py
    python aio_client.py            (in another terminal)

This one does it with framing.aio; client.py is the same script without asyncio. Any server will do.
"""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

from framing import aio
from options import client_options

if TYPE_CHECKING:
    import argparse


async def receive(options: argparse.Namespace) -> None:
    received = 0
    async with await aio.open_connection(options.host, options.port) as server:
        async for payload in server:
            print(payload.decode(), flush=True)
            received += 1
            if received == options.count:
                break


def main() -> None:
    options = client_options(__doc__)
    try:
        asyncio.run(receive(options))
    except (OSError, EOFError, ValueError) as error:
        sys.exit(f"{options.host}:{options.port}: {error}")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
