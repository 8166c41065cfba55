"""Receiving many frames at once, into the caller's memory, and after `select`."""

from __future__ import annotations

import array
import random
import select
import selectors
import socket
from collections.abc import Callable
from typing import Any

import framing
import pytest
from framing import BufferTooSmall, DecimalHeader, FramedSocket, FrameWouldBlock
from support.pairs import HELLO, Link, OwnMethods, begin, each, each_link, each_way, framed, own_methods
from support.processes import TIMEOUT

MEGABYTE = bytes(range(256)) * 4096
CHARS = DecimalHeader(unit="chars")
STREAM = framing.encode("one") + framing.encode("") + framing.encode("three")
FRAMES = [b"one", b"", b"three"]

# A frame on the wire, the options that it is for, and what is received of it.
KINDS: dict[str, tuple[bytes, dict[str, Any], bytes]] = {
    "empty": (framing.encode(""), {}, b""),
    "small": (HELLO, {}, b"hello"),
    "large": (framing.encode(MEGABYTE), {}, MEGABYTE),
    "with its header": (HELLO, {"keep_header": True}, HELLO),
    "large, with its header": (
        framing.encode(MEGABYTE),
        {"keep_header": True},
        framing.encode(MEGABYTE),
    ),
    "characters": (framing.encode("größer", CHARS), {"header": CHARS}, "größer".encode()),
    "many characters": (
        framing.encode("ü" * 500_000, CHARS),
        {"header": CHARS},
        b"\xc3\xbc" * 500_000,
    ),
}
each_kind = pytest.mark.parametrize(("wire", "options", "frame"), KINDS.values(), ids=KINDS)
each_but_empty = pytest.mark.parametrize(
    ("wire", "options", "frame"), list(KINDS.values())[1:], ids=list(KINDS)[1:]
)


# Into the caller's memory


@each_kind
@each_way
@pytest.mark.parametrize("spare", [0, 1, 100_000])
def test_a_buffer_that_is_large_enough(
    link: Link, wire: bytes, options: dict[str, Any], frame: bytes, spare: int
) -> None:
    with framed(link, **options) as (fs, peer):
        sending = begin(peer.sendall, wire + wire)
        buffer = bytearray(b"\xee" * (len(frame) + spare))
        assert fs.recv_into(buffer, timeout=TIMEOUT) == len(frame)
        assert buffer == frame + b"\xee" * spare
        # Nothing holds it any longer.
        buffer.clear()
        assert fs.recv(timeout=TIMEOUT) == frame
        sending.result()


# What the frame is for afterwards.
NEXT: dict[str, Callable[[FramedSocket], object]] = {
    "recv": lambda fs: fs.recv(timeout=TIMEOUT),
    "recv_many": lambda fs: fs.recv_many(timeout=TIMEOUT)[0],
    "recv_many(1)": lambda fs: fs.recv_many(1, timeout=TIMEOUT)[0],
    "next": next,
    "recv_into": lambda fs: received_into(fs),
}


def received_into(fs: FramedSocket) -> bytes:
    buffer = bytearray(2_000_000)
    return bytes(buffer[: fs.recv_into(buffer, timeout=TIMEOUT)])


@pytest.mark.parametrize("then", NEXT.values(), ids=NEXT)
@each_but_empty
@each_way
def test_a_buffer_that_is_too_small(
    link: Link,
    wire: bytes,
    options: dict[str, Any],
    frame: bytes,
    then: Callable[[FramedSocket], object],
) -> None:
    with framed(link, **options) as (fs, peer):
        sending = begin(peer.sendall, wire)
        for size in (0, len(frame) - 1, len(frame) - 1):
            buffer = bytearray(b"\xee" * size)
            with pytest.raises(BufferTooSmall) as caught:
                fs.recv_into(buffer, timeout=TIMEOUT)
            assert caught.value.available == size
            assert size < caught.value.needed <= len(frame)
            assert buffer == b"\xee" * size
        assert then(fs) == frame
        sending.result()
        assert fs.stats.frames == 1


@each_way
def test_the_whole_size_is_said(link: Link) -> None:
    with framed(link) as (fs, peer):
        peer.sendall(HELLO)
        with pytest.raises(BufferTooSmall) as caught:
            fs.recv_into(bytearray(4), timeout=TIMEOUT)
        assert caught.value == BufferTooSmall(needed=5, available=4)
        assert fs.detach()[1] == HELLO


def test_any_writable_memory() -> None:
    with framed() as (fs, peer):
        peer.sendall(HELLO * 3)
        numbers = array.array("H", bytes(8))
        assert fs.recv_into(numbers) == 5
        assert numbers.tobytes() == b"hello\0\0\0"
        memory = bytearray(b"-" * 10)
        assert fs.recv_into(memoryview(memory)[3:]) == 5
        assert memory == b"---hello--"
        with pytest.raises(TypeError, match="writable"):
            fs.recv_into(b"12345")
        assert fs.recv() == b"hello"


# Many at once


@each_link
def test_all_that_are_here(link: Link) -> None:
    with framed(link) as (fs, peer):
        peer.sendall(STREAM * 100 + HELLO[:7])
        frames: list[bytes] = []
        while len(frames) < 300:
            frames += fs.recv_many(timeout=TIMEOUT)
        assert frames == FRAMES * 100
        with pytest.raises(FrameWouldBlock):
            fs.recv_many(timeout=0)
        peer.sendall(HELLO[7:])
        assert fs.recv_many() == [b"hello"]


@each_way
def test_no_more_than_asked_for(link: Link) -> None:
    with framed(link) as (fs, peer):
        peer.sendall(STREAM)
        assert fs.recv_many(2) == FRAMES[:2]
        assert fs.stats.buffered == 15
        assert fs.recv_many(2) == FRAMES[2:]
        peer.sendall(STREAM)
        assert fs.recv_many(max_frames=10**9) == FRAMES


class Counting(OwnMethods):
    """Knows how often it was read, and whether it waited for that."""

    reads = 0

    def recv_into(self, *arguments: Any) -> int:
        self.reads += 1
        return super().recv_into(*arguments)


def test_at_most_one_further_read() -> None:
    ours, peer = socket.socketpair()
    with peer, Counting(fileno=ours.detach()) as counting, FramedSocket(counting) as fs:
        peer.sendall(STREAM)
        assert fs.recv_many() == FRAMES
        assert counting.reads <= 2
        peer.sendall(STREAM)
        assert fs.recv() == b"one"
        peer.sendall(STREAM)
        before = counting.reads
        assert fs.recv_many() == FRAMES[1:] + FRAMES
        assert counting.reads == before + 1
        # There is one, and it is not worth waiting for the rest of the next.
        peer.sendall(STREAM + HELLO[:12])
        assert fs.recv() == b"one"
        before = counting.reads
        assert fs.recv_many(timeout=None) == FRAMES[1:]
        assert counting.reads <= before + 1
        peer.sendall(HELLO[12:])
        assert fs.recv_many() == [b"hello"]


@each_way
def test_large_and_small_ones(link: Link) -> None:
    frames = [b"", MEGABYTE, b"x", MEGABYTE[:70_000], b"y" * 3000, MEGABYTE[:-1], b""] * 3
    for call in (lambda fs: fs.recv_many(), lambda fs: fs.recv_many(2), lambda fs: [fs.recv()]):
        with framed(link) as (fs, peer):
            sending = begin(peer.sendall, b"".join(map(framing.encode, frames)))
            got: list[bytes] = []
            while len(got) < len(frames):
                got += call(fs)
            sending.result()
            assert got == frames


@pytest.mark.slow
def test_a_million_frames_in_order() -> None:
    count, batch = 1_000_000, 1000

    def frames(start: int) -> list[bytes]:
        return [(b"%07d" % number * 10)[: number % 65] for number in range(start, start + batch)]

    with framed() as (fs, peer), FramedSocket(peer) as sender:

        def send() -> None:
            for start in range(0, count, batch):
                sender.send_many(frames(start))
            sender.shutdown()

        sending = begin(send)
        for start in range(0, count, batch):
            # One at a time, and many at once.
            if start % (2 * batch):
                assert [fs.recv() for _ in range(batch)] == frames(start)
                continue
            got: list[bytes] = []
            while len(got) < batch:
                got += fs.recv_many(batch - len(got))
            assert got == frames(start)
        assert list(fs) == []
        sending.result()
        assert fs.stats.frames == count


# After select


@each_way
def test_no_frame_hides_after_select(link: Link) -> None:
    generator = random.Random(link.__name__)
    with framed(link) as (fs, peer):
        sent: list[bytes] = []
        got: list[bytes] = []
        rest = b""
        for _ in range(300):
            frames = [bytes(generator.randrange(200)) for _ in range(generator.randrange(5))]
            sent += frames
            rest += b"".join(map(framing.encode, frames))
            cut = generator.randrange(len(rest) + 1)
            peer.sendall(rest[:cut])
            rest = rest[cut:]
            while select.select([fs], [], [], 0)[0]:
                try:
                    got += fs.recv_many(timeout=0)
                except FrameWouldBlock:
                    continue
            # As many as were sent whole.
            with pytest.raises(FrameWouldBlock):
                fs.recv(timeout=0)
            assert not fs._pending()
        peer.sendall(rest)
        while len(got) < len(sent):
            got += fs.recv_many(timeout=TIMEOUT)
        assert got == sent


@each_link
def test_in_select(link: Link) -> None:
    with framed(link) as (fs, peer):
        assert select.select([fs], [], [], 0)[0] == []
        assert select.select([], [fs], [], 0)[1] == [fs]
        peer.sendall(HELLO)
        assert select.select([fs], [], [], TIMEOUT)[0] == [fs]
        assert fs.recv_many(timeout=0) == [b"hello"]
        assert select.select([fs], [], [], 0)[0] == []


@each_link
def test_in_a_selector(link: Link) -> None:
    with framed(link) as (fs, peer), selectors.DefaultSelector() as selector:
        selector.register(fs, selectors.EVENT_READ, data="one")
        assert selector.select(0) == []
        peer.sendall(HELLO)
        ((key, events),) = selector.select(TIMEOUT)
        assert (key.fileobj, key.data, events) == (fs, "one", selectors.EVENT_READ)
        assert fs.recv_many(timeout=0) == [b"hello"]
        assert selector.select(0) == []
        assert selector.unregister(fs).fileobj is fs


@each(own_methods)
def test_the_tutorials_chat_server_keeps_them_in_lists_and_dictionaries(link: Link) -> None:
    with framed(link) as (one, _), framed(link) as (two, peer):
        clients = {one: "one", two: "two"}
        peer.sendall(HELLO)
        (readable,) = select.select(list(clients), [], [], TIMEOUT)[0]
        assert clients[readable] == "two"
        assert {one, two, two} - {readable} == {one}
        del clients[readable]
        assert list(clients) == [one]


def test_the_number_is_the_sockets() -> None:
    with framed() as (fs, _):
        assert fs.fileno() == fs.socket.fileno() >= 0
    assert fs.fileno() == -1
