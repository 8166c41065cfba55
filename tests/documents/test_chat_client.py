"""The clients in examples/chat: at servers that fail, and at a real terminal."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from support.pairs import begin
from support.processes import TIMEOUT, finished, peer, started
from support.rooms import CHAT, CLIENTS, LOST, NOT_FRAMED, exactly, frame, person, room

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.rooms import Person

pytestmark = pytest.mark.slow


# Servers that fail


@pytest.mark.parametrize("client", CLIENTS)
def test_the_server_closes(client: str) -> None:
    # Half of what somebody said is nothing, but no message is cut.
    with peer([frame("ann") + frame("hi") + frame("bob")]) as port, person(client, port) as zoe:
        assert zoe.hears() == "ann > hi"
        assert finished(zoe.process) == (0, "")


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("rest", list(LOST.values()), ids=list(LOST))
def test_the_server_closes_inside_a_message(client: str, rest: bytes) -> None:
    with peer([frame("ann") + frame("hi") + rest]) as port, person(client, port) as zoe:
        assert zoe.hears() == "ann > hi"
        assert complaint(zoe, port).startswith("the stream ended inside a")


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("sent", list(NOT_FRAMED.values()), ids=list(NOT_FRAMED))
def test_the_server_sends_garbage(client: str, sent: bytes) -> None:
    with peer([sent], end=False) as port, person(client, port) as zoe:
        assert complaint(zoe, port)
        assert zoe.hears() == ""


@pytest.mark.parametrize("client", CLIENTS)
def test_the_server_sends_garbage_behind_a_message(client: str) -> None:
    # In one packet, and then nothing: it is noticed all the same.
    sent = frame("ann") + frame("hi") + NOT_FRAMED["HTTP"]
    with peer([sent], end=False) as port, person(client, port) as zoe:
        assert complaint(zoe, port).startswith("invalid header")
        assert zoe.hears() == "ann > hi"


@pytest.mark.parametrize("client", CLIENTS)
def test_the_server_reads_late(client: str) -> None:
    # More than the kernel keeps for a connection, so that some of it waits at the keyboard.
    lines = [f"{number:<10000}" for number in range(1000)]
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        person(client, listener.getsockname()[1], "--name=zoe") as zoe,
    ):

        def type_and_leave() -> None:
            with zoe.keyboard:
                zoe.says("\n".join(lines))

        typing = begin(type_and_leave)
        connection, _ = listener.accept()
        with connection:
            connection.settimeout(TIMEOUT)
            # She hears while she cannot speak.
            for number in range(100):
                connection.sendall(frame("ann") + frame(f"hello {number}"))
                assert zoe.hears() == f"ann > hello {number}"
            wire = b"".join(map(frame, ["zoe", *lines]))
            # To the end.
            assert exactly(connection, len(wire) + 1) == wire
        typing.result()
        assert finished(zoe.process) == (0, "")


@pytest.mark.parametrize("client", CLIENTS)
def test_a_line_that_is_too_long(client: str) -> None:
    with room("server.py") as here, here.person(client, "zoe") as zoe:
        zoe.says("ö" * 32768 + "!")
        assert "65537" in complaint(zoe, here.port)


@pytest.mark.parametrize("client", CLIENTS)
def test_who_leaves_still_hears(client: str) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        person(client, listener.getsockname()[1], "--name=zoe") as zoe,
    ):
        connection, _ = listener.accept()
        with connection:
            connection.settimeout(TIMEOUT)
            zoe.keyboard.close()
            assert exactly(connection, 14) == frame("zoe")
            connection.sendall(frame("ann") + frame("bye"))
        assert zoe.hears() == "ann > bye"
        assert finished(zoe.process) == (0, "")


@pytest.mark.parametrize("client", CLIENTS)
def test_nobody_listens(client: str) -> None:
    with socket.socket() as taken:
        # Bound and not listening: nobody else can listen there meanwhile.
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with person(client, port) as zoe:
            assert complaint(zoe, port)


def complaint(somebody: Person, port: int) -> str:
    status, complaints = finished(somebody.process)
    (line,) = complaints.splitlines()
    where, _, what = line.partition(f":{port}: ")
    assert (status, where) == (1, "127.0.0.1")
    return what


# At the terminal


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals")
@pytest.mark.parametrize("client", CLIENTS)
def test_what_others_say_is_seen_at_once(client: str) -> None:
    with room("server.py") as here, here.guest("bob") as bob, terminal(client, here.port) as shown:
        screen, process = shown
        screen.reads("Username: ")
        screen.types("ann\n")
        screen.reads("ann > ")
        here.reports("ann joined")
        screen.types("half a li")
        screen.reads("half a li")
        bob.send(frame("hello"))
        # While a line is being typed. It goes on, and is sent whole.
        screen.reads("\rbob > hello\r\nann > ")
        screen.types("ne\n")
        wire = frame("ann") + frame("half a line")
        assert bob.receive(len(wire)) == wire
        screen.reads("ann > ")
        # Ctrl-D.
        screen.types("\x04")
        assert finished(process) == (0, "")


class Screen:
    """The other side of a terminal: what it shows, and what is typed."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._shown = ""

    def reads(self, text: str) -> None:
        """Waits until this is shown, behind what was read before."""
        while text not in self._shown:
            self._shown += os.read(self._descriptor, 4096).decode()
        self._shown = self._shown.partition(text)[2]

    def types(self, text: str) -> None:
        os.write(self._descriptor, text.encode())


@contextlib.contextmanager
def terminal(client: str, port: int) -> Iterator[tuple[Screen, subprocess.Popen[str]]]:
    """Starts a client whose stdin and stdout are a terminal."""
    ours, theirs = os.openpty()
    try:
        with started(CHAT / client, f"--port={port}", stdin=theirs, stdout=theirs) as process:
            os.close(theirs)
            yield Screen(ours), process
    finally:
        os.close(ours)
