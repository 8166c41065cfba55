"""The README's examples do what the README says."""

from __future__ import annotations

import doctest
import re
import socket
from pathlib import Path
from typing import Any

import pytest
from support.pairs import begin

README = Path(__file__).parents[2] / "README.md"
BLOCKS = re.findall(
    r"^```python\n(.*?)^```", README.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
)
TEXTS = ["Welcome to the server!", "", "größer als ASCII ✓", "x" * 100_000]


def test_sessions() -> None:
    sessions = [block for block in BLOCKS if block.startswith(">>>")]
    assert len(sessions) == 6
    # One after the other, as they are read: later ones use what earlier ones imported.
    test = doctest.DocTestParser().get_doctest("\n".join(sessions), {}, "README.md", str(README), 0)
    report: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    assert runner.run(test, out=report.append).failed == 0, "".join(report)
    assert runner.tries >= 20


def named(comment: str) -> dict[str, Any]:
    (block,) = (block for block in BLOCKS if block.startswith(f"# {comment}\n"))
    names: dict[str, Any] = {}
    exec(compile(block, str(README), "exec"), names)
    return names


@pytest.mark.parametrize("sender", ["before", "after"])
@pytest.mark.parametrize("receiver", ["before", "after"])
def test_before_and_after_are_interchangeable(sender: str, receiver: str) -> None:
    send, receive = (
        named(f"{sender}: the sender")["send"],
        named(f"{receiver}: the receiver")["receive"],
    )
    ours, theirs = socket.socketpair()

    def talk() -> None:
        with theirs:
            for text in TEXTS:
                send(theirs, text)

    talking = begin(talk)
    with ours:
        assert [payload.decode() for payload in receive(ours)] == TEXTS
    talking.result()


@pytest.mark.parametrize("receiver", ["before", "after"])
def test_an_end_inside_a_message_is_an_eof_error(receiver: str) -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        theirs.sendall(b"2         ok5         hel")
    with ours:
        messages = named(f"{receiver}: the receiver")["receive"](ours)
        assert next(messages) == b"ok"
        with pytest.raises(EOFError):
            next(messages)


def test_a_peer_that_falls_silent_after_garbage_is_refused_at_once() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(30)
        theirs.sendall(b"2         okGET / HTTP/1.1\r\n")
        messages = named("after: the receiver")["receive"](ours)
        assert next(messages) == b"ok"
        with pytest.raises(ValueError, match="HTTP request"):
            next(messages)
