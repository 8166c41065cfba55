"""Programs that frame with somebody else's code, each a process, and what is said to them and by them.

Such a program reads commands from stdin, a line each, until that ends:

    listen FORMAT LIMIT          it says a port, and takes one connection there
    connect FORMAT LIMIT PORT    it connects to this port of the loopback interface

A limit of 0 is its own default. To each frame of a connection it answers with

    "send N"         N times "x"
    "bye"            "eyb", and then it ends the connection
    anything else    the same bytes in reverse: wherever the two see other boundaries, that shows

When a connection is over it says so: "clean", or "error: " and what its library says of it.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest
from support import processes
from support.pairs import Call, begin
from support.processes import TIMEOUT

HERE = Path(__file__).parents[1] / "interop"
TOKIO = HERE / "tokio_codec"
# Where what is built is never taken for sources.
BUILT = HERE.parent.parent / "target" / "interop"

REQUIRED = os.environ.get("REQUIRED_PEERS", "").split()
"""Peers whose tests must not be skipped. `nox -s interop` says which."""


def missing(name: str, reason: str) -> NoReturn:
    """Ends a test, or a whole file of tests, whose peer is not here."""
    if name in REQUIRED:
        pytest.fail(reason)
    pytest.skip(reason, allow_module_level=True)


def package(name: str, module: str) -> Any:
    """Imports a module of a Python package; skips where that is not installed."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError:
        missing(name, f"needs {name}, of the extra `interop`")


def needs_program(name: str, package: str) -> str:
    """Skips where a program is not installed; else gives its path."""
    path = shutil.which(name)
    if path is None:
        missing(name, f"needs {name}, of Debian's {package}")
    return path


def tokio_program() -> str:
    """The peer that uses tokio-util; skips where it cannot be built of what is at hand."""
    cargo = shutil.which("cargo")
    if cargo is None:
        missing("tokio", "needs cargo")
    if not _built(cargo):
        missing("tokio", "needs tokio-util: `python -m nox -s interop` gets it")
    return str(BUILT / "debug" / "tokio-codec-peer")


@functools.cache
def _built(cargo: str) -> bool:
    """Builds that peer; says whether all that it needs could be had."""
    # Nobody expects that tests load something from elsewhere, unless this is what is asked for.
    options = ["--locked"] if "tokio" in REQUIRED else ["--locked", "--offline"]

    def run(*command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [cargo, *command, *options], cwd=TOKIO, capture_output=True, text=True, check=False
        )

    build = run("build", "--target-dir", str(BUILT))
    # Either the program is wrong, or something is missing.
    had = not build.returncode or not run("fetch").returncode
    assert not (had and build.returncode), build.stderr
    return had


@contextlib.contextmanager
def in_a_thread(serve: Callable[[socket.socket], str]) -> Iterator[tuple[tuple[str, int], Call[str]]]:
    """A peer that needs no process: the address that it listens at, and what it says of the one connection in the end."""

    def served() -> str:
        with listener.accept()[0] as connection:
            connection.settimeout(TIMEOUT)
            return serve(connection)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(TIMEOUT)
        yield listener.getsockname(), begin(served)


class Peer:
    """Such a program. It serves one connection after the other."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lost = False
        """Whether it was killed, because nobody knows any more what it will say next."""

    @contextlib.contextmanager
    def expected(self) -> Iterator[None]:
        """Within, all goes as it should; else later tests get another peer."""
        try:
            yield
        except BaseException:
            self.lost = True
            self.process.kill()
            raise

    def command(self, *words: object) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()

    def listen(self, name: str, limit: int) -> int:
        """Has it listen; gives the port."""
        self.command("listen", name, limit)
        return int(self.said())

    def connect(self, name: str, limit: int, port: int) -> None:
        """Has it connect."""
        self.command("connect", name, limit, port)

    def said(self) -> str:
        """Waits for the next line that it says."""
        # Ends the wait too, which knows no timeout.
        watchdog = threading.Timer(TIMEOUT, self.process.kill)
        watchdog.start()
        line = processes.first_line(self.process)
        watchdog.cancel()
        assert line, "it has ended"
        return line.removesuffix("\n")


@contextlib.contextmanager
def running(*command: str) -> Iterator[Peer]:
    """Starts such a program; in the end there is nothing that it complains of."""
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        try:
            peer = Peer(process)
            yield peer
            _, stderr = process.communicate(timeout=TIMEOUT)
            assert peer.lost or (process.returncode, stderr) == (0, "")
        finally:
            process.kill()
