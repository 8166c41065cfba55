"""docs/replace.md: what its tables say of each step is what the step does."""

from __future__ import annotations

import contextlib
import re
import socket
import subprocess
import time
from typing import TYPE_CHECKING, Any, NamedTuple

import framing
import pytest
from support.processes import TIMEOUT, finished, first_line, peer, started, stream
from support.replacing import block, client, edited, server, tables

if TYPE_CHECKING:
    from pathlib import Path

GREETING = "Welcome to the server!"
WAITS, LOOPS = "waits for ever", "loops for ever"
FRAMING = ("ok", "ConnectionClosed", "TruncatedFrame", "InvalidHeader", "FrameTooLarge")
NEW_SOCKET = "socket.socket(socket.AF_INET, socket.SOCK_STREAM)"
(_, OF_CLIENTS, OF_SERVERS, _) = tables()


class Arrival(NamedTuple):
    """Messages, and the packets in which they come."""

    texts: list[str]
    packets: list[bytes]
    ended: bool = False

    def is_plain(self) -> bool:
        """Whether nothing but these messages comes."""
        return b"".join(self.packets) == b"".join(map(wire, self.texts))


def wire(text: str) -> bytes:
    return f"{len(text.encode()):<10}{text}".encode()


def bytewise(data: bytes) -> list[bytes]:
    return [bytes([byte]) for byte in data]


def halves(data: bytes) -> list[bytes]:
    return [half for cut in range(1, len(data)) for half in (data[:cut], data[cut:])]


HELLO = wire("hello")

ARRIVALS = {
    "each message by itself": Arrival([GREETING, "hello"], [wire(GREETING), HELLO]),
    "an empty message by itself": Arrival([GREETING, "", "hello"], [wire(GREETING), wire(""), HELLO]),
    "two messages in one packet": Arrival(["hello", "hello"], [HELLO * 2]),
    "every byte in a packet of its own": Arrival([GREETING, "hello"], bytewise(wire(GREETING) + HELLO)),
    "a message cut in two, at each place in turn": Arrival(
        [GREETING] * (len(wire(GREETING)) - 1), halves(wire(GREETING))
    ),
    "a character cut in two": Arrival(["größer"], [wire("größer")[:13], wire("größer")[13:]]),
    "größer, with its length in bytes": Arrival(["größer"], [wire("größer")]),
    "the end, between two messages": Arrival(["hello"], [HELLO], ended=True),
    "the end, inside a header": Arrival(["hello"], [HELLO, b"5    "], ended=True),
    "the end, inside a message": Arrival(["hello"], [HELLO, b"5         he"], ended=True),
    "a header that says -5": Arrival(["hello"], [HELLO, b"-5        hello"]),
    "a header that says 9999999999": Arrival(["hello"], [HELLO, b"9999999999hello"]),
    "an answer in HTTP": Arrival([], [b"HTTP/1.1 400 Bad Request\r\n\r\n"]),
}


@pytest.fixture(autouse=True)
def prompt(monkeypatch: pytest.MonkeyPatch) -> None:
    # What a script prints is there at once, as it is in a terminal.
    monkeypatch.setenv("PYTHONUNBUFFERED", "1")


# The client


def test_the_clients_table_has_these_rows() -> None:
    assert OF_CLIENTS[0] == ["what arrives", "step 0", "step 3", "steps 4 and 5"]
    assert [row[0] for row in OF_CLIENTS[1:]] == list(ARRIVALS)


@pytest.mark.parametrize(("column", "step"), [(1, 0), (2, 3), (3, 4)])
@pytest.mark.parametrize("row", OF_CLIENTS[1:], ids=lambda row: row[0])
def test_a_client_whose_packets_come_exactly_so(
    row: list[str], column: int, step: int, capsys: pytest.CaptureFixture[str]
) -> None:
    arrival = ARRIVALS[row[0]]
    source = edited(block(f"client.py, step {step}"), NEW_SOCKET, "connection")
    try:
        exec(compile(source, "client.py", "exec"), {"connection": Packets(arrival)})
        outcome = "ok"
    except WaitsForEver:
        outcome = WAITS
    except LoopsForEver:
        outcome = LOOPS
    except Exception as error:
        outcome = type(error).__name__
    shown = capsys.readouterr().out
    assert judged(arrival, shown, outcome) == row[column]


@pytest.mark.slow
@pytest.mark.parametrize(("column", "step"), [(2, 3), (3, 4), (3, 5)])
@pytest.mark.parametrize("row", OF_CLIENTS[1:], ids=lambda row: row[0])
def test_a_client_over_tcp(row: list[str], column: int, step: int, tmp_path: Path) -> None:
    arrival = ARRIVALS[row[0]]
    with (
        peer(arrival.packets, end=arrival.ended) as port,
        started(client(tmp_path, step, port)) as process,
    ):
        shown = "".join(first_line(process) for _ in arrival.texts)
        if row[column] == "ok" and not arrival.ended:
            outcome = WAITS
        else:
            assert process.stdout is not None
            shown += process.stdout.read()
            status, complaints = finished(process)
            outcome = raised(complaints) if status else "ok"
    assert judged(arrival, shown, outcome) == row[column]


def judged(arrival: Arrival, shown: str, outcome: str) -> str:
    expected = "".join(f"{text}\n" for text in arrival.texts)
    if not expected.startswith(shown):
        return "wrong text"
    if shown != expected:
        # What framing says, it says after all that came before.
        return f"{outcome}, too early" if outcome in FRAMING else outcome
    # To wait is right where nothing else has come.
    return "ok" if outcome == WAITS and arrival.is_plain() else outcome


class WaitsForEver(BaseException):
    """More is asked for, and nothing comes."""


class LoopsForEver(BaseException):
    """The end has been told many times."""


class Packets:
    """A socket that puts nothing together: `recv` gives of one packet at most."""

    def __init__(self, arrival: Arrival) -> None:
        self._packets = list(arrival.packets)
        self._ended = arrival.ended
        self._ends = 100 if arrival.ended else 0

    def connect(self, address: tuple[str, int]) -> None:
        pass

    def recv(self, size: int) -> bytes:
        if not self._packets:
            if self._ends == 0:
                raise LoopsForEver if self._ended else WaitsForEver
            self._ends -= 1
            return b""
        packet = self._packets.pop(0)
        if packet[size:]:
            self._packets.insert(0, packet[size:])
        return packet[:size]

    def send(self, data: bytes) -> int:
        raise NotImplementedError

    def fileno(self) -> int:
        return -1

    def gettimeout(self) -> float | None:
        return None

    def settimeout(self, timeout: float | None) -> None:
        raise NotImplementedError

    def close(self) -> None:
        pass


# The server


def test_the_servers_table_has_these_rows() -> None:
    assert OF_SERVERS[0] == ["what is sent", "step 0", "from step 1"]
    assert [row[0] for row in OF_SERVERS[1:]] == [
        "größer, to a client that counts bytes",
        "a message that is too long for its header",
        "a message of which the system takes a part",
    ]


@pytest.mark.parametrize(("column", "step"), [(1, 0), (2, 1), (2, 2), (2, 6), (2, 7)])
class TestServer:
    def test_counted_in_bytes(self, column: int, step: int, tmp_path: Path) -> None:
        script = greeting_with("größer", server(tmp_path, step))
        assert OF_SERVERS[1][column] == sent(script, "größer", header=10)

    def test_too_long(self, column: int, step: int, tmp_path: Path) -> None:
        script = server(tmp_path, step)
        script.write_text(
            edited(script.read_text("utf-8"), "HEADERSIZE = 10", "HEADERSIZE = 1"), "utf-8"
        )
        assert OF_SERVERS[2][column] == sent(script, GREETING, header=1)


def greeting_with(text: str, script: Path) -> Path:
    script.write_text(edited(script.read_text("utf-8"), GREETING, text), "utf-8")
    return script


def sent(script: Path, text: str, header: int) -> str:
    with started(script) as process:
        port = int(first_line(process).rpartition(":")[2])
        # Where it would ask for the next message there is none, so the stream ends behind the first.
        came = b"".join(stream(port))
        return received(came, text, header) if came else raised(until_raised(process))


def until_raised(process: subprocess.Popen[str]) -> str:
    # A server with threads does not end with one of them.
    assert process.stderr is not None
    return next((line for line in process.stderr if line.startswith("framing.")), "")


def received(came: bytes, text: str, header: int) -> str:
    try:
        assert framing.decode(came, header) == [text.encode()]
    except framing.InvalidHeader:
        return "out of step"
    except framing.TruncatedFrame:
        return "cut short"
    return "ok"


def raised(complaints: str) -> str:
    found = re.search(r"^(?:framing\.)?(\w+): ", complaints, re.MULTILINE)
    return found[1] if found else complaints


@pytest.mark.parametrize(("column", "step"), [(1, 0), (2, 1), (2, 2)])
def test_a_server_on_a_system_that_takes_a_part(
    column: int, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = socket.socketpair()
    source = edited(block(f"server.py, step {step}"), NEW_SOCKET, "listener")

    def stop(_: float) -> None:
        raise Stopped

    monkeypatch.setattr(time, "sleep", stop)
    with ours, theirs:
        theirs.settimeout(TIMEOUT)
        with Grudging(fileno=ours.detach()) as sock, contextlib.suppress(Stopped):
            exec(compile(source, "server.py", "exec"), {"listener": Listener(sock)})
        came = b"".join(iter(lambda: theirs.recv(65536), b""))
    assert received(came, GREETING, header=10) == OF_SERVERS[3][column]


class Stopped(BaseException):
    """Enough has been sent."""


class Grudging(socket.socket):
    """A socket that takes seven bytes at a time."""

    def send(self, data: Any, flags: int = 0) -> int:
        return super().send(memoryview(data)[:7], flags)


class Listener:
    """A listening socket to which that one client has come."""

    def __init__(self, client: socket.socket) -> None:
        self._client = client

    def bind(self, address: tuple[str, int]) -> None:
        pass

    def listen(self, backlog: int) -> None:
        pass

    def getsockname(self) -> tuple[str, int]:
        return "127.0.0.1", 1243

    def accept(self) -> tuple[socket.socket, tuple[str, int]]:
        return self._client, self.getsockname()
