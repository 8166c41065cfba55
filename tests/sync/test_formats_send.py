"""`FramedSocket` and `send_frame` send every header format, also where a send stops at any byte."""

from __future__ import annotations

import contextlib
import random
import socket
from collections.abc import Callable, Iterator
from typing import Any

import framing
import pytest
from framing import FramedSocket, SendIncomplete, SendWouldBlock
from support.formats import NETSTRING, Format, body, each_few
from support.pairs import (
    Link,
    Pair,
    begin,
    each,
    encrypted,
    framed,
    narrow,
    own_methods,
    pair,
    receive_all,
    send_all_and_close,
    tcp,
)

each_way = each(pair, tcp, own_methods, encrypted)


class Metered(socket.socket):
    """A socket that takes so many bytes, and then has no room."""

    room = 0

    def send(self, data: Any, *flags: int) -> int:
        if not self.room:
            raise BlockingIOError
        taken = super().send(memoryview(data)[: self.room], *flags)
        self.room -= taken
        return taken


@contextlib.contextmanager
def metered() -> Iterator[tuple[Metered, socket.socket]]:
    with pair() as (plain, peer), Metered(fileno=plain.detach()) as ours:
        ours.setblocking(False)
        yield ours, peer


@contextlib.contextmanager
def narrowed() -> Iterator[Pair]:
    with pair() as (ours, peer):
        narrow(ours, peer)
        yield ours, peer


@contextlib.contextmanager
def narrow_tcp() -> Iterator[Pair]:
    with tcp() as (ours, peer):
        # With less than this it is the protocol's timers that one waits for.
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 100_000)
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 100_000)
        yield ours, peer


# What the peer gets


@each_way
@each_few
def test_every_size(kind: Format, link: Link) -> None:
    payloads = kind.bodies
    wire = b"".join(map(kind.wire, payloads))
    with framed(link, header=kind.header) as (fs, peer):
        reading = begin(receive_all, peer)
        for payload in payloads:
            fs.send(payload)
        fs.send_many(payloads)
        fs.send_many(iter(map(bytearray, payloads)))
        for payload in payloads:
            framing.send_frame(fs.socket, memoryview(payload), kind.header)
        fs.send_encoded(wire)
        send_all_and_close(fs)
        assert reading.result() == wire * 5


@each_few
def test_many_small_ones_and_a_large_one_among_them(kind: Format) -> None:
    payloads = [body(number % 200) for number in range(2000)]
    payloads[700:700] = [kind.largest]
    with framed(header=kind.header) as (fs, peer):
        reading = begin(receive_all, peer)
        fs.send_many(payloads)
        send_all_and_close(fs)
        assert reading.result() == b"".join(map(kind.wire, payloads))


@each_few
def test_text(kind: Format) -> None:
    with framed(header=kind.header) as (fs, peer):
        fs.send("größer")
        fs.send_many(["", "ü"])
        fs.close()
        assert receive_all(peer) == b"".join(map(kind.wire, ["größer".encode(), b"", "ü".encode()]))


# Stopped at every byte

STOPPED: dict[str, tuple[Callable[[FramedSocket, Any], None], int]] = {
    "send": (lambda fs, payload: fs.send(payload), 1),
    "send_many": (lambda fs, payload: fs.send_many([payload] * 3), 3),
}


@pytest.mark.parametrize(("call", "count"), STOPPED.values(), ids=STOPPED)
@each_few
def test_a_send_that_stops_at_every_byte(
    kind: Format, call: Callable[[FramedSocket, Any], None], count: int
) -> None:
    for size in (0, 1, 20):
        wire = kind.wire(body(size)) * count
        for stop in range(1, len(wire)):
            payload = bytearray(body(size))
            with metered() as (ours, peer), FramedSocket(ours, kind.header) as fs:
                ours.room = stop
                with pytest.raises(SendIncomplete) as caught:
                    call(fs, payload)
                assert (caught.value.sent, caught.value.remaining) == (stop, None)
                assert fs.pending_send == len(wire) - stop
                # The caller's memory is the caller's.
                payload[:] = b"\xee" * size
                for _ in range(fs.pending_send):
                    ours.room = 1
                    with contextlib.suppress(SendIncomplete):
                        fs.flush()
                assert fs.pending_send == 0
                ours.room = 1000
                fs.send("next") if stop % 2 else fs.send_many(["next"])
                fs.close()
                assert receive_all(peer) == wire + kind.wire(b"next")


@each_few
def test_what_remains_of_a_frame_that_nobody_keeps(kind: Format) -> None:
    for size in (0, 1, 20):
        wire = kind.wire(body(size))
        for stop in range(1, len(wire)):
            with metered() as (ours, peer):
                ours.room = stop
                with pytest.raises(SendIncomplete) as caught:
                    framing.send_frame(ours, body(size), kind.header)
                assert (caught.value.sent, caught.value.remaining) == (stop, wire[stop:])
                ours.close()
                assert receive_all(peer) == wire[:stop]


@each_few
def test_nothing_was_sent_and_nothing_is_kept(kind: Format) -> None:
    with metered() as (ours, peer), FramedSocket(ours, kind.header) as fs:
        for call, _ in STOPPED.values():
            with pytest.raises(BlockingIOError) as caught:
                call(fs, b"hello")
            assert type(caught.value) is SendWouldBlock
            assert fs.pending_send == 0
        ours.room = 1000
        fs.send("hello")
        fs.close()
        assert receive_all(peer) == kind.wire(b"hello")


# Stopped by the system


def stopped(call: Callable[..., None], *arguments: Any) -> bool:
    with contextlib.suppress(SendIncomplete):
        call(*arguments, timeout=0)
        return False
    return True


@each_few
def test_small_buffers_of_the_system(kind: Format) -> None:
    """The stops are where the system has them: among others around the end of a payload."""
    with framed(narrowed, header=kind.header) as (fs, _):
        stopped(fs.send, body(100_000))
        room = len(kind.wire(body(100_000))) - fs.pending_send
    lacking = set()
    for size in range(room - 24, room + 8):
        with framed(narrowed, header=kind.header) as (fs, peer):
            wire = kind.wire(body(size))
            if stopped(fs.send, body(size)):
                lacking.add(fs.pending_send)
            reading = begin(receive_all, peer)
            fs.send("next")
            send_all_and_close(fs)
            assert reading.result() == wire + kind.wire(b"next")
    assert lacking, "else this shows nothing"


@each(narrowed, narrow_tcp, own_methods, encrypted)
@each_few
def test_flush_by_flush(kind: Format, link: Link) -> None:
    generator = random.Random(f"{kind.name} {link.__name__}")
    payloads = [body(size) for size in (0, 1, 130, 5000, 70_000, 1_000_000)] * 3
    generator.shuffle(payloads)
    wire = b"".join(map(kind.wire, payloads))
    with framed(link, header=kind.header) as (fs, peer):
        got = bytearray()
        stops = 0
        waiting = list(payloads)
        while waiting or fs.pending_send:
            taken: list[bytes] = waiting[: generator.choice([1, 1, 3])]
            try:
                if fs.pending_send:
                    fs.flush(timeout=0)
                elif len(taken) == 1:
                    del waiting[:1]
                    fs.send(taken[0], timeout=0)
                else:
                    del waiting[: len(taken)]
                    fs.send_many(taken, timeout=0)
            except SendIncomplete:
                stops += 1
            except BlockingIOError:
                # None of it was taken.
                waiting = taken + waiting
            peer.settimeout(0)
            with contextlib.suppress(OSError):
                got += peer.recv(generator.choice([1, 50_000, 300_000]))
        assert stops > 1, "else this shows nothing"
        peer.settimeout(None)
        reading = begin(receive_all, peer)
        fs.close()
        assert bytes(got) + reading.result() == wire


@pytest.mark.parametrize("kind_of_payload", [bytes, bytearray, memoryview])
def test_a_large_netstring_keeps_its_comma(kind_of_payload: Callable[[bytes], Any]) -> None:
    payload = body(8_000_000)
    wire = NETSTRING.wire(payload)
    for link in (pair, tcp, encrypted):
        with framed(link, header=NETSTRING.header) as (fs, peer):
            with pytest.raises(SendIncomplete) as caught:
                fs.send(kind_of_payload(payload), timeout=0)
            assert fs.pending_send == len(wire) - caught.value.sent
            reading = begin(receive_all, peer)
            fs.flush()
            fs.send("next")
            send_all_and_close(fs)
            assert reading.result() == wire + b"4:next,"
        with link() as (ours, peer):
            with pytest.raises(SendIncomplete) as caught:
                framing.send_frame(ours, kind_of_payload(payload), NETSTRING.header, timeout=0)
            assert caught.value.remaining == wire[caught.value.sent :]


# What is refused


@each_few
def test_what_is_too_large_is_refused_before_a_byte_is_written(kind: Format) -> None:
    limit = 200
    with framed(header=kind.header, max_frame_size=limit) as (fs, peer):
        for _ in range(2):
            with pytest.raises(framing.FrameTooLarge) as caught:
                fs.send(bytes(201))
            assert caught.value == framing.FrameTooLarge(201, limit)
            with pytest.raises(framing.FrameTooLarge) as caught:
                fs.send_many([b"ok", bytes(201)])
            assert "in payloads[1]" in caught.value.__notes__
            with pytest.raises(framing.FrameTooLarge):
                framing.send_frame(fs.socket, bytes(201), kind.header, max_frame_size=limit)
        fs.send(bytes(200))
        fs.close()
        assert receive_all(peer) == kind.wire(bytes(200))


@pytest.mark.parametrize("by", ["send", "send_many", "send_frame"])
def test_a_payload_that_a_length_cannot_say_is_refused(by: str) -> None:
    """It counts more than the payload: the least there is."""
    header = framing.BinaryHeader(2, length_adjustment=3)
    with framed(header=header) as (fs, peer):
        calls: dict[str, Callable[[bytes], None]] = {
            "send": fs.send,
            "send_many": lambda payload: fs.send_many([payload]),
            "send_frame": lambda payload: framing.send_frame(fs.socket, payload, header),
        }
        with pytest.raises(framing.InvalidPayload):
            calls[by](b"ab")
        calls[by](b"abc")
        fs.close()
        assert receive_all(peer) == b"\0\0abc"
