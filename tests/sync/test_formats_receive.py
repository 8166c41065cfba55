"""`FramedSocket` receives every header format: however frames are cut, asked for, or cut off."""

from __future__ import annotations

import contextlib
import select
from collections.abc import Callable

import framing
import pytest
from framing import BufferTooSmall, ConnectionClosed, FramedSocket, FrameWouldBlock, TruncatedFrame
from support.formats import (
    FORMATS,
    NETSTRING,
    Format,
    each_few,
    stream_of,
)
from support.pairs import Link, begin, each, encrypted, finish, framed, own_methods, pair, tcp
from support.processes import TIMEOUT

each_way = each(pair, tcp, own_methods)

BUFFER = bytearray(2_000_000)


def received_into(fs: FramedSocket, timeout: float) -> list[bytes]:
    return [bytes(BUFFER[: fs.recv_into(BUFFER, timeout=timeout)])]


Receive = Callable[[FramedSocket, float], list[bytes]]
CALLS: dict[str, Receive] = {
    "recv": lambda fs, timeout: [fs.recv(timeout=timeout)],
    "recv_many": lambda fs, timeout: fs.recv_many(timeout=timeout),
    "recv_many(2)": lambda fs, timeout: fs.recv_many(2, timeout=timeout),
    "recv_into": received_into,
}
each_call = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
each_keep = pytest.mark.parametrize("keep_header", [False, True])


def several(fs: FramedSocket, count: int, call: Receive) -> list[bytes]:
    frames: list[bytes] = []
    while len(frames) < count:
        frames += call(fs, TIMEOUT)
    return frames


def those_here(fs: FramedSocket, call: Receive) -> list[bytes]:
    frames: list[bytes] = []
    with contextlib.suppress(FrameWouldBlock):
        while True:
            frames += call(fs, 0)
    return frames


# Whole frames


def check_every_size(link: Link, kind: Format, call: Receive, keep_header: bool) -> None:
    payloads = kind.bodies * 2
    wire = b"".join(map(kind.wire, payloads))
    with framed(link, header=kind.header, keep_header=keep_header) as (fs, peer):
        sending = begin(peer.sendall, wire)
        frames = several(fs, len(payloads), call)
        assert frames == [kind.received(payload, keep_header=keep_header) for payload in payloads]
        sending.result()
        stats = fs.stats
        assert (stats.frames, stats.wire_bytes, stats.buffered) == (len(payloads), len(wire), 0)
        assert stats.payload_bytes == sum(map(len, payloads))
        assert stats.largest_frame == len(kind.largest)
        assert those_here(fs, call) == []


@each_call
@each_keep
@each_way
@each_few
def test_every_size(kind: Format, link: Link, keep_header: bool, call: Receive) -> None:
    check_every_size(link, kind, call, keep_header)


@each_call
@each_few
def test_every_size_over_tls(kind: Format, call: Receive) -> None:
    check_every_size(encrypted, kind, call, keep_header=True)


@each_way
@each_few
def test_iteration(kind: Format, link: Link) -> None:
    with framed(link, header=kind.header) as (fs, peer):

        def send() -> None:
            peer.sendall(b"".join(map(kind.wire, kind.bodies)))
            finish(peer)

        sending = begin(send)
        assert list(fs) == kind.bodies
        assert list(fs) == []
        sending.result()


# Cut


@each_call
@each_keep
@each_few
def test_in_two_pieces_at_every_cut(kind: Format, keep_header: bool, call: Receive) -> None:
    stream = stream_of(kind)
    frames = [kind.received(payload, keep_header=keep_header) for payload in stream.payloads]
    with framed(header=kind.header, keep_header=keep_header) as (fs, peer):
        for cut in range(len(stream.wire) + 1):
            peer.sendall(stream.wire[:cut])
            first = those_here(fs, call)
            assert first == frames[: stream.whole(cut)]
            assert fs.stats.buffered == cut - stream.ends[len(first)]
            peer.sendall(stream.wire[cut:])
            assert first + several(fs, 3 - len(first), call) == frames


@each_call
@each_few
def test_byte_by_byte(kind: Format, call: Receive) -> None:
    stream = stream_of(kind)
    with framed(header=kind.header) as (fs, peer):
        frames: list[bytes] = []
        for index in range(len(stream.wire)):
            peer.sendall(stream.wire[index : index + 1])
            frames += those_here(fs, call)
            assert len(frames) == stream.whole(index + 1)
        assert frames == list(stream.payloads)


@pytest.mark.parametrize("short", [1, 2, 3, 4097, 65_537, 300_000])
@each_call
@each_keep
@each_few
def test_a_large_frame_that_is_cut_near_its_end(
    kind: Format, keep_header: bool, call: Receive, short: int
) -> None:
    wire = kind.wire(kind.largest)
    with framed(header=kind.header, keep_header=keep_header) as (fs, peer):
        for _ in range(2):
            sending = begin(peer.sendall, wire[:-short])
            while fs.stats.buffered < len(wire) - short:
                assert those_here(fs, call) == []
            sending.result()
            assert those_here(fs, call) == []
            sending = begin(peer.sendall, wire[-short:] + kind.wire(b"next"))
            frames = several(fs, 2, call)
            sending.result()
            assert frames == [
                kind.received(payload, keep_header=keep_header) for payload in (kind.largest, b"next")
            ]


# Cut off


@each_call
@each_few
def test_the_end_at_every_byte(kind: Format, call: Receive) -> None:
    stream = stream_of(kind)
    for cut in range(len(stream.wire) + 1):
        with framed(header=kind.header) as (fs, peer):
            peer.sendall(stream.wire[:cut])
            finish(peer)
            whole = stream.whole(cut)
            assert several(fs, whole, call) == list(stream.payloads[:whole])
            if cut == stream.ends[whole]:
                with pytest.raises(ConnectionClosed):
                    call(fs, TIMEOUT)
                continue
            with pytest.raises(TruncatedFrame) as caught:
                call(fs, TIMEOUT)
            facts, part = stream.unfinished(cut)
            assert caught.value == TruncatedFrame(facts[0], facts[1], facts[2], part)  # type: ignore[arg-type]


@pytest.mark.parametrize("short", [1, 2, 70_000, 900_000])
@each_call
@each_few
def test_the_end_of_a_large_frame_is_missing(kind: Format, call: Receive, short: int) -> None:
    wire = kind.wire(kind.largest)

    with framed(header=kind.header) as (fs, peer):

        def send() -> None:
            peer.sendall(wire[:-short])
            finish(peer)

        sending = begin(send)
        with pytest.raises(TruncatedFrame) as caught:
            call(fs, TIMEOUT)
        sending.result()
        stage, expected, received = kind.facts(kind.largest, len(wire) - short)
        assert caught.value.partial == wire[:-short]
        assert (caught.value.stage, caught.value.expected) == (stage, expected)
        assert caught.value.received == received == expected - short


# Into the caller's memory


@pytest.mark.parametrize("spare", [0, 1, 5])
@each_keep
@each_way
@each_few
def test_a_buffer_of_the_frames_size(kind: Format, link: Link, keep_header: bool, spare: int) -> None:
    """Nothing that is not the frame is written to it: no header, and nothing that stands behind."""
    with framed(link, header=kind.header, keep_header=keep_header) as (fs, peer):
        for payload in kind.bodies:
            frame = kind.received(payload, keep_header=keep_header)
            sending = begin(peer.sendall, kind.wire(payload) * 2)
            for _ in range(2):
                buffer = bytearray(b"\xee" * (len(frame) + spare))
                assert fs.recv_into(buffer, timeout=TIMEOUT) == len(frame)
                assert buffer == frame + b"\xee" * spare
            sending.result()


@each_keep
@each_way
@each_few
def test_a_buffer_that_is_too_small_by_a_byte(kind: Format, link: Link, keep_header: bool) -> None:
    with framed(link, header=kind.header, keep_header=keep_header) as (fs, peer):
        for payload in kind.bodies:
            frame = kind.received(payload, keep_header=keep_header)
            if not frame:
                continue
            sending = begin(peer.sendall, kind.wire(payload))
            buffer = bytearray(b"\xee" * (len(frame) - 1))
            for _ in range(2):
                with pytest.raises(BufferTooSmall) as caught:
                    fs.recv_into(buffer, timeout=TIMEOUT)
                # The header says it all.
                assert caught.value == BufferTooSmall(len(frame), len(frame) - 1)
                assert buffer == b"\xee" * (len(frame) - 1)
            assert fs.recv(timeout=TIMEOUT) == frame
            sending.result()


# After select


@each_keep
@each_few
def test_nothing_hides_from_select(kind: Format, keep_header: bool) -> None:
    stream = stream_of(kind)
    frames = [kind.received(payload, keep_header=keep_header) for payload in stream.payloads]
    with framed(header=kind.header, keep_header=keep_header) as (fs, peer):
        for cut in range(len(stream.wire) + 1):
            got: list[bytes] = []
            for piece in (stream.wire[:cut], stream.wire[cut:]):
                peer.sendall(piece)
                if piece:
                    assert select.select([fs], [], [], TIMEOUT)[0] == [fs]
                    with contextlib.suppress(FrameWouldBlock):
                        got += fs.recv_many(timeout=0)
                assert select.select([fs], [], [], 0)[0] == []
                assert framing.wait([fs], 0) == []
            assert got == frames


@each_few
def test_wait_knows_what_is_a_whole_frame(kind: Format) -> None:
    first, second = kind.wire(b"first"), kind.wire(b"second")
    with framed(header=kind.header) as (fs, peer):
        for arrived in range(len(second)):
            peer.sendall(first + second[:arrived])
            assert framing.wait([fs], TIMEOUT) == [fs]
            assert fs.recv() == b"first"
            # What is left is in our memory, and not a frame.
            assert framing.wait([fs], 0) == []
            peer.sendall(second[arrived:] + first)
            assert framing.wait([fs], TIMEOUT) == [fs]
            assert fs.recv() == b"second"
            assert framing.wait([fs], 0) == [fs]
            assert fs.recv() == b"first"


def test_wait_knows_that_what_stands_behind_a_payload_is_wrong() -> None:
    with framed(header=NETSTRING.header) as (fs, peer):
        peer.sendall(b"5:first,6:second")
        assert fs.recv() == b"first"
        assert framing.wait([fs], 0) == []
        peer.sendall(b";")
        assert framing.wait([fs], TIMEOUT) == [fs]
        with pytest.raises(framing.InvalidPayload):
            fs.recv()
    with framed(header=NETSTRING.header) as (fs, peer):
        peer.sendall(b"5:first,6:second;")
        assert fs.recv() == b"first"
        assert select.select([fs], [], [], 0)[0] == [], "else this shows nothing"
        assert framing.wait([fs], TIMEOUT) == [fs]


# Threads


@each_few
def test_several_receivers_get_whole_frames(kind: Format) -> None:
    payloads = [bytes([number]) * (number * 37 % 3000) for number in range(200)]
    with framed(tcp, header=kind.header) as (fs, peer):

        def receive() -> list[bytes]:
            return list(fs)

        receiving = [begin(receive) for _ in range(3)]
        peer.sendall(b"".join(map(kind.wire, payloads)))
        finish(peer)
        got = [frame for call in receiving for frame in call.result()]
        assert sorted(got) == sorted(payloads)


def test_the_formats_are_all_here() -> None:
    assert {type(kind.header).__name__ for kind in FORMATS} == {
        name for name in framing.__all__ if name.endswith("Header") and name != "InvalidHeader"
    }
