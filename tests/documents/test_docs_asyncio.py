"""docs/asyncio.md: its scripts run as they are, in every pair, and what its tables say is so.

As they are, but for a port that is free.
"""

from __future__ import annotations

import ast
import asyncio
import contextlib
import doctest
import inspect
import io
import re
import signal
import socket
import sys
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any

import framing
import pytest
from framing import aio
from framing.aio._options import StreamOptions, stream_config
from support.loops import LOOPS, every_loop
from support.loops import run as run_loop
from support.pairs import begin
from support.processes import connect, finished, first_line, run, started, vanish
from support.replacing import edited

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Awaitable, Callable, Iterator

PAGE = Path(__file__).parents[2] / "docs" / "asyncio.md"
TEXT = PAGE.read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
TITLES = [code.partition("\n")[0].removeprefix("# ") for code in BLOCKS if code.startswith("# ")]
SERVERS = [title for title in TITLES if title.startswith("server.py")]
CLIENTS = [title for title in TITLES if title.startswith("client.py")]
OURS = [title for title in SERVERS if "before" not in title]

TABLES = [
    [
        [cell.strip() for cell in line.strip("|\n").split("|")]
        for line in table.splitlines()
        if not line.startswith("|---")
    ]
    for table in re.findall(r"(?:^\|.*\n)+", TEXT, re.MULTILINE)
]
NAMES, OPTIONS, ERRORS = TABLES


@pytest.fixture(autouse=True)
def prompt(monkeypatch: pytest.MonkeyPatch) -> None:
    # What a script prints is there at once, as it is in a terminal.
    monkeypatch.setenv("PYTHONUNBUFFERED", "1")


def script(folder: Path, title: str, port: int, loop: str = "asyncio") -> Path:
    """Writes one of the scripts."""
    (source,) = (code for code in BLOCKS if code.startswith(f"# {title}\n"))
    source = edited(source, "1243", str(port))
    if loop == "uvloop":
        source = edited(source, "asyncio.run(main())", "__import__('uvloop').run(main())")
    path = folder / title.partition(",")[0]
    path.write_text(source, encoding="utf-8")
    return path


@contextlib.contextmanager
def serving(
    folder: Path, title: str, loop: str = "asyncio"
) -> Iterator[tuple[subprocess.Popen[str], int]]:
    with started(script(folder, title, 0, loop)) as process:
        line = first_line(process)
        assert line.startswith("listening on 127.0.0.1:"), line
        yield process, int(line.rpartition(":")[2])


def quiet(process: subprocess.Popen[str]) -> None:
    """Shows that a server is still there, and has complained of nothing."""
    assert process.poll() is None
    process.kill()
    assert finished(process)[1] == ""


# The scripts


def test_there_are_so_many() -> None:
    assert (len(SERVERS), len(CLIENTS), len(TITLES)) == (6, 2, 8)


@pytest.mark.slow
@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("server", SERVERS)
def test_every_pair(server: str, client: str, tmp_path: Path) -> None:
    with serving(tmp_path, server) as (process, port):
        assert run(script(tmp_path, client, port)) == (0, "hello\n\ngrößer\n", "")
        quiet(process)


@pytest.mark.slow
@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("server", OURS)
def test_messages_however_cut_come_back(server: str, loop: str, tmp_path: Path) -> None:
    payloads = [b"hello", b"", "größer".encode(), b"5         ", b"x" * 300]
    wire = b"".join(framing.encode(payload) for payload in payloads)
    with serving(tmp_path, server, loop) as (process, port):
        for size in (1, 7, len(wire)):
            with connect(port) as peer:
                for start in range(0, len(wire), size):
                    peer.sendall(wire[start : start + size])
                assert [framing.recv_frame(peer) for _ in payloads] == payloads
                peer.shutdown(socket.SHUT_WR)
                assert peer.recv(1) == b""
        quiet(process)


@pytest.mark.slow
@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("server", OURS)
def test_one_who_does_not_read_has_to_wait(server: str, loop: str, tmp_path: Path) -> None:
    wire = framing.encode(bytes(60_000)) * 1000
    with serving(tmp_path, server, loop) as (process, port):
        with connect(port, 65536) as silent, connect(port) as other:
            sending = begin(silent.sendall, wire)
            for _ in range(500):
                framing.send_frame(other, "hello")
                assert framing.recv_frame(other) == b"hello"
            assert sending.is_alive()
            size = 0
            while size < len(wire) and (chunk := silent.recv(1 << 20)):
                assert chunk == wire[size : size + len(chunk)]
                size += len(chunk)
            assert size == len(wire)
            sending.result()
        quiet(process)


@pytest.mark.slow
@pytest.mark.parametrize("server", OURS)
def test_who_vanishes_is_nobody_elses_concern(server: str, tmp_path: Path) -> None:
    with serving(tmp_path, server) as (process, port), connect(port) as other:
        for number in range(10):
            peer = connect(port)
            framing.send_frame(peer, "hello")
            assert framing.recv_frame(peer) == b"hello"
            if number % 2:
                peer.close()
            else:
                vanish(peer)
            framing.send_frame(other, "hello")
            assert framing.recv_frame(other) == b"hello"
        # With asyncio's own streams, to say nothing of a reset is the script's business.
        if server != "server.py, with asyncio's own streams":
            quiet(process)


@pytest.mark.slow
def test_strangers_are_reported_in_a_line(tmp_path: Path) -> None:
    with serving(tmp_path, "server.py, among strangers") as (process, port), connect(port) as other:
        for sent, said in (
            (b"GET / HTTP/1.1\r\n\r\n", "HTTP request"),
            (b"65537     ", "65537 exceeds the limit of 65536"),
            (b"5         hel", "the stream ended inside"),
        ):
            with connect(port) as stranger:
                stranger.sendall(sent)
                stranger.shutdown(socket.SHUT_WR)
                line = first_line(process)
                assert line.startswith("('127.0.0.1', ")
                assert said in line
            framing.send_frame(other, "hello")
            assert framing.recv_frame(other) == b"hello"
        quiet(process)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no signal handlers of a loop")
def test_the_end_by_a_signal(tmp_path: Path) -> None:
    with (
        serving(tmp_path, "server.py, that ends when it is told to") as (process, port),
        connect(port) as idle,
    ):
        framing.send_frame(idle, "hello")
        assert framing.recv_frame(idle) == b"hello"
        process.send_signal(signal.SIGTERM)
        assert finished(process) == (0, "")


# The tables


def test_the_names_are_those_of_a_stream() -> None:
    for theirs, ours, _ in NAMES[1:]:
        for name in re.findall(r"`(?:.*\.)?(\w+)", theirs if ours == "the same" else ours):
            assert name == "async" or hasattr(aio.FramedStream, name) or hasattr(aio, name), name


def test_the_options() -> None:
    listed = {name.strip("`"): ast.literal_eval(value.strip("`")) for name, value, _ in OPTIONS[1:]}
    grace = listed.pop("grace")
    for serve in (aio.start_server, aio.start_unix_server):
        assert inspect.signature(serve).parameters["grace"].default == grace
    assert listed.keys() == StreamOptions.__annotations__.keys()
    # To give a default changes nothing.
    usual, _ = stream_config({})
    given, _ = stream_config(dict(listed))
    assert (given.read_marks, given.write_marks) == (usual.read_marks, usual.write_marks)
    for name in framing.FrameOptions.__annotations__:
        assert getattr(given.framing, name) == getattr(usual.framing, name)
        assert hasattr(aio.FramedStream, name)


async def own_fault(_: aio.FramedStream) -> None:
    raise LookupError


async def two_readers(stream: aio.FramedStream) -> None:
    reading = asyncio.ensure_future(stream.recv())
    await asyncio.sleep(0)
    try:
        await stream.recv()
    finally:
        reading.cancel()


async def read(stream: aio.FramedStream) -> None:
    await stream.recv()


SCENES: dict[str, tuple[Callable[[aio.FramedStream], Awaitable[None]], bytes]] = {
    "ConnectionClosed": (read, b""),
    "OSError": (read, b""),
    "FrameStalled": (read, b"5         hel"),
    "TruncatedFrame": (read, b"5         hel"),
    "InvalidHeader": (read, b"GET / HTTP/1.1\r\n\r\n"),
    "FrameTooLarge": (read, b"65537     "),
    "ConcurrencyError": (two_readers, b""),
    "anything else": (own_fault, b""),
}


def test_the_errors_are_these() -> None:
    assert [row[0].strip("`") for row in ERRORS[1:]] == list(SCENES)


@pytest.mark.parametrize("row", ERRORS[1:], ids=lambda row: row[0].strip("`"))
@every_loop
def test_what_becomes_of_an_error(loop: str, row: list[str]) -> None:
    name = row[0].strip("`")
    scene, sent = SCENES[name]
    raised: list[Exception] = []
    reported: list[dict[str, Any]] = []

    async def main() -> None:
        ended = asyncio.Event()

        async def handler(stream: aio.FramedStream) -> None:
            try:
                await scene(stream)
            except Exception as error:
                raised.append(error)
                raise
            finally:
                ended.set()

        frame_timeout = 0.01 if name == "FrameStalled" else None
        async with await aio.start_server(
            handler, "127.0.0.1", 0, max_frame_size=65536, frame_timeout=frame_timeout
        ) as server:
            with connect(server.sockets[0].getsockname()[1]) as peer:
                peer.sendall(sent)
                if name in ("ConnectionClosed", "TruncatedFrame"):
                    peer.shutdown(socket.SHUT_WR)
                if name == "OSError":
                    vanish(peer)
                await ended.wait()

    run_loop(loop, main, reported=reported)
    (error,) = raised
    expected: type[Exception] = {"OSError": OSError, "anything else": LookupError}.get(
        name, getattr(framing, name, Exception)
    )
    assert isinstance(error, expected)
    assert [context["exception"] for context in reported] == ([error] if row[2] == "reported" else [])


# The rest of the page


class Session:
    """What `python -m asyncio` does with a line: `await` may stand by itself."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._names: dict[str, Any] = {}

    def enter(self, line: str) -> None:
        code = compile(line, PAGE.name, "single", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        result = types.FunctionType(code, self._names)()
        if inspect.iscoroutine(result):
            self._loop.run_until_complete(result)


def test_sessions() -> None:
    lines = doctest.DocTestParser().get_examples("\n".join(b for b in BLOCKS if b.startswith(">>>")))
    assert len(lines) >= 14
    with asyncio.Runner(debug=True) as runner:
        session = Session(runner.get_loop())
        # One after the other, as they are read: later ones use what earlier ones have made.
        for line in lines:
            shown = io.StringIO()
            with contextlib.redirect_stdout(shown):
                try:
                    session.enter(line.source)
                except Exception as error:
                    kind = type(error)
                    assert line.exc_msg == f"{kind.__module__}.{kind.__name__}: {error}\n"
                else:
                    assert line.exc_msg is None
            assert shown.getvalue() == line.want or line.exc_msg


@every_loop
def test_what_is_said_of_readexactly(loop: str) -> None:
    async def main() -> None:
        ours, peer = socket.socketpair()
        with peer:
            reader, writer = await asyncio.open_connection(sock=ours)
            header_is_read = asyncio.Event()

            async def receive() -> bytes:
                header = await reader.readexactly(10)
                header_is_read.set()
                return await reader.readexactly(int(header))

            receiving = asyncio.ensure_future(receive())
            peer.sendall(b"5         hel")
            await header_is_read.wait()
            # As a timeout does.
            receiving.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await receiving
            peer.sendall(b"lo2         ok")
            with pytest.raises(ValueError, match="invalid literal"):
                int(await reader.readexactly(10))
            writer.close()
            await writer.wait_closed()

    run_loop(loop, main)


def test_links_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)]+)\)", TEXT)
    assert len(links) >= 3
    for link in links:
        path, _, heading = link.partition("#")
        target = PAGE.parent / path
        assert target.exists()
        if heading:
            titles = re.findall(r"^#+ (.*)$", target.read_text(encoding="utf-8"), re.MULTILINE)
            assert heading in {re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in titles}
