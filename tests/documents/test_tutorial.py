"""The scripts in examples/tutorial, as real processes over TCP: each pair, however the stream is cut."""

from __future__ import annotations

import ast
import contextlib
import itertools
import pickle
import runpy
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import framing
import pytest
from support.processes import (
    finished,
    first_line,
    greeted,
    peer,
    run,
    serving,
    started,
    stream,
    vanish,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

TUTORIAL = Path(__file__).parents[2] / "examples" / "tutorial"

TEXT_SERVERS = ("plain_server.py", "server.py", "aio_server.py")
TEXT_CLIENTS = ("plain_client.py", "client.py", "aio_client.py")
SERVERS = (*TEXT_SERVERS, "pickle_server.py")
CLIENTS = (*TEXT_CLIENTS, "pickle_client.py")
PAIRS = list(zip(SERVERS, CLIENTS, strict=True))

# Some that are hard on a receiver: empty, of several bytes a character, and with the look of a header.
TEXTS = ("Welcome to the server!", "", "Grüße, 世界 🎉", "5         ", "7", "long " * 300, "")
LINES = "".join(f"{text}\n" for text in TEXTS)
WIRE = b"".join(f"{len(text.encode()):<10}{text}".encode() for text in TEXTS)

LOST = {
    "inside the header": b"5    ",
    "before the header's last byte": b"5        ",
    "after the header": b"5         ",
    "inside the payload": b"5         hell",
}

NOT_FRAMED = {
    "HTTP": b"HTTP/1.1 400 Bad Request\r\nConnection: keep-alive\r\n\r\n",
    "binary length": b"\x00\x00\x00\x05hello\x00\x00\x00\x05hello",
    "negative length": b"-5        hello",
    "underscore": b"1_0       0123456789",
    "two numbers": b"5 5       hello",
    "blank": b"                    ",
}


def sending(texts: Iterable[str]) -> list[str]:
    messages = [f"--message={text}" for text in texts]
    return ["--clients=1", "--interval=0", f"--count={len(messages)}", *messages]


def whole(chunks: Iterable[bytes]) -> Iterator[bytes]:
    yield b"".join(chunks)


def bytewise(chunks: Iterable[bytes]) -> Iterator[bytes]:
    for chunk in chunks:
        for byte in chunk:
            yield bytes([byte])


def receive_from(port: int, client: str, *arguments: str) -> tuple[int, str, str]:
    return run(TUTORIAL / client, f"--port={port}", *arguments)


def one_line(complaints: str) -> str:
    assert complaints.endswith("\n")
    (line,) = complaints.splitlines()
    return line


# The pairs


@pytest.mark.slow
@pytest.mark.parametrize("client", TEXT_CLIENTS)
@pytest.mark.parametrize("server", TEXT_SERVERS)
def test_a_greeting_and_the_time(server: str, client: str) -> None:
    with serving(TUTORIAL / server, "--clients=1", "--interval=0", "--count=3") as (process, port):
        status, output, complaints = receive_from(port, client)
        assert finished(process) == (0, "")
    assert (status, complaints) == (0, "")
    greeting, *times = output.splitlines()
    assert greeting == "Welcome to the server!"
    assert [line.rpartition(" ")[0] for line in times] == ["The time is"] * 2


@pytest.mark.slow
@pytest.mark.parametrize("client", TEXT_CLIENTS)
@pytest.mark.parametrize("server", TEXT_SERVERS)
@pytest.mark.parametrize("cut", [whole, bytewise])
def test_every_pair_however_cut(
    server: str, client: str, cut: Callable[[Iterable[bytes]], Iterator[bytes]]
) -> None:
    with serving(TUTORIAL / server, *sending(TEXTS)) as (process, port):
        with peer(cut(stream(port))) as relay:
            assert receive_from(relay, client) == (0, LINES, "")
        assert finished(process) == (0, "")


@pytest.mark.slow
@pytest.mark.parametrize("server", TEXT_SERVERS)
def test_every_server_sends_the_very_same_bytes(server: str) -> None:
    with serving(TUTORIAL / server, *sending(TEXTS)) as (process, port):
        assert b"".join(stream(port)) == WIRE
        assert finished(process) == (0, "")


@pytest.mark.slow
@pytest.mark.parametrize("cut", [whole, bytewise])
def test_the_pickle_pair(cut: Callable[[Iterable[bytes]], Iterator[bytes]]) -> None:
    with serving(TUTORIAL / "pickle_server.py", *sending(TEXTS)) as (process, port):
        with peer(cut(stream(port))) as relay:
            status, output, complaints = receive_from(relay, "pickle_client.py")
        assert finished(process) == (0, "")
    assert (status, complaints) == (0, "")
    objects = [ast.literal_eval(line) for line in output.splitlines()]
    assert [(object["number"], object["text"]) for object in objects] == list(enumerate(TEXTS))


@pytest.mark.slow
def test_the_pickle_server_frames_dicts() -> None:
    with serving(TUTORIAL / "pickle_server.py", *sending(TEXTS)) as (process, port):
        objects = [pickle.loads(frame) for frame in framing.decode(b"".join(stream(port)))]
        assert finished(process) == (0, "")
    assert [object["text"] for object in objects] == list(TEXTS)


@pytest.mark.slow
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_the_pickle_client_warns_of_other_hosts(host: str) -> None:
    # Another name is enough: the script does not ask where it leads.
    with peer([framing.encode(pickle.dumps({1: "hi"}))]) as port:
        status, output, complaints = receive_from(port, "pickle_client.py", f"--host={host}")
    assert (status, output) == (0, "{1: 'hi'}\n")
    if host == "127.0.0.1":
        assert complaints == ""
    else:
        assert "warning: localhost" in one_line(complaints)


@pytest.mark.parametrize("client", ["plain_client.py", "client.py"])
def test_receive_at_every_cut(client: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # The kernel may put together again what a relay cuts; here nothing does.
    monkeypatch.syspath_prepend(TUTORIAL)
    receive = runpy.run_path(str(TUTORIAL / client))["receive"]
    monkeypatch.delitem(sys.modules, "options")
    for size in range(1, 17):
        for start in range(size):
            cuts = [0, *range(start, len(WIRE), size), len(WIRE)]
            pieces = [WIRE[a:b] for a, b in itertools.pairwise(cuts) if a < b]
            frames = [frame.decode() for frame in receive(Pieces(pieces))]
            assert frames == list(TEXTS), (size, start)


class Pieces:
    """A socket whose `recv` gives these pieces, one at a time."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)

    def recv(self, size: int) -> bytes:
        piece = next(self._pieces, b"")
        assert len(piece) <= size
        return piece


# The options


@pytest.mark.slow
@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_stops_after_count(client: str) -> None:
    # The stream goes on, and not even well: neither concerns a client that has had enough.
    first = pickle.dumps("one") if client == "pickle_client.py" else "one"
    with peer([framing.encode(first) * 2 + b"HTTP"], end=False) as port:
        assert receive_from(port, client, "--count=2") == (0, "one\none\n", "")


@pytest.mark.slow
@pytest.mark.parametrize("server", SERVERS)
def test_a_server_repeats_its_messages(server: str) -> None:
    arguments = ("--clients=1", "--interval=0", "--count=5", "--message=one", "--message=two")
    with serving(TUTORIAL / server, *arguments) as (process, port):
        frames = framing.decode(b"".join(stream(port)))
        assert finished(process) == (0, "")
    texts = [pickle.loads(f)["text"] if server == "pickle_server.py" else f.decode() for f in frames]
    assert texts == ["one", "two", "one", "two", "one"]


@pytest.mark.slow
@pytest.mark.parametrize("script", [*SERVERS, *CLIENTS])
def test_help_says_what_a_script_shows(script: str) -> None:
    status, output, complaints = run(TUTORIAL / script, "--help")
    assert (status, complaints) == (0, "")
    assert f"python {script}" in output
    assert ("WARNING" in output) == script.startswith("pickle")


@pytest.mark.slow
@pytest.mark.parametrize("script", [*SERVERS, *CLIENTS])
def test_a_bad_argument(script: str) -> None:
    status, output, complaints = run(TUTORIAL / script, "--port=65536")
    assert (status, output) == (2, "")
    assert complaints.endswith("error: argument --port: 65536 is not between 0 and 65535\n")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("script", "argument", "complaint"),
    [
        ("server.py", "--port=http", "argument --port: invalid int value: 'http'"),
        ("server.py", "--interval=-1", "argument --interval: -1 is not between 0 and 86400"),
        ("server.py", "--interval=nan", "argument --interval: nan is not between 0 and 86400"),
        ("server.py", "--interval=soon", "argument --interval: invalid float value: 'soon'"),
        ("server.py", "--count=-1", "argument --count: -1 is not between 0 and 1000000000"),
        ("server.py", "--clients=1.5", "argument --clients: invalid int value: '1.5'"),
        ("server.py", "--message=\udcff", "argument --message: '\\udcff' is not text"),
        ("client.py", "--count=-1", "argument --count: -1 is not between 0 and 1000000000"),
        ("client.py", "--interval=1", "unrecognized arguments: --interval=1"),
        ("client.py", "now", "unrecognized arguments: now"),
    ],
)
def test_bad_arguments(script: str, argument: str, complaint: str) -> None:
    status, output, complaints = run(TUTORIAL / script, argument)
    assert (status, output) == (2, "")
    assert complaints.endswith(f"error: {complaint}\n")


# Peers that fail


@pytest.mark.slow
@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("rest", list(LOST.values()), ids=list(LOST))
def test_a_stream_that_ends_inside_a_message(client: str, rest: bytes) -> None:
    first = pickle.dumps("whole") if client == "pickle_client.py" else "whole"
    with peer([framing.encode(first) + rest]) as port:
        status, output, complaints = receive_from(port, client)
    assert (status, output) == (1, "whole\n")
    assert "the stream ended inside a " in one_line(complaints)


@pytest.mark.slow
@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("sent", list(NOT_FRAMED.values()), ids=list(NOT_FRAMED))
def test_a_stream_that_is_not_framed(client: str, sent: bytes) -> None:
    with peer([sent], end=False) as port:
        status, output, complaints = receive_from(port, client)
    assert (status, output) == (1, "")
    assert "invalid header" in one_line(complaints)


@pytest.mark.slow
@pytest.mark.parametrize("client", CLIENTS)
def test_messages_before_something_not_framed(client: str) -> None:
    first = pickle.dumps("one") if client == "pickle_client.py" else "one"
    with peer([framing.encode(first) + NOT_FRAMED["HTTP"]], end=False) as port:
        status, output, complaints = receive_from(port, client)
    assert (status, output) == (1, "one\n")
    assert "invalid header" in one_line(complaints)


@pytest.mark.slow
@pytest.mark.parametrize("client", ["client.py", "aio_client.py"])
def test_framing_refuses_at_the_first_byte(client: str) -> None:
    with peer([NOT_FRAMED["HTTP"][:1]], end=False) as port:
        status, _, complaints = receive_from(port, client)
    assert status == 1
    assert "invalid header b'H'" in one_line(complaints)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("client", "payload", "complaint"),
    [
        ("plain_client.py", b"\xff", "can't decode byte 0xff"),
        ("client.py", b"\xff", "can't decode byte 0xff"),
        ("aio_client.py", b"\xff", "can't decode byte 0xff"),
        ("pickle_client.py", b"Welcome to the server!", "not a pickled object"),
        ("pickle_client.py", b"", "not a pickled object"),
    ],
)
def test_a_payload_of_another_kind(client: str, payload: bytes, complaint: str) -> None:
    with peer([framing.encode(payload)]) as port:
        status, output, complaints = receive_from(port, client)
    assert (status, output) == (1, "")
    assert complaint in one_line(complaints)


@pytest.mark.slow
@pytest.mark.parametrize("client", CLIENTS)
def test_an_empty_stream_is_no_error(client: str) -> None:
    with peer([]) as port:
        assert receive_from(port, client) == (0, "", "")


@pytest.mark.slow
@pytest.mark.parametrize("client", CLIENTS)
def test_nobody_listens(client: str) -> None:
    with socket.socket() as taken:
        # Bound and not listening: nobody else can listen there meanwhile.
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        status, output, complaints = receive_from(port, client)
    assert (status, output) == (1, "")
    assert one_line(complaints).startswith(f"127.0.0.1:{port}: ")


@pytest.mark.slow
@pytest.mark.parametrize("server", SERVERS)
def test_a_port_that_is_taken(server: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        status, output, complaints = run(TUTORIAL / server, f"--port={taken.getsockname()[1]}")
    assert (status, output) == (1, "")
    assert server in one_line(complaints)


@pytest.mark.slow
@pytest.mark.parametrize(("server", "client"), PAIRS)
def test_a_server_survives_clients_that_vanish(server: str, client: str) -> None:
    arguments = ("--clients=4", "--interval=0")
    with serving(TUTORIAL / server, *arguments) as (process, port), contextlib.ExitStack() as stack:
        vanish(greeted(port))
        silent = stack.enter_context(greeted(port))
        status, output, complaints = receive_from(port, client, "--count=3")
        assert (status, len(output.splitlines()), complaints) == (0, 3, "")
        greeted(port).close()
        vanish(silent)
        assert finished(process) == (0, "")


@pytest.mark.slow
@pytest.mark.parametrize(("server", "client"), PAIRS)
def test_ctrl_c_ends_both(server: str, client: str, ctrl_c: int) -> None:
    with (
        serving(TUTORIAL / server) as (sender, port),
        # A client that stays does not hold the server up.
        greeted(port),
        started(TUTORIAL / client, f"--port={port}") as receiver,
    ):
        assert "Welcome to the server!" in first_line(receiver)
        for process in (receiver, sender):
            process.send_signal(ctrl_c)
            assert finished(process) == (130, "")
