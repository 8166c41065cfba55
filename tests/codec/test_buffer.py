"""`get_buffer` and `buffer_updated`, as transports use them and as nobody should."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import itertools
import random
import socket
from collections.abc import Callable

import framing
import pytest
from framing import FrameDecoder, encode

pytestmark = pytest.mark.dev_mode

MIB = 1024 * 1024


def put(decoder: FrameDecoder, data: bytes) -> list[bytes]:
    """Gives `data` to a decoder through as many views as it takes."""
    frames = []
    while data:
        view = decoder.get_buffer()
        size = min(len(view), len(data))
        view[:size] = data[:size]
        frames += decoder.buffer_updated(size)
        data = data[size:]
    return frames


def noise(size: int, seed: int = 0) -> bytes:
    return random.Random(seed).randbytes(size)


@pytest.mark.parametrize(
    "size", [0, 1, 4095, 4096, 4097, 65536, 262_143, 262_144, 262_145, 300_000, 5 * MIB]
)
@pytest.mark.parametrize("keep_header", [False, True])
def test_frames_of_every_size_arrive(size: int, keep_header: bool) -> None:
    decoder = FrameDecoder(keep_header=keep_header)
    payloads = [noise(size), b"behind", noise(size, 1)]
    wire = b"".join(map(encode, payloads))
    frames = put(decoder, wire)
    assert frames == [encode(payload) if keep_header else payload for payload in payloads]
    assert (decoder.buffered, decoder.offset) == (0, len(wire))


def test_a_view_is_writable_never_empty_and_of_bytes() -> None:
    decoder = FrameDecoder()
    for hint in (-1, 0, 1, 10**6, 10**30):
        view = decoder.get_buffer(hint)
        assert (view.readonly, view.format, view.ndim, view.contiguous) == (False, "B", 1, True)
        assert len(view) > 0


def test_again_without_an_update_gives_the_same_memory() -> None:
    decoder = FrameDecoder()
    first, second = decoder.get_buffer(), decoder.get_buffer()
    first[:12] = b"2         hi"
    assert bytes(second[:12]) == b"2         hi"
    assert decoder.buffer_updated(12) == [b"hi"]


def test_only_the_view_last_handed_out_counts() -> None:
    decoder = FrameDecoder()
    stale = decoder.get_buffer()
    stale[:12] = b"2         hi"
    assert decoder.buffer_updated(12) == [b"hi"]
    fresh = decoder.get_buffer()
    stale[:12] = b"2         no"
    fresh[:12] = b"2         ok"
    assert decoder.buffer_updated(12) == [b"ok"]


@pytest.mark.parametrize("count", [-1, 12, 10**30])
def test_an_update_without_a_view_takes_nothing(count: int) -> None:
    decoder = FrameDecoder()
    with pytest.raises(ValueError, match=r"nbytes must be between 0 and 0 .*get_buffer"):
        decoder.buffer_updated(count)
    assert decoder.buffer_updated(0) == []


def test_an_update_beyond_the_view_takes_nothing_and_may_be_corrected() -> None:
    decoder = FrameDecoder()
    view = decoder.get_buffer()
    view[:12] = b"2         hi"
    for count in (len(view) + 1, -1, 2**63, -(2**80)):
        with pytest.raises(ValueError, match=f"nbytes must be between 0 and {len(view)} .*{count}"):
            decoder.buffer_updated(count)
    assert decoder.buffer_updated(12) == [b"hi"]
    with pytest.raises(ValueError, match="get_buffer"):
        decoder.buffer_updated(12)


def large_frame_under_way(keep_header: bool = False) -> tuple[FrameDecoder, bytes, int]:
    """A decoder that receives a frame in place, the frame's payload, and how much of it has arrived."""
    payload = noise(2 * MIB)
    decoder = FrameDecoder(keep_header=keep_header)
    assert put(decoder, encode(payload)[: MIB + 10]) == []
    return decoder, payload, MIB


Late = Callable[[FrameDecoder, memoryview], None]


def keep(_: FrameDecoder, view: memoryview) -> None:
    HELD.append(view)


def keep_a_slice(_: FrameDecoder, view: memoryview) -> None:
    HELD.append(view[1:])
    view.release()


def keep_a_cast(_: FrameDecoder, view: memoryview) -> None:
    HELD.append(memoryview(view))


HELD: list[memoryview] = []


@pytest.mark.parametrize("hold", [keep, keep_a_slice, keep_a_cast])
@pytest.mark.parametrize("keep_header", [False, True])
def test_a_view_that_is_kept_never_shows_or_changes_a_delivered_frame(
    hold: Late, keep_header: bool
) -> None:
    decoder, payload, arrived = large_frame_under_way(keep_header)
    HELD.clear()
    wire = payload[arrived:] + encode(b"next")
    frames = []
    while wire:
        view = decoder.get_buffer()
        size = min(len(view), len(wire))
        view[:size] = wire[:size]
        hold(decoder, view)
        frames += decoder.buffer_updated(size)
        wire = wire[size:]
    for view in HELD:
        view[:] = bytes(len(view))
    expected = [payload, b"next"]
    assert frames == ([encode(frame) for frame in expected] if keep_header else expected)
    HELD.clear()


def test_views_outlive_the_decoder() -> None:
    for decoder in (FrameDecoder(), large_frame_under_way()[0]):
        view = decoder.get_buffer()
        del decoder
        gc.collect()
        view[:] = bytes(len(view))
        view[-1] = 1
        assert view[-1] == 1


@pytest.mark.parametrize("between", ["feed", "reset", "take", "another view", "nothing"])
def test_what_was_written_counts_whatever_happened_in_between(between: str) -> None:
    decoder, payload, arrived = large_frame_under_way()
    view = decoder.get_buffer()
    middle, after = payload[arrived : arrived + 1000], payload[arrived + 1000 :]
    if between == "feed":
        # The bytes that are fed come first; those in the view are taken when they are announced.
        view[:1000] = payload[arrived + 500 : arrived + 1500]
        assert decoder.feed(payload[arrived : arrived + 500]) == []
        middle, after = payload[arrived : arrived + 1500], payload[arrived + 1500 :]
    elif between == "another view":
        decoder.get_buffer()[:1000] = middle
    else:
        view[:1000] = middle
    if between in ("reset", "take"):
        if between == "reset":
            decoder.reset()
            with pytest.raises(ValueError, match="get_buffer"):
                decoder.buffer_updated(1000)
        else:
            assert decoder.take_buffered() == encode(payload)[: arrived + 10]
            view[:12] = b"2         hi"
            assert decoder.buffer_updated(12) == [b"hi"]
        return
    assert decoder.buffer_updated(1000) == []
    assert decoder.buffered == 10 + arrived + len(middle)
    assert put(decoder, after) == [payload]


def test_a_view_fed_back_to_its_own_decoder() -> None:
    decoder, payload, arrived = large_frame_under_way()
    view = decoder.get_buffer()
    first, rest = payload[arrived : arrived + 1000], payload[arrived + 1000 :]
    view[:1000] = first
    assert decoder.feed(view[:1000]) == []
    assert decoder.feed(rest) == [payload]


def test_a_truncated_frame_shows_the_bytes_of_its_moment() -> None:
    decoder, payload, arrived = large_frame_under_way()
    with pytest.raises(framing.TruncatedFrame) as caught:
        decoder.feed_eof()
    assert put(decoder, payload[arrived:]) == [payload]
    assert caught.value.partial == encode(payload)[: arrived + 10]


@pytest.mark.parametrize("between", ["take", "feed", "reset", "error"])
def test_memory_of_a_frame_never_becomes_anybody_elses(between: str) -> None:
    """Lent for a frame of which only the header is here, and then not used for it."""
    decoder = FrameDecoder()
    wire = b"%-10d" % 1_000_000
    assert put(decoder, wire) == []
    view = decoder.get_buffer()
    if between == "take":
        assert decoder.take_buffered() == wire
    elif between == "feed":
        assert decoder.feed(b"x" * 100) == []
    elif between == "reset":
        decoder.reset()
    else:
        decoder.feed(b"x" * 1_000_000 + b"?")
    del view
    for _ in range(8):
        view = decoder.get_buffer()
        view[:1] = b"7"
        with contextlib.suppress(ValueError):
            decoder.buffer_updated(1)
        del view
        other = FrameDecoder()
        assert len(other.get_buffer()) == len(FrameDecoder().get_buffer())
        assert put(other, encode(bytes(300_000))) == [bytes(300_000)]


def test_decoders_do_not_share_memory_that_is_lent() -> None:
    first, second = FrameDecoder(), FrameDecoder()
    first.get_buffer()[:12] = b"2         hi"
    second.get_buffer()[:12] = b"2         ho"
    assert first.buffer_updated(12) == [b"hi"]
    assert second.buffer_updated(12) == [b"ho"]


def test_a_refused_stream_still_gives_views_and_takes_nothing() -> None:
    decoder = FrameDecoder()
    view = decoder.get_buffer()
    view[:14] = b"1         aGET"
    assert decoder.buffer_updated(14) == [b"a"]
    for _ in range(2):
        view = decoder.get_buffer()
        view[:3] = b"xyz"
        with pytest.raises(framing.InvalidHeader, match="offset 11"):
            decoder.buffer_updated(3)
    assert decoder.take_buffered() == b"GET"


def test_memory_lent_for_a_large_frame_follows_what_has_arrived() -> None:
    decoder = FrameDecoder()
    arrived = 0
    assert put(decoder, b"%-10d" % 10**9) == []
    for size in (1, 1000, 250_000, 500_000, 2_000_000):
        put(decoder, bytes(size))
        arrived += size
        assert len(decoder.get_buffer()) <= max(64 * 1024 + 4 * (arrived + 10), 256 * 1024)


@pytest.mark.parametrize("seed", range(20))
def test_any_sequence_of_calls_keeps_the_stream(seed: int) -> None:
    """Feeds and views, some kept, some never used, in any order: what comes out is what went in."""
    choose = random.Random(seed)
    sizes = [choose.choice([0, 1, 50, 5000, 300_000, 700_000]) for _ in range(12)]
    payloads = [noise(size, seed) for size in sizes]
    wire = b"".join(map(encode, payloads))
    decoder = FrameDecoder()
    frames: list[bytes] = []
    held: list[memoryview] = []
    while wire:
        size = choose.choice([1, 9, 10, 11, 1000, 70_000, 400_000])
        if choose.random() < 0.2:
            held.append(decoder.get_buffer())
        if choose.random() < 0.4:
            frames += decoder.feed(wire[:size])
        else:
            view = decoder.get_buffer()
            size = min(size, len(view), len(wire))
            view[:size] = wire[:size]
            frames += decoder.buffer_updated(size)
            if choose.random() < 0.3:
                held.append(view[choose.randrange(len(view)) :])
        if decoder.buffered == 0:
            # Between frames no view shows anything that is still to be delivered.
            for view in held:
                view[:] = b"!" * len(view)
            held = held[len(held) // 2 :]
        wire = wire[size:]
    assert [frame == payload for frame, payload in zip(frames, payloads, strict=True)] == [True] * 12
    assert decoder.buffered == 0


class Collector(asyncio.BufferedProtocol):
    """A decoder behind asyncio's own transports."""

    def __init__(self, done: asyncio.Future[list[bytes]]) -> None:
        self.decoder = FrameDecoder()
        self.frames: list[bytes] = []
        self.done = done

    def get_buffer(self, sizehint: int) -> memoryview:
        return self.decoder.get_buffer(sizehint)

    def buffer_updated(self, nbytes: int) -> None:
        self.frames += self.decoder.buffer_updated(nbytes)

    def eof_received(self) -> None:
        self.decoder.feed_eof()
        self.done.set_result(self.frames)


def test_behind_asyncio_transports() -> None:
    payloads = [noise(size, size) for size in (0, 1, 32, 4096, 70_000, 3 * MIB, 0, 5)]
    wire = b"".join(map(encode, payloads))

    async def main() -> list[bytes]:
        loop = asyncio.get_running_loop()
        done: asyncio.Future[list[bytes]] = loop.create_future()
        ours, theirs = socket.socketpair()
        transport, _ = await loop.create_connection(lambda: Collector(done), sock=ours)
        _, writer = await asyncio.open_connection(sock=theirs)
        for piece in itertools.batched(wire, 99_991) if hasattr(itertools, "batched") else [wire]:
            writer.write(bytes(piece))
            await writer.drain()
        writer.write_eof()
        frames = await done
        writer.close()
        await writer.wait_closed()
        transport.close()
        return frames

    assert asyncio.run(main()) == payloads
