"""Signals whose handlers return, or use the connection themselves."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from typing import Any

import framing
import pytest
from framing import ConnectionClosed, FramedSocket, FrameTimeout, SendIncomplete
from support.pairs import (
    HELLO,
    SOON,
    Call,
    Link,
    begin,
    each_way,
    framed,
    receive,
)
from support.processes import TIMEOUT
from support.signals import CALLS, PAYLOAD, WIRE, by_signals, disturb, handling, storm, when_it_waits

pytestmark = by_signals

# A handler that returns


@pytest.mark.slow
@each_way
def test_a_storm_while_bytes_go_both_ways(link: Link) -> None:
    count = 30
    signals = 0

    def count_it() -> None:
        nonlocal signals
        signals += 1

    with framed(link) as (fs, peer), FramedSocket(peer) as other, handling(count_it):
        other.settimeout(None)
        receiving = begin(lambda: [other.recv() for _ in range(count)])
        with storm():
            fs.send_many([PAYLOAD[number:] for number in range(count // 2)])
            for number in range(count // 2, count):
                fs.send(PAYLOAD[number:], timeout=TIMEOUT)
            assert receiving.result() == [PAYLOAD[number:] for number in range(count)]
            sending = begin(other.send_many, [PAYLOAD[number:] for number in range(count)])
            for number in range(count):
                assert fs.recv(timeout=TIMEOUT if number % 2 else None) == PAYLOAD[number:]
            sending.result()
    assert signals > 0


@each_way
def test_a_deadline_in_a_storm(link: Link) -> None:
    """Waiting does not begin anew with every signal, nor does it end."""
    with framed(link, frame_timeout=3 * SOON) as (fs, peer), handling(lambda: None), storm():
        for call in (fs.recv, fs.recv_many):
            start = time.monotonic()
            with pytest.raises(FrameTimeout):
                call(timeout=SOON)
            assert time.monotonic() - start >= SOON
        start = time.monotonic()
        with pytest.raises(SendIncomplete):
            fs.send(PAYLOAD, timeout=SOON)
        assert time.monotonic() - start >= SOON
        peer.sendall(HELLO[:4])
        start = time.monotonic()
        with pytest.raises(framing.FrameStalled):
            fs.recv()
        assert time.monotonic() - start >= 3 * SOON


@pytest.mark.parametrize("stateless", [False, True], ids=["FramedSocket", "recv_frame"])
@each_way
def test_a_handler_runs_although_bytes_keep_coming(link: Link, stateless: bool) -> None:
    """A signal that comes between two system calls interrupts none of them, and is not forgotten."""
    ran = threading.Event()
    size = 30_000_000
    generator = random.Random(1)

    def send(peer: Any) -> bool:
        peer.sendall(b"%-10d" % (size + 1))
        timer = threading.Timer(generator.uniform(0.001, 0.008), disturb)
        timer.start()
        peer.sendall(bytes(size))
        timer.join()
        # The receiver has all there is, and waits for a byte more.
        in_time = ran.wait(10)
        peer.sendall(b"x")
        return in_time

    for _ in range(5):
        with framed(link) as (fs, peer), handling(ran.set):
            ran.clear()
            sending = begin(send, peer)
            frame = framing.recv_frame(fs.socket) if stateless else fs.recv()
            assert len(frame) == size + 1
            assert sending.result()


# A handler that uses the connection


@each_way
def test_a_turn_is_not_taken_twice(link: Link) -> None:
    """Nobody could ever give the first one back."""
    refused: list[str] = []

    def take(call: Callable[[], object]) -> None:
        try:
            call()
        except RuntimeError as error:
            refused.append(str(error))

    with framed(link) as (fs, peer):
        for call in CALLS.values():

            def receive_again() -> None:
                take(lambda: call(fs))  # noqa: B023
                peer.sendall(HELLO)

            with handling(receive_again), when_it_waits(disturb):
                assert fs.recv() == b"hello"
        assert len(refused) == len(CALLS)
        assert all("receives" in text for text in refused)
        refused.clear()
        reading: list[Call[bytes]] = []
        for again in (lambda: fs.send("inner"), fs.flush, lambda: fs.send_many([], timeout=0)):

            def send_again() -> None:
                take(again)  # noqa: B023
                reading.append(begin(receive, peer, len(WIRE)))

            with handling(send_again), when_it_waits(disturb):
                fs.send(PAYLOAD)
            assert reading.pop().result() == WIRE
        assert len(refused) == 3
        assert all("sends" in text for text in refused)


@each_way
def test_nor_waited_for_twice(link: Link) -> None:
    refused: list[RuntimeError] = []

    def again() -> None:
        try:
            fs.recv(timeout=TIMEOUT)
        except RuntimeError as error:
            refused.append(error)
        peer.sendall(HELLO * 2)

    with framed(link) as (fs, peer), handling(again):
        first = begin(fs.recv)
        first.waits()
        with when_it_waits(disturb):
            assert fs.recv() == b"hello"
        assert first.result() == b"hello"
        assert len(refused) == 1


@each_way
def test_the_other_direction_is_free(link: Link) -> None:
    with framed(link) as (fs, peer):

        def answer() -> None:
            fs.send("from the handler")
            peer.sendall(HELLO)

        with handling(answer), when_it_waits(disturb):
            assert fs.recv() == b"hello"
        assert receive(peer, 26) == framing.encode("from the handler")


@each_way
def test_closing_from_a_handler(link: Link) -> None:
    for call in (fs_recv, fs_send):
        with framed(link) as (fs, _):
            with handling(fs.close), when_it_waits(disturb):
                with pytest.raises(ConnectionClosed) as caught:
                    call(fs)
                assert caught.value.local
            assert fs.socket.fileno() == -1


def fs_recv(fs: FramedSocket) -> None:
    fs.recv()


def fs_send(fs: FramedSocket) -> None:
    fs.send(PAYLOAD)


@each_way
def test_detaching_from_a_handler(link: Link) -> None:
    refused: list[RuntimeError] = []

    def detach() -> None:
        try:
            fs.detach()
        except RuntimeError as error:
            refused.append(error)
        peer.sendall(HELLO)

    with framed(link) as (fs, peer), handling(detach), when_it_waits(disturb):
        assert fs.recv() == b"hello"
    assert len(refused) == 1
