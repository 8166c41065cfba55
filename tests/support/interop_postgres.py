"""A PostgreSQL server for tests, which has nothing in it, and its protocol's messages as its documentation has them."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import struct
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import framing
from framing import BinaryHeader
from framing.presets import POSTGRES
from support.interop_ends import End, Layer
from support.interop_peers import missing
from support.processes import TIMEOUT

STARTUP = BinaryHeader(4, length_adjustment=-4)
"""The header of a client's first message, which has no type."""

USER = "tester"


@contextlib.contextmanager
def server() -> Iterator[str]:
    """Starts a server; gives the path of its Unix socket."""
    initdb, postgres = program("initdb"), program("postgres")
    # Longer paths than this do not fit everywhere.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        data = str(Path(folder) / "data")
        identity = unprivileged(folder)
        made = subprocess.run(
            [initdb, "--no-sync", "--auth=trust", f"--username={USER}", "--encoding=UTF8", data],
            **identity,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
        assert not made.returncode, made.stderr
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": folder,
            "fsync": "off",
            "lc_messages": "C",
        }
        command = [postgres, "-D", data]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        with subprocess.Popen(command, **identity, stderr=subprocess.PIPE, encoding="utf-8") as process:
            # Ends the wait for the server's word, too.
            watchdog = threading.Timer(TIMEOUT, process.kill)
            watchdog.start()
            assert process.stderr is not None
            log: list[str] = []
            for line in process.stderr:
                log.append(line)
                if "ready to accept connections" in line:
                    break
            watchdog.cancel()
            assert process.poll() is None, log
            # A log that nobody reads ends up in its way.
            threading.Thread(target=process.stderr.read, daemon=True).start()
            try:
                yield str(Path(folder) / ".s.PGSQL.5432")
            finally:
                # "Fast": connections are cut.
                process.send_signal(signal.SIGINT)
                process.wait(TIMEOUT)


def program(name: str) -> str:
    """One of the server's, which Debian keeps apart; skips where there is none."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    path = shutil.which(name, path=os.pathsep.join([os.environ["PATH"], *map(str, folders)]))
    if path is None:
        missing("postgres", f"needs {name}, of Debian's postgresql")
    return path


def unprivileged(folder: str) -> dict[str, Any]:
    """Options of a process that is to be nobody special, and owns the folder: the server refuses to be root."""
    if os.geteuid() != 0:
        return {}
    import pwd

    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": [], "cwd": folder}


class Message(NamedTuple):
    """A message of the server's."""

    type: bytes
    body: bytes


def startup(database: str = "postgres", version: int = 3 << 16) -> bytes:
    """The first message of a client."""
    parameters = f"user\0{USER}\0database\0{database}\0\0".encode()
    return framing.encode(struct.pack("!I", version) + parameters, STARTUP)


@contextlib.contextmanager
def connected(layer: Layer, path: str, **options: Any) -> Iterator[End]:
    """A connection whose start-up is over."""
    with layer.connected(path, header=POSTGRES, keep_header=True, **options) as end:
        end.send_encoded(startup())
        messages = until_ready(end)
        assert messages[0] == (b"R", struct.pack("!I", 0)), "authentication is not needed"
        yield end


def message(frame: bytes) -> Message:
    """Takes the header off."""
    return Message(frame[:1], frame[POSTGRES.size :])


def until_ready(end: End) -> list[Message]:
    """Receives messages up to the one that says that the server is ready for more."""
    messages = [message(end.recv())]
    while messages[-1].type != b"Z":
        messages.append(message(end.recv()))
    return messages


def reported(error: Message) -> dict[str, str]:
    """The parts of an error, by their letters."""
    assert error.type == b"E"
    parts = error.body.decode().split("\0")
    assert parts[-2:] == ["", ""]
    return {part[0]: part[1:] for part in parts[:-2]}


def column(row: Message) -> bytes | None:
    """The only column of a row."""
    count, size = struct.unpack_from("!hi", row.body)
    assert (row.type, count) == (b"D", 1)
    if size < 0:
        return None
    assert len(row.body) == 6 + size
    return row.body[6:]
