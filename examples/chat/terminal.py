"""What the chat scripts share that has nothing to do with the network: command lines, keyboard, screen."""

from __future__ import annotations

import argparse
import contextlib
import shutil
import socket
import sys
import threading
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Self


def server_options(doc: str | None) -> argparse.Namespace:
    """Parse the options of a server; `doc` is its module's docstring, which `--help` shows."""
    parser = _parser(doc)
    parser.add_argument("--port", type=_port, default=1234, help="0 for any free one (default: 1234)")
    return parser.parse_args()


def client_options(doc: str | None) -> argparse.Namespace:
    """Parse the options of a client; `doc` is its module's docstring, which `--help` shows."""
    parser = _parser(doc)
    parser.add_argument("--port", type=_port, default=1234, help="the server's (default: 1234)")
    parser.add_argument("--name", type=_line, help="your name (default: the first line you type)")
    return parser.parse_args()


class Terminal:
    """Keyboard and screen of a client. It has a `fileno`: select can wait for a line while others talk.

    Args:
        name: Taken as the first line, before anything is typed.
    """

    def __init__(self, name: str | None) -> None:
        self._typed, carrier = socket.socketpair()
        self._unfinished = b""
        self._prompt = "Username: "
        self._watched = sys.stdin.isatty() and sys.stdout.isatty()
        if name is None:
            self._write(self._prompt)
        # A daemon: it may wait for a line that never comes.
        threading.Thread(target=_carry, args=(name, carrier), daemon=True).start()

    def fileno(self) -> int:
        """Return what `select` waits for: it is readable when there are lines, or no more."""
        return self._typed.fileno()

    def lines(self) -> list[str]:
        """Return the lines typed since the last call, without the empty ones. The first one ever is the name.

        Raises:
            EOFError: There will be no more.
        """
        chunk = self._typed.recv(65536)
        if not chunk and not self._unfinished:
            raise EOFError("the end of the input")
        # The last line may lack its end.
        *ended, self._unfinished = (self._unfinished + (chunk or b"\n")).split(b"\n")
        lines = [line.decode() for line in ended if line]
        if lines and self._prompt == "Username: ":
            self._prompt = f"{lines[0]} > "
        self._write(self._prompt)
        return lines

    def show(self, name: bytes, message: bytes) -> None:
        """Print what somebody said, above the prompt.

        The terminal keeps what has been typed of a line, and sends all of it after enter.
        """
        self._write("\r" + " " * (shutil.get_terminal_size().columns - 1) + "\r")
        print(f"{printable(name)} > {printable(message)}", flush=True)
        self._write(self._prompt)

    def _write(self, text: str) -> None:
        # A pipe or a file gets the messages only.
        if self._watched:
            print(text, end="", flush=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._typed.close()
        self._write("\n")


def printable(payload: bytes) -> str:
    """Return a stranger's text as far as stdout can show it, without what would control a terminal."""
    text = payload.decode(errors="replace")
    harmless = "".join("\ufffd" if unicodedata.category(c) == "Cc" else c for c in text)
    return harmless.encode(sys.stdout.encoding, "replace").decode(sys.stdout.encoding)


def _carry(name: str | None, carrier: socket.socket) -> None:
    # On Windows select takes nothing but sockets, so the lines of stdin are carried to one. They are read
    # apart from sys.stdin, which the interpreter wants to itself when it ends.
    stdin, encoding = sys.stdin.fileno(), sys.stdin.encoding
    with (
        contextlib.suppress(OSError),
        carrier,
        open(stdin, encoding=encoding, errors="replace", closefd=False) as keyboard,
    ):
        if name is not None:
            carrier.sendall(f"{name}\n".encode())
        for line in keyboard:
            carrier.sendall(line.encode())


def _parser(doc: str | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=doc, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("--host", default="127.0.0.1", help="default: 127.0.0.1, this machine only")
    return parser


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 65535")
    return port


def _line(text: str) -> str:
    # Lone surrogates are how Python carries along what a terminal passed and is no text.
    if not text or any(unicodedata.category(c) in ("Cc", "Cs") for c in text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a line of text")
    return text


# argparse names the type that it could not make of an argument.
_port.__name__ = "int"
