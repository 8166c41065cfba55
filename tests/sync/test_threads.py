"""One connection, many threads: frames stay whole, each is received once, and a turn is waited for."""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import framing
import pytest
from framing import (
    ConnectionClosed,
    FramedSocket,
    FrameTimeout,
    FrameWouldBlock,
    SendIncomplete,
    SendTimeout,
)
from support.pairs import (
    HELLO,
    SOON,
    Call,
    Link,
    begin,
    each,
    each_link,
    each_way,
    encrypted,
    framed,
    pair,
    receive,
    send_all_and_close,
    tcp,
)
from support.processes import TIMEOUT

pytestmark = pytest.mark.dev_mode

THREADS = 8
LARGE = bytes(5_000_000)
"""More than the system's buffers hold."""


def labelled(number: int, call: int) -> bytes:
    """A payload that shows whether it is whole, and whose it is: mostly small, now and then large."""
    size = 300_000 if call % 50 == 49 else call % 40
    return b"%d.%d." % (number, call) + bytes([65 + number]) * size


# Sending


@each_link
def test_frames_of_many_senders_stay_whole(link: Link) -> None:
    calls = 200

    def send(number: int) -> None:
        for call in range(0, calls, 2):
            fs.send(labelled(number, call))
            fs.send_many([labelled(number, call + 1)])

    with framed(link) as (fs, peer), FramedSocket(peer) as reader:
        senders = [begin(send, number) for number in range(THREADS)]
        got = [reader.recv(timeout=TIMEOUT) for _ in range(THREADS * calls)]
        for sender in senders:
            sender.result()
        for number in range(THREADS):
            # Each sender's in its own order.
            mine = [frame for frame in got if frame.startswith(b"%d." % number)]
            assert mine == [labelled(number, call) for call in range(calls)]


@each_way
def test_senders_that_run_out_of_time(link: Link) -> None:
    """Whatever was taken arrives, and nothing else does."""
    taken: Counter[bytes] = Counter()

    def send(number: int) -> Counter[bytes]:
        mine: Counter[bytes] = Counter()
        for call in range(60):
            payload = labelled(number, call)
            try:
                fs.send(payload, timeout=0.0005)
            except SendIncomplete:
                mine[payload] += 1
            except (TimeoutError, BlockingIOError):
                pass
            else:
                mine[payload] += 1
        return mine

    with framed(link) as (fs, peer), FramedSocket(peer) as reader:
        receiving: Call[Counter[bytes]] = begin(Counter, reader)
        for sender in [begin(send, number) for number in range(THREADS)]:
            taken.update(sender.result())
        send_all_and_close(fs)
        assert receiving.result() == taken
        assert taken


# Receiving


@each_way
def test_many_receivers_get_whole_frames(link: Link) -> None:
    sent = [labelled(0, call) for call in range(3000)]

    def take(number: int) -> list[bytes]:
        mine: list[bytes] = []
        with contextlib.suppress(ConnectionClosed):
            while True:
                mine += fs.recv_many() if number % 2 else [fs.recv()]
        return mine

    with framed(link) as (fs, peer), FramedSocket(peer) as sender:
        receivers = [begin(take, number) for number in range(THREADS)]
        sender.send_many(sent)
        sender.close()
        got = [receiver.result() for receiver in receivers]
    assert Counter(frame for mine in got for frame in mine) == Counter(sent)
    order = {frame: index for index, frame in enumerate(sent)}
    for mine in got:
        # Nobody gets an earlier frame after a later one.
        assert mine == sorted(mine, key=order.__getitem__)


# Both at once


@each_way
def test_one_sends_while_one_receives(link: Link) -> None:
    with framed(link) as (fs, peer), FramedSocket(peer) as other:
        waiting = begin(fs.recv)
        waiting.waits()
        fs.send("while it waits")
        assert other.recv(timeout=TIMEOUT) == b"while it waits"
        other.send("an answer")
        assert waiting.result() == b"an answer"
        sending = begin(fs.send, LARGE)
        sending.waits()
        other.send("while it sends")
        assert fs.recv(timeout=TIMEOUT) == b"while it sends"
        assert other.recv(timeout=TIMEOUT) == LARGE
        sending.result()


@pytest.mark.slow
@each(tcp, encrypted)
def test_fifty_connections_full_in_both_directions(link: Link) -> None:
    """Both ends write more than the buffers hold before either has read all."""
    payload = bytes(range(256)) * 3000

    def exchange(_: int) -> None:
        with framed(link) as (fs, peer), FramedSocket(peer) as other:
            peer.settimeout(None)
            sending = [begin(end.send_many, [payload] * 3) for end in (fs, other)]
            receiving = [begin(received, end, 3) for end in (fs, other)]
            for call in sending:
                call.result()
            assert [call.result() for call in receiving] == [[payload] * 3] * 2

    with ThreadPoolExecutor(50) as pool:
        assert list(pool.map(exchange, range(50))) == [None] * 50


def received(fs: FramedSocket, count: int) -> list[bytes]:
    return [fs.recv() for _ in range(count)]


# Turns


@each_way
def test_waiting_for_a_turn_to_receive_counts(link: Link) -> None:
    with framed(link) as (fs, peer):
        first = begin(fs.recv)
        first.waits()
        calls: list[Any] = [
            fs.recv,
            fs.recv_many,
            lambda **options: fs.recv_into(bytearray(9), **options),
        ]
        for call in calls:
            start = time.monotonic()
            with pytest.raises(FrameTimeout) as caught:
                call(timeout=SOON)
            assert time.monotonic() - start >= SOON
            assert (caught.value.stage, caught.value.received) == ("header", 0)
            with pytest.raises(FrameWouldBlock):
                call(timeout=0)
        peer.sendall(HELLO)
        assert first.result() == b"hello"


@each_way
def test_waiting_for_a_turn_to_send_counts(link: Link) -> None:
    with framed(link) as (fs, peer):
        first = begin(fs.send, LARGE)
        first.waits()
        calls: list[Any] = [
            lambda **options: fs.send("x", **options),
            lambda **options: fs.send_many(["x"], **options),
            lambda **options: fs.send_encoded(HELLO, **options),
        ]
        for call in calls:
            start = time.monotonic()
            with pytest.raises(TimeoutError) as timed_out:
                call(timeout=SOON)
            assert type(timed_out.value) is SendTimeout
            assert time.monotonic() - start >= SOON
            with pytest.raises(BlockingIOError):
                call(timeout=0)
        with pytest.raises(SendIncomplete):
            fs.flush(timeout=0)
        assert receive(peer, len(LARGE) + 10) == framing.encode(LARGE)
        first.result()
        assert fs.pending_send == 0
        fs.send("free again")
        assert receive(peer, 20) == framing.encode("free again")


@each_way
def test_turns_are_in_order(link: Link) -> None:
    with framed(link) as (fs, peer):
        receivers = []
        for _ in range(5):
            receivers.append(begin(fs.recv))
            receivers[-1].waits()
        for number in range(5):
            peer.sendall(framing.encode(b"%d" % number))
            assert receivers[number].result() == b"%d" % number


@each_way
def test_who_gave_up_waiting_is_not_given_a_turn(link: Link) -> None:
    with framed(link) as (fs, peer):
        first = begin(fs.recv)
        first.waits()
        second = begin(fs.recv, timeout=0.001)
        with pytest.raises(FrameTimeout):
            second.result()
        third = begin(fs.recv)
        third.waits()
        peer.sendall(HELLO * 2)
        assert (first.result(), third.result()) == (b"hello", b"hello")


def test_many_who_give_up() -> None:
    """Turns that come and go, with deadlines so short that they meet."""

    def take(number: int) -> int:
        count = 0
        while True:
            try:
                fs.recv(timeout=0.0002 * (number + 1))
            except TimeoutError:
                continue
            except ConnectionClosed:
                return count
            count += 1

    with framed(pair) as (fs, peer), FramedSocket(peer) as sender:
        receivers = [begin(take, number) for number in range(THREADS)]
        for _ in range(2000):
            sender.send("x")
        sender.shutdown()
        assert sum(receiver.result() for receiver in receivers) == 2000


# The socket's mode


@each_link
def test_the_timeout_may_be_set_while_calls_are_inside(link: Link) -> None:
    with framed(link) as (fs, peer):
        waiting = begin(fs.recv)
        waiting.waits()
        assert fs.gettimeout() is None
        # For calls to come.
        fs.settimeout(SOON)
        assert fs.gettimeout() == SOON
        sending = begin(fs.send, LARGE, timeout=None)
        sending.waits()
        fs.setblocking(False)
        assert fs.gettimeout() == 0
        with pytest.raises((ValueError, OSError)):
            fs.settimeout(-1)
        assert fs.gettimeout() == 0
        peer.sendall(HELLO)
        assert waiting.result() == b"hello"
        assert receive(peer, len(LARGE) + 10) == framing.encode(LARGE)
        sending.result()
        assert fs.gettimeout() == fs.socket.gettimeout() == 0
        with pytest.raises(FrameWouldBlock):
            fs.recv()
        fs.setblocking(True)
        assert fs.gettimeout() is None
