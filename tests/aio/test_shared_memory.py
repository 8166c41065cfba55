"""The memory that connections of `framing.aio` receive into: all of them share it, and none sees anything of that."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import random
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Any, NamedTuple

import framing
import pytest
from framing import aio
from support.aio.links import called_back, framed, pair, tcp
from support.aio.recorder import Recorder
from support.aio.traffic import protocol_of, put, sending, view_of
from support.aio.transport import Pipe, piped
from support.aio.waits import arrived, turns
from support.loops import every_loop, run
from support.pairs import HELLO

pytestmark = pytest.mark.dev_mode

MIB = 2**20
HI = b"2         hi"


class End(NamedTuple):
    """Our end of a connection whose transport is the test itself."""

    protocol: asyncio.BufferedProtocol
    take: Callable[[int], Awaitable[list[bytes]]]
    """Gives so many frames, which have to be here."""


OPEN: list[aio.FramedStream] = []


async def stream(**options: Any) -> End:
    made, _ = await piped(limit=2**30, **options)
    OPEN.append(made)

    async def take(count: int) -> list[bytes]:
        frames: list[bytes] = []
        while len(frames) < count:
            frames += await made.recv_many(count - len(frames))
        return frames

    return End(protocol_of(made), take)


async def protocol(**options: Any) -> End:
    _, recorder = Pipe().connect(lambda: Recorder(**options))

    async def take(count: int) -> list[bytes]:
        frames: list[bytes] = recorder.told[1 : 1 + count]
        del recorder.told[1 : 1 + count]
        assert len(frames) == count
        return frames

    return End(recorder, take)


Make = Callable[..., Awaitable[End]]
MAKES: list[Make] = [stream, protocol]
each_style = pytest.mark.parametrize("make", MAKES, ids=lambda make: make.__name__)


def attended(loop: str, main: Callable[[], Awaitable[None]]) -> None:
    """Runs `main()`, and closes at its end what it has opened."""

    async def whole() -> None:
        try:
            await main()
        finally:
            for opened in OPEN:
                opened.abort()
            OPEN.clear()
            await turns()

    run(loop, whole)


def noise(size: int, seed: int = 0) -> bytes:
    return random.Random(seed).randbytes(size)


def write(end: End, wire: bytes) -> memoryview:
    """What a transport does in one go: it gets a view, and says how much it has written to it."""
    view = view_of(end.protocol)
    view[: len(wire)] = wire
    end.protocol.buffer_updated(len(wire))
    return view


# A transport that does nothing wrong


@pytest.mark.parametrize("keep_header", [False, True])
@pytest.mark.parametrize(
    "size", [0, 1, 4095, 4096, 4097, 65_536, 262_143, 262_144, 262_145, 300_000, 5 * MIB]
)
@each_style
@every_loop
def test_frames_of_every_size(loop: str, make: Make, size: int, keep_header: bool) -> None:
    payloads = [noise(size), b"behind", noise(size, 1)]
    wires = [framing.encode(payload) for payload in payloads]

    async def main() -> None:
        end = await make(keep_header=keep_header)
        put(end.protocol, b"".join(wires))
        assert await end.take(3) == (wires if keep_header else payloads)

    attended(loop, main)


@each_style
@every_loop
def test_a_view_that_is_filled_to_the_last_byte(loop: str, make: Make) -> None:
    async def main() -> None:
        end = await make()
        size = len(view_of(end.protocol))
        payload = noise(size - 10)
        write(end, framing.encode(payload))
        assert await end.take(1) == [payload]

    attended(loop, main)


@each_style
@every_loop
def test_a_view_is_writable_never_empty_and_of_bytes(loop: str, make: Make) -> None:
    async def main() -> None:
        end = await make()
        for hint in (-1, 0, 1, 10**6, 10**30):
            view = view_of(end.protocol, hint)
            assert (view.readonly, view.format, view.ndim, view.contiguous) == (False, "B", 1, True)
            assert len(view) > 0

    attended(loop, main)


# One that is peculiar


@each_style
@every_loop
def test_two_views_in_a_row(loop: str, make: Make) -> None:
    """They are the same memory, and what was written to either counts once."""

    async def main() -> None:
        end = await make()
        first, second = view_of(end.protocol), view_of(end.protocol)
        first[: len(HI)] = HI
        assert bytes(second[: len(HI)]) == HI
        end.protocol.buffer_updated(len(HI))
        assert await end.take(1) == [b"hi"]

    attended(loop, main)


@each_style
@every_loop
def test_reads_that_overlap(loop: str, make: Make) -> None:
    """Several connections have a view at once, and are told later what was received."""

    async def main() -> None:
        ends = [await make() for _ in range(20)]
        for _ in range(3):
            views = [view_of(end.protocol) for end in ends]
            wires = [framing.encode(b"%d" % number) for number in range(20)]
            for view, wire in zip(views, wires, strict=True):
                view[: len(wire)] = wire
            for end, wire in zip(ends, wires, strict=True):
                end.protocol.buffer_updated(len(wire))
            del views
            assert [await end.take(1) for end in ends] == [[b"%d" % number] for number in range(20)]

    attended(loop, main)


@each_style
@every_loop
def test_wrong_counts_take_nothing_and_may_be_corrected(loop: str, make: Make) -> None:
    async def main() -> None:
        end = await make()
        for count in (-1, 12, 10**30):
            with pytest.raises(ValueError, match="nbytes"):
                end.protocol.buffer_updated(count)
        end.protocol.buffer_updated(0)
        view = view_of(end.protocol)
        view[: len(HI)] = HI
        for count in (len(view) + 1, -1, 2**63, -(2**80)):
            with pytest.raises(ValueError, match="nbytes"):
                end.protocol.buffer_updated(count)
        end.protocol.buffer_updated(len(HI))
        assert await end.take(1) == [b"hi"]
        with pytest.raises(ValueError, match="nbytes"):
            end.protocol.buffer_updated(len(HI))

    attended(loop, main)


# Views that are kept

HELD: list[memoryview] = []


def keep(view: memoryview) -> None:
    HELD.append(view)


def keep_a_slice(view: memoryview) -> None:
    HELD.append(view[1:])


def keep_a_cast(view: memoryview) -> None:
    HELD.append(view.cast("b"))


def keep_another(view: memoryview) -> None:
    HELD.append(memoryview(view))


def release(view: memoryview) -> None:
    view.release()


each_hold = pytest.mark.parametrize("hold", [keep, keep_a_slice, keep_a_cast, keep_another, release])


@pytest.fixture(autouse=True, scope="module")
def _collect() -> None:
    """Free the views of the shared memory that tests of other modules may have left in cycles."""
    gc.collect()


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    yield
    HELD.clear()


def scribble() -> None:
    """Writes to whatever is held."""
    for view in HELD:
        view.cast("B")[:] = b"!" * view.nbytes


@each_hold
@each_style
@every_loop
def test_a_view_that_is_kept_has_no_part_in_what_was_delivered(
    loop: str, make: Make, hold: Callable[[memoryview], None]
) -> None:
    payloads = [noise(size, size) for size in (5, 0, 3000, 30_000, 1, 40_000, MIB)] * 2

    async def main() -> None:
        end = await make()
        for payload in payloads:
            wire = framing.encode(payload)
            while wire:
                view = view_of(end.protocol)
                size = min(len(view), len(wire))
                view[:size] = wire[:size]
                hold(view)
                end.protocol.buffer_updated(size)
                wire = wire[size:]
            frames = await end.take(1)
            scribble()
            assert frames == [payload]
            HELD.clear()

    attended(loop, main)


@each_hold
@each_style
@every_loop
def test_a_view_that_is_kept_has_no_part_in_other_connections(
    loop: str, make: Make, hold: Callable[[memoryview], None]
) -> None:
    """Neither in what waits there, nor in the beginning of a frame; and it shows nothing of that."""
    secret = noise(100_000)
    wire = framing.encode(secret) + HELLO[:12]

    async def main() -> None:
        end, other = await make(), await make()
        for _ in range(5):
            hold(write(end, HELLO))
            scribble()
            write(other, wire)
            assert not any(secret[:100] in bytes(view) for view in HELD)
            scribble()
            write(other, HELLO[12:])
            scribble()
            frames = await other.take(2)
            assert frames == [secret, b"hello"]
            await end.take(1)

    attended(loop, main)


@each_style
@every_loop
def test_views_outlive_their_connection(loop: str, make: Make) -> None:
    async def main() -> None:
        for wire in (HI, b"%-10d" % MIB + bytes(MIB // 4 - 10)):
            end = await make()
            HELD.append(write(end, wire))
            view = view_of(end.protocol)
            HELD.append(view)
            del end

    attended(loop, main)
    gc.collect()
    scribble()
    assert all(view[-1] == ord("!") for view in HELD)


# Tracebacks, which keep what they have gone through


class Trouble(Exception):
    pass


class Troubled(Recorder):
    def frame_received(self, frame: bytes) -> None:
        super().frame_received(frame)
        raise Trouble


def views_in(traceback: TracebackType | None) -> Iterator[memoryview]:
    """The views that the frames of a traceback hold."""
    while traceback is not None:
        for value in list(traceback.tb_frame.f_locals.values()):
            if isinstance(value, memoryview):
                with contextlib.suppress(ValueError):
                    yield memoryview(value)
        traceback = traceback.tb_next


@every_loop
def test_a_callback_that_raises_harms_no_other_connection(loop: str) -> None:
    reported: list[dict[str, Any]] = []
    payloads = [noise(size, size) for size in (5, 30_000, 3000)]
    wire = b"".join(map(framing.encode, payloads))

    async def main() -> None:
        async with framed(tcp) as (other, other_peer), called_back(Recorder) as (third, third_peer):
            for number in range(20):
                other_peer.sendall(wire + HELLO[:12])
                third_peer.sendall(HELLO[:12])
                await arrived(third, 15 * number + 12)
                async with called_back(Troubled, pair) as (troubled, peer):
                    peer.sendall(HELLO * 3)
                    assert await troubled.until_lost() == ["made", b"hello", ("lost", Trouble)]
                HELD[:] = views_in(reported[-1]["exception"].__traceback__)
                scribble()
                other_peer.sendall(HELLO[12:])
                third_peer.sendall(HELLO[12:])
                assert [await other.recv() for _ in range(4)] == [*payloads, b"hello"]
                await arrived(third, 15 * (number + 1))
                scribble()
            assert third.told == ["made"] + [b"hello"] * 20

    run(loop, main, reported=reported)
    assert [type(context["exception"]) for context in reported] == [Trouble] * 20


# Loops of several threads


@pytest.mark.slow
@every_loop
def test_loops_in_several_threads(loop: str) -> None:
    def work(number: int) -> None:
        payloads = [noise(size, number) for size in (100, 70_000, 0, 300_000, 9)] * 10

        wire = b"".join(map(framing.encode, payloads))

        async def main() -> None:
            async with framed() as (one, peer), framed() as (other, other_peer):
                senders = asyncio.gather(sending(peer, wire), sending(other_peer, wire))
                for payload in payloads:
                    assert await one.recv() == payload
                    assert await other.recv() == payload
                await senders

        run(loop, main, debug=False)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(6)))
