"""Ctrl-C, and whatever else a signal handler raises: it ends the call, and nothing is lost."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable

import pytest
from framing import FramedSocket
from support.pairs import (
    HELLO,
    Call,
    Link,
    begin,
    each,
    each_way,
    framed,
    pair,
    receive,
    receive_all,
    send_all_and_close,
    tcp,
    until_asleep,
)
from support.processes import TIMEOUT
from support.signals import (
    PAYLOAD,
    WIRE,
    by_signals,
    disturb,
    each_call,
    handling,
    interrupt,
    storm,
    when_it_waits,
)

pytestmark = by_signals


@each_call
@each_way
def test_an_interrupt_while_receiving(link: Link, call: Callable[[FramedSocket], object]) -> None:
    for cut in (0, 3, 10, 13):
        with framed(link) as (fs, peer), handling(interrupt):
            peer.sendall(HELLO[:cut])
            with when_it_waits(disturb), pytest.raises(KeyboardInterrupt):
                call(fs)
            assert fs.stats.buffered == cut
            peer.sendall(HELLO[cut:])
            assert fs.recv() == b"hello"


@each_way
def test_an_interrupt_inside_a_large_frame(link: Link) -> None:
    with framed(link) as (fs, peer), handling(interrupt):
        sending = begin(peer.sendall, WIRE[:1_000_000])
        with when_it_waits(sending.result), when_it_waits(disturb), pytest.raises(KeyboardInterrupt):
            fs.recv()
        sending = begin(peer.sendall, WIRE[1_000_000:])
        assert fs.recv() == PAYLOAD
        sending.result()


@each_way
def test_an_interrupt_while_sending(link: Link) -> None:
    calls: list[Callable[[FramedSocket], None]] = [
        lambda fs: fs.send(PAYLOAD),
        lambda fs: fs.send(PAYLOAD, timeout=TIMEOUT),
        lambda fs: fs.send_many([PAYLOAD]),
        lambda fs: fs.send_encoded(WIRE),
    ]
    for call in calls:
        with framed(link) as (fs, peer), handling(interrupt):
            with when_it_waits(disturb), pytest.raises(KeyboardInterrupt):
                call(fs)
            sent = len(WIRE) - fs.pending_send
            assert 0 < sent < len(WIRE)
            assert receive(peer, sent) == WIRE[:sent]
            # Again, in the middle of the rest; and then to its end.
            with when_it_waits(disturb), pytest.raises(KeyboardInterrupt):
                fs.flush()
            reading = begin(receive_all, peer)
            fs.send("hello")
            send_all_and_close(fs)
            assert reading.result() == WIRE[sent:] + HELLO


@each_way
def test_an_interrupt_while_waiting_for_a_turn(link: Link) -> None:
    with framed(link) as (fs, peer), handling(interrupt):
        receiving, sending = begin(fs.recv), begin(fs.send, PAYLOAD)
        receiving.waits()
        sending.waits()
        calls: list[Callable[[], object]] = [
            fs.recv,
            fs.recv_many,
            lambda: fs.recv(timeout=TIMEOUT),
            lambda: fs.send("hello"),
            lambda: fs.send("hello", timeout=TIMEOUT),
            lambda: fs.send_many(["hello"]),
            fs.flush,
        ]
        for call in calls:
            with when_it_waits(disturb), pytest.raises(KeyboardInterrupt):
                call()
        # Nobody is in the way of those who have their turn, or of those who come.
        peer.sendall(HELLO * 2)
        assert (receiving.result(), fs.recv()) == (b"hello", b"hello")
        reading = begin(receive_all, peer)
        sending.result()
        fs.send("hello")
        send_all_and_close(fs)
        assert reading.result() == WIRE + HELLO


class Enough(Exception):
    """What a handler raises, once, if it may."""


class Armed:
    """A handler that raises the next time, and not again before it is told to."""

    def __init__(self) -> None:
        self.may_raise = False
        self.count = 0

    def __call__(self) -> None:
        if self.may_raise:
            self.may_raise = False
            self.count += 1
            raise Enough

    def stops(self, call: Callable[[], object]) -> bool:
        """Whether it ended the call."""
        try:
            self.may_raise = True
            call()
        except Enough:
            return True
        self.may_raise = False
        return False


FRAMES = [PAYLOAD[: size * 17] for size in range(400)] + [PAYLOAD] * 3


@each(pair, tcp)
def test_receiving_with_interrupts_at_any_time(link: Link) -> None:
    handler = Armed()
    # It keeps what it has got when it is stopped, so that no frame is lost on its way to this test.
    got: deque[bytes] = deque()
    with framed(link) as (fs, peer), FramedSocket(peer) as sender, handling(handler):
        sending = begin(send_and_end, sender, FRAMES)
        with storm():
            while handler.stops(lambda: got.extend(fs)):
                pass
        sending.result()
    assert list(got) == FRAMES
    assert handler.count > 0


@each(pair, tcp)
def test_sending_with_interrupts_at_any_time(link: Link) -> None:
    """Each frame arrives whole and in order; one whose call was ended may not have been taken."""
    handler = Armed()
    with framed(link) as (fs, peer), FramedSocket(peer) as reader, handling(handler):
        receiving: Call[list[bytes]] = begin(list, reader)
        with storm():
            stopped = [
                handler.stops(lambda: fs.send(b"%d:" % number + frame))  # noqa: B023
                for number, frame in enumerate(FRAMES)
            ]
        send_all_and_close(fs)
        got = receiving.result()
    sent = [b"%d:" % number + frame for number, frame in enumerate(FRAMES)]
    numbers = [int(frame.partition(b":")[0]) for frame in got]
    assert got == [sent[number] for number in numbers]
    assert numbers == sorted(set(numbers))
    assert {number for number, ended in enumerate(stopped) if not ended} <= set(numbers)
    assert handler.count == sum(stopped)


def send_and_end(sender: FramedSocket, frames: list[bytes]) -> None:
    sender.settimeout(None)
    sender.send_many(frames)
    sender.shutdown()


# From the keyboard

BLOCKED = """
import socket, sys, framing
ours, peer = socket.socketpair()
fs = framing.FramedSocket(ours)
try:
    print("about to wait", flush=True)
    {call}
except KeyboardInterrupt:
    print("interrupted", fs.stats.frames, fs.closed)
"""
WAITING = [
    "fs.recv()",
    "list(fs)",
    "fs.recv_many(timeout=60)",
    "fs.send(bytes(9**8))",
    "framing.recv_frame(ours)",
]


@pytest.mark.slow
@pytest.mark.parametrize("call", WAITING)
def test_ctrl_c(call: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", BLOCKED.format(call=call)], stdout=subprocess.PIPE, text=True
    ) as process:
        watchdog = threading.Timer(TIMEOUT, process.kill)
        watchdog.start()
        assert process.stdout is not None
        assert process.stdout.readline() == "about to wait\n"
        until_asleep(process)
        process.send_signal(signal.SIGINT)
        assert process.stdout.read() == "interrupted 0 False\n"
        watchdog.cancel()
