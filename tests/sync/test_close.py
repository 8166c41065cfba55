"""Closing a connection: who wakes, what later calls say, and when the descriptor goes."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Callable
from typing import Any

import framing
import pytest
from framing import ConnectionClosed, FramedSocket, SendIncomplete
from support.pairs import (
    HELLO,
    Call,
    Link,
    OwnMethods,
    begin,
    each_link,
    each_way,
    framed,
    narrow,
    receive,
    receive_all,
)
from support.processes import TIMEOUT

pytestmark = pytest.mark.dev_mode

LARGE = bytes(5_000_000)
"""More than the system's buffers hold."""

RECEIVING: dict[str, Callable[[FramedSocket], object]] = {
    "recv": FramedSocket.recv,
    "recv with a timeout": lambda fs: fs.recv(timeout=TIMEOUT),
    "recv_many": FramedSocket.recv_many,
    "recv_into": lambda fs: fs.recv_into(bytearray(10)),
    "next": next,
}
SENDING: dict[str, Callable[[FramedSocket], object]] = {
    "send": lambda fs: fs.send(LARGE),
    "send with a timeout": lambda fs: fs.send(LARGE, timeout=TIMEOUT),
    "send_many": lambda fs: fs.send_many([LARGE[:1000]] * 5000),
    "send_encoded": lambda fs: fs.send_encoded(LARGE),
}
FLUSHING: dict[str, Callable[[FramedSocket], object]] = {
    "flush": lambda fs: flush_what_was_left(fs),
    "shutdown": lambda fs: flush_what_was_left(fs, FramedSocket.shutdown),
}
OTHERS: dict[str, Callable[[FramedSocket], object]] = {
    "send empty": lambda fs: fs.send(""),
    "send_many none": lambda fs: fs.send_many([]),
    "flush": FramedSocket.flush,
    "shutdown": FramedSocket.shutdown,
    "shutdown both": lambda fs: fs.shutdown(socket.SHUT_RDWR),
    "detach": FramedSocket.detach,
    "recv at once": lambda fs: fs.recv(timeout=0),
}


def flush_what_was_left(
    fs: FramedSocket, flush: Callable[[FramedSocket], None] = FramedSocket.flush
) -> None:
    with pytest.raises(SendIncomplete):
        fs.send(LARGE, timeout=0)
    flush(fs)


def check_closed(error: BaseException) -> None:
    assert error == ConnectionClosed(local=True)
    assert "closed on this side" in str(error)


# Calls that wait in other threads


@pytest.mark.parametrize(
    "call",
    [*RECEIVING.values(), *SENDING.values(), *FLUSHING.values()],
    ids=[*RECEIVING, *SENDING, *FLUSHING],
)
@each_link
def test_a_call_that_waits_wakes(link: Link, call: Callable[[FramedSocket], object]) -> None:
    with framed(link) as (fs, _):
        waiting = begin(call, fs)
        waiting.waits()
        number = fs.fileno()
        fs.close()
        with pytest.raises(ConnectionClosed) as caught:
            waiting.result()
        check_closed(caught.value)
        # It was the last one inside.
        assert fs.socket.fileno() == -1
        with pytest.raises(OSError, match="descriptor"):
            os.fstat(number)


@pytest.mark.parametrize(
    "call",
    [*RECEIVING.values(), *SENDING.values(), FramedSocket.flush],
    ids=[*RECEIVING, *SENDING, "flush"],
)
@each_way
def test_a_call_that_waits_for_its_turn_wakes(
    link: Link, call: Callable[[FramedSocket], object]
) -> None:
    with framed(link) as (fs, _):
        calls: list[Call[Any]] = [begin(fs.recv), begin(fs.send, LARGE)]
        for first in calls:
            first.waits()
        calls += [begin(call, fs), begin(call, fs)]
        for second in calls[2:]:
            second.waits()
        fs.close()
        for each in calls:
            with pytest.raises(ConnectionClosed) as caught:
                each.result()
            check_closed(caught.value)
        assert fs.socket.fileno() == -1


@each_way
def test_inside_a_frame(link: Link) -> None:
    for wire in (HELLO[:7], HELLO[:12], framing.encode(LARGE)[:100_000]):
        with framed(link, frame_timeout=TIMEOUT) as (fs, peer):
            peer.sendall(wire)
            waiting = begin(fs.recv)
            waiting.waits()
            fs.close()
            with pytest.raises(ConnectionClosed) as caught:
                waiting.result()
            check_closed(caught.value)
            assert fs.stats.buffered == 0


@each_way
def test_from_many_threads_at_once(link: Link) -> None:
    for _ in range(20):
        with framed(link) as (fs, _):
            calls: list[Call[Any]] = [begin(fs.recv), begin(fs.send, LARGE)]
            closing = [begin(fs.close) for _ in range(3)]
            for close in closing:
                close.result()
            for call in calls:
                with pytest.raises(ConnectionClosed) as caught:
                    call.result()
                check_closed(caught.value)
            assert fs.socket.fileno() == -1


# Later calls


@pytest.mark.parametrize(
    "call",
    [*RECEIVING.values(), *SENDING.values(), *OTHERS.values()],
    ids=[*RECEIVING, *SENDING, *(f"{name}." for name in OTHERS)],
)
@each_way
def test_a_later_call(link: Link, call: Callable[[FramedSocket], object]) -> None:
    with framed(link) as (fs, peer):
        # What is here goes, too.
        peer.sendall(HELLO * 3)
        assert fs.recv() == b"hello"
        fs.close()
        with pytest.raises(ConnectionClosed) as caught:
            call(fs)
        check_closed(caught.value)
        assert fs._pending()


@each_link
def test_what_is_left_of_it(link: Link) -> None:
    with framed(link) as (fs, peer):
        peer.sendall(HELLO * 3)
        fs.recv()
        with pytest.raises(SendIncomplete):
            fs.send(LARGE, timeout=0)
        assert not fs.closed
        fs.close()
        assert fs.closed
        assert fs.pending_send == 0
        assert (fs.stats.frames, fs.stats.buffered) == (1, 0)
        assert fs.fileno() == fs.socket.fileno() == -1
        fs.close()
        # A part of the frame is all that the peer gets.
        with contextlib.suppress(ConnectionResetError):
            assert len(receive_all(peer)) < len(LARGE)


@each_link
def test_the_peer_sees_the_end(link: Link) -> None:
    with framed(link) as (fs, peer):
        fs.send("hello")
        fs.close()
        assert receive_all(peer) == HELLO


def test_leaving_the_with_statement_closes() -> None:
    ours, peer = socket.socketpair()
    with peer:
        with FramedSocket(ours) as fs:
            assert not fs.closed
        assert fs.closed
        assert ours.fileno() == -1
        with pytest.raises(LookupError), FramedSocket(socket.socket()) as other:
            raise LookupError
        assert other.closed


# The descriptor


class Held(OwnMethods):
    """Keeps whoever reads inside until it is let go."""

    def __init__(self, fileno: int) -> None:
        super().__init__(fileno=fileno)
        self.inside = threading.Event()
        self.go_on = threading.Event()

    def recv_into(self, *arguments: Any) -> int:
        self.inside.set()
        assert self.go_on.wait(TIMEOUT)
        return super().recv_into(*arguments)


def test_the_last_call_inside_closes_the_descriptor() -> None:
    ours, peer = socket.socketpair()
    with peer, Held(ours.detach()) as held:
        fs = FramedSocket(held)
        number = fs.fileno()
        reading = begin(fs.recv)
        assert held.inside.wait(TIMEOUT)
        fs.close()
        # It could be given to another connection, and that would be read from.
        assert held.fileno() == number
        assert (fs.fileno(), fs.closed) == (-1, True)
        held.go_on.set()
        with pytest.raises(ConnectionClosed):
            reading.result()
        assert held.fileno() == -1


def test_closed_behind_its_back() -> None:
    calls = [*RECEIVING.values(), SENDING["send"], SENDING["send_many"]]
    for call in calls:
        with framed() as (fs, _):
            fs.socket.close()
            with pytest.raises(OSError, match=r"\[Errno 9\]"):
                call(fs)
    with framed() as (fs, _):
        os.close(fs.fileno())
        try:
            for call in calls:
                with pytest.raises(OSError, match=r"\[Errno 9\]"):
                    call(fs)
        finally:
            # The number is nobody's: nothing may be closed by it later.
            assert fs.detach()[0].detach() >= 0


@each_way
def test_a_sender_is_not_held_up_by_one_who_closes(link: Link) -> None:
    """Bytes that were sent before are received, also where a call was inside when it closed."""
    with framed(link) as (fs, peer):
        narrow(fs.socket, peer)
        waiting = begin(fs.recv)
        waiting.waits()
        fs.send("hello")
        fs.close()
        assert receive(peer, len(HELLO)) == HELLO
        with pytest.raises(ConnectionClosed):
            waiting.result()
