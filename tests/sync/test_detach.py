"""Parting from the socket: with every byte that was not returned, and as if nothing had been there."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable

import framing
import pytest
from framing import BufferTooSmall, FrameDecoder, FramedSocket, FrameWouldBlock, SendIncomplete
from support.pairs import (
    HELLO,
    Link,
    begin,
    each_link,
    each_way,
    encrypted,
    framed,
    receive,
    receive_all,
)
from support.processes import TIMEOUT

STREAM = framing.encode("one") + framing.encode("") + framing.encode("three")
FRAMES = [b"one", b"", b"three"]
LARGE = framing.encode(bytes(range(256)) * 4000)


@each_way
def test_every_byte_at_every_cut(link: Link) -> None:
    """What was returned, and what is handed over, is all there was."""
    for cut in range(len(STREAM) + 1):
        for wanted in range(4):
            with framed(link) as (fs, peer):
                peer.sendall(STREAM[:cut])
                frames: list[bytes] = []
                with contextlib.suppress(FrameWouldBlock):
                    while len(frames) < wanted:
                        frames.append(fs.recv(timeout=0))
                sock, wire = fs.detach()
                assert type(wire) is bytes
                rest = wire + all_that_is_there(sock) + STREAM[cut:]
                decoder = FrameDecoder()
                assert frames + decoder.feed(rest) == FRAMES
                assert decoder.buffered == 0
                sock.close()


def all_that_is_there(sock: socket.socket) -> bytes:
    """What the socket has, without waiting."""
    sock.setblocking(False)
    wire = b""
    with contextlib.suppress(OSError):
        while chunk := sock.recv(100):
            wire += chunk
    return wire


@each_way
def test_exactly_what_was_received(link: Link) -> None:
    for tail in (b"", b"5", HELLO[:10], HELLO[:12]):
        with framed(link) as (fs, peer):
            peer.sendall(STREAM + tail)
            assert fs.recv() == b"one"
            assert fs.stats.buffered == len(STREAM) - 13 + len(tail)
            sock, wire = fs.detach()
            with sock:
                assert wire == STREAM[13:] + tail


@each_way
def test_a_part_of_a_large_frame(link: Link) -> None:
    for size in (10, 5000, 100_000, 600_000, len(LARGE) - 1):
        with framed(link) as (fs, peer):
            sending = begin(peer.sendall, LARGE[:size])
            while fs.stats.buffered < size:
                with pytest.raises(framing.FrameTimeout):
                    fs.recv(timeout=0.01)
            sending.result()
            sock, wire = fs.detach()
            with sock:
                assert wire == LARGE[:size]


@each_way
def test_a_large_frame_that_nobody_took(link: Link) -> None:
    with framed(link) as (fs, peer):
        sending = begin(peer.sendall, LARGE + HELLO)
        with pytest.raises(BufferTooSmall):
            fs.recv_into(bytearray(10), timeout=TIMEOUT)
        sock, wire = fs.detach()
        with sock:
            # It was refused as soon as its size was known.
            assert wire + receive(sock, len(LARGE + HELLO) - len(wire)) == LARGE + HELLO
        sending.result()


# How a stream became one that is not framed, and the error.
REFUSED: dict[str, tuple[bytes, type[framing.FramingError]]] = {
    "a bad header": (b"GET / HTTP/1.1\r\n", framing.InvalidHeader),
    "a bad byte late": (b"5     x   hello", framing.InvalidHeader),
    "too large": (b"2000000000" + b"x" * 50, framing.FrameTooLarge),
}


@pytest.mark.parametrize(("wire", "error"), REFUSED.values(), ids=REFUSED)
@each_way
def test_a_stream_that_is_refused(link: Link, wire: bytes, error: type[framing.FramingError]) -> None:
    calls: list[Callable[[FramedSocket], object]] = [
        FramedSocket.recv,
        FramedSocket.recv_many,
        lambda fs: fs.recv_into(bytearray(10)),
    ]
    for call in calls:
        for before in (b"", HELLO):
            with framed(link) as (fs, peer):
                peer.sendall(before + wire)
                if before:
                    assert fs.recv() == b"hello"
                for _ in range(2):
                    with pytest.raises(error):
                        call(fs)
                assert fs._pending()
                peer.sendall(b" and more")
                with pytest.raises(error):
                    call(fs)
                sock, rest = fs.detach()
                with sock:
                    # What came after the refusal was never taken.
                    assert rest + receive(sock, 9) == wire + b" and more"


# Afterwards


@each_link
def test_the_socket_works_as_if_nothing_had_been(link: Link) -> None:
    with framed(link) as (fs, peer):
        fs.settimeout(TIMEOUT)
        peer.sendall(STREAM[:20])
        assert fs.recv() == b"one"
        fs.send("hello")
        original = fs.socket
        sock, wire = fs.detach()
        assert sock is original
        assert sock.gettimeout() == TIMEOUT
        assert fs.closed
        assert fs.fileno() == -1
        assert sock.fileno() >= 0
        peer.sendall(STREAM[20:])
        assert wire + receive(sock, 18 + 20 - len(wire) - 13) == STREAM[13:]
        sock.sendall(b"unframed")
        assert receive(peer, len(HELLO) + 8) == HELLO + b"unframed"
        # It is nobody else's any more.
        fs.close()
        with fs:
            pass
        del fs
        peer.sendall(HELLO)
        assert framing.recv_frame(sock) == b"hello"
        with FramedSocket(sock) as again:
            again.send("again")
            assert receive(peer, 15) == framing.encode("again")


@each_way
def test_later_calls(link: Link) -> None:
    calls: list[Callable[[FramedSocket], object]] = [
        FramedSocket.recv,
        FramedSocket.recv_many,
        next,
        lambda fs: fs.recv_into(bytearray(10)),
        lambda fs: fs.send("hello"),
        lambda fs: fs.send_many(["hello"]),
        lambda fs: fs.send_encoded(HELLO),
        FramedSocket.flush,
        FramedSocket.shutdown,
        FramedSocket.detach,
    ]
    with framed(link) as (fs, peer):
        peer.sendall(HELLO * 2)
        assert fs.recv() == b"hello"
        sock, _ = fs.detach()
        with sock:
            for call in calls:
                with pytest.raises(ValueError, match="detached"):
                    call(fs)
            peer.settimeout(0.01)
            with pytest.raises(TimeoutError):
                peer.recv(1)


# When it is refused


@each_way
def test_with_a_send_pending(link: Link) -> None:
    with framed(link) as (fs, peer):
        peer.sendall(HELLO * 2)
        assert fs.recv() == b"hello"
        with pytest.raises(SendIncomplete):
            fs.send(bytes(5_000_000), timeout=0)
        with pytest.raises(RuntimeError, match=f"{fs.pending_send} bytes"):
            fs.detach()
        # Nothing was lost by asking.
        assert fs.recv() == b"hello"
        reading = begin(receive, peer, 5_000_010)
        fs.flush()
        assert reading.result() == framing.encode(bytes(5_000_000))
        fs.detach()[0].close()


@each_way
def test_while_another_call_is_inside(link: Link) -> None:
    with framed(link) as (fs, peer):
        receiving = begin(fs.recv)
        receiving.waits()
        with pytest.raises(RuntimeError, match="another call"):
            fs.detach()
        sending = begin(fs.send, bytes(5_000_000))
        sending.waits()
        peer.sendall(HELLO)
        assert receiving.result() == b"hello"
        with pytest.raises(RuntimeError, match="another call"):
            fs.detach()
        receive(peer, 5_000_010)
        sending.result()
        sock, wire = fs.detach()
        assert wire == b""
        sock.close()


def test_after_the_end() -> None:
    with framed() as (fs, peer):
        peer.sendall(HELLO[:12])
        peer.close()
        with pytest.raises(framing.TruncatedFrame):
            fs.recv()
        sock, wire = fs.detach()
        with sock:
            assert wire == HELLO[:12]
            assert receive_all(sock) == b""


def test_to_speak_something_else_over_tls() -> None:
    with framed(encrypted) as (fs, peer):
        peer.sendall(HELLO + b"from here on anything")
        assert fs.recv() == b"hello"
        sock, wire = fs.detach()
        with sock:
            assert wire == b"from here on anything"
            peer.sendall(b"!")
            assert sock.recv(10) == b"!"
