"""An interrupt while the log reports skipped frames: the call raises it, and the next call returns the frame behind them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from typing import Any

import framing
import pytest
from framing import FramedSocket, aio
from support.pairs import framed, pair

SKIP: dict[str, Any] = {"max_frame_size": 5, "on_oversize": "skip"}


class Interrupted(BaseException):
    """Like Ctrl-C, or a time-out by a signal."""


class InterruptOnce(logging.Handler):
    """Raises in the midst of the first line, and remembers all lines."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())
        if len(self.lines) == 1:
            raise Interrupted


@pytest.fixture
def log() -> Iterator[InterruptOnce]:
    handler = InterruptOnce()
    logging.getLogger("framing").addHandler(handler)
    yield handler
    logging.getLogger("framing").removeHandler(handler)


def one(fs: FramedSocket) -> list[bytes]:
    return [fs.recv()]


def several(fs: FramedSocket) -> list[bytes]:
    return fs.recv_many()


def at_most_two(fs: FramedSocket) -> list[bytes]:
    return fs.recv_many(2)


def into(fs: FramedSocket) -> list[bytes]:
    buffer = bytearray(5)
    return [bytes(buffer[: fs.recv_into(buffer)])]


def iterated(fs: FramedSocket) -> list[bytes]:
    return [next(fs)]


CALLS = [one, several, at_most_two, into, iterated]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    "texts", [["too long", "a", "b"], ["a", "too long", "b"], ["a", "b", "too long"]]
)
def test_no_call_loses_a_frame(
    log: InterruptOnce, texts: list[str], call: Callable[[FramedSocket], list[bytes]]
) -> None:
    got: list[bytes] = []
    interrupts = 0
    with framed(pair, **SKIP) as (fs, peer):
        peer.sendall(b"".join(map(framing.encode, texts)))
        peer.close()
        while True:
            try:
                got += call(fs)
            except Interrupted:
                interrupts += 1
            except (framing.ConnectionClosed, StopIteration):
                break
    assert (got, interrupts, len(log.lines)) == ([b"a", b"b"], 1, 1)


@pytest.mark.parametrize(
    "texts", [["too long", "a", "b"], ["a", "too long", "b"], ["a", "b", "too long"]]
)
@pytest.mark.parametrize("many", [False, True])
def test_no_call_of_a_stream_loses_a_frame(log: InterruptOnce, texts: list[str], many: bool) -> None:
    async def main() -> tuple[list[bytes], int]:
        got: list[bytes] = []
        interrupts = 0
        with pair() as (ours, peer):
            async with await aio.open_connection(sock=ours, **SKIP) as stream:
                peer.sendall(b"".join(map(framing.encode, texts)))
                peer.close()
                # All of it is here before it is asked for, so that it is the call that meets the log.
                while stream.stats.buffered < 38:
                    await asyncio.sleep(0)
                await asyncio.sleep(0)
                while True:
                    try:
                        got += await stream.recv_many() if many else [await stream.recv()]
                    except Interrupted:
                        interrupts += 1
                    except framing.ConnectionClosed:
                        return got, interrupts

    got, interrupts = asyncio.run(main())
    assert (got, interrupts, len(log.lines)) == ([b"a", b"b"], 1, 1)


def test_what_was_skipped_last_is_logged_by_close(caplog: pytest.LogCaptureFixture) -> None:
    with framed(pair, **SKIP) as (fs, peer):
        peer.sendall(framing.encode("a") + framing.encode("too long"))
        assert fs.recv_many() == [b"a"]
    assert [record.getMessage()[:31] for record in caplog.records] == [
        "skipped a frame of length 8 at "
    ]
