"""Calls that may not wait, or not for long: what they say, and that the next one carries on."""

from __future__ import annotations

import contextlib
import errno
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import framing
import pytest
from framing import FramedSocket, FrameStalled, FrameTimeout, FrameWouldBlock, IncompleteFrame
from support.pairs import HELLO, SOON, Link, begin, each_link, each_way, finish, framed
from support.processes import TIMEOUT

STREAM = framing.encode("one") + framing.encode("") + framing.encode("three" * 20)
FRAMES = [b"one", b"", b"three" * 20]
LARGE = framing.encode(bytes(range(256)) * 4000)

Receive = Callable[..., list[bytes]]
CALLS: dict[str, Receive] = {
    "recv": lambda fs, **options: [fs.recv(**options)],
    "recv_many": FramedSocket.recv_many,
    "recv_many(1)": lambda fs, **options: fs.recv_many(1, **options),
    "recv_into": lambda fs, **options: [received_into(fs, **options)],
}
each_call = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)


def received_into(fs: FramedSocket, **options: Any) -> bytes:
    buffer = bytearray(200)
    size = fs.recv_into(buffer, **options)
    return bytes(buffer[:size])


def facts(error: IncompleteFrame) -> tuple[str, int, int, bytes | None]:
    return error.stage, error.expected, error.received, error.partial


def expected(arrived: int, size: int) -> tuple[str, int, int, None]:
    """The facts about a frame of so many payload bytes, of which so many bytes are there."""
    return ("header", 10, arrived, None) if arrived < 10 else ("payload", size, arrived - 10, None)


@contextlib.contextmanager
def taking_at_least(seconds: float) -> Iterator[None]:
    start = time.monotonic()
    yield
    assert time.monotonic() - start >= seconds


# A deadline


@each_call
@each_way
def test_the_facts_and_the_same_frame_again(link: Link, call: Receive) -> None:
    with framed(link) as (fs, peer):
        for arrived in range(len(HELLO)):
            with taking_at_least(0.002), pytest.raises(FrameTimeout) as caught:
                call(fs, timeout=0.002)
            assert facts(caught.value) == expected(arrived, 5)
            assert isinstance(caught.value, TimeoutError)
            assert fs.stats.buffered == arrived
            peer.sendall(HELLO[arrived : arrived + 1])
        assert call(fs, timeout=TIMEOUT) == [b"hello"]


@each_link
def test_the_timeout_of_the_socket(link: Link) -> None:
    with framed(link) as (fs, peer):
        fs.settimeout(SOON)
        with taking_at_least(SOON), pytest.raises(FrameTimeout):
            fs.recv()
        with taking_at_least(SOON), pytest.raises(FrameTimeout):
            next(fs)
        # Given with the call, another one; and this one again afterwards.
        with pytest.raises(FrameWouldBlock):
            fs.recv(timeout=0)
        waiting = begin(fs.recv, timeout=None)
        waiting.waits()
        time.sleep(SOON)
        peer.sendall(HELLO)
        assert waiting.result() == b"hello"
        assert fs.gettimeout() == SOON
        with taking_at_least(SOON), pytest.raises(FrameTimeout):
            fs.recv(timeout="default")


@each_way
def test_a_large_frame_carries_on(link: Link) -> None:
    """Large frames are received into memory of their own, which stays between calls."""
    places = [10, 11, 5000, 70_000, 300_000, len(LARGE) - 1, len(LARGE)]
    with framed(link) as (fs, peer):
        for _ in range(2):
            sent = 0
            for place in places[:-1]:
                sending = begin(peer.sendall, LARGE[sent:place])
                while fs.stats.buffered < place:
                    with pytest.raises(FrameTimeout) as caught:
                        fs.recv(timeout=0.01)
                    assert facts(caught.value) == expected(fs.stats.buffered, len(LARGE) - 10)
                sending.result()
                sent = place
            peer.sendall(LARGE[sent:])
            assert fs.recv(timeout=TIMEOUT) == LARGE[10:]


@each_way
def test_one_deadline_for_a_peer_that_drips(link: Link) -> None:
    with framed(link) as (fs, peer):
        # Few: a Unix socket takes no more where about seventy such small pieces wait, and on a busy machine all may.
        peer.sendall(LARGE[:1])
        dripping = begin(drip, peer, LARGE[1:60], 0.004)
        with taking_at_least(0.1), pytest.raises(FrameTimeout) as caught:
            fs.recv(timeout=0.1)
        # It got some and gave up before the last.
        assert 0 < fs.stats.buffered < 60
        assert caught.value.stage in ("header", "payload")
        dripping.result()
        sending = begin(peer.sendall, LARGE[60:])
        assert fs.recv(timeout=TIMEOUT) == LARGE[10:]
        sending.result()


def drip(peer: socket.socket, wire: bytes, pause: float) -> None:
    for index in range(len(wire)):
        peer.sendall(wire[index : index + 1])
        time.sleep(pause)


def test_what_is_here_needs_no_time() -> None:
    with framed() as (fs, peer):
        peer.sendall(STREAM)
        assert fs.recv(timeout=0) == b"one"
        assert fs.recv(timeout=1e-9) == b""
        assert fs.recv(timeout=0) == FRAMES[2]


# A socket that does not block


@each_call
@each_way
def test_no_byte_is_lost_at_any_cut(link: Link, call: Receive) -> None:
    for cut in range(len(STREAM) + 1):
        with framed(link) as (fs, peer):
            fs.setblocking(False)
            frames = []
            for piece in (STREAM[:cut], STREAM[cut:]):
                peer.sendall(piece)
                frames += all_that_is_here(lambda: call(fs))
            assert frames == FRAMES
            assert fs.stats.buffered == 0


def all_that_is_here(call: Callable[[], list[bytes]]) -> list[bytes]:
    frames = []
    with contextlib.suppress(FrameWouldBlock):
        while True:
            frames += call()
    return frames


@each_link
def test_the_idiom_of_scripts(link: Link) -> None:
    with framed(link) as (fs, peer):
        fs.setblocking(False)
        try:
            fs.recv()
        except OSError as error:
            assert error.errno == errno.EAGAIN
        else:
            pytest.fail("nothing was sent")
        peer.sendall(HELLO[:12])
        with pytest.raises(BlockingIOError) as caught:
            next(fs)
        assert isinstance(caught.value, FrameWouldBlock)
        assert facts(caught.value) == expected(12, 5)
        peer.sendall(HELLO[12:])
        assert next(fs) == b"hello"
        finish(peer)
        with pytest.raises(framing.ConnectionClosed):
            fs.recv()


# frame_timeout


@each_link
def test_a_peer_that_stops_inside_a_frame(link: Link) -> None:
    for arrived in (1, 9, 10, 14):
        with framed(link, frame_timeout=SOON) as (fs, peer):
            assert fs.frame_timeout == SOON
            peer.sendall(HELLO[:arrived])
            with taking_at_least(SOON), pytest.raises(FrameStalled) as caught:
                fs.recv()
            assert facts(caught.value)[:3] == expected(arrived, 5)[:3]
            assert caught.value.partial == HELLO[:arrived]
            assert caught.value.errno == errno.ECONNABORTED
            assert not isinstance(caught.value, TimeoutError)


@each_call
@each_way
def test_it_stays_so(link: Link, call: Receive) -> None:
    with framed(link, frame_timeout=0.005) as (fs, peer):
        peer.sendall(HELLO[:12])
        first = stalled(fs, call)
        peer.sendall(HELLO[12:] + HELLO)
        for timeout in (0, 0.01, None, "default"):
            assert stalled(fs, call, timeout=timeout) == first
        assert fs._pending()
        # What had arrived is not lost, and neither is the connection for what we say.
        fs.send("goodbye")
        assert peer.recv(100) == framing.encode("goodbye")
        assert fs.detach()[1] == HELLO[:12]


def stalled(fs: FramedSocket, call: Receive, **options: Any) -> FrameStalled:
    with pytest.raises(FrameStalled) as caught:
        call(fs, **options)
    return caught.value


@each_way
def test_in_a_large_frame(link: Link) -> None:
    with framed(link, frame_timeout=SOON) as (fs, peer):
        # As much as the system's buffers hold.
        peer.sendall(LARGE[:150_000])
        error = stalled(fs, FramedSocket.recv_many)
        assert facts(error) == ("payload", len(LARGE) - 10, 149_990, LARGE[:150_000])


@pytest.mark.slow
@each_way
def test_waiting_adds_up(link: Link) -> None:
    """Neither a byte now and then nor a short timeout of each call starts the time anew."""
    with framed(link, frame_timeout=5 * SOON) as (fs, peer):
        peer.sendall(b"2")
        with taking_at_least(5 * SOON), pytest.raises(FrameStalled):  # noqa: PT012
            for _ in range(7):
                with contextlib.suppress(FrameTimeout):
                    fs.recv(timeout=SOON)
                peer.sendall(b" ")
    with framed(link, frame_timeout=5 * SOON) as (fs, peer):
        dripping = begin(drip, peer, framing.encode(bytes(50))[:-1], SOON / 5)
        with taking_at_least(5 * SOON), pytest.raises(FrameStalled):
            fs.recv(timeout=TIMEOUT)
        dripping.result()


@each_way
def test_time_that_is_not_counted(link: Link) -> None:
    limit = SOON
    with framed(link, frame_timeout=limit) as (fs, peer):
        # Between frames: before the first byte of one.
        for _ in range(2):
            with taking_at_least(2 * limit), pytest.raises(FrameTimeout) as caught:
                fs.recv(timeout=2 * limit)
            assert caught.value.received == 0
        # Between our calls, while a frame is unfinished.
        peer.sendall(HELLO[:12])
        for _ in range(2):
            with pytest.raises(FrameWouldBlock):
                fs.recv(timeout=0)
            time.sleep(2 * limit)
        # What the system has is read first, however late we come.
        peer.sendall(HELLO[12:])
        time.sleep(2 * limit)
        assert fs.recv() == b"hello"


@pytest.mark.slow
@each_way
def test_every_frame_has_its_own_time(link: Link) -> None:
    with framed(link, frame_timeout=0.5) as (fs, peer):
        for _ in range(6):
            peer.sendall(HELLO[:12])
            with pytest.raises(FrameTimeout):
                fs.recv(timeout=0.1)
            peer.sendall(HELLO[12:])
            assert fs.recv(timeout=TIMEOUT) == b"hello"


def test_a_short_timeout_of_a_call_comes_first() -> None:
    with framed(frame_timeout=TIMEOUT) as (fs, peer):
        peer.sendall(HELLO[:3])
        with pytest.raises(FrameTimeout):
            fs.recv(timeout=SOON)
        with pytest.raises(FrameWouldBlock):
            fs.recv(timeout=0)
        peer.sendall(HELLO[3:])
        assert fs.recv() == b"hello"


def test_an_end_is_no_stall() -> None:
    with framed(frame_timeout=TIMEOUT) as (fs, peer):
        peer.sendall(HELLO[:3])
        finish(peer)
        with pytest.raises(framing.TruncatedFrame):
            fs.recv()
