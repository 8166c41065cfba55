"""Talk in a chat room: type a line and press enter; what the others say is printed as it comes.

The socket does not block: a recv without anything to give raises an error with errno EAGAIN. Where the
usual script tries one after each line that is typed, this one lets select wait for both, keyboard and
server.

    python server.py
    python client.py                (in other terminals, as many as you like)

This one does it with framing; plain_client.py is the same script by hand. Either server will do.
"""

from __future__ import annotations

import select
import sys

import framing
from terminal import Terminal, client_options

MESSAGE_LIMIT = 65536


def send(server: framing.FramedSocket, lines: list[str]) -> list[str]:
    """Send the lines that there is room for, and return the others."""
    try:
        server.send_many(lines)
    except framing.SendIncomplete:
        # Taken, and begun: the rest is the socket's, and goes first the next time.
        pass
    except BlockingIOError:
        return lines
    return []


def chat(server: framing.FramedSocket, terminal: Terminal) -> None:
    heard: list[bytes] = []
    unsent: list[str] = []
    talking = True
    while True:
        payloads: list[bytes] = []
        try:
            payloads = server.recv_many()
        except framing.FrameWouldBlock:
            pass
        except framing.ConnectionClosed:
            break
        for payload in payloads:
            heard.append(payload)
            # A name, and what was said.
            if len(heard) == 2:
                terminal.show(*heard)
                heard.clear()
        unsent = send(server, unsent)
        behind = [server] if unsent or server.pending_send else []
        # No line is read while an earlier one is still on its way.
        sources: list[framing.FramedSocket | Terminal] = [server]
        if talking and not behind:
            sources.append(terminal)
        # select does not see what the FramedSocket may still hold: it waits only where recv would have.
        readable, _, _ = select.select(sources, behind, [], 0 if payloads else None)
        if terminal in readable:
            try:
                unsent += terminal.lines()
            except EOFError:
                # What the others have said meanwhile is still heard: the server closes after that.
                talking = False
                server.shutdown()


def main() -> None:
    options = client_options(__doc__)
    address = (options.host, options.port)
    try:
        with (
            framing.connect(address, max_frame_size=MESSAGE_LIMIT) as server,
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
