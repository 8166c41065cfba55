"""Frames over the limit that are skipped: `FramedSocket`."""

from __future__ import annotations

import contextlib
import logging
import signal
import threading
import time
import tracemalloc
from collections.abc import Iterator
from typing import Any

import framing
import pytest
from framing import FramedSocket, FrameStalled, FrameTimeout, TruncatedFrame
from support.oversize import FRAMES, OVER, SKIP, STREAM, warnings
from support.pairs import Link, begin, each_way, encrypted, finish, framed, pair
from support.processes import TIMEOUT

pytestmark = pytest.mark.dev_mode


def one_by_one(fs: FramedSocket) -> list[bytes]:
    return list(fs)


def by_many(fs: FramedSocket) -> list[bytes]:
    frames: list[bytes] = []
    while True:
        try:
            frames += fs.recv_many()
        except framing.ConnectionClosed:
            return frames


def into_a_buffer(fs: FramedSocket) -> list[bytes]:
    frames: list[bytes] = []
    buffer = bytearray(5)
    while True:
        try:
            size = fs.recv_into(buffer)
        except framing.ConnectionClosed:
            return frames
        frames.append(bytes(buffer[:size]))


def without_waiting(fs: FramedSocket) -> list[bytes]:
    frames: list[bytes] = []
    while True:
        framing.wait([fs], TIMEOUT)
        try:
            frames.append(fs.recv(timeout=0))
        except BlockingIOError:
            continue
        except framing.ConnectionClosed:
            return frames


@pytest.mark.parametrize("receive", [one_by_one, by_many, into_a_buffer, without_waiting])
@each_way
def test_good_frames_around_come_out(
    link: Link, receive: object, caplog: pytest.LogCaptureFixture
) -> None:
    assert callable(receive)
    with framed(link, **SKIP) as (fs, peer):

        def send() -> None:
            peer.sendall(STREAM)
            finish(peer)

        sending = begin(send)
        assert receive(fs) == FRAMES
        sending.result()
        stats = fs.stats
        assert (stats.frames, stats.skipped_frames, stats.buffered) == (4, 4, 0)
        assert stats.skipped_bytes + stats.wire_bytes == len(STREAM)
    assert warnings(caplog) == OVER


def test_every_cut(caplog: pytest.LogCaptureFixture) -> None:
    stream = b"".join(map(framing.encode, ["too long", "one", "also too long", "two"]))
    for cut in range(len(stream)):
        with framed(pair, **SKIP) as (fs, peer):
            peer.sendall(stream[:cut])
            frames: list[bytes] = []
            with contextlib.suppress(FrameTimeout):
                frames += iter(lambda: fs.recv(timeout=0.001), None)
            peer.sendall(stream[cut:])
            finish(peer)
            assert [*frames, *fs] == [b"one", b"two"], f"cut at {cut}"
            assert fs.stats.skipped_frames == 2
    assert len(warnings(caplog)) == 2 * len(stream)


def test_who_waits_hears_of_it_at_once_and_gets_the_next_one(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with framed(pair, **SKIP) as (fs, peer):
        receiving = begin(fs.recv, timeout=TIMEOUT)
        peer.sendall(b"%-10d" % 1_000_000 + b"x" * 10)
        until = time.monotonic() + TIMEOUT
        while not caplog.records and time.monotonic() < until:
            time.sleep(0.001)
        assert warnings(caplog) == [(1_000_000, 0)]
        assert receiving.is_alive()
        sending = begin(peer.sendall, b"x" * 999_990 + framing.encode("next"))
        assert receiving.result() == b"next"
        sending.result()


def test_nothing_of_it_is_kept() -> None:
    with framed(pair, **SKIP) as (fs, peer):
        size = 64 * 1024 * 1024

        def send() -> None:
            peer.sendall(b"%-10d" % size)
            piece = b"x" * 65_536
            for _ in range(size // len(piece)):
                peer.sendall(piece)
            peer.sendall(framing.encode("small"))

        tracemalloc.start()
        try:
            sending = begin(send)
            assert fs.recv() == b"small"
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        sending.result()
        assert peak < 2_000_000


def test_a_large_one_behind_it_fits_no_small_buffer() -> None:
    with framed(pair, max_frame_size=100, on_oversize="skip") as (fs, peer):
        peer.sendall(b"".join(map(framing.encode, [b"x" * 200, b"y" * 50, b"z"])))
        buffer = bytearray(10)
        for _ in range(2):
            with pytest.raises(framing.BufferTooSmall) as caught:
                fs.recv_into(buffer, timeout=0)
            assert (caught.value.needed, caught.value.available) == (50, 10)
        assert fs.recv(timeout=0) == b"y" * 50
        assert fs.recv_into(buffer, timeout=0) == 1


def test_the_end_and_a_deadline_inside_it() -> None:
    with framed(pair, **SKIP) as (fs, peer):
        peer.sendall(b"100       " + b"x" * 30)
        with pytest.raises(FrameTimeout) as late:
            fs.recv(timeout=0.01)
        assert (late.value.stage, late.value.expected, late.value.received) == ("payload", 100, 30)
        finish(peer)
        with pytest.raises(TruncatedFrame) as cut:
            fs.recv()
        assert (cut.value.expected, cut.value.received) == (100, 30)


def test_a_peer_that_drips_one_is_given_up() -> None:
    with framed(pair, **SKIP, frame_timeout=0.02) as (fs, peer):
        peer.sendall(b"100       " + b"x" * 30)
        with pytest.raises(FrameStalled):
            fs.recv()


def test_bounds_hold_here_too() -> None:
    with framed(encrypted, **SKIP, max_skip=10, max_consecutive_empty=1) as (fs, peer):
        peer.sendall(b"".join(map(framing.encode, [b"0123456789", b"ok", b"0123456789a"])))
        assert fs.recv() == b"ok"
        with pytest.raises(framing.FrameTooLarge):
            fs.recv()
    with framed(pair, max_consecutive_empty=1) as (fs, peer):
        peer.sendall(framing.encode("") * 2)
        assert fs.recv_many() == [b""]
        with pytest.raises(framing.InvalidPayload, match="empty"):
            fs.recv_many()


def test_what_detach_gives_back_begins_inside_it() -> None:
    with framed(pair, **SKIP) as (fs, peer):
        peer.sendall(b"20        " + b"x" * 5)
        with pytest.raises(FrameTimeout):
            fs.recv(timeout=0.01)
        # What was discarded is gone.
        sock, wire = fs.detach()
        assert wire == b""
        sock.close()


def test_connect_and_listen_take_it() -> None:
    options: dict[str, Any] = {"max_frame_size": 5, "on_oversize": "skip", "max_skip": 100}
    with (
        framing.listen(("127.0.0.1", 0), **options) as listener,
        framing.connect(listener.address, timeout=TIMEOUT) as client,
    ):
        client.send_many([b"x" * 50, b"ok"])
        server, _ = listener.accept()
        with server:
            assert server.on_oversize == "skip"
            assert server.recv(timeout=TIMEOUT) == b"ok"
        assert client.on_oversize == "error"
    wrong: list[dict[str, Any]] = [
        {"on_oversize": "no"},
        {"max_skip": 5},
        {"max_consecutive_empty": -1},
    ]
    for bad in wrong:
        with pytest.raises(ValueError, match=next(iter(bad))):
            framing.listen(("127.0.0.1", 0), **bad)


def test_a_call_that_may_not_wait_ends_although_what_is_skipped_keeps_coming() -> None:
    with framed(pair, max_frame_size=0, on_oversize="skip") as (fs, peer):
        over = threading.Event()

        def flood() -> None:
            with contextlib.suppress(OSError):
                while not over.is_set():
                    peer.sendall(framing.encode("x") * 1000)

        sending = begin(flood)
        framing.wait([fs], TIMEOUT)
        with pytest.raises(framing.FrameWouldBlock):
            begin(fs.recv, timeout=0).result()
        over.set()
        fs.close()
        sending.result()


@pytest.mark.slow
def test_each_one_has_its_own_time() -> None:
    with framed(pair, **SKIP, frame_timeout=0.3) as (fs, peer):

        def send() -> None:
            for _ in range(3):
                peer.sendall(b"20        ")
                time.sleep(0.2)
                peer.sendall(bytes(20))
            peer.sendall(framing.encode("ok"))

        sending = begin(send)
        assert fs.recv() == b"ok"
        sending.result()


class Interrupting(logging.Handler):
    """Ctrl-C comes while a line is being logged."""

    def emit(self, record: logging.LogRecord) -> None:  # noqa: ARG002
        signal.raise_signal(signal.SIGINT)


@pytest.fixture
def interrupted_log(ctrl_c: int) -> Iterator[None]:
    assert ctrl_c == signal.SIGINT
    handler = Interrupting()
    logging.getLogger("framing").addHandler(handler)
    yield
    logging.getLogger("framing").removeHandler(handler)


@pytest.mark.usefixtures("interrupted_log")
def test_ctrl_c_in_the_log_ends_the_call_and_loses_nothing() -> None:
    with framed(pair, **SKIP) as (fs, peer):
        peer.sendall(framing.encode("too long"))
        with pytest.raises(KeyboardInterrupt):
            fs.recv(timeout=TIMEOUT)
        peer.sendall(framing.encode("ok"))
        assert fs.recv() == b"ok"
    decoder = framing.FrameDecoder(**SKIP)
    with pytest.raises(KeyboardInterrupt):
        decoder.feed(framing.encode("a") + framing.encode("too long") + framing.encode("b"))
    assert decoder.feed(b"") == [b"a", b"b"]
