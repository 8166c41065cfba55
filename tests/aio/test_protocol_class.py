"""`FramedProtocol` as a class: subclasses of every kind, its arguments, and callbacks that raise."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Callable
from typing import Any

import framing
import pytest
from framing import DecimalHeader, FrameStats, aio
from support.aio.links import (
    FRAMES,
    STREAM,
    Link,
    called_back,
    each,
    each_way,
    encrypted,
    framed,
    pair,
    tcp,
)
from support.aio.recorder import LOST, Recorder
from support.aio.waits import arrived, turns, until
from support.loops import every_loop, run
from support.pairs import HELLO, finish, receive

# Subclasses


class Named(aio.FramedProtocol):
    """With arguments of its own, and all defaults: it need not say so."""

    def __init__(self, name: str, *, number: int = 5) -> None:
        self.name = name
        self.number = number
        self.frames: list[bytes] = []

    def frame_received(self, frame: bytes) -> None:
        self.frames.append(frame)


class Wide(Named):
    """With both."""

    def __init__(self, name: str, *, number: int = 5) -> None:
        aio.FramedProtocol.__init__(self, 16, max_frame_size=7, keep_header=True, frame_timeout=2.5)
        super().__init__(name, number=number)


class Slotted(aio.FramedProtocol):
    __slots__ = ("frames",)

    def __init__(self) -> None:
        super().__init__()
        self.frames: list[bytes] = []

    def frame_received(self, frame: bytes) -> None:
        self.frames.append(frame)


class Mixin:
    """What a framework may put beside it."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.frames: list[bytes] = []

    def frame_received(self, frame: bytes) -> None:
        self.frames.append(frame)


class Mixed(Mixin, aio.FramedProtocol):
    pass


@pytest.mark.parametrize(
    "make",
    [lambda: Named("a"), lambda: Named("a", number=6), Slotted, Mixed, lambda: Mixed(10)],
    ids=["own arguments", "own options", "slots", "mixin", "mixin with an argument"],
)
@each_way
@every_loop
def test_with_the_defaults(loop: str, link: Link, make: Callable[[], Any]) -> None:
    async def main() -> None:
        async with called_back(make, link) as (protocol, peer):
            peer.sendall(STREAM)
            await until(lambda: len(protocol.frames) == 3)
            assert protocol.frames == FRAMES
            assert protocol.header == DecimalHeader(10)
            assert protocol.max_frame_size == framing.DEFAULT_MAX_FRAME_SIZE
            assert not protocol.keep_header
            assert protocol.frame_timeout is None
            protocol.send("hello")
            assert await asyncio.to_thread(receive, peer, len(HELLO)) == HELLO

    run(loop, main)


@every_loop
def test_with_options(loop: str) -> None:
    wire = [framing.encode(frame, 16) for frame in FRAMES]

    async def main() -> None:
        async with called_back(lambda: Wide("a")) as (protocol, peer):
            peer.sendall(b"".join(wire))
            await until(lambda: len(protocol.frames) == 3)
            assert protocol.frames == wire
            assert protocol.header == DecimalHeader(16)
            assert protocol.max_frame_size == 7
            assert protocol.keep_header
            assert protocol.frame_timeout == 2.5
            protocol.send("hello")
            answer = framing.encode("hello", 16)
            assert await asyncio.to_thread(receive, peer, len(answer)) == answer
            with pytest.raises(framing.FrameTooLarge):
                protocol.send("too large")

    run(loop, main)


@pytest.mark.parametrize(
    ("arguments", "error", "names"),
    [
        ({"header": "10"}, TypeError, "header"),
        ({"header": 0}, ValueError, "width"),
        ({"header": None}, TypeError, "header"),
        ({"max_frame_size": -1}, ValueError, "max_frame_size"),
        ({"max_frame_size": 10**10}, ValueError, "max_frame_size"),
        ({"max_frame_size": "1"}, TypeError, "max_frame_size"),
        ({"keep_header": 1}, TypeError, "keep_header"),
        ({"frame_timeout": 0}, ValueError, "frame_timeout"),
        ({"frame_timeout": -1.0}, ValueError, "frame_timeout"),
        ({"frame_timeout": float("nan")}, ValueError, "frame_timeout"),
        ({"frame_timeout": "1"}, TypeError, "frame_timeout"),
        ({"limit": 5}, TypeError, "limit"),
    ],
    ids=str,
)
def test_wrong_arguments(arguments: dict[str, Any], error: type[Exception], names: str) -> None:
    with pytest.raises(error, match=names):
        aio.FramedProtocol(**arguments)


@every_loop
def test_nothing_needs_to_be_overridden(loop: str) -> None:
    async def main() -> None:
        async with called_back(aio.FramedProtocol) as (protocol, peer):
            peer.sendall(STREAM)
            await arrived(protocol, len(STREAM))
            assert protocol.stats == FrameStats(3, 8, 38, 5, 0)
            peer.sendall(b"12a")
            await until(protocol.is_closing)

    run(loop, main)


@each(tcp, encrypted)
@every_loop
def test_the_counters(loop: str, link: Link) -> None:
    async def main() -> None:
        async with called_back(Recorder, link) as (protocol, peer):
            assert protocol.stats == FrameStats()
            peer.sendall(STREAM + HELLO[:12])
            await arrived(protocol, len(STREAM) + 12)
            before = protocol.stats
            assert before == FrameStats(3, 8, 38, 5, 12)
            peer.sendall(HELLO[12:])
            await until(lambda: protocol.told[-1] == b"hello")
            assert protocol.stats == FrameStats(4, 13, 53, 5, 0)
            assert before == FrameStats(3, 8, 38, 5, 12)
            finish(peer)
            await protocol.until_lost()
            assert protocol.stats == FrameStats(4, 13, 53, 5, 0)

    run(loop, main)


@every_loop
def test_it_is_gone_with_its_connection(loop: str) -> None:
    class Looping(Recorder):
        """Refers to itself, as a program's objects do."""

        def __init__(self) -> None:
            super().__init__(frame_timeout=10)
            self.myself = self

    async def main() -> weakref.ref[Recorder]:
        async with called_back(Looping) as (protocol, peer):
            peer.sendall(STREAM + HELLO[:12])
            await arrived(protocol, len(STREAM) + 12)
            peer.close()
            await protocol.until_lost()
            return weakref.ref(protocol)

    gone = run(loop, main)
    gc.collect()
    assert gone() is None


# Callbacks that raise


class Trouble(Exception):
    pass


class Raising(Recorder):
    """Raises in one of its callbacks."""

    def __init__(self, callback: str) -> None:
        super().__init__()
        setattr(self, f"_{callback}_raises", True)

    def _may_raise(self, callback: str) -> None:
        if hasattr(self, f"_{callback}_raises"):
            raise Trouble(callback)

    def frame_received(self, frame: bytes) -> None:
        super().frame_received(frame)
        if not frame:
            self._may_raise("frame_received")

    def error_received(self, exc: framing.FramingError) -> None:
        super().error_received(exc)
        self._may_raise("error_received")

    def eof_received(self) -> bool | None:
        self._may_raise("eof_received")
        return super().eof_received()


class RaisingOnce(Raising):
    def frames_received(self, frames: list[bytes]) -> None:
        super().frames_received(frames)
        self._may_raise("frames_received")


# What the peer sends, and what is delivered of it.
RAISED: dict[str, tuple[bytes, list[bytes]]] = {
    "frame_received": (STREAM, FRAMES[:2]),
    "frames_received": (STREAM, FRAMES),
    "error_received": (STREAM + b"12a", FRAMES),
    "eof_received": (STREAM, FRAMES),
}


@pytest.mark.parametrize("callback", RAISED)
@each(tcp, pair, encrypted)
@every_loop
def test_it_is_reported_once_and_the_connection_closed(loop: str, link: Link, callback: str) -> None:
    reported: list[dict[str, Any]] = []
    wire, expected = RAISED[callback]

    async def main() -> None:
        async with framed(link) as (other, other_peer):
            for number in range(1, 4):
                other_peer.sendall(HELLO[:12])
                async with called_back(lambda: RaisingOnce(callback), link) as (protocol, peer):
                    peer.sendall(wire)
                    if callback == "eof_received":
                        finish(peer)
                    told = await protocol.until_lost()
                    assert [item for item in told if isinstance(item, bytes)] == expected
                    assert len(reported) == number
                    assert await end_of(peer)
                # The others go on.
                other_peer.sendall(HELLO[12:] + STREAM)
                assert [await other.recv() for _ in range(4)] == [b"hello", *FRAMES]

    run(loop, main, reported=reported)
    for context in reported:
        assert isinstance(context["exception"], Trouble)
        assert context["exception"].args == (callback,)


async def end_of(peer: Any) -> bool:
    """Whether a peer sees that the connection is over, in one way or another."""
    try:
        return bool(await asyncio.to_thread(peer.recv, 1) == b"")
    except OSError:
        return True


@every_loop
def test_raised_when_the_connection_is_lost(loop: str) -> None:
    class Lost(Recorder):
        def connection_lost(self, exc: Exception | None) -> None:
            super().connection_lost(exc)
            raise Trouble

    reported: list[dict[str, Any]] = []

    async def main() -> None:
        async with called_back(Lost) as (protocol, peer):
            peer.sendall(STREAM)
            finish(peer)
            assert await protocol.until_lost() == ["made", *FRAMES, "eof", LOST]

    run(loop, main, reported=reported)
    assert [type(context["exception"]) for context in reported] == [Trouble]


@every_loop
def test_replies_before_an_exception_are_sent(loop: str) -> None:
    """Those to frames of the same batch: what is handed over late is none the worse for it."""

    class Echo(Recorder):
        def frame_received(self, frame: bytes) -> None:
            if frame == b"three":
                raise Trouble
            self.send(frame)

    reported: list[dict[str, Any]] = []

    async def main() -> None:
        async with called_back(Echo) as (protocol, peer):
            peer.sendall(STREAM)
            await protocol.until_lost()
            assert await asyncio.to_thread(receive, peer, 100) == STREAM[:23]

    run(loop, main, reported=reported)
    assert len(reported) == 1


@every_loop
def test_who_forgets_to_call_connection_made_is_told_so(loop: str) -> None:
    class Forgetful(aio.FramedProtocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            pass

    reported: list[dict[str, Any]] = []

    async def main() -> None:
        async with called_back(Forgetful) as (_, peer):
            peer.sendall(HELLO)
            await until(lambda: reported)
            await turns()

    run(loop, main, reported=reported)
    (context,) = reported
    assert isinstance(context["exception"], RuntimeError)
    assert "super().connection_made(transport)" in str(context["exception"])
