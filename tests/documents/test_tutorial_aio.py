"""The asyncio pair in examples/tutorial: many clients in one thread, strangers, ctrl-C at any time.

What it has in common with the other pairs is in test_tutorial.py.
"""

from __future__ import annotations

import contextlib
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import framing
import pytest
from support.pairs import begin
from support.processes import connect, finished, first_line, run, serving, started, stream, vanish

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.slow


TUTORIAL = Path(__file__).parents[2] / "examples" / "tutorial"
SERVER = TUTORIAL / "aio_server.py"
CLIENT = TUTORIAL / "aio_client.py"
CLIENTS = ("plain_client.py", "client.py", "aio_client.py")

# So little that hardly anything waits on the way to who does not read.
LITTLE = 65536

# So long that whoever waited for it would not come back in the time of a test.
PAUSE = "--interval=3600"


@contextlib.contextmanager
def greeted(port: int) -> Iterator[socket.socket]:
    with connect(port) as connection:
        assert framing.recv_frame(connection) == b"hello"
        yield connection


# The server


def test_nobody_waits_for_another_ones_pause(ctrl_c: int) -> None:
    with (
        serving(SERVER, PAUSE, "--message=hello") as (process, port),
        contextlib.ExitStack() as stack,
    ):
        for _ in range(100):
            stack.enter_context(greeted(port))
        process.send_signal(ctrl_c)
        assert finished(process) == (130, "")


def test_many_at_once_are_all_served_to_the_end() -> None:
    count = 50
    messages = [f"--message={text}" for text in ("hello", "", "größer ✓", "x" * 70_000)]
    wire = b"".join(framing.encode(message.partition("=")[2]) for message in messages) * 5
    with serving(SERVER, f"--clients={count}", "--interval=0", "--count=20", *messages) as (
        process,
        port,
    ):
        receiving = [begin(lambda: b"".join(stream(port))) for _ in range(count)]
        assert [call.result() for call in receiving] == [wire] * count
        assert finished(process) == (0, "")


def test_nobody_is_let_in_after_the_last_one() -> None:
    arguments = ("--clients=2", "--count=400", "--interval=0", f"--message={'x' * 60_000}")
    with serving(SERVER, *arguments) as (process, port):
        with connect(port, LITTLE) as first, connect(port, LITTLE) as second:
            # More is to come than anything between us keeps, so neither has been served to the end.
            for connection in (first, second):
                assert framing.recv_frame(connection) == b"x" * 60_000
            refused = False
            while not refused:
                # The system may still let somebody in, until the server has closed.
                try:
                    vanish(connect(port))
                except ConnectionResetError:
                    pass
                except ConnectionRefusedError:
                    refused = True
            for connection in (first, second):
                for _ in range(399):
                    assert framing.recv_frame(connection) == b"x" * 60_000
                assert connection.recv(1) == b""
        assert finished(process) == (0, "")


@pytest.mark.parametrize("client", CLIENTS)
def test_one_who_never_reads_holds_nobody_up(client: str, ctrl_c: int) -> None:
    message = "x" * 60_000
    with (
        serving(SERVER, "--interval=0", f"--message={message}") as (process, port),
        connect(port, LITTLE) as silent,
    ):
        assert silent.recv(1)
        # More than anything keeps for the silent one.
        status, output, complaints = run(TUTORIAL / client, f"--port={port}", "--count=300")
        assert (status, complaints) == (0, "")
        assert output == f"{message}\n" * 300
        process.send_signal(ctrl_c)
        assert finished(process) == (130, "")


def knock(port: int) -> None:
    connect(port).close()


def knock_and_run(port: int) -> None:
    vanish(connect(port))


def say(wire: bytes) -> Callable[[int], None]:
    def speak(port: int) -> None:
        with connect(port) as connection:
            connection.sendall(wire)

    return speak


STRANGERS: dict[str, Callable[[int], None]] = {
    "knocks": knock,
    "knocks and runs": knock_and_run,
    "HTTP": say(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    "TLS": say(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
    "frames": say(framing.encode("hello") * 10_000),
    "half a frame": say(framing.encode("hello")[:12]),
}


@pytest.mark.parametrize("visit", STRANGERS.values(), ids=STRANGERS)
def test_strangers_leave_no_trace(visit: Callable[[int], None], ctrl_c: int) -> None:
    with serving(SERVER, "--interval=0.001", "--message=hello") as (process, port):
        for _ in range(30):
            visit(port)
        status, output, complaints = run(CLIENT, f"--port={port}", "--count=50")
        assert (status, output, complaints) == (0, "hello\n" * 50, "")
        process.send_signal(ctrl_c)
        assert finished(process) == (130, "")


def test_a_server_without_clients_ends_on_ctrl_c(ctrl_c: int) -> None:
    with serving(SERVER) as (process, _):
        process.send_signal(ctrl_c)
        assert finished(process) == (130, "")


# The client


@pytest.mark.parametrize("sent", [b"", b"5", b"5         ", b"5         hel"])
def test_a_client_ends_on_ctrl_c_wherever_it_is(sent: bytes, ctrl_c: int) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        started(CLIENT, f"--port={listener.getsockname()[1]}") as process,
    ):
        connection, _ = listener.accept()
        with connection:
            connection.sendall(framing.encode("whole") + sent)
            assert first_line(process) == "whole\n"
            process.send_signal(ctrl_c)
            assert finished(process) == (130, "")


@pytest.mark.parametrize("sent", [b"", b"5", b"5         ", b"5         hel"])
def test_a_connection_that_is_reset(sent: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with started(CLIENT, f"--port={port}") as process:
            connection, _ = listener.accept()
            connection.sendall(framing.encode("whole") + sent)
            assert first_line(process) == "whole\n"
            vanish(connection)
            status, complaints = finished(process)
    assert status == 1
    (line,) = complaints.splitlines()
    assert line.startswith(f"127.0.0.1:{port}: ")
    assert "reset" in line
