"""`python -m framing demo`, as a person runs it."""

from __future__ import annotations

import re
import signal
import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow


DEMO = [sys.executable, "-X", "dev", "-W", "error", "-X", "utf8", "-m", "framing"]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*DEMO, *arguments], capture_output=True, encoding="utf-8", timeout=120)


def test_shows_the_wire_and_what_came_out() -> None:
    done = run("demo", "--interval", "0")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("server: listening on 127.0.0.1:")
    assert "wire:   b'22        Welcom'" in done.stdout
    assert "client: message 1: 'Welcome to the server!'" in done.stdout
    assert "client: message 2: ''" in done.stdout
    assert "client: message 3: 'Grüße aus der Ferne ✓'" in done.stdout
    assert done.stdout.endswith("ok: 5 messages sent, 5 received intact\n")


def test_the_wire_is_every_byte() -> None:
    done = run("demo", "--messages", "3", "--interval", "0")
    wire = b"".join(eval(literal) for literal in re.findall(r"wire:   (b.*)", done.stdout))
    assert wire.decode() == "22        Welcome to the server!0         25        Grüße aus der Ferne ✓"


def test_many_messages() -> None:
    done = run("demo", "--messages", "3000", "--interval", "0")
    assert done.returncode == 0
    assert done.stdout.endswith("ok: 3000 messages sent, 3000 received intact\n")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["demo", "--messages", "0"], "--messages: must be between 1 and 100000, not 0"),
        (["demo", "--messages", "many"], "--messages: invalid int value: 'many'"),
        (["demo", "--interval", "-1"], "--interval: must be between 0 and 60, not -1"),
        (["demo", "--interval", "nan"], "--interval: must be between 0 and 60, not nan"),
        (["demo", "--port", "1"], "unrecognized arguments: --port 1"),
        (["dance"], "invalid choice: 'dance'"),
        ([], "the following arguments are required: command"),
    ],
)
def test_argument_errors_are_clear(arguments: list[str], complaint: str) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert complaint in done.stderr
    assert "Traceback" not in done.stderr


def test_version_and_help() -> None:
    assert run("--version").stdout.startswith("framing ")
    assert "shows what went over the wire" in " ".join(run("demo", "--help").stdout.split())


def test_ctrl_c_ends_it_cleanly_with_its_processes() -> None:
    with subprocess.Popen(
        [*DEMO, "demo", "--interval", "60"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        # A test runner in the background may ignore the signal, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    ) as process:
        assert process.stdout is not None
        while "message 1" not in process.stdout.readline():
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        output, complaints = process.communicate(timeout=60)
    # communicate() has returned, so nobody holds the pipes any more: server and client are gone too.
    assert process.returncode == 130
    assert complaints == "interrupted\n"
    assert "ok:" not in output


def test_a_reader_that_has_seen_enough_is_no_error_to_shout_about() -> None:
    with subprocess.Popen(
        [*DEMO, "demo", "--messages", "3000", "--interval", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == ""
