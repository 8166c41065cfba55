"""Talk in a chat room: type a line and press enter; what the others say is printed as it comes.

Two tasks, each a plain loop: one waits for the server, the other for the keyboard.

    python aio_server.py
    python aio_client.py            (in other terminals, as many as you like)

This one does it with framing.aio; client.py is the same script with select. Any server will do.
"""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

from framing import aio
from terminal import Terminal, client_options

if TYPE_CHECKING:
    import argparse

MESSAGE_LIMIT = 65536


async def listen(server: aio.FramedStream, terminal: Terminal) -> None:
    heard: list[bytes] = []
    async for payload in server:
        heard.append(payload)
        # A name, and what was said.
        if len(heard) == 2:
            terminal.show(*heard)
            heard.clear()


async def talk(server: aio.FramedStream, terminal: Terminal) -> None:
    while True:
        await readable(terminal)
        try:
            lines = terminal.lines()
        except EOFError:
            # What the others have said meanwhile is still heard: the server closes after that.
            server.write_eof()
            break
        # Waits while the server does not read, and nobody types meanwhile.
        await server.send_many(lines)


async def readable(terminal: Terminal) -> None:
    """Wait until there are lines, or no more."""
    loop = asyncio.get_running_loop()
    typed = asyncio.Event()
    loop.add_reader(terminal, typed.set)
    try:
        await typed.wait()
    finally:
        loop.remove_reader(terminal)


async def chat(options: argparse.Namespace) -> None:
    async with await aio.open_connection(
        options.host, options.port, max_frame_size=MESSAGE_LIMIT
    ) as server:
        with Terminal(options.name) as terminal:
            async with asyncio.TaskGroup() as tasks:
                talking = tasks.create_task(talk(server, terminal))
                await listen(server, terminal)
                # The server has closed.
                talking.cancel()


def main() -> None:
    options = client_options(__doc__)
    errors: tuple[Exception, ...] = ()
    try:
        # Windows' default loop waits for no descriptor; this one takes sockets everywhere.
        with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
            runner.run(chat(options))
    except* (OSError, EOFError, ValueError) as group:
        errors = group.exceptions
    if errors:
        sys.exit(f"{options.host}:{options.port}: {errors[0]}")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
