"""The asyncio scripts in examples/chat: a full room, backlogs, strangers, ctrl-C at any time.

What they have in common with the other scripts is in test_chat.py and its neighbours.
"""

from __future__ import annotations

import contextlib
import socket
from typing import TYPE_CHECKING

import pytest
from support.pairs import begin
from support.processes import finished, serving, vanish
from support.rooms import CHAT, NOT_FRAMED, Guest, Room, frame, person, room

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow


SERVER = "aio_server.py"
CLIENT = "aio_client.py"
LONG = frame("x" * 60_000)


@pytest.fixture
def here() -> Iterator[Room]:
    with room(SERVER) as here:
        yield here


def slow_guest(here: Room, name: str) -> Guest:
    """One for whom the system keeps little."""
    guest = Guest(here.port, 4096)
    guest.send(frame(name))
    here.reports(f"{name} joined")
    return guest


# The server


def test_a_full_room(here: Room) -> None:
    with contextlib.ExitStack() as stack:
        crowd = [stack.enter_context(here.guest(f"guest {number}")) for number in range(200)]
        with Guest(here.port) as late:
            assert late.is_shown_out()
            assert here.reports("127.0.0.1:").endswith(" left: the room is full\n")
        crowd.pop().socket.shutdown(socket.SHUT_WR)
        here.reports("guest 199 left: the stream ended")
        eve = stack.enter_context(here.guest("eve"))
        eve.send(frame("hello"))
        wire = frame("eve") + frame("hello")
        for guest in crowd:
            assert guest.receive(len(wire)) == wire


def test_several_who_never_read(here: Room) -> None:
    with here.guest("ann") as ann, here.guest("bob") as bob, contextlib.ExitStack() as stack:
        for number in range(3):
            stack.enter_context(slow_guest(here, f"eve {number}"))

        def watch() -> list[str]:
            return sorted(here.reports("eve ") for _ in range(3))

        watching = begin(watch)
        while watching.is_alive():
            # Many at once: who is shown out is shown out while there is more to be forwarded.
            ann.send(frame("x" * 5000) * 48)
            wire = (frame("ann") + frame("x" * 5000)) * 48
            assert bob.receive(len(wire)) == wire
        left = [f"eve {number} left: does not read what others say\n" for number in range(3)]
        assert watching.result() == left
        bob.send(frame("who?"))
        assert ann.receive(14 + 13) == frame("bob") + frame("who?")


def test_who_leaves_is_still_sent_what_was_said(here: Room) -> None:
    with here.guest("ann") as ann, here.guest("bob") as bob, slow_guest(here, "eve") as eve:
        wire = frame("ann") + LONG
        for _ in range(65):
            ann.send(LONG)
            assert bob.receive(len(wire)) == wire
        eve.socket.shutdown(socket.SHUT_WR)
        for _ in range(65):
            assert eve.receive(len(wire)) == wire
        assert eve.receive(1) == b""
        here.reports("eve left: the stream ended")


@pytest.mark.parametrize("sent", list(NOT_FRAMED.values()), ids=list(NOT_FRAMED))
def test_who_sends_garbage_is_sent_nothing_more(here: Room, sent: bytes) -> None:
    with here.guest("ann") as ann, here.guest("bob") as bob, slow_guest(here, "eve") as eve:
        wire = frame("ann") + LONG
        for _ in range(65):
            ann.send(LONG)
            assert bob.receive(len(wire)) == wire
        eve.send(sent)
        # Although she has read nothing yet.
        here.reports("eve left: ")


@pytest.mark.parametrize("sent", [b"", frame("eve")[:12], *NOT_FRAMED.values()])
def test_strangers_leave_no_trace(here: Room, sent: bytes) -> None:
    with here.guest("ann") as ann, here.guest("bob") as bob:
        for number in range(30):
            eve = Guest(here.port)
            eve.send(sent)
            if number % 2:
                eve.vanish()
            else:
                eve.socket.close()
        # Some systems do not know the address of who has left already.
        for _ in range(30):
            here.reports("")
        ann.send(frame("quiet here"))
        wire = frame("ann") + frame("quiet here")
        assert bob.receive(len(wire)) == wire


def test_ctrl_c_with_a_backlog(ctrl_c: int) -> None:
    with serving(CHAT / SERVER) as (process, port):
        here = Room(process, port)
        with here.guest("ann") as ann, here.guest("bob") as bob, slow_guest(here, "eve"), Guest(port):
            wire = frame("ann") + LONG
            for _ in range(65):
                ann.send(LONG)
                assert bob.receive(len(wire)) == wire
            process.send_signal(ctrl_c)
            assert finished(process) == (130, "")


def test_ctrl_c_in_an_empty_room(ctrl_c: int) -> None:
    with serving(CHAT / SERVER) as (process, _):
        process.send_signal(ctrl_c)
        assert finished(process) == (130, "")


# The client


@pytest.mark.parametrize("sent", [b"", frame("bob")[:4], frame("bob"), frame("bob") + frame("hi")[:11]])
def test_a_client_ends_on_ctrl_c_wherever_it_is(sent: bytes, ctrl_c: int) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        person(CLIENT, listener.getsockname()[1], "--name=zoe") as zoe,
    ):
        connection, _ = listener.accept()
        with connection:
            connection.sendall(frame("ann") + frame("hello") + sent)
            assert zoe.hears() == "ann > hello"
            zoe.process.send_signal(ctrl_c)
            assert finished(zoe.process) == (130, "")


def test_ctrl_c_while_the_server_does_not_read(ctrl_c: int) -> None:
    lines = "".join(f"{number:<10000}\n" for number in range(1000))
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        person(CLIENT, listener.getsockname()[1], "--name=zoe") as zoe,
    ):

        def type_in() -> None:
            # More than is taken. It ends when nobody is there any more to read it.
            with contextlib.suppress(BrokenPipeError), zoe.keyboard:
                zoe.keyboard.write(lines)

        typing = begin(type_in)
        connection, _ = listener.accept()
        with connection:
            # She hears while she cannot speak.
            for number in range(100):
                connection.sendall(frame("ann") + frame(f"hello {number}"))
                assert zoe.hears() == f"ann > hello {number}"
            zoe.process.send_signal(ctrl_c)
            assert finished(zoe.process) == (130, "")
        typing.result()


def test_the_connection_is_reset() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with person(CLIENT, port, "--name=zoe") as zoe:
            connection, _ = listener.accept()
            connection.sendall(frame("ann") + frame("hello"))
            assert zoe.hears() == "ann > hello"
            vanish(connection)
            status, complaints = finished(zoe.process)
    assert status == 1
    (line,) = complaints.splitlines()
    assert line.startswith(f"127.0.0.1:{port}: ")
    assert "reset" in line
