"""The scripts in examples/chat: who says what in a room, and who hears it, down to the bytes."""

from __future__ import annotations

import contextlib
import itertools
import runpy
import socket
import sys
from typing import TYPE_CHECKING, Any

import framing
import pytest
from support.processes import finished, first_line, run, serving
from support.rooms import CHAT, CLIENTS, SERVERS, Guest, exactly, frame, person, room

if TYPE_CHECKING:
    from collections.abc import Callable

    Names = Callable[[str], dict[str, Any]]

PAIRS = list(itertools.combinations_with_replacement(CLIENTS, 2))

# Some that are hard on a receiver: of several bytes a character, long, and with the look of a header.
TEXTS = ("hello", "Grüße, 世界 🎉", "5         ", "7", "long " * 300, "a > b", "hello")


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    """Gives what a script defines, without running it."""

    def defined(script: str) -> dict[str, Any]:
        found = runpy.run_path(str(CHAT / script))
        monkeypatch.delitem(sys.modules, "terminal")
        return found

    monkeypatch.syspath_prepend(CHAT)
    return defined


# Among people


@pytest.mark.slow
@pytest.mark.parametrize(("one", "other"), PAIRS)
@pytest.mark.parametrize("server", SERVERS)
def test_all_hear_what_one_says(server: str, one: str, other: str) -> None:
    with (
        room(server) as here,
        here.person(one, "ann") as ann,
        here.person(other, "bob") as bob,
        here.person(one, "Zoë") as zoe,
    ):
        people = {"ann": ann, "bob": bob, "Zoë": zoe}
        for speaker, text in itertools.product(people, TEXTS):
            people[speaker].says(text)
            for name in people.keys() - {speaker}:
                assert people[name].hears() == f"{speaker} > {text}"
        for somebody in people.values():
            # Nobody has heard themselves.
            assert somebody.leaves() == (0, "", "")


@pytest.mark.slow
@pytest.mark.parametrize("server", SERVERS)
def test_all_talk_at_once(server: str) -> None:
    names = [f"{client} {number}" for number, client in enumerate(CLIENTS * 2)]
    with room(server) as here, contextlib.ExitStack() as stack:
        people = {
            name: stack.enter_context(here.person(name.partition(" ")[0], name)) for name in names
        }
        for name, somebody in people.items():
            somebody.says("\n".join(f"{name} says {number}" for number in range(100)))
        for name, somebody in people.items():
            heard = [somebody.hears() for _ in range(500)]
            for speaker in names:
                theirs = [line for line in heard if line.startswith(f"{speaker} > ")]
                said = [f"{speaker} > {speaker} says {number}" for number in range(100)]
                assert theirs == ([] if speaker == name else said)
        for somebody in people.values():
            assert somebody.leaves() == (0, "", "")


@pytest.mark.slow
@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("server", SERVERS)
def test_the_first_line_is_the_name(server: str, client: str) -> None:
    with room(server) as here, here.person(client, "ann") as ann:
        with person(client, here.port) as bob:
            # An empty line says nothing, not even a name. The last line needs no end.
            assert bob.leaves("\n\nbob\n\nhello\n\nbye") == (0, "", "")
        assert [ann.hears(), ann.hears()] == ["bob > hello", "bob > bye"]
        assert ann.leaves() == (0, "", "")


@pytest.mark.slow
@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("server", SERVERS)
def test_who_leaves_has_been_heard(server: str, client: str) -> None:
    lines = [f"line {number}" for number in range(1000)]
    with room(server) as here, here.person(client, "ann") as ann:
        with here.person(client, "bob") as bob:
            bob.says("\n".join(lines))
            assert bob.leaves() == (0, "", "")
        # And hears, although she leaves in the same moment.
        status, output, complaints = ann.leaves()
    assert (status, complaints) == (0, "")
    assert output.splitlines() == [f"bob > {line}" for line in lines]


@pytest.mark.slow
@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("server", SERVERS)
def test_a_stranger_does_not_control_the_terminal(server: str, client: str) -> None:
    with room(server) as here, here.person(client, "ann") as ann, Guest(here.port) as bob:
        bob.send(frame("bob\x1b[2J") + frame("one\nann > two\r\x9b\x07"))
        assert ann.hears() == "bob\ufffd[2J > one\ufffdann > two\ufffd\ufffd\ufffd"
        bob.send(b"3         \xff\xfe!")
        assert ann.hears() == "bob\ufffd[2J > \ufffd\ufffd!"
        assert ann.leaves() == (0, "", "")


# On the wire


@pytest.mark.slow
@pytest.mark.parametrize("server", SERVERS)
def test_frames_are_forwarded_as_they_came(server: str) -> None:
    # As other scripts write their headers: right-aligned, with zeros, centred, with a leading space.
    name = b"         3bob"
    said = [
        b"0000000002hi",
        b"    2     yo",
        b" 3        \xe2\x9c\x93",
        b"0         ",
        frame("x" * 65536),
    ]
    with room(server) as here, here.guest("ann") as ann, Guest(here.port) as bob:
        bob.send(name)
        here.reports("bob joined")
        for wire in said:
            bob.send(wire)
            assert ann.receive(len(name + wire)) == name + wire
        ann.send(frame("Grüße"))
        assert bob.receive(10 + 3 + 10 + 7) == b"3         ann7         Gr\xc3\xbc\xc3\x9fe"


@pytest.mark.slow
@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("server", SERVERS)
def test_what_a_client_sends(server: str, client: str) -> None:
    with room(server) as here, here.guest("ann") as ann, here.person(client, "Zoë") as zoe:
        for text in TEXTS:
            zoe.says(text)
        wire = b"".join(frame("Zoë") + frame(text) for text in TEXTS)
        assert ann.receive(len(wire)) == wire
        assert zoe.leaves() == (0, "", "")


@pytest.mark.slow
@pytest.mark.parametrize("server", SERVERS)
def test_empty_names_and_messages(server: str) -> None:
    with (
        room(server) as here,
        here.person("client.py", "ann") as ann,
        here.guest("") as nobody,
        here.guest("bob") as bob,
    ):
        for text in ("", "", "hello"):
            nobody.send(frame(text))
            wire = frame("") + frame(text)
            assert bob.receive(len(wire)) == wire
            assert ann.hears() == f" > {text}"
        bob.send(frame(""))
        assert ann.hears() == "bob > "
        assert ann.leaves() == (0, "", "")


@pytest.mark.slow
@pytest.mark.parametrize("server", SERVERS)
def test_many_messages_in_one_packet(server: str) -> None:
    with room(server) as here, here.guest("ann") as ann, Guest(here.port) as bob:
        # The name, two messages and a half.
        bob.send(frame("bob") + frame("one") + frame("") + frame("three")[:12])
        wire = frame("bob") + frame("one") + frame("bob") + frame("")
        assert ann.receive(len(wire)) == wire
        bob.send(frame("three")[12:])
        wire = frame("bob") + frame("three")
        assert ann.receive(len(wire)) == wire


@pytest.mark.slow
@pytest.mark.parametrize("server", SERVERS)
def test_messages_split_at_every_byte(server: str) -> None:
    said = [frame("böb"), frame("Grüße"), frame(""), frame("x")]
    with room(server) as here, here.guest("ann") as ann, here.guest("tick") as clock:
        tick = frame("tick") + frame("")
        with Guest(here.port) as bob:
            for number, whole in enumerate(said):
                for byte in whole[:-1]:
                    bob.send(bytes([byte]))
                    # When this is here, the server has been through with that.
                    clock.send(frame(""))
                    assert ann.receive(len(tick)) == tick
                bob.send(whole[-1:])
                if number:
                    assert ann.receive(len(said[0] + whole)) == said[0] + whole


@pytest.mark.parametrize(
    ("script", "parse"), [("plain_server.py", "messages"), ("plain_client.py", "payloads")]
)
def test_by_hand_at_every_cut(names: Names, script: str, parse: str) -> None:
    # The kernel may put together again what a sender cuts; here nothing does.
    taken_apart = names(script)[parse]
    payloads = [b"", b"bob", "Grüße".encode(), b"5         ", b""]
    wire = b"".join(b"%-10d%b" % (len(payload), payload) for payload in payloads)
    for first, second in itertools.combinations_with_replacement(range(len(wire) + 1), 2):
        inbox, found = bytearray(), []
        for piece in (wire[:first], wire[first:second], wire[second:]):
            inbox += piece
            found += taken_apart(inbox)
        assert inbox == b""
        assert [one["data"] if parse == "messages" else one for one in found] == payloads


# Without room to send


def filled(sock: socket.socket) -> int:
    """Sends until not a byte more is taken, and gives how many were."""
    sock.setblocking(False)
    size = 0
    for piece in (bytes(65536), b"\0"):
        with contextlib.suppress(BlockingIOError):
            while True:
                size += sock.send(piece)
    return size


def test_the_server_keeps_what_is_not_taken(names: Names) -> None:
    server = names("server.py")
    ours, theirs = socket.socketpair()
    size = filled(ours)
    with framing.FramedSocket(ours) as link, theirs:
        client = server["Client"](("nowhere", 0))
        client.outbox += frame("hello")
        server["send"](link, {link: client})
        assert (client.outbox, link.pending_send) == (frame("hello"), 0)
        assert exactly(theirs, size) == bytes(size)
        server["send"](link, {link: client})
        assert (client.outbox, link.pending_send) == (b"", 0)
        assert exactly(theirs, 15) == frame("hello")


def test_the_client_keeps_what_is_not_taken(names: Names) -> None:
    send = names("client.py")["send"]
    ours, theirs = socket.socketpair()
    size = filled(ours)
    with framing.FramedSocket(ours) as link, theirs:
        assert send(link, ["hello"]) == ["hello"]
        assert exactly(theirs, size) == bytes(size)
        assert send(link, ["hello"]) == []
        assert exactly(theirs, 15) == frame("hello")


# The options


@pytest.mark.slow
@pytest.mark.parametrize("script", [*SERVERS, *CLIENTS])
def test_help_says_what_a_script_shows(script: str) -> None:
    status, output, complaints = run(CHAT / script, "--help")
    assert (status, complaints) == (0, "")
    assert f"python {script}" in output


@pytest.mark.slow
@pytest.mark.parametrize(
    ("script", "argument", "complaint"),
    [
        *((script, "--port=65536", "--port: 65536 is not between") for script in (*SERVERS, *CLIENTS)),
        ("server.py", "--port=http", "--port: invalid int value: 'http'"),
        ("client.py", "--name=", "--name: '' is not a line of text"),
        ("client.py", "--name=a\nb", "--name: 'a\\nb' is not a line of text"),
        ("client.py", "--name=\udcff", "--name: '\\udcff' is not a line of text"),
        ("server.py", "now", "unrecognized arguments: now"),
    ],
)
def test_bad_arguments(script: str, argument: str, complaint: str) -> None:
    status, output, complaints = run(CHAT / script, argument)
    assert (status, output) == (2, "")
    assert complaint in complaints.splitlines()[-1]


@pytest.mark.slow
@pytest.mark.parametrize("server", SERVERS)
def test_a_port_that_is_taken(server: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        status, output, complaints = run(CHAT / server, f"--port={taken.getsockname()[1]}")
    assert (status, output) == (1, "")
    (line,) = complaints.splitlines()
    assert server in line


@pytest.mark.slow
@pytest.mark.parametrize(("server", "client"), list(zip(SERVERS, CLIENTS, strict=True)))
def test_ctrl_c_ends_both(server: str, client: str, ctrl_c: int) -> None:
    with (
        serving(CHAT / server) as (process, port),
        Guest(port) as bob,
        # A client that stays does not hold the server up.
        person(client, port, "--name=ann") as ann,
    ):
        bob.send(frame("bob"))
        assert first_line(process) == "bob joined\n"
        ann.says("hello")
        assert bob.receive(13 + 15) == frame("ann") + frame("hello")
        for one in (ann.process, process):
            one.send_signal(ctrl_c)
            assert finished(one) == (130, "")
