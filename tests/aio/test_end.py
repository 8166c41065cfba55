"""How a stream of `framing.aio` ends, and what is still delivered: the end, a reset, bytes that are no frame."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from typing import Any

import framing
import pytest
from framing import (
    ConnectionClosed,
    DecimalHeader,
    FrameTooLarge,
    InvalidHeader,
    InvalidPayload,
    TruncatedFrame,
    aio,
)
from support.aio.links import (
    FRAMES,
    STREAM,
    Link,
    each,
    each_link,
    each_way,
    encrypted,
    framed,
    tcp,
    unix,
)
from support.aio.traffic import CALLS, Receive, each_call, frames_of, sending, without_hint
from support.aio.waits import arrived, received, turns, until, waiting
from support.loops import every_loop, run
from support.pairs import HELLO, finish, receive, reset

BOUNDARIES = {0: 0, 13: 1, 23: 2, 38: 3}
"""Where frames end in STREAM, and how many have ended there."""

HTTP = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
HTTP_HINT = "this looks like an HTTP request"


def truncated(arrived: bytes, size: int) -> TruncatedFrame:
    """What is said of a frame of so many payload bytes, of which this is all there is."""
    if len(arrived) < 10:
        return TruncatedFrame("header", 10, len(arrived), arrived)
    return TruncatedFrame("payload", size, len(arrived) - 10, arrived)


# A clean end


@each_link
@every_loop
def test_between_frames(loop: str, link: Link) -> None:
    async def main() -> None:
        async with framed(link) as (stream, peer):
            peer.sendall(HELLO)
            finish(peer)
            assert await stream.recv() == b"hello"
            for _ in range(3):
                with pytest.raises(ConnectionClosed, match="the peer closed") as caught:
                    await stream.recv()
                assert not caught.value.local
                with pytest.raises(ConnectionClosed):
                    await stream.recv_many()
                with pytest.raises(StopAsyncIteration):
                    await anext(stream)

    run(loop, main)


@each_link
@every_loop
def test_while_a_call_waits(loop: str, link: Link) -> None:
    async def main() -> None:
        for call, error in (
            (aio.FramedStream.recv, ConnectionClosed),
            (aio.FramedStream.recv_many, ConnectionClosed),
            (aio.FramedStream.__anext__, StopAsyncIteration),
        ):
            async with framed(link) as (stream, peer):
                task = asyncio.gather(call(stream), return_exceptions=True)
                await turns()
                peer.close()
                (outcome,) = await task
                assert isinstance(outcome, error)

    run(loop, main)


@each(tcp, unix)
@every_loop
def test_our_half_stays_open(loop: str, link: Link) -> None:
    async def main() -> None:
        async with framed(link) as (stream, peer):
            finish(peer)
            with pytest.raises(ConnectionClosed):
                await stream.recv()
            assert not stream.is_closing()
            await stream.send("hello")
            assert await asyncio.to_thread(receive, peer, len(HELLO)) == HELLO

    run(loop, main)


# An end inside a frame


@each_link
@every_loop
def test_at_every_byte(loop: str, link: Link) -> None:
    async def main() -> None:
        for cut in range(len(STREAM) + 1):
            whole = max(count for end, count in BOUNDARIES.items() if end <= cut)
            start = max(end for end in BOUNDARIES if end <= cut)
            async with framed(link) as (stream, peer):
                peer.sendall(STREAM[:cut])
                finish(peer)
                frames, error = await frames_of(stream)
                assert frames == FRAMES[:whole]
                if cut in BOUNDARIES:
                    assert error == ConnectionClosed()
                    continue
                assert error == truncated(STREAM[start:cut], len(FRAMES[whole]))
                # It stays so.
                assert await frames_of(stream) == ([], error)

    run(loop, main)


@each_way
@every_loop
def test_iteration_does_not_end_there(loop: str, link: Link) -> None:
    async def main() -> None:
        async with framed(link) as (stream, peer):
            peer.sendall(HELLO + HELLO[:12])
            finish(peer)
            assert await anext(stream) == b"hello"
            for _ in range(2):
                with pytest.raises(TruncatedFrame) as caught:
                    await anext(stream)
                assert caught.value == TruncatedFrame("payload", 5, 2, HELLO[:12])

    run(loop, main)


@each_link
@every_loop
def test_in_a_large_frame(loop: str, link: Link) -> None:
    payload = bytes(range(256)) * 4000
    wire = framing.encode(payload)

    async def main() -> None:
        for part in (10, 11, 70_010, len(wire) - 1):
            async with framed(link) as (stream, peer):
                task = await waiting(frames_of(stream))
                await sending(peer, wire[:part])
                finish(peer)
                assert await task == ([], truncated(wire[:part], len(payload)))

    run(loop, main)


@every_loop
def test_tls_that_ends_without_a_word(loop: str) -> None:
    async def main() -> None:
        for rest, expected in ((b"", ConnectionClosed()), (HELLO[:12], truncated(HELLO[:12], 5))):
            async with framed(encrypted) as (stream, peer):
                peer.sendall(STREAM + rest)
                await arrived(stream, len(STREAM + rest))
                peer.close()
                assert await frames_of(stream) == (FRAMES, expected)

    run(loop, main)


# A reset


@each_call
@each(tcp, encrypted)
@every_loop
def test_a_reset_comes_through(loop: str, link: Link, call: Receive) -> None:
    async def main() -> None:
        for sent in (b"", HELLO[:5], HELLO[:10], HELLO[:12]):
            for wait in (False, True):
                async with framed(link) as (stream, peer):
                    peer.sendall(sent)
                    await arrived(stream, len(sent))
                    task = await waiting(as_task(call(stream))) if wait else None
                    reset(peer)
                    for _ in range(3):
                        with pytest.raises(ConnectionResetError):
                            await (task or call(stream))

    run(loop, main)


async def as_task(call: Awaitable[object]) -> object:
    return await call


@each(tcp, encrypted)
@every_loop
def test_frames_before_a_reset_are_delivered_first(loop: str, link: Link) -> None:
    async def main() -> None:
        for rest in (b"", HELLO[:5], HELLO[:12]):
            async with framed(link) as (stream, peer):
                peer.sendall(STREAM + rest)
                # The reset throws away what nobody has read.
                await arrived(stream, len(STREAM + rest))
                reset(peer)
                await until(stream.is_closing)
                assert await stream.recv_many(1) == FRAMES[:1]
                frames, error = await frames_of(stream)
                assert frames == FRAMES[1:]
                assert isinstance(error, ConnectionResetError)

    run(loop, main)


# Bytes that are no frame

CHARS = DecimalHeader(unit="chars")

BAD: dict[str, tuple[bytes, dict[str, Any], Callable[[int], framing.FramingError]]] = {
    "HTTP": (HTTP, {}, lambda offset: InvalidHeader(b"G", offset)),
    "a letter in a length": (b"12a", {}, lambda offset: InvalidHeader(b"12a", offset)),
    "blank": (b" " * 10, {}, lambda offset: InvalidHeader(b" " * 10, offset)),
    "too large": (b"2000000000", {}, lambda offset: FrameTooLarge(2 * 10**9, 10**9, offset)),
    "over our limit": (
        framing.encode("x" * 101),
        {"max_frame_size": 100},
        lambda offset: FrameTooLarge(101, 100, offset),
    ),
    "not UTF-8": (
        b"2         a\xff",
        {"header": CHARS},
        lambda offset: InvalidPayload(offset, "byte 0xff at index 1 is not valid UTF-8 there"),
    ),
}
each_bad = pytest.mark.parametrize(("bad", "options", "expected"), BAD.values(), ids=BAD)


@each_bad
@each_link
@every_loop
def test_good_frames_come_first(
    loop: str,
    link: Link,
    bad: bytes,
    options: dict[str, Any],
    expected: Callable[[int], framing.FramingError],
) -> None:
    async def main() -> None:
        for end in BOUNDARIES:
            async with framed(link, **options) as (stream, peer):
                peer.sendall(STREAM[:end] + bad + HELLO)
                frames, error = await frames_of(stream)
                assert frames == FRAMES[: BOUNDARIES[end]]
                assert without_hint(error) == expected(end)
                # Again at each call, and whatever else comes.
                for call in CALLS.values():
                    with pytest.raises(type(error)) as caught:
                        await call(stream)
                    assert caught.value == error

    run(loop, main)


@each_bad
@each_way
@every_loop
def test_refused_at_the_first_wrong_byte(
    loop: str,
    link: Link,
    bad: bytes,
    options: dict[str, Any],
    expected: Callable[[int], framing.FramingError],
) -> None:
    async def main() -> None:
        async with framed(link, **options) as (stream, peer):
            task = await waiting(frames_of(stream))
            wire = STREAM + bad
            for index in range(len(wire)):
                peer.sendall(wire[index : index + 1])
                while not task.done() and received(stream) <= index:
                    await turns(1)
                if task.done():
                    break
            frames, error = await task
            assert (frames, without_hint(error)) == (FRAMES, expected(len(STREAM)))

    run(loop, main)


@each_link
@every_loop
def test_while_nobody_reads(loop: str, link: Link) -> None:
    """It is kept for whoever reads next, and reported to nobody else."""

    async def main() -> None:
        async with framed(link) as (stream, peer):
            peer.sendall(STREAM + HTTP)
            await arrived(stream, len(STREAM))
            await turns(20)
            peer.close()
            await turns(20)
            frames, error = await frames_of(stream)
            assert frames == FRAMES
            # The first of all that went wrong.
            assert error == InvalidHeader(b"G", len(STREAM), HTTP_HINT)

    run(loop, main)


@each_link
@every_loop
def test_what_follows_is_not_kept(loop: str, link: Link) -> None:
    async def main() -> None:
        async with framed(link) as (stream, peer):
            peer.sendall(STREAM + HTTP)
            frames, error = await frames_of(stream)
            assert isinstance(error, InvalidHeader)
            peer.setblocking(False)
            for _ in range(100):
                try:
                    peer.send(bytes(65_536))
                except (OSError, ssl.SSLError):
                    break
                await turns(2)
            assert stream.stats.frames == len(frames) == 3
            assert received(stream) < 400_000
            assert await frames_of(stream) == ([], error)

    run(loop, main)


@each_link
@every_loop
def test_one_may_still_answer(loop: str, link: Link) -> None:
    async def main() -> None:
        async with framed(link) as (stream, peer):
            peer.sendall(HTTP)
            with pytest.raises(InvalidHeader):
                await stream.recv()
            await stream.send("not here")
            answer = framing.encode("not here")
            assert await asyncio.to_thread(receive, peer, len(answer)) == answer

    run(loop, main)


@every_loop
def test_an_http_client(loop: str) -> None:
    refused: list[Exception] = []

    async def serve(stream: aio.FramedStream) -> None:
        _, error = await frames_of(stream)
        refused.append(error)

    async def main() -> None:
        server = await aio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(HTTP)
        # It is told by the end of the connection.
        assert await reader.read() == b""
        writer.close()
        await writer.wait_closed()
        server.close()
        await server.wait_closed()

    run(loop, main)
    assert refused == [InvalidHeader(b"G", 0, HTTP_HINT)]
