"""docs/replace.md: what it says of scripts that keep their own `recv`."""

from __future__ import annotations

import socket

import pytest
from support.pairs import begin
from support.replacing import defined

TEXTS = ["Welcome to the server!", "", "größer als ASCII ✓", "x" * 100_000]


@pytest.mark.parametrize("sender", ["before", "after"])
@pytest.mark.parametrize("receiver", ["before", "after"])
def test_before_and_after_are_interchangeable(sender: str, receiver: str) -> None:
    send = defined(f"{sender}: the sender")["send"]
    receive = defined(f"{receiver}: the receiver")["receive"]
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
        messages = defined(f"{receiver}: the receiver")["receive"](ours)
        assert next(messages) == b"ok"
        with pytest.raises(EOFError):
            next(messages)


def test_a_peer_that_falls_silent_after_garbage_is_refused_at_once() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(30)
        theirs.sendall(b"2         okGET / HTTP/1.1\r\n")
        messages = defined("after: the receiver")["receive"](ours)
        assert next(messages) == b"ok"
        with pytest.raises(ValueError, match="HTTP request"):
            next(messages)
