"""Large frames, received straight into memory of the caller's."""

from __future__ import annotations

import array
import mmap
import socket
from collections.abc import Callable

import framing
import pytest
from framing import FramedSocket, FrameTimeout, FrameWouldBlock, TruncatedFrame
from support.pairs import Link, begin, each_way, finish, framed, pair
from support.processes import TIMEOUT

PAYLOAD = bytes(range(251)) * 4000
WIRE = framing.encode(PAYLOAD)
SIZE = len(PAYLOAD)


@each_way
def test_one_behind_the_other(link: Link) -> None:
    with framed(link) as (fs, peer):
        sending = begin(peer.sendall, (WIRE + framing.encode("small")) * 3)
        buffer = bytearray(b"?" * (SIZE + 3))
        for _ in range(3):
            assert fs.recv_into(buffer) == SIZE
            assert buffer == PAYLOAD + b"???"
            assert fs.recv() == b"small"
        sending.result()
        assert fs.stats.frames == 6
        assert fs.stats.payload_bytes == 3 * (SIZE + 5)
        assert fs.stats.largest_frame == SIZE


@pytest.mark.parametrize(
    "cut", [0, 5, 10, 11, 20_000, 70_000, 300_000, len(WIRE) - 70_000, len(WIRE) - 1]
)
def test_what_has_arrived_stays_when_the_call_ends(cut: int) -> None:
    for finish_with in ("recv", "recv_many", "recv_into", "detach"):
        with framed(pair) as (fs, peer):
            sending = begin(peer.sendall, WIRE[:cut])
            buffer = bytearray(SIZE)
            arrived = 0
            while arrived < cut:
                with pytest.raises((FrameTimeout, FrameWouldBlock)) as caught:
                    fs.recv_into(buffer, timeout=0.01)
                assert caught.value.partial is None
                arrived = fs.stats.buffered
            sending.result()
            # It is kept elsewhere.
            buffer[:] = bytes(SIZE)
            if finish_with == "detach":
                sock, wire = fs.detach()
                sock.close()
                assert wire == WIRE[:cut]
                continue
            sending = begin(peer.sendall, WIRE[cut:] + framing.encode("next"))
            if finish_with == "recv":
                assert fs.recv() == PAYLOAD
            elif finish_with == "recv_many":
                assert fs.recv_many(max_frames=1) == [PAYLOAD]
            else:
                assert fs.recv_into(buffer) == SIZE
                assert buffer == PAYLOAD
            assert fs.recv() == b"next"
            sending.result()


@pytest.mark.parametrize("cut", [11, 100_000, len(WIRE) - 1])
def test_a_stream_that_ends_inside(cut: int) -> None:
    with framed(pair) as (fs, peer):

        def send() -> None:
            peer.sendall(WIRE[:cut])
            finish(peer)

        sending = begin(send)
        with pytest.raises(TruncatedFrame) as caught:
            fs.recv_into(bytearray(SIZE), timeout=TIMEOUT)
        assert caught.value.partial == WIRE[:cut]
        assert (caught.value.expected, caught.value.received) == (SIZE, cut - 10)
        sending.result()


@pytest.mark.parametrize("unit", ["bytes", "chars"])
@pytest.mark.parametrize("keep_header", [False, True])
def test_options(keep_header: bool, unit: str) -> None:
    ours, theirs = socket.socketpair()
    header = framing.DecimalHeader(unit="chars" if unit == "chars" else "bytes")
    payload = "größer" * 100_000
    wire = framing.encode(payload, header)
    expected = wire if keep_header else payload.encode()
    with theirs, FramedSocket(ours, header, keep_header=keep_header) as fs:
        sending = begin(theirs.sendall, wire * 2)
        buffer = array.array("B", bytes(len(wire)))
        for _ in range(2):
            assert fs.recv_into(buffer) == len(expected)
            assert bytes(buffer[: len(expected)]) == expected
        sending.result()


def test_a_deadline_although_bytes_keep_coming() -> None:
    """Each read finds some, so none waits; but the time passes."""
    wire = b"999999999 " + bytes(1_000_000)
    # Not touched, so it takes none of the system's.
    memory = mmap.mmap(-1, 999_999_999)
    calls: list[Callable[[FramedSocket], object]] = [
        lambda fs: fs.recv(timeout=0.02),
        lambda fs: fs.recv_into(memory, timeout=0.02),
        lambda fs: framing.recv_frame(fs.socket, timeout=0.02),
    ]
    for call in calls:
        with framed(pair) as (fs, peer):

            def flood() -> None:
                peer.sendall(wire)
                try:
                    for _ in range(997):
                        peer.sendall(wire[10:])
                except OSError:
                    return

            flooding = begin(flood)
            with pytest.raises(FrameTimeout) as caught:
                call(fs)
            assert 0 <= caught.value.received < 999_999_999
            fs.close()
            flooding.result()
