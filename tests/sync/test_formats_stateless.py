"""`recv_frame` of every header format: one frame, and not a byte beyond it, also where it is given up half-way."""

from __future__ import annotations

import random
from typing import Any

import framing
import pytest
from framing import (
    FrameDecoder,
    FrameTimeout,
    FrameWouldBlock,
    IncompleteFrame,
    TruncatedFrame,
    recv_frame,
    send_frame,
)
from support.formats import (
    NETSTRING,
    VARINT,
    Format,
    body,
    each_few,
    stream_of,
)
from support.pairs import (
    SOON,
    Link,
    begin,
    each,
    encrypted,
    finish,
    own_methods,
    pair,
    receive,
    receive_all,
    tcp,
)
from support.processes import TIMEOUT

each_way = each(pair, tcp, own_methods, encrypted)

each_keep = pytest.mark.parametrize("keep_header", [False, True])

# What is there behind a frame and could be taken for part of it.
BEHIND = (b"plain", b",,,,,", b"\x80\x80\0\0\0", b"0:,1:")


# Not a byte beyond


@each_keep
@each_way
@each_few
def test_what_follows_is_for_whoever_reads_next(kind: Format, link: Link, keep_header: bool) -> None:
    """All of it is here before the first call."""
    wire = b"".join(kind.wire(payload) + BEHIND[at % 4] for at, payload in enumerate(kind.bodies))
    with link() as (ours, peer):
        sending = begin(peer.sendall, wire)
        for at, payload in enumerate(kind.bodies):
            frame = recv_frame(ours, kind.header, keep_header=keep_header)
            assert frame == kind.received(payload, keep_header=keep_header)
            assert receive(ours, 5) == BEHIND[at % 4]
        sending.result()


@each_few
def test_every_small_size(kind: Format) -> None:
    with pair() as (ours, peer):
        for size in range(min(kind.most, 280) + 1):
            peer.sendall(kind.wire(body(size)) + b"+")
            assert recv_frame(ours, kind.header) == body(size)
            assert ours.recv(9) == b"+"


@pytest.mark.parametrize("zeros", range(1, 10))
@each_way
def test_a_varint_that_is_longer_than_it_need_be(link: Link, zeros: int) -> None:
    head = b"\x85" + b"\x80" * (zeros - 1) + b"\0"
    with link() as (ours, peer):
        peer.sendall((head + b"helloplain") * 2)
        assert recv_frame(ours, VARINT.header) == b"hello"
        assert receive(ours, 5) == b"plain"
        assert recv_frame(ours, VARINT.header, keep_header=True) == head + b"hello"
        assert receive(ours, 5) == b"plain"


@each_way
@each_few
def test_in_any_pieces(kind: Format, link: Link) -> None:
    generator = random.Random(f"{kind.name} {link.__name__}")
    payloads = [body(generator.randrange(300)) for _ in range(100)]
    wire = b"".join(map(kind.wire, payloads))
    with link() as (ours, peer):

        def send() -> None:
            at = 0
            while at < len(wire):
                size = generator.choice([1, 2, 10, 50, 5000])
                peer.sendall(wire[at : at + size])
                at += size

        sending = begin(send)
        assert [recv_frame(ours, kind.header) for _ in payloads] == payloads
        sending.result()


@each_way
@each_few
def test_what_one_sends_the_other_receives(kind: Format, link: Link) -> None:
    with link() as (ours, peer):

        def send() -> None:
            for payload in kind.bodies:
                send_frame(peer, payload, kind.header)
            finish(peer)

        sending = begin(send)
        for payload in kind.bodies:
            assert recv_frame(ours, kind.header) == payload
        assert receive_all(ours) == b""
        sending.result()


# Half of a frame

# How a call gives up, which exception that is, and what the peer does.
GIVING_UP: dict[str, tuple[dict[str, Any], type[IncompleteFrame], bool]] = {
    "timeout": ({"timeout": 0.0005}, FrameTimeout, False),
    "not blocking": ({"timeout": 0}, FrameWouldBlock, False),
    "the end": ({"timeout": TIMEOUT}, TruncatedFrame, True),
}


def carried_on(kind: Format, error: IncompleteFrame, rest: bytes) -> list[bytes]:
    """What comes of the bytes that the exception has, and those behind them."""
    assert error.partial is not None
    decoder = FrameDecoder(kind.header)
    assert decoder.feed(error.partial) == []
    return decoder.feed(rest)


@pytest.mark.parametrize(("options", "error", "ends"), GIVING_UP.values(), ids=GIVING_UP)
@each_keep
@each_few
def test_at_every_byte(
    kind: Format,
    keep_header: bool,
    options: dict[str, Any],
    error: type[IncompleteFrame],
    ends: bool,
) -> None:
    for payload in stream_of(kind).payloads:
        wire = kind.wire(payload)
        for arrived in range(1, len(wire)):
            with pair() as (ours, peer):
                peer.sendall(wire[:arrived])
                if ends:
                    finish(peer)
                with pytest.raises(error) as caught:
                    recv_frame(ours, kind.header, keep_header=keep_header, **options)
                partial = caught.value.partial
                assert partial is not None
                # The time may be over before all that is here has been read.
                assert partial == wire[: len(partial)]
                assert len(partial) == arrived or error is FrameTimeout
                stage, expected, received = kind.facts(payload, len(partial))
                assert (caught.value.stage, caught.value.expected) == (stage, expected)
                assert caught.value.received == received
                assert carried_on(kind, caught.value, wire[len(partial) :]) == [payload]


@pytest.mark.parametrize(("options", "error", "ends"), GIVING_UP.values(), ids=GIVING_UP)
@each(own_methods, encrypted)
@each_few
def test_before_the_last_byte_by_other_ways(
    kind: Format, link: Link, options: dict[str, Any], error: type[IncompleteFrame], ends: bool
) -> None:
    wire = kind.wire(b"hello")
    for arrived in (1, len(wire) - 1):
        with link() as (ours, peer):
            peer.sendall(wire[:arrived])
            if ends:
                finish(peer)
            with pytest.raises(error) as caught:
                recv_frame(ours, kind.header, **options)
            partial = caught.value.partial
            assert partial == wire[: len(partial or b"")]
            assert len(partial) == arrived or error is FrameTimeout
            assert carried_on(kind, caught.value, wire[len(partial) :]) == [b"hello"]


@pytest.mark.parametrize("short", [1, 2, 950_000])
@each_keep
@each_few
def test_inside_a_large_frame(kind: Format, keep_header: bool, short: int) -> None:
    wire = kind.wire(kind.largest)
    with tcp() as (ours, peer):
        sending = begin(peer.sendall, wire[:-short])
        with pytest.raises(FrameTimeout) as caught:
            recv_frame(ours, kind.header, keep_header=keep_header, timeout=SOON)
        partial = caught.value.partial
        # A slow machine may not have all of it here by then.
        assert partial is not None
        missing = len(wire) - short - len(partial)
        assert partial + (receive(ours, missing) if missing else b"") == wire[:-short]
        sending.result()
        stage, expected, received = kind.facts(kind.largest, len(partial))
        assert (caught.value.stage, caught.value.expected) == (stage, expected)
        assert caught.value.received == received
        assert carried_on(kind, caught.value, wire[len(partial) :] + kind.wire(b"")) == [
            kind.largest,
            b"",
        ]


# What is refused

REFUSED: dict[str, tuple[Format, bytes, framing.FramingError]] = {
    "a varint that goes on": (VARINT, b"\xff" * 10, framing.InvalidHeader(b"\xff" * 10, 0)),
    # No header is shorter than two bytes.
    "no digit": (NETSTRING, b":,", framing.InvalidHeader(b":", 0)),
    "a zero before digits": (NETSTRING, b"01", framing.InvalidHeader(b"01", 0)),
    "no comma": (
        NETSTRING,
        b"2:ab;",
        framing.InvalidPayload(0, "byte 0x3b stands where the frame must end in 0x2c"),
    ),
    "no comma behind nothing": (
        NETSTRING,
        b"0:;",
        framing.InvalidPayload(0, "byte 0x3b stands where the frame must end in 0x2c"),
    ),
}


def facts(error: framing.FramingError) -> dict[str, Any]:
    return {name: getattr(error, name) for name in error._facts or ()}


@pytest.mark.parametrize(("kind", "wire", "error"), REFUSED.values(), ids=REFUSED)
@each_keep
@each_way
def test_what_is_behind_a_refusal_is_left(
    link: Link, keep_header: bool, kind: Format, wire: bytes, error: framing.FramingError
) -> None:
    with link() as (ours, peer):
        peer.sendall(wire + b"plain")
        with pytest.raises(type(error)) as caught:
            recv_frame(ours, kind.header, keep_header=keep_header, timeout=TIMEOUT)
        assert caught.value == type(error)(**(facts(error) | {"partial": wire}))
        assert receive(ours, 5) == b"plain"


@each_way
@each_few
def test_what_is_too_large_is_refused_by_its_header(kind: Format, link: Link) -> None:
    with link() as (ours, peer):
        peer.sendall(kind.head(101) + b"plain")
        with pytest.raises(framing.FrameTooLarge) as caught:
            recv_frame(ours, kind.header, max_frame_size=100, timeout=TIMEOUT)
        assert caught.value == framing.FrameTooLarge(101, 100, 0, partial=kind.head(101))
        assert receive(ours, 5) == b"plain"
