"""`send_frame` and `recv_frame`: one frame on a socket that nobody wraps, and not a byte beyond it."""

from __future__ import annotations

import errno
import random
import socket
import time
from collections.abc import Callable
from typing import Any

import framing
import pytest
from framing import (
    ConnectionClosed,
    DecimalHeader,
    FrameDecoder,
    FrameTimeout,
    FrameWouldBlock,
    IncompleteFrame,
    SendIncomplete,
    TruncatedFrame,
    recv_frame,
    send_frame,
)
from support.pairs import (
    HELLO,
    SOON,
    Link,
    begin,
    each,
    each_link,
    each_way,
    encrypted,
    finish,
    receive,
    reset,
    tcp,
)
from support.processes import TIMEOUT

MEGABYTE = bytes(range(256)) * 4096
PAYLOAD = bytes(range(251)) * 20_000
"""More than the system's buffers hold."""
CHARS = DecimalHeader(unit="chars")


# Not a byte beyond


@each_link
def test_what_follows_is_for_whoever_reads_next(link: Link) -> None:
    frames = [b"", b"x", b"hello", bytes(70_000), MEGABYTE, b"", MEGABYTE[:100_000]]
    with link() as (ours, peer):

        def send() -> None:
            for frame in frames:
                send_frame(peer, frame)
                peer.sendall(b"plain")
            peer.sendall(b"".join(map(framing.encode, frames)) + b"plain")

        sending = begin(send)
        for frame in frames:
            assert recv_frame(ours) == frame
            assert receive(ours, 5) == b"plain"
        assert [recv_frame(ours) for _ in frames] == frames
        assert receive(ours, 5) == b"plain"
        sending.result()


@each_way
def test_in_any_pieces(link: Link) -> None:
    generator = random.Random(link.__name__)
    frames = [bytes(generator.randrange(300)) for _ in range(200)]
    wire = b"".join(map(framing.encode, frames))
    with link() as (ours, peer):

        def send() -> None:
            at = 0
            while at < len(wire):
                size = generator.choice([1, 2, 10, 50, 5000])
                peer.sendall(wire[at : at + size])
                at += size

        sending = begin(send)
        assert [recv_frame(ours) for _ in frames] == frames
        sending.result()


OPTIONS: dict[str, tuple[dict[str, Any], bytes, bytes]] = {
    "a wide header": ({"header": 64}, b"5".ljust(64) + b"hello", b"hello"),
    "a very wide header": ({"header": 4096}, b"5".ljust(4096) + b"hello", b"hello"),
    "with its header": ({"keep_header": True}, HELLO, HELLO),
    "large, with its header": (
        {"keep_header": True},
        framing.encode(MEGABYTE),
        framing.encode(MEGABYTE),
    ),
    "characters": ({"header": CHARS}, b"6         gr\xc3\xb6\xc3\x9fer", "größer".encode()),
    "four-byte characters": (
        {"header": CHARS},
        framing.encode("🐍" * 9999, CHARS),
        "🐍".encode() * 9999,
    ),
    "many characters": (
        {"header": CHARS},
        framing.encode("ü" * 500_000, CHARS),
        "ü".encode() * 500_000,
    ),
}


@pytest.mark.parametrize(("options", "wire", "frame"), OPTIONS.values(), ids=OPTIONS)
@each_way
def test_every_header(link: Link, options: dict[str, Any], wire: bytes, frame: bytes) -> None:
    with link() as (ours, peer):
        sending = begin(peer.sendall, wire + b"plain")
        assert recv_frame(ours, **options) == frame
        assert receive(ours, 5) == b"plain"
        sending.result()


# Half of a frame


def carried_on(error: IncompleteFrame, rest: bytes) -> list[bytes]:
    """What comes of the bytes that the exception has, and those behind them."""
    assert error.partial is not None
    decoder = FrameDecoder()
    assert decoder.feed(error.partial) == []
    return decoder.feed(rest)


def check_facts(error: IncompleteFrame, wire: bytes, arrived: int) -> None:
    assert error.partial == wire[:arrived]
    if arrived < 10:
        assert (error.stage, error.expected, error.received) == ("header", 10, arrived)
    else:
        facts = ("payload", len(wire) - 10, arrived - 10)
        assert (error.stage, error.expected, error.received) == facts


def check_given_up(error: IncompleteFrame, sock: socket.socket, wire: bytes, arrived: int) -> int:
    """Check that the call says exactly what it took, and left all else that had arrived to `sock`.

    A timeout may be over before all that has arrived was read. Anything else tells of all of it.
    """
    taken = len(error.partial or b"")
    assert taken == arrived or isinstance(error, FrameTimeout)
    check_facts(error, wire, taken)
    assert receive(sock, arrived - taken) == wire[taken:arrived]
    return taken


# How a call gives up, which exception that is, and what the peer does.
GIVING_UP: dict[str, tuple[dict[str, Any], type[IncompleteFrame], bool]] = {
    "timeout": ({"timeout": 0.002}, FrameTimeout, False),
    "not blocking": ({"timeout": 0}, FrameWouldBlock, False),
    "the end": ({"timeout": TIMEOUT}, TruncatedFrame, True),
}


@pytest.mark.parametrize(("options", "kind", "ends"), GIVING_UP.values(), ids=GIVING_UP)
@each_way
def test_at_every_byte(
    link: Link, options: dict[str, Any], kind: type[IncompleteFrame], ends: bool
) -> None:
    for arrived in range(1, len(HELLO)):
        with link() as (ours, peer):
            peer.sendall(HELLO[:arrived])
            if ends:
                finish(peer)
            with pytest.raises(kind) as caught:
                recv_frame(ours, **options)
            taken = check_given_up(caught.value, ours, HELLO, arrived)
            assert carried_on(caught.value, HELLO[taken:]) == [b"hello"]


@each_way
def test_inside_a_large_frame(link: Link) -> None:
    wire = framing.encode(MEGABYTE)
    for arrived in (10, 11, 100_000, 150_000):
        with link() as (ours, peer):
            peer.sendall(wire[:arrived])
            with pytest.raises(FrameTimeout) as caught:
                recv_frame(ours, timeout=SOON)
            taken = check_given_up(caught.value, ours, wire, arrived)
            sending = begin(peer.sendall, wire[arrived:])
            rest = wire[taken:arrived] + receive(ours, len(wire) - arrived)
            sending.result()
            assert carried_on(caught.value, rest) == [MEGABYTE]


@each_link
def test_before_the_first_byte(link: Link) -> None:
    with link() as (ours, peer):
        for options, kind in (({"timeout": SOON}, FrameTimeout), ({"timeout": 0}, FrameWouldBlock)):
            start = time.monotonic()
            with pytest.raises(kind) as caught:
                recv_frame(ours, **options)
            assert time.monotonic() - start >= options["timeout"]
            check_facts(caught.value, HELLO, 0)
        finish(peer)
        with pytest.raises(ConnectionClosed) as closed:
            recv_frame(ours)
        assert not closed.value.local


@each_link
def test_the_sockets_own_timeout(link: Link) -> None:
    with link() as (ours, _):
        ours.settimeout(SOON)
        start = time.monotonic()
        with pytest.raises(FrameTimeout):
            recv_frame(ours)
        assert time.monotonic() - start >= SOON
        ours.setblocking(False)
        with pytest.raises(FrameWouldBlock) as caught:
            recv_frame(ours, timeout="default")
        assert caught.value.errno == errno.EAGAIN
        assert ours.gettimeout() == 0


@each(tcp)
def test_a_reset(link: Link) -> None:
    with link() as (ours, peer):
        peer.sendall(HELLO + HELLO[:12])
        assert recv_frame(ours) == b"hello"
        reset(peer)
        with pytest.raises(ConnectionResetError):
            recv_frame(ours)
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            send_frame(ours, PAYLOAD)


@each_way
def test_what_is_refused(link: Link) -> None:
    """As soon as it can be told, and what is behind is left where it is."""
    cases: list[tuple[bytes, dict[str, Any], framing.FramingError]] = [
        (b"-5", {}, framing.InvalidHeader(b"-", 0, partial=b"-5")),
        (
            b"6         abcdef",
            {"max_frame_size": 5},
            framing.FrameTooLarge(6, 5, 0, partial=b"6         "),
        ),
        (b"          ", {}, framing.InvalidHeader(b" " * 10, 0, partial=b" " * 10)),
    ]
    for wire, options, expected in cases:
        with link() as (ours, peer):
            peer.sendall(wire)
            with pytest.raises(type(expected)) as caught:
                recv_frame(ours, timeout=TIMEOUT, **options)
            assert caught.value == expected
            if len(wire) > 10:
                assert receive(ours, 6) == b"abcdef"


# Sending


@each_way
@pytest.mark.parametrize("timeout", [0, SOON])
def test_what_remains(link: Link, timeout: float) -> None:
    for payload in (PAYLOAD, bytearray(PAYLOAD), "größer" * 700_000):
        wire = framing.encode(payload)
        with link() as (ours, peer):
            with pytest.raises(SendIncomplete) as caught:
                send_frame(ours, payload, timeout=timeout)
            sent, remaining = caught.value.sent, caught.value.remaining
            assert 0 < sent < len(wire)
            assert type(remaining) is bytes
            assert remaining == wire[sent:]
            assert receive(peer, sent) == wire[:sent]
            reading = begin(receive, peer, len(remaining))
            ours.settimeout(TIMEOUT)
            ours.sendall(remaining)
            assert reading.result() == remaining
            reading = begin(recv_frame, peer)
            send_frame(ours, payload)
            assert framing.encode(reading.result()) == wire


def test_tls_has_made_a_record_of_it() -> None:
    with encrypted() as (ours, peer):
        count = 0
        while True:
            try:
                send_frame(ours, "hello", timeout=0)
            except SendIncomplete as error:
                assert (error.sent, error.remaining) == (0, HELLO)
                break
            count += 1
        reading = begin(receive, peer, len(HELLO) * (count + 1))
        ours.sendall(HELLO)
        assert reading.result() == HELLO * (count + 1)


@each_link
def test_what_the_peer_gets(link: Link) -> None:
    calls: list[tuple[Callable[[Any], None], bytes]] = [
        (lambda sock: send_frame(sock, "größer"), framing.encode("größer")),
        (lambda sock: send_frame(sock, b""), b"0         "),
        (lambda sock: send_frame(sock, bytearray(b"hello"), 4), b"5   hello"),
        (lambda sock: send_frame(sock, memoryview(PAYLOAD)), framing.encode(PAYLOAD)),
        (lambda sock: send_frame(sock, b"x", header=1000), b"1".ljust(1000) + b"x"),
        (lambda sock: send_frame(sock, "ü", CHARS, timeout=None), framing.encode("ü", CHARS)),
    ]
    with link() as (ours, peer):
        for call, wire in calls:
            sending = begin(call, ours)
            assert receive(peer, len(wire)) == wire
            sending.result()
        with pytest.raises(framing.FrameTooLarge):
            send_frame(ours, "hello", max_frame_size=4)
        peer.settimeout(0.001)
        with pytest.raises(TimeoutError):
            peer.recv(1)


def test_two_threads_on_one_socket() -> None:
    """One sends and one receives; also where the socket's own methods are used."""
    payloads = [PAYLOAD[: 10 ** (number % 6)] for number in range(50)]

    def echo(sock: socket.socket) -> None:
        for _ in payloads:
            send_frame(sock, recv_frame(sock))

    def send(sock: socket.socket) -> None:
        for payload in payloads:
            send_frame(sock, payload)

    links: list[Link] = [tcp, encrypted]
    for link in links:
        with link() as (ours, peer):
            peer.settimeout(None)
            echoing, sending = begin(echo, peer), begin(send, ours)
            assert [recv_frame(ours) for _ in payloads] == payloads
            sending.result()
            echoing.result()
            assert ours.gettimeout() is None
