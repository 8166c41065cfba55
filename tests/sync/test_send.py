"""Sends that stop part-way: how far they got, what is kept, and what goes out next."""

from __future__ import annotations

import array
import contextlib
import errno
import socket
import ssl
import time
from collections.abc import Callable
from typing import Any

import framing
import pytest
from framing import FramedSocket, SendIncomplete, SendTimeout, SendWouldBlock
from support.pairs import (
    HELLO,
    SOON,
    Link,
    begin,
    each,
    each_link,
    each_way,
    encrypted,
    framed,
    own_methods,
    pair,
    receive,
    receive_all,
    send_all_and_close,
)

PAYLOAD = bytes(range(251)) * 20_000
"""More than the system's buffers hold."""
WIRE = framing.encode(PAYLOAD)

# Both modes in which a send gives up.
MODES: dict[str, dict[str, Any]] = {"timeout": {"timeout": SOON}, "not blocking": {"timeout": 0}}
each_mode = pytest.mark.parametrize("mode", MODES.values(), ids=MODES)

each_silent_way = each(pair, own_methods)
"""The ways on which nothing has happened where nothing was sent. TLS may have made a record of it."""


def stopped(call: Callable[..., None], *arguments: Any, **options: Any) -> int:
    """Makes a call that stops part-way, and gives the bytes that it has sent."""
    with pytest.raises(SendIncomplete) as caught:
        call(*arguments, **options)
    assert caught.value.remaining is None
    return caught.value.sent


def nothing_comes(peer: socket.socket) -> bool:
    """Whether the peer has read everything that was sent so far."""
    timeout = peer.gettimeout()
    peer.setblocking(False)
    try:
        # It waits for a byte, or for the rest of a TLS record.
        with pytest.raises(OSError, match=r".") as caught:
            peer.recv(1)
    finally:
        peer.settimeout(timeout)
    return isinstance(caught.value, BlockingIOError) or "Want" in type(caught.value).__name__


def fill(sock: socket.socket) -> bytes:
    """Sends until there is no room for a single byte; what was sent."""
    sent = 0
    for size in (2**20, 2**10, 1):
        with contextlib.suppress(BlockingIOError):
            while True:
                sent += sock.send(b"-" * size)
    return b"-" * sent


# Part of a frame


@each_mode
@each_link
def test_exactly_so_much_was_sent(link: Link, mode: dict[str, Any]) -> None:
    with framed(link) as (fs, peer):
        assert fs.pending_send == 0
        sent = stopped(fs.send, PAYLOAD, **mode)
        assert 0 < sent < len(WIRE)
        assert fs.pending_send == len(WIRE) - sent
        assert receive(peer, sent) == WIRE[:sent]
        assert nothing_comes(peer)
        reading = begin(receive, peer, len(WIRE) - sent)
        fs.flush()
        assert fs.pending_send == 0
        assert reading.result() == WIRE[sent:]


@each_link
def test_the_sockets_own_mode(link: Link) -> None:
    for timeout in (0, SOON):
        with framed(link) as (fs, peer):
            # Of a fixed size: by themselves the buffers of TCP grow while a send waits.
            for end in (fs.socket, peer):
                for option in (socket.SO_SNDBUF, socket.SO_RCVBUF):
                    end.setsockopt(socket.SOL_SOCKET, option, 100_000)
            fs.settimeout(timeout)
            start = time.monotonic()
            sent = stopped(fs.send, PAYLOAD)
            assert time.monotonic() - start >= timeout
            assert fs.pending_send == len(WIRE) - sent
            # What the system moves from our buffer to the peer's makes room for more, a few times.
            while more := timed_out(fs, timeout):
                sent += more
                assert fs.pending_send == len(WIRE) - sent
            assert 0 < fs.pending_send == len(WIRE) - sent


def timed_out(fs: FramedSocket, timeout: float) -> int:
    """Flush until the socket's own timeout is over, and give the bytes that it has sent."""
    start = time.monotonic()
    sent = stopped(fs.flush)
    assert time.monotonic() - start >= timeout
    return sent


# What goes out behind the rest, and its bytes on the wire.
NEXT: dict[str, tuple[Callable[[FramedSocket], None], bytes]] = {
    "flush": (FramedSocket.flush, b""),
    "send": (lambda fs: fs.send("hello"), HELLO),
    "send empty": (lambda fs: fs.send(""), b"0         "),
    "send large": (lambda fs: fs.send(PAYLOAD), WIRE),
    "send_many": (lambda fs: fs.send_many(["hello", PAYLOAD, "hello"]), HELLO + WIRE + HELLO),
    "send_many none": (lambda fs: fs.send_many([]), b""),
    "send_encoded": (lambda fs: fs.send_encoded(HELLO * 3), HELLO * 3),
}


@pytest.mark.parametrize(("then", "behind"), NEXT.values(), ids=NEXT)
@each_way
def test_the_rest_goes_first(link: Link, then: Callable[[FramedSocket], None], behind: bytes) -> None:
    with framed(link) as (fs, peer):
        stopped(fs.send, PAYLOAD, timeout=0)
        reading = begin(receive_all, peer)
        then(fs)
        assert fs.pending_send == 0
        send_all_and_close(fs)
        assert reading.result() == WIRE + behind


@pytest.mark.slow
@each_mode
@each_way
def test_flush_by_flush(link: Link, mode: dict[str, Any]) -> None:
    with framed(link) as (fs, peer):
        total = stopped(fs.send, PAYLOAD, **mode)
        wire = receive(peer, total)
        flushes = 0
        while fs.pending_send:
            pending = fs.pending_send
            try:
                fs.flush(**mode)
                sent = pending
            except SendIncomplete as incomplete:
                sent = incomplete.sent
            assert fs.pending_send == pending - sent
            wire += receive(peer, sent)
            flushes += 1
        assert flushes > 1
        assert wire == WIRE


# What is sent that way, as it was given, and what it is on the wire.
class Bytes(bytes):
    """A subclass, whose instances might do anything."""


def text() -> str:
    return "größer" * 700_000


GIVEN: dict[str, Callable[[], Any]] = {
    "bytes": lambda: PAYLOAD,
    "a subclass": lambda: Bytes(PAYLOAD),
    "bytearray": lambda: bytearray(PAYLOAD),
    "memoryview": lambda: memoryview(PAYLOAD)[10:],
    "view of a bytearray": lambda: memoryview(bytearray(PAYLOAD)),
    "array": lambda: array.array("I", PAYLOAD),
    "text": text,
    "ASCII": lambda: "hello" * 1_000_000,
}


def wire_of(given: Any) -> bytes:
    return framing.encode(given)


def overwrite(given: Any) -> None:
    """What a caller may do with its memory as soon as the call is over."""
    if isinstance(given, memoryview) and not given.readonly:
        given[:] = b"\xee" * len(given)
    elif isinstance(given, bytearray):
        given[:] = b"\xee" * len(given)
        given.clear()
    elif isinstance(given, array.array):
        given[:] = array.array("I", b"\xee" * len(given) * given.itemsize)
        del given[:]


@pytest.mark.parametrize("make", GIVEN.values(), ids=GIVEN)
@each_way
def test_the_rest_does_not_change_with_the_callers_memory(link: Link, make: Callable[[], Any]) -> None:
    given = make()
    wire = wire_of(given)
    ways: list[tuple[Callable[[FramedSocket, Any], None], bytes]] = [
        (lambda fs, given: fs.send(given, timeout=0), wire),
        (lambda fs, given: fs.send_many(["hello", given, given], timeout=0), HELLO + wire * 2),
    ]
    if not isinstance(given, str):
        ways.append((lambda fs, given: fs.send_encoded(given, timeout=0), wire[10:]))
    for way, expected in ways:
        given = make()
        with framed(link) as (fs, peer):
            stopped(way, fs, given)
            overwrite(given)
            reading = begin(receive_all, peer)
            send_all_and_close(fs)
            assert reading.result() == expected


# Many frames


@each_mode
@each_link
def test_many_frames_are_all_kept(link: Link, mode: dict[str, Any]) -> None:
    payloads = [bytes([number % 256]) * (number % 3000) for number in range(2000)]
    payloads[700:700] = [PAYLOAD]
    wire = b"".join(map(framing.encode, payloads))
    with framed(link) as (fs, peer):
        # Taken one by one, and each is the same memory.
        sent = stopped(fs.send_many, iter(payloads), **mode)
        assert 0 < sent < len(wire)
        assert fs.pending_send == len(wire) - sent
        assert receive(peer, sent) == wire[:sent]
        assert nothing_comes(peer)
        reading = begin(receive_all, peer)
        send_all_and_close(fs)
        assert reading.result() == wire[sent:]


def test_none_is_sent_where_one_is_refused() -> None:
    with framed(max_frame_size=5) as (fs, peer):
        for bad, error in (("too long", framing.FrameTooLarge), (5, TypeError), ("\ud800", ValueError)):
            payloads: list[Any] = ["hello", bad]
            with pytest.raises(error) as caught:
                fs.send_many(payloads)
            assert "in payloads[1]" in caught.value.__notes__
            with pytest.raises(error):
                fs.send(payloads[1])
        assert fs.pending_send == 0
        assert nothing_comes(peer)
        fs.send("hello")
        assert receive(peer, len(HELLO)) == HELLO


# Nothing at all


@each_mode
@each_silent_way
def test_nothing_was_sent_and_nothing_is_kept(link: Link, mode: dict[str, Any]) -> None:
    calls: list[Callable[[FramedSocket], None]] = [
        lambda fs: fs.send("hello", **mode),
        lambda fs: fs.send(PAYLOAD, **mode),
        lambda fs: fs.send_many(["hello", PAYLOAD], **mode),
        lambda fs: fs.send_encoded(HELLO, **mode),
        lambda fs: framing.send_frame(fs.socket, "hello", **mode),
    ]
    with framed(link) as (fs, peer):
        fs.setblocking(False)
        filler = fill(fs.socket)
        for call in calls:
            expect_not_begun(call, fs, mode)
            assert fs.pending_send == 0
        fs.flush(**mode)
        assert receive(peer, len(filler)) == filler
        assert nothing_comes(peer)


def expect_not_begun(
    call: Callable[[FramedSocket], None], fs: FramedSocket, mode: dict[str, Any]
) -> None:
    start = time.monotonic()
    with pytest.raises(OSError, match=r".") as caught:
        call(fs)
    assert time.monotonic() - start >= mode["timeout"]
    if mode["timeout"]:
        assert type(caught.value) is SendTimeout
    else:
        assert type(caught.value) is SendWouldBlock
        assert caught.value.errno == errno.EAGAIN


@each_mode
@each_way
def test_nothing_behind_a_rest_that_stays(link: Link, mode: dict[str, Any]) -> None:
    calls: list[Callable[[FramedSocket], None]] = [
        lambda fs: fs.send("hello", **mode),
        lambda fs: fs.send_many(["hello"] * 3, **mode),
        lambda fs: fs.send_encoded(HELLO, **mode),
    ]
    with framed(link) as (fs, peer):
        sent = stopped(fs.send, PAYLOAD, timeout=0)
        for call in calls:
            before = fs.pending_send
            expect_not_begun(call, fs, mode)
            assert fs.pending_send == before
        # The same where some of the older frame could be sent.
        wire = receive(peer, 100_000)
        expect_not_begun(calls[0], fs, mode)
        assert fs.pending_send <= len(WIRE) - sent
        reading = begin(receive_all, peer)
        send_all_and_close(fs)
        assert wire + reading.result() == WIRE


@each_mode
def test_tls_keeps_what_it_has_made_a_record_of(mode: dict[str, Any]) -> None:
    with framed(encrypted) as (fs, peer):
        count = 0
        while True:
            try:
                fs.send("hello", **mode)
            except SendIncomplete as error:
                assert error.sent == 0
                break
            count += 1
        assert fs.pending_send == len(HELLO)
        reading = begin(receive_all, peer)
        fs.send("hello")
        send_all_and_close(fs)
        assert reading.result() == HELLO * (count + 2)


# In general


@each_link
def test_what_the_peer_gets(link: Link) -> None:
    expected: list[Any] = ["größer", "hello", PAYLOAD, "", b"hello", memoryview(PAYLOAD)]
    with framed(link) as (fs, peer):
        reading = begin(receive_all, peer)
        fs.send("größer")
        fs.send(bytearray(b"hello"))
        fs.send(PAYLOAD)
        fs.send_many(iter(expected[3:6]))
        fs.send_encoded(HELLO * 2)
        fs.send_encoded(b"")
        send_all_and_close(fs)
        assert reading.result() == b"".join(map(framing.encode, expected)) + HELLO * 2


@each_way
def test_a_slow_reader_is_waited_for(link: Link) -> None:
    with framed(link) as (fs, peer):
        sending = begin(fs.send, PAYLOAD, timeout=None)
        sending.waits()
        assert receive(peer, len(WIRE)) == WIRE
        sending.result()


@each_way
def test_sending_to_nobody(link: Link) -> None:
    with framed(link) as (fs, peer):
        stopped(fs.send, PAYLOAD, timeout=0)
        pending = fs.pending_send
        peer.close()
        with pytest.raises((ConnectionError, ssl.SSLError)):
            fs.flush()
        with pytest.raises((ConnectionError, ssl.SSLError)):
            fs.send("hello")
        assert 0 < fs.pending_send <= pending
