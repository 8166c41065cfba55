"""The servers in examples/chat among clients that fail: the others notice nothing."""

from __future__ import annotations

import contextlib
import socket
from typing import TYPE_CHECKING

import pytest
from support.pairs import begin
from support.rooms import CLIENTS, LOST, NOT_FRAMED, SELECT_SERVERS, SERVERS, Guest, frame, room

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from support.rooms import Person, Room

pytestmark = pytest.mark.slow


@pytest.fixture(params=SERVERS)
def here(request: pytest.FixtureRequest) -> Iterator[Room]:
    with room(request.param) as here:
        yield here


@pytest.fixture
def others(here: Room) -> Iterator[Callable[[], None]]:
    """Two that talk with each other: each call has them do so, and shows that they notice nothing."""
    with here.person("plain_client.py", "ann") as ann, here.person("client.py", "bob") as bob:

        def talk() -> None:
            exchange(ann, bob)

        yield talk
        talk()
        for somebody in (ann, bob):
            assert somebody.leaves() == (0, "", "")


def exchange(ann: Person, bob: Person) -> None:
    ann.says("how are you?")
    assert bob.hears() == "ann > how are you?"
    bob.says("well")
    assert ann.hears() == "bob > well"


# Clients that fail


@pytest.mark.parametrize("rest", list(LOST.values()), ids=list(LOST))
def test_one_leaves_inside_a_message(here: Room, others: Callable[[], None], rest: bytes) -> None:
    with here.guest("eve") as eve:
        eve.send(rest)
        others()
        eve.socket.shutdown(socket.SHUT_WR)
        assert "inside a" in here.reports("eve left: the stream ended ")


@pytest.mark.parametrize("rest", list(LOST.values()), ids=list(LOST))
def test_one_is_gone_inside_the_name(here: Room, others: Callable[[], None], rest: bytes) -> None:
    with Guest(here.port) as nobody:
        nobody.send(rest)
        others()
        nobody.socket.shutdown(socket.SHUT_WR)
        assert "inside a" in here.reports("127.0.0.1:")


@pytest.mark.parametrize("sent", list(NOT_FRAMED.values()), ids=list(NOT_FRAMED))
@pytest.mark.parametrize("name", ["", "eve"])
def test_one_sends_garbage(here: Room, others: Callable[[], None], name: str, sent: bytes) -> None:
    with here.guest(name) if name else Guest(here.port) as eve:
        eve.send(sent)
        assert eve.is_shown_out()
    here.reports(f"{name} left: " if name else "127.0.0.1:")
    others()


def test_garbage_behind_a_message(here: Room) -> None:
    with here.guest("ann") as ann, Guest(here.port) as eve:
        # The message still counts, and nothing more has to come for what is wrong to be seen.
        eve.send(frame("eve") + frame("hello") + NOT_FRAMED["HTTP"])
        wire = frame("eve") + frame("hello")
        assert ann.receive(len(wire)) == wire
        assert eve.is_shown_out()
        here.reports("eve joined")
        here.reports("eve left: invalid header")


def test_one_resets_the_connection(here: Room, others: Callable[[], None]) -> None:
    eve = here.guest("eve")
    others()
    eve.vanish()
    here.reports("eve left: ")
    Guest(here.port).vanish()
    here.reports("127.0.0.1:")
    others()


@pytest.mark.parametrize("client", CLIENTS)
def test_one_is_killed(here: Room, others: Callable[[], None], client: str) -> None:
    with here.person(client, "eve") as eve:
        others()
        eve.process.kill()
        here.reports("eve left: ")


def test_one_never_says_a_name(here: Room, others: Callable[[], None]) -> None:
    with Guest(here.port) as silent, Guest(here.port) as half:
        half.send(frame("eve")[:12])
        others()
        # Nothing was for them, who are not of the room.
        half.send(frame("eve")[12:])
        here.reports("eve joined")
        others()
        wire = frame("ann") + frame("how are you?")
        assert half.receive(len(wire)) == wire
        silent.socket.shutdown(socket.SHUT_WR)
        assert silent.receive(1) == b""


def test_one_never_reads(here: Room) -> None:
    long = frame("x" * 60000)
    with here.guest("ann") as ann, here.guest("bob") as bob, Guest(here.port, 4096) as eve:
        eve.send(frame("eve"))
        here.reports("eve joined")
        watching = begin(here.reports, "eve left: does not read")
        while watching.is_alive():
            ann.send(long)
            wire = frame("ann") + long
            assert bob.receive(len(wire)) == wire
        watching.result()
        bob.send(frame("who?"))
        assert ann.receive(14 + 13) == frame("bob") + frame("who?")


def test_one_reads_late(here: Room) -> None:
    # More than the kernel keeps for a connection, so that some of it waits in the server.
    said = [frame(f"{number:<60000}") for number in range(65)]
    with here.guest("ann") as ann, here.guest("bob") as bob, Guest(here.port, 4096) as eve:
        eve.send(frame("eve"))
        here.reports("eve joined")
        for message in said:
            ann.send(message)
            wire = frame("ann") + message
            assert bob.receive(len(wire)) == wire
        for message in said:
            wire = frame("ann") + message
            assert eve.receive(len(wire)) == wire


@pytest.mark.parametrize("here", SELECT_SERVERS, indirect=True)
def test_more_than_a_crowd(here: Room, others: Callable[[], None]) -> None:
    with contextlib.ExitStack() as stack:
        crowd = [stack.enter_context(here.guest(f"guest {number}")) for number in range(198)]
        late = stack.enter_context(Guest(here.port))
        late.send(frame("eve"))
        others()
        crowd.pop().socket.shutdown(socket.SHUT_WR)
        # First out, then in.
        here.reports("guest 197 left")
        here.reports("eve joined")
        others()
