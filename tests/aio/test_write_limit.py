"""How much may wait to be sent with `framing.aio`: the marks, and what they are worth."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import framing
import pytest
from framing import SendWouldBlock
from support.aio.links import LARGE, Link, each_link, paired
from support.aio.transport import piped
from support.aio.waits import turns
from support.loops import every_loop, run

MARK = 65_536

# The marks

LIMITS: list[tuple[Any, tuple[int, int]]] = [
    (65_536, (16_384, 65_536)),
    (100, (25, 100)),
    ((1000, 10), (10, 1000)),
    ((1000, 1000), (1000, 1000)),
]


@pytest.mark.parametrize(("limit", "expected"), LIMITS)
@each_link
@every_loop
def test_the_marks_are_the_transports(
    loop: str, link: Link, limit: Any, expected: tuple[int, int]
) -> None:
    async def main() -> None:
        async with paired(link, write_limit=limit) as (stream, _):
            low, high = expected
            # Over TLS a mark of 0 would pause for nothing.
            encrypted = stream.get_extra_info("sslcontext") is not None
            assert stream.transport.get_write_buffer_limits() == (low, max(high, int(encrypted)))

    run(loop, main)


@pytest.mark.parametrize("limit", [0, 1, (10, 0), (100_000, 100_000)])
@each_link
@every_loop
def test_with_any_marks(loop: str, link: Link, limit: Any) -> None:
    async def main() -> None:
        async with paired(link, write_limit=limit) as (stream, peer):
            receiving = asyncio.ensure_future(peer.receive_all())
            for size in (0, 0, 1, 100, 100_000, 0, 100_000, 5):
                await stream.send(LARGE[:size])
                await stream.drain()
            stream.close()
            assert list(map(len, framing.decode(await receiving))) == [
                0,
                0,
                1,
                100,
                100_000,
                0,
                100_000,
                5,
            ]

    run(loop, main)


# What they bound

SIZES = [0, 100, 5000, 40_000]


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
@every_loop
def test_many_senders_do_not_fill_the_memory(loop: str, size: int) -> None:
    frame = size + 10
    count = 4 * MARK // frame

    async def main() -> None:
        stream, pipe = await piped()
        payload = bytes(size)
        calls = [asyncio.ensure_future(stream.send(payload)) for _ in range(count)]
        taken = 0
        while taken < count * frame:
            taken += len(pipe.take(3 * frame))
            await asyncio.sleep(0)
        assert pipe.most <= 2 * MARK + frame
        await asyncio.gather(*calls)
        stream.abort()

    # So many tasks take long where each says where it comes from.
    run(loop, main, debug=False)


@pytest.mark.parametrize("size", SIZES)
@every_loop
def test_one_who_does_not_wait_does_not_either(loop: str, size: int) -> None:
    frame = size + 10

    async def main() -> None:
        stream, pipe = await piped()
        count = 0
        with contextlib.suppress(SendWouldBlock):
            while count < 10 * MARK // frame:
                stream.send_nowait(bytes(size))
                count += 1
        assert MARK <= count * frame <= 2 * MARK + frame
        await turns()
        assert pipe.get_write_buffer_size() == count * frame
        with pytest.raises(SendWouldBlock):
            stream.send_nowait("")
        stream.abort()

    run(loop, main)
