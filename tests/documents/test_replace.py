"""docs/replace.md: its scripts run as they are, each step with the other end as it always was.

As they are, but for what makes them testable: a port that is free, and messages that come from stdin
instead of the clock, so that a test says when the next one is sent.
"""

from __future__ import annotations

import contextlib
import doctest
import re
import socket
import struct
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import framing
import pytest
import trustme
from support.processes import TIMEOUT, finished, first_line, run, started, stream
from support.replacing import (
    PAGE,
    TEXT,
    block,
    blocks,
    client,
    defined,
    edited,
    headings,
    script,
    server,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

SERVERS = (0, 1, 2, 6, 7)
CLIENTS = (0, 3, 4, 5)
# What is new against what is old, and the two that are newest.
PAIRS = [*((step, 0) for step in SERVERS), *((0, step) for step in CLIENTS[1:]), (7, 5)]

GREETING = "Welcome to the server!"
ASCII = ("", "The time is 1700000000.5", "5         ", "", "long " * 300, "7")
# The last recv(16) of the old client ends behind a character in each: that is not what is looked at here.
UNICODE = ("größer", "✓", "", "123456é" + "7" * 40)


@pytest.fixture(autouse=True)
def prompt(monkeypatch: pytest.MonkeyPatch) -> None:
    # What a script prints is there at once, as it is in a terminal.
    monkeypatch.setenv("PYTHONUNBUFFERED", "1")


@contextlib.contextmanager
def serving(path: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    with started(path, stdin=subprocess.PIPE) as process:
        line = first_line(process)
        assert line.startswith("listening on 127.0.0.1:"), line
        yield process, int(line.rpartition(":")[2])


def type_in(process: subprocess.Popen[str], text: str) -> None:
    assert process.stdin is not None
    process.stdin.write(f"{text}\n")
    process.stdin.flush()


def end_of_input(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.close()


# The steps


@pytest.mark.slow
@pytest.mark.parametrize("unit", ["bytes", "chars"])
@pytest.mark.parametrize(("server_step", "client_step"), PAIRS)
def test_a_step_with_the_other_end_as_it_was(
    server_step: int, client_step: int, unit: str, tmp_path: Path
) -> None:
    with (
        serving(server(tmp_path, server_step, unit)) as (sender, port),
        started(client(tmp_path, client_step, port, unit)) as receiver,
    ):
        assert first_line(receiver) == f"{GREETING}\n"
        for text in ASCII if unit == "bytes" else (*ASCII, *UNICODE):
            type_in(sender, text)
            assert first_line(receiver) == f"{text}\n"


@pytest.mark.slow
@pytest.mark.parametrize("unit", ["bytes", "chars"])
@pytest.mark.parametrize("step", SERVERS)
def test_every_server_sends_the_very_same_bytes(step: int, unit: str, tmp_path: Path) -> None:
    texts = ASCII if unit == "bytes" else (*ASCII, *UNICODE)
    with serving(server(tmp_path, step, unit)) as (process, port):
        for text in texts:
            type_in(process, text)
        end_of_input(process)
        wire = b"".join(stream(port))
    assert wire == "".join(f"{len(text):<10}{text}" for text in (GREETING, *texts)).encode()


def test_a_message_is_the_time_every_three_seconds() -> None:
    # What the other tests replace.
    for step in SERVERS:
        source = block(f"server.py, step {step}")
        assert source.count("        time.sleep(3)\n") == 1
        assert source.count('        msg = f"The time is {time.time()}"\n') == 1


@pytest.mark.slow
@pytest.mark.parametrize("step", [0, 1, 2, 6])
def test_until_step_7_a_client_that_leaves_ends_the_server(step: int, tmp_path: Path) -> None:
    with serving(server(tmp_path, step)) as (process, port):
        vanish(greeted(port))
        type_in(process, "nobody hears this")
        status, complaints = finished(process)
    assert status == 1
    assert re.search(
        r"^(BrokenPipe|ConnectionReset|ConnectionAborted)Error: ", complaints, re.MULTILINE
    )


@pytest.mark.slow
def test_from_step_7_on_each_client_has_its_own_thread(tmp_path: Path) -> None:
    with serving(server(tmp_path, 7)) as (process, port):
        vanish(greeted(port))
        type_in(process, "nobody hears this")
        with greeted(port), greeted(port):
            process.kill()
            assert finished(process)[1] == ""


def greeted(port: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), TIMEOUT)
    assert framing.recv_frame(connection) == GREETING.encode()
    return connection


def vanish(connection: socket.socket) -> None:
    # With a linger time of zero, closing resets the connection.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


# The rest of the page

BY_SELECT = "readable, _, _ = select.select([listener, *clients], [], [])"
BY_WAIT = "readable = framing.wait([listener, *clients])"


def test_sessions() -> None:
    # One after the other, as they are read: the second uses what the first has made.
    sessions = [code for code in blocks() if code.startswith(">>>")]
    assert len(sessions) == 2
    test = doctest.DocTestParser().get_doctest("\n".join(sessions), {}, PAGE.name, str(PAGE), 0)
    report: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    assert runner.run(test, out=report.append).failed == 0, "".join(report)
    assert runner.tries >= 12


def test_links_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)]+)\)", TEXT)
    assert len(links) >= 9
    for link in links:
        if link.startswith("#"):
            assert link[1:] in headings()
        else:
            assert (PAGE.parent / link.partition("#")[0]).exists()


@pytest.mark.parametrize("sender", ["before", "after"])
@pytest.mark.parametrize("receiver", ["before", "after"])
def test_pickled_objects(sender: str, receiver: str) -> None:
    send = defined(f"{sender}: pickled objects")["send_object"]
    receive = defined(f"{receiver}: pickled objects")["receive_object"]
    ours, theirs = socket.socketpair()
    with ours, theirs:
        for thing in ({1: "hi", 2: "there"}, None, "größer", [b"\0" * 3000]):
            send(ours, thing)
            assert receive(theirs) == thing


class TestAClientThatDoesNotBlock:
    """Who said what, and then that there is no more for now."""

    SAID = (("Ann", "hello"), ("Bob", "größer ✓"), ("Ann", "a " * 40 + "."))
    SHOWN = "".join(f"{name} > {text}\n" for name, text in SAID)
    WIRE = b"".join(framing.encode(text) for pair in SAID for text in pair)

    @pytest.fixture
    def link(self) -> Iterator[tuple[socket.socket, socket.socket]]:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        with ours, theirs:
            yield ours, theirs

    @pytest.mark.parametrize("which", ["before", "after"])
    def test_whole_messages(self, which: str, link: Any, capsys: pytest.CaptureFixture[str]) -> None:
        show, ours, theirs = self.shown(which, link)
        show(ours)
        theirs.sendall(self.WIRE)
        show(ours)
        assert capsys.readouterr().out == self.SHOWN

    def test_before_a_part_was_lost(self, link: Any, capsys: pytest.CaptureFixture[str]) -> None:
        show, ours, theirs = self.shown("before", link)
        for text in ("Ann", "hello"):
            theirs.sendall(framing.encode(text))
            show(ours)
        assert capsys.readouterr().out == ""

    def test_now_no_part_is(self, link: Any, capsys: pytest.CaptureFixture[str]) -> None:
        show, ours, theirs = self.shown("after", link)
        for byte in self.WIRE:
            theirs.sendall(bytes([byte]))
            show(ours)
        assert capsys.readouterr().out == self.SHOWN

    @pytest.mark.parametrize("which", ["before", "after"])
    def test_the_end(self, which: str, link: Any) -> None:
        show, ours, theirs = self.shown(which, link)
        theirs.close()
        with pytest.raises(SystemExit, match="connection closed by the server"):
            show(ours)

    @pytest.mark.parametrize("which", ["before", "after"])
    def test_an_error(self, which: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            ours = socket.create_connection(listener.getsockname(), TIMEOUT)
            theirs, _ = listener.accept()
        with ours:
            ours.setblocking(False)
            show, connection, _ = self.shown(which, (ours, theirs))
            vanish(theirs)
            with pytest.raises(SystemExit, match=r"reading error: .*reset"):
                show(connection)

    def shown(self, which: str, link: tuple[socket.socket, socket.socket]) -> tuple[Any, Any, Any]:
        show = defined(f"{which}: a client that does not block")["show_new_messages"]
        ours, theirs = link
        return show, ours if which == "before" else framing.FramedSocket(ours), theirs


@pytest.mark.slow
@pytest.mark.parametrize("waiting", ["select", "wait"])
def test_a_server_with_select(waiting: str, tmp_path: Path) -> None:
    path = script(tmp_path, "select_server.py")
    if waiting == "wait":
        source = path.read_text(encoding="utf-8")
        source = edited(source, BY_SELECT, BY_WAIT)
        source = edited(source, "send_many(ready.recv_many(timeout=0))", "send(ready.recv(timeout=0))")
        path.write_text(source, encoding="utf-8")
    with serving(path) as (process, port), contextlib.ExitStack() as stack:
        first, second, third, fourth = (
            stack.enter_context(socket.create_connection(("127.0.0.1", port), TIMEOUT))
            for _ in range(4)
        )

        def back(connection: socket.socket, *wire: bytes) -> None:
            for piece in wire:
                connection.sendall(piece)
            for frame in framing.decode(b"".join(wire)):
                assert framing.recv_frame(connection) == frame

        back(first, b"5         hello")
        first.sendall(b"5         he")
        back(second, b"3         one0         3         two")
        # Whoever goes, or does not speak the protocol, is nobody else's concern.
        third.sendall(b"5         he")
        vanish(third)
        fourth.sendall(b"GET / HTTP/1.1\r\n\r\n")
        with contextlib.suppress(ConnectionResetError):
            assert fourth.recv(1) == b""
        back(second, *(bytes([byte]) for byte in b"3         two1         3"))
        first.sendall(b"llo")
        assert framing.recv_frame(first) == b"hello"
        assert process.poll() is None


@pytest.mark.slow
def test_over_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    authority = trustme.CA()
    authority.cert_pem.write_to_path("authority.pem")
    authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path("server.pem")
    with serving(script(tmp_path, "server.py, over TLS")) as (_, port):
        for _ in range(2):
            assert run(script(tmp_path, "client.py, over TLS", port)) == (0, f"{GREETING}\n", "")
