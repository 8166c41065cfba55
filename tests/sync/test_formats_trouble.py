"""`FramedSocket` with every header format where a peer is slow or wrong, and where the two part."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Callable

import framing
import pytest
from framing import FramedSocket, FrameStalled, FrameTimeout, FrameWouldBlock, IncompleteFrame
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
    framed,
    own_methods,
    pair,
    receive,
    tcp,
)
from support.processes import TIMEOUT

each_way = each(pair, own_methods, encrypted)

CALLS: dict[str, Callable[..., object]] = {
    "recv": lambda fs, timeout: fs.recv(timeout=timeout),
    "recv_many": lambda fs, timeout: fs.recv_many(timeout=timeout),
    "recv_into": lambda fs, timeout: fs.recv_into(bytearray(2_000_000), timeout=timeout),
}
each_call = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)


def facts(error: IncompleteFrame) -> tuple[str, int, int]:
    return error.stage, error.expected, error.received


# Parting


@each_few
def test_detached_at_every_byte(kind: Format) -> None:
    """In a header, before what stands behind a payload: every byte that was not returned is handed over."""
    stream = stream_of(kind)
    for keep_header in (False, True):
        for cut in range(len(stream.wire) + 1):
            for wanted in range(stream.whole(cut) + 1):
                with framed(header=kind.header, keep_header=keep_header) as (fs, peer):
                    peer.sendall(stream.wire[:cut])
                    for payload in stream.payloads[:wanted]:
                        assert fs.recv() == kind.received(payload, keep_header=keep_header)
                    if wanted == stream.whole(cut):
                        # What is there of the next one has been looked at.
                        with pytest.raises(FrameWouldBlock):
                            fs.recv(timeout=0)
                    sock, wire = fs.detach()
                    with sock:
                        start = stream.ends[wanted]
                        assert wire + left_in(sock, cut - start - len(wire)) == stream.wire[start:cut]
                        decoder = framing.FrameDecoder(kind.header)
                        rest = decoder.feed(wire + stream.wire[start + len(wire) :])
                        assert rest == list(stream.payloads[wanted:])


def left_in(sock: socket.socket, size: int) -> bytes:
    return receive(sock, size) if size else b""


@pytest.mark.parametrize("short", [1, 2, 5000, 500_000])
@each_way
@each_few
def test_detached_in_a_large_frame(kind: Format, link: Link, short: int) -> None:
    wire = kind.wire(kind.largest)[:-short]
    for keep_header in (False, True):
        with framed(link, header=kind.header, keep_header=keep_header) as (fs, peer):
            sending = begin(peer.sendall, wire)
            while fs.stats.buffered < len(wire):
                with pytest.raises(FrameTimeout):
                    fs.recv(timeout=0.01)
            sending.result()
            sock, rest = fs.detach()
            with sock:
                assert rest == wire


@pytest.mark.parametrize("size", [0, 5, 70_000, 1_100_000])
@each_way
def test_detached_where_the_comma_is_wrong(link: Link, size: int) -> None:
    wire = NETSTRING.wire(body(size))[:-1] + b";and more"
    for call in CALLS.values():
        for keep_header in (False, True):
            with framed(link, header=NETSTRING.header, keep_header=keep_header) as (fs, peer):
                sending = begin(peer.sendall, b"2:ok," + wire)
                assert fs.recv() == (b"2:ok," if keep_header else b"ok")
                for _ in range(2):
                    with pytest.raises(framing.InvalidPayload) as caught:
                        call(fs, TIMEOUT)
                    assert caught.value.offset == 5
                    assert "0x3b" in caught.value.reason
                sending.result()
                sock, rest = fs.detach()
                with sock:
                    assert rest + left_in(sock, len(wire) - len(rest)) == wire


# Out of time


@each_call
@each_few
def test_at_every_byte(kind: Format, call: Callable[..., object]) -> None:
    """A call says how far the frame has come, and the next one goes on."""
    stream = stream_of(kind)
    with framed(header=kind.header) as (fs, peer):
        for cut in range(len(stream.wire)):
            whole = stream.whole(cut)
            peer.sendall(stream.wire[:cut])
            for payload in stream.payloads[:whole]:
                assert fs.recv() == payload
            expected, _ = stream.unfinished(cut)
            for timeout, kind_of_error in ((0, FrameWouldBlock), (0.0005, FrameTimeout)):
                with pytest.raises(kind_of_error) as caught:
                    call(fs, timeout)
                error: IncompleteFrame = caught.value
                assert facts(error) == expected
                assert error.partial is None
            peer.sendall(stream.wire[cut:])
            for payload in stream.payloads[whole:]:
                assert fs.recv() == payload


@each_call
@each_way
@each_few
def test_a_peer_that_does_not_finish_a_frame(
    kind: Format, link: Link, call: Callable[..., object]
) -> None:
    wire = kind.wire(b"hello")
    head = len(kind.head(5))
    # In the header, behind it, and before the very last byte: a netstring's comma.
    for arrived in sorted({1, head - 1, head, len(wire) - 1} - {0}):
        with framed(link, header=kind.header, frame_timeout=0.01) as (fs, peer):
            peer.sendall(wire[:arrived])
            start = time.monotonic()
            with pytest.raises(FrameStalled) as caught:
                call(fs, TIMEOUT)
            assert time.monotonic() - start >= 0.01
            assert facts(caught.value) == kind.facts(b"hello", arrived)
            assert caught.value.partial == wire[:arrived]
            with contextlib.suppress(OSError):
                peer.sendall(wire[arrived:])
            with pytest.raises(FrameStalled) as again:
                call(fs, 0)
            assert again.value == caught.value
            assert fs.detach()[1] == wire[:arrived]


@each_few
def test_a_peer_that_does_not_finish_a_large_frame(kind: Format) -> None:
    wire = kind.wire(kind.largest)
    for short in (1, 2, 100_000):
        for keep_header in (False, True):
            with framed(header=kind.header, keep_header=keep_header, frame_timeout=SOON) as (fs, peer):
                sending = begin(peer.sendall, wire[:-short])
                # To look costs no time of the peer's.
                while fs.stats.buffered < len(wire) - short:
                    with pytest.raises(FrameWouldBlock):
                        fs.recv(timeout=0)
                sending.result()
                with pytest.raises(FrameStalled) as caught:
                    fs.recv()
                assert caught.value.partial == wire[:-short]
                assert facts(caught.value) == kind.facts(kind.largest, len(wire) - short)


# Wrong


@pytest.mark.parametrize(
    ("wire", "error"),
    [
        # Where no byte behind it could make up for it, it is not waited for.
        (b"\x80" * 10, framing.InvalidHeader(b"\x80" * 10, 2)),
        (b"\xff" * 9 + b"\x02", framing.InvalidHeader(b"\xff" * 9 + b"\x02", 2)),
    ],
)
@each_call
@each_way
def test_a_varint_that_goes_on_for_too_long(
    link: Link, call: Callable[..., object], wire: bytes, error: framing.InvalidHeader
) -> None:
    with framed(link, header=VARINT.header) as (fs, peer):
        peer.sendall(VARINT.wire(b"x"))
        assert fs.recv() == b"x"
        for index, byte in enumerate(wire):
            peer.sendall(bytes([byte]))
            if index < len(wire) - 1:
                with pytest.raises(FrameWouldBlock) as incomplete:
                    call(fs, 0)
                assert facts(incomplete.value) == ("header", index + 2, index + 1)
        for _ in range(2):
            with pytest.raises(framing.InvalidHeader) as caught:
                call(fs, TIMEOUT)
            assert caught.value == error
        peer.sendall(b"behind")
        sock, rest = fs.detach()
        with sock:
            assert rest == wire
            assert receive(sock, 6) == b"behind"


@each_few
def test_good_frames_come_before_a_bad_one(kind: Format) -> None:
    bad = {
        "tutorial": b"no",
        "PostgreSQL": b"D\0\0\0\x03",
        "varint": b"\xff" * 10,
        "netstring": b"1:x;",
    }[kind.name]
    with framed(tcp, header=kind.header) as (fs, peer):
        peer.sendall(kind.wire(b"one") + kind.wire(b"two") + bad)
        finish(peer)
        got: list[bytes] = []
        while len(got) < 2:
            got += fs.recv_many()
        assert got == [b"one", b"two"]
        with pytest.raises((framing.InvalidHeader, framing.InvalidPayload)) as caught:
            fs.recv_many()
        assert vars(caught.value)["offset"] == len(kind.wire(b"one") + kind.wire(b"two"))


def forward(fs: FramedSocket, to: FramedSocket, count: int) -> None:
    for _ in range(count):
        to.send_encoded(fs.recv())


@each_few
def test_forwarded_as_it_came(kind: Format) -> None:
    wire = b"".join(map(kind.wire, kind.bodies))
    with (
        framed(header=kind.header, keep_header=True) as (fs, peer),
        framed(header=kind.header) as (onward, receiver),
    ):
        sending = begin(peer.sendall, wire)
        forwarding = begin(forward, fs, onward, len(kind.bodies))
        assert receive(receiver, len(wire)) == wire
        sending.result()
        forwarding.result()
