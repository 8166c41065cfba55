"""How a stream ends, and what is still delivered: the end, a reset, half of a connection."""

from __future__ import annotations

import contextlib
import signal
import socket
import subprocess
import sys
from collections.abc import Callable

import framing
import pytest
from framing import ConnectionClosed, FramedSocket, TruncatedFrame
from support.pairs import (
    HELLO,
    Link,
    begin,
    each,
    each_link,
    each_way,
    each_with_halves,
    finish,
    framed,
    own_methods,
    pair,
    receive_all,
    reset,
    tcp,
)
from support.processes import TIMEOUT

STREAM = framing.encode("one") + framing.encode("") + framing.encode("three")
FRAMES = [b"one", b"", b"three"]
BOUNDARIES = {0: 0, 13: 1, 23: 2, 38: 3}
"""Where frames end in STREAM, and how many have ended there."""


def frames_of(fs: FramedSocket) -> tuple[list[bytes], framing.FramingError]:
    """Everything that is received, and how that ends."""
    frames: list[bytes] = []
    while True:
        try:
            frames.append(fs.recv(timeout=TIMEOUT))
        except framing.FramingError as error:
            return frames, error


def truncated(arrived: bytes, size: int) -> TruncatedFrame:
    """What is said of a frame of so many payload bytes, of which this is all there is."""
    if len(arrived) < 10:
        return TruncatedFrame("header", 10, len(arrived), arrived)
    return TruncatedFrame("payload", size, len(arrived) - 10, arrived)


# A clean end


@each_link
def test_between_frames(link: Link) -> None:
    with framed(link) as (fs, peer):
        peer.sendall(HELLO)
        finish(peer)
        assert fs.recv() == b"hello"
        for _ in range(3):
            with pytest.raises(ConnectionClosed) as caught:
                fs.recv()
            assert caught.value == ConnectionClosed(local=False)
            assert isinstance(caught.value, EOFError)


@each_link
def test_before_the_first_frame(link: Link) -> None:
    calls: list[Callable[[FramedSocket], object]] = [
        FramedSocket.recv,
        FramedSocket.recv_many,
        lambda fs: fs.recv_into(bytearray(20)),
        lambda fs: framing.recv_frame(fs.detach()[0]),
    ]
    with framed(link) as (fs, peer):
        peer.close()
        for call in calls:
            with pytest.raises(ConnectionClosed, match="the peer closed") as caught:
                call(fs)
            assert not caught.value.local


@each_link
def test_iteration_ends(link: Link) -> None:
    with framed(link) as (fs, peer):
        peer.sendall(STREAM)
        finish(peer)
        assert list(fs) == FRAMES
        assert list(fs) == []


# An end inside a frame


@each_way
def test_at_every_byte(link: Link) -> None:
    for cut in range(len(STREAM) + 1):
        whole = max(count for end, count in BOUNDARIES.items() if end <= cut)
        start = max(end for end in BOUNDARIES if end <= cut)
        with framed(link) as (fs, peer):
            peer.sendall(STREAM[:cut])
            finish(peer)
            frames, error = frames_of(fs)
            assert frames == FRAMES[:whole]
            if cut in BOUNDARIES:
                assert error == ConnectionClosed()
                continue
            assert error == truncated(STREAM[start:cut], len(FRAMES[whole]))
            assert isinstance(error, EOFError)
            # It stays so.
            assert frames_of(fs) == ([], error)


@each_way
def test_iteration_does_not_end_there(link: Link) -> None:
    with framed(link) as (fs, peer):
        peer.sendall(HELLO + HELLO[:12])
        finish(peer)
        frames = iter(fs)
        assert next(frames) == b"hello"
        with pytest.raises(TruncatedFrame) as caught:
            next(frames)
        assert caught.value == TruncatedFrame("payload", 5, 2, HELLO[:12])


@each_way
def test_in_a_large_frame(link: Link) -> None:
    payload = bytes(range(256)) * 4000
    wire = framing.encode(payload)
    for arrived in (0, 1, 70_000, len(payload) - 1):
        with framed(link) as (fs, peer):
            call = begin(frames_of, fs)
            peer.sendall(wire[: 10 + arrived])
            finish(peer)
            frames, error = call.result()
            assert frames == []
            assert error == TruncatedFrame("payload", len(payload), arrived, wire[: 10 + arrived])


@each_way
def test_what_is_behind_good_frames_comes_behind_them(link: Link) -> None:
    endings: list[tuple[bytes, framing.FramingError]] = [
        (b"", ConnectionClosed()),
        (b"5  ", TruncatedFrame("header", 10, 3, b"5  ")),
        (b"GET /", framing.InvalidHeader(b"G", 23, "this looks like an HTTP request")),
        (b"2000000000", framing.FrameTooLarge(2_000_000_000, 1_000_000_000, 23)),
    ]
    for tail, expected in endings:
        for max_frames in (None, 1, 5):
            with framed(link) as (fs, peer):
                peer.sendall(STREAM[:23] + tail)
                finish(peer)
                frames: list[bytes] = []
                with contextlib.suppress(type(expected)):
                    while True:
                        frames += fs.recv_many(max_frames, timeout=TIMEOUT)
                assert frames == FRAMES[:2]
                with pytest.raises(type(expected)) as caught:
                    fs.recv(timeout=TIMEOUT)
                assert caught.value == expected


# A reset


@each(tcp)
@pytest.mark.parametrize("read", ["recv", "recv_many", "recv_into", "next"])
def test_a_reset_comes_through(link: Link, read: str) -> None:
    calls: dict[str, Callable[[FramedSocket], object]] = {
        "recv": FramedSocket.recv,
        "recv_many": FramedSocket.recv_many,
        "recv_into": lambda fs: fs.recv_into(bytearray(20)),
        "next": next,
    }
    for sent in (b"", HELLO[:5], HELLO[:10], HELLO[:12]):
        with framed(link) as (fs, peer):
            peer.sendall(sent)
            if sent:
                with pytest.raises(framing.FrameTimeout) as caught:
                    fs.recv(timeout=0.01)
                while caught.value.received + 10 * (caught.value.stage == "payload") < len(sent):
                    with pytest.raises(framing.FrameTimeout) as caught:
                        fs.recv(timeout=0.01)
            reset(peer)
            with pytest.raises(ConnectionResetError):
                calls[read](fs)


@each(tcp)
def test_frames_before_a_reset_are_delivered_first(link: Link) -> None:
    for rest in (b"", HELLO[:12]):
        with framed(link) as (fs, peer):
            peer.sendall(STREAM + rest)
            # The reset throws away what nobody has read.
            assert fs.recv(timeout=TIMEOUT) == b"one"
            reset(peer)
            assert fs.recv_many() == FRAMES[1:]
            with pytest.raises(ConnectionResetError):
                fs.recv_many()


@each(tcp)
def test_sending_after_a_reset(link: Link) -> None:
    with framed(link) as (fs, peer):
        reset(peer)
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            fs.send_many(["hello"] * 100_000)
        # No signal ends the process, and nothing hangs.
        with pytest.raises(BrokenPipeError):
            fs.send("hello")


# Half a connection


@each_with_halves
def test_nothing_more_from_us(link: Link) -> None:
    with framed(link) as (fs, peer):
        fs.send("hello")
        fs.shutdown()
        assert receive_all(peer) == HELLO
        peer.sendall(STREAM)
        assert fs.recv() == b"one"
        finish(peer)
        assert list(fs) == FRAMES[1:]
        with pytest.raises(OSError, match=r"."):
            fs.send("too late")


@each_link
def test_nothing_more_from_the_peer(link: Link) -> None:
    with framed(link) as (fs, peer):
        finish(peer)
        with pytest.raises(ConnectionClosed):
            fs.recv()
        fs.send("hello")
        fs.close()
        assert receive_all(peer) == HELLO


@each(pair, own_methods)
def test_shutdown_sends_what_is_left_first(link: Link) -> None:

    payload = bytes(3_000_000)
    with framed(link) as (fs, peer):
        with pytest.raises(framing.SendIncomplete):
            fs.send(payload, timeout=0)
        fs.settimeout(0)
        with pytest.raises(framing.SendIncomplete):
            fs.shutdown()
        fs.settimeout(None)
        reading = begin(receive_all, peer)
        fs.shutdown()
        assert fs.pending_send == 0
        assert reading.result() == framing.encode(payload)


@each_way
def test_shutdown_both_ways(link: Link) -> None:
    with framed(link) as (fs, peer):
        fs.shutdown(socket.SHUT_RDWR)
        assert receive_all(peer) == b""
        with pytest.raises(ConnectionClosed) as caught:
            fs.recv(timeout=TIMEOUT)
        assert not caught.value.local
        assert not fs.closed


# A peer that dies

DYING = """
import socket, sys, time
sock = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
sock.sendall(b"3         one" + b"9         half")
time.sleep(1000)
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_a_peer_that_is_killed_inside_a_frame() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        subprocess.Popen([sys.executable, "-c", DYING, str(listener.getsockname()[1])]) as process,
    ):
        listener.settimeout(TIMEOUT)
        with FramedSocket(listener.accept()[0]) as fs:
            assert fs.recv(timeout=TIMEOUT) == b"one"
            process.kill()
            with pytest.raises(TruncatedFrame) as caught:
                fs.recv(timeout=TIMEOUT)
            assert caught.value.received <= 4
            assert b"9         half".startswith(caught.value.partial or b"?")
