"""Chat rooms, each a server process, and who is in them: client processes, and bare sockets."""

from __future__ import annotations

import contextlib
import socket
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from support.processes import complaints_in, connect, finished, first_line, serving, started, vanish

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO, Self

CHAT = Path(__file__).parents[2] / "examples" / "chat"
SELECT_SERVERS = ("plain_server.py", "server.py")
SERVERS = (*SELECT_SERVERS, "aio_server.py")
CLIENTS = ("plain_client.py", "client.py", "aio_client.py")


def frame(text: str) -> bytes:
    """As every script of this protocol writes it."""
    payload = text.encode()
    return f"{len(payload):<10}".encode() + payload


LOST = {
    "inside the header": frame("hello")[:4],
    "after the header": frame("hello")[:10],
    "inside the payload": frame("hello")[:12],
}

NOT_FRAMED = {
    "HTTP": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "binary length": b"\x00\x00\x00\x05hello\x00\x00\x00\x05hello",
    "negative length": b"-5        hello",
    "underscore": b"1_0       0123456789",
    "blank": b"                    ",
    "too long": b"65537     hello",
}


def exactly(sock: socket.socket, size: int) -> bytes:
    """Waits for so many bytes; fewer where the stream ends."""
    wire = bytearray()
    while len(wire) < size and (chunk := sock.recv(size - len(wire))):
        wire += chunk
    return bytes(wire)


class Room:
    """A server, and what it reports."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self.process = process
        self.port = port

    def reports(self, report: str) -> str:
        """Waits for the next report, which begins so."""
        line = first_line(self.process)
        assert line.startswith(report), line
        return line

    @contextlib.contextmanager
    def person(self, client: str, name: str) -> Iterator[Person]:
        """Starts a client, and waits until it is one of the room."""
        with person(client, self.port, f"--name={name}") as somebody:
            self.reports(f"{name} joined")
            yield somebody

    def guest(self, name: str) -> Guest:
        """Connects, and waits until the guest is one of the room."""
        guest = Guest(self.port)
        guest.send(frame(name))
        self.reports(f"{name} joined")
        return guest


@contextlib.contextmanager
def room(server: str) -> Iterator[Room]:
    """Starts a server, which at the end is still there and has complained of nothing."""
    with serving(CHAT / server) as (process, port):
        yield Room(process, port)
        assert process.poll() is None
        process.kill()
        assert finished(process)[1] == ""


class Person:
    """A client process, at whose keyboard and screen a test sits."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    @property
    def keyboard(self) -> IO[str]:
        """What the client's stdin comes from."""
        assert self.process.stdin is not None
        return self.process.stdin

    def says(self, line: str) -> None:
        """Types a line."""
        self.keyboard.write(f"{line}\n")
        self.keyboard.flush()

    def hears(self) -> str:
        """Waits for the next line on the screen."""
        return first_line(self.process).removesuffix("\n")

    def leaves(self, last_words: str = "") -> tuple[int, str, str]:
        """Ends the input, and gives exit status, what else was heard, and complaints."""
        output, stderr = self.process.communicate(last_words)
        return self.process.returncode, output, complaints_in(stderr)


@contextlib.contextmanager
def person(client: str, port: int, *arguments: str) -> Iterator[Person]:
    """Starts a client."""
    with started(CHAT / client, f"--port={port}", *arguments, stdin=subprocess.PIPE) as process:
        try:
            yield Person(process)
        except BaseException as error:
            # What went wrong in the client says more than what the test missed.
            process.kill()
            assert process.stderr is not None
            if not process.stderr.closed:
                error.add_note(f"{client}: {process.stderr.read()}")
            raise


class Guest:
    """A bare socket in the room: sends and sees the very bytes."""

    def __init__(self, port: int, receive_buffer: int | None = None) -> None:
        self.socket = connect(port, receive_buffer)

    def send(self, wire: bytes) -> None:
        """Sends these bytes, framed or not."""
        self.socket.sendall(wire)

    def receive(self, size: int) -> bytes:
        """Waits for so many bytes; fewer where the stream ends."""
        return exactly(self.socket, size)

    def is_shown_out(self) -> bool:
        """Waits for what the server sends next: whether it is the end."""
        # Bytes of ours that the server has not read make the end a reset.
        with contextlib.suppress(ConnectionResetError):
            return self.socket.recv(1) == b""
        return True

    def vanish(self) -> None:
        """Resets the connection, as a process does that is killed with something unread."""
        vanish(self.socket)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()
