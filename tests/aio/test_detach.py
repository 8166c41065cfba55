"""Parting from the transport of `framing.aio`: with every byte that was not returned, as it came."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from typing import Any

import framing
import pytest
from framing import DecimalHeader, aio
from support import tls
from support.aio.links import HELLO, LARGE, Link, each_link, each_with_halves, paired, tcp
from support.aio.peer import Peer, taken_over
from support.aio.traffic import blocked
from support.aio.transport import piped
from support.aio.waits import expect_closed, waiting
from support.loops import every_loop, run

# Streams as they may come, mostly unlike what an encoder writes, and their frames.
ODD: dict[str, tuple[Any, bytes, list[bytes]]] = {
    "left": (6, b"3     one0     5     three", [b"one", b"", b"three"]),
    "right": (6, b"     3one     0     5three", [b"one", b"", b"three"]),
    "zeros": (6, b"000003one000000000005three", [b"one", b"", b"three"]),
    "mixed": (6, b"  03  one000000   5  three", [b"one", b"", b"three"]),
    "chars": (
        DecimalHeader(4, unit="chars"),
        " 6  größer  04grün0   ".encode(),
        ["größer".encode(), "grün".encode(), b""],
    ),
}
each_odd = pytest.mark.parametrize(("header", "wire", "frames"), ODD.values(), ids=ODD)


def ends_of(header: Any, frames: list[bytes]) -> list[int]:
    """Where on the wire the frames end; 0 before the first."""
    width = header if isinstance(header, int) else header.width
    return [sum(map(len, frames[:count])) + width * count for count in range(len(frames) + 1)]


# What was received and not returned


@pytest.mark.parametrize("piece", [1, 4, 1000])
@pytest.mark.parametrize("keep_header", [False, True])
@each_odd
@every_loop
def test_every_byte_at_every_cut(
    loop: str, header: Any, wire: bytes, frames: list[bytes], keep_header: bool, piece: int
) -> None:
    ends = ends_of(header, frames)

    async def main() -> None:
        for cut in range(len(wire) + 1):
            for count, end in enumerate(ends):
                if end > cut:
                    break
                stream, pipe = await piped(header=header, keep_header=keep_header)
                for start in range(0, cut, piece):
                    pipe.give(wire[start : min(start + piece, cut)])
                for number in range(count):
                    start = ends[number] if keep_header else ends[number + 1] - len(frames[number])
                    assert await stream.recv() == wire[start : ends[number + 1]]
                transport, rest = stream.detach()
                assert transport is pipe
                assert not pipe.is_reading()
                assert type(rest) is bytes
                assert rest == wire[end:cut]

    run(loop, main)


@every_loop
def test_a_part_of_a_large_frame(loop: str) -> None:
    wire = HELLO + b"008000000 " + LARGE

    async def main() -> None:
        for cut in (25, 26, 5000, 70_000, 1_000_000, len(wire) - 1):
            stream, pipe = await piped()
            for start in range(0, cut, 60_000):
                pipe.give(wire[start : min(start + 60_000, cut)])
            assert await stream.recv() == b"hello"
            assert stream.detach()[1] == wire[15:cut]

    run(loop, main)


REFUSED: dict[str, bytes] = {
    "HTTP": b"GET / HTTP/1.1\r\n\r\n",
    "a bad byte late": b"5       x hello",
    "too large": b"1000      " + b"x" * 50,
}


@pytest.mark.parametrize("wire", REFUSED.values(), ids=REFUSED)
@every_loop
def test_a_stream_that_is_refused(loop: str, wire: bytes) -> None:
    """That is how a server speaks two protocols."""

    async def main() -> None:
        for before in (0, 1, 3):
            for count in range(before + 1):
                stream, pipe = await piped(max_frame_size=100)
                pipe.give(HELLO * before + wire)
                for _ in range(count):
                    assert await stream.recv() == b"hello"
                if count == before:
                    with pytest.raises((framing.InvalidHeader, framing.FrameTooLarge)):
                        await stream.recv()
                assert stream.detach()[1] == HELLO * (before - count) + wire

    run(loop, main)


@each_link
@every_loop
def test_while_reading_is_paused(loop: str, link: Link) -> None:
    wire = framing.encode(LARGE[:30_000]) * 100

    async def main() -> None:
        async with paired(link, limit=50_000) as (stream, peer):
            peer.writer.write(wire)
            while stream.transport.is_reading():
                await asyncio.sleep(0)
            assert await stream.recv() == LARGE[:30_000]
            transport, rest = stream.detach()
            now = taken_over(transport, rest)
            peer.writer.close()
            assert await now.receive_all() == wire[30_010:]

    run(loop, main)


# Afterwards


@each_odd
@each_link
@every_loop
def test_the_transport_goes_on(
    loop: str, link: Link, header: Any, wire: bytes, frames: list[bytes]
) -> None:
    end = ends_of(header, frames)[1]

    async def main() -> None:
        for cut in (end, end + 1, end + 5, len(wire)):
            async with paired(link, header=header) as (stream, peer):
                await peer.send(wire[:cut])
                assert await stream.recv() == frames[0]
                await stream.send("hello")
                stream.send_nowait("there")
                transport, rest = stream.detach()
                assert transport is stream.transport
                now = taken_over(transport, rest)
                await peer.send(wire[cut:] + b" and on")
                assert await now.receive(len(wire) - end + 7) == wire[end:] + b" and on"
                await now.send(b"unframed")
                sent = framing.encode("hello", header) + framing.encode("there", header)
                assert await peer.receive(len(sent) + 8) == sent + b"unframed"
                # It is nobody else's any more.
                stream.close()
                stream.abort()
                await stream.wait_closed()
                async with stream:
                    pass
                await peer.send(b"!")
                assert await now.receive(1) == b"!"
                now.writer.close()
                assert await peer.receive_all() == b""

    run(loop, main)


@every_loop
def test_to_begin_tls(loop: str) -> None:
    async def begin_tls(transport: Any, context: ssl.SSLContext, **options: Any) -> Peer:
        loop = asyncio.get_running_loop()
        secure = await loop.start_tls(transport, asyncio.Protocol(), context, **options)
        assert secure is not None
        return taken_over(secure)

    async def main() -> None:
        async with paired(tcp) as (stream, peer):
            await stream.send("tls?")
            assert await peer.receive(14) == framing.encode("tls?")
            await peer.send(framing.encode("yes"))
            assert await stream.recv() == b"yes"
            transport, rest = stream.detach()
            assert rest == b""
            ours, theirs = await asyncio.gather(
                begin_tls(transport, tls.client_context(), server_hostname="localhost"),
                begin_tls(peer.writer.transport, tls.server_context(), server_side=True),
            )
            assert ours.writer.get_extra_info("cipher")
            await ours.send(b"secret")
            assert await theirs.receive(6) == b"secret"
            theirs.writer.write(LARGE)
            assert await ours.receive(len(LARGE)) == LARGE
            ours.writer.close()
            assert await theirs.receive_all() == b""
            await theirs.close()

    run(loop, main)


@every_loop
def test_what_was_sent_goes_first(loop: str) -> None:
    async def main() -> None:
        async with paired(tcp) as (stream, peer):
            wire = await blocked(stream)
            transport, _ = stream.detach()
            transport.write(b"unframed")
            transport.close()
            assert await peer.receive_all() == wire + b"unframed"

    run(loop, main)


@every_loop
def test_later_calls(loop: str) -> None:
    async def main() -> None:
        async with paired(tcp) as (stream, peer):
            await peer.send(HELLO * 2)
            assert await stream.recv() == b"hello"
            stream.detach()
            await expect_closed(stream.recv())
            await expect_closed(stream.recv_many())
            await expect_closed(anext(aiter(stream)))
            await expect_closed(stream.send("hello"))
            await expect_closed(stream.send_many(["hello"]))
            await expect_closed(stream.send_encoded(HELLO))
            await expect_closed(stream.drain())
            for call in (stream.detach, stream.write_eof, lambda: stream.send_nowait("")):
                with pytest.raises(framing.ConnectionClosed):
                    call()

    run(loop, main)


@every_loop
def test_a_stall_is_nobodys_any_more(loop: str) -> None:
    async def main() -> None:
        async with paired(tcp, frame_timeout=0.01) as (stream, peer):
            await peer.send(HELLO + HELLO[:12])
            assert await stream.recv() == b"hello"
            transport, rest = stream.detach()
            await asyncio.sleep(0.05)
            assert not transport.is_closing()
            now = taken_over(transport, rest)
            await peer.send(HELLO[12:])
            assert await now.receive(15) == HELLO

    run(loop, main)


# When the other direction has ended


@each_with_halves
@every_loop
def test_after_the_peers_end(loop: str, link: Link) -> None:
    async def main() -> None:
        async with paired(link) as (stream, peer):
            await peer.send(HELLO + HELLO[:12])
            peer.finish()
            assert await stream.recv() == b"hello"
            with pytest.raises(framing.TruncatedFrame):
                await stream.recv()
            transport, rest = stream.detach()
            assert rest == HELLO[:12]
            transport.write(b"I know")
            transport.close()
            assert await peer.receive_all() == b"I know"

    run(loop, main)


@each_with_halves
@every_loop
def test_after_write_eof(loop: str, link: Link) -> None:
    async def main() -> None:
        async with paired(link) as (stream, peer):
            stream.write_eof()
            assert await peer.receive_all() == b""
            await peer.send(HELLO * 2)
            assert await stream.recv() == b"hello"
            transport, rest = stream.detach()
            now = taken_over(transport, rest)
            await peer.send(b"more")
            assert await now.receive(19) == HELLO + b"more"

    run(loop, main)


# When it is refused

Call = Callable[[aio.FramedStream], Awaitable[Any]]

RECEIVING: dict[str, Call] = {
    "recv": lambda stream: stream.recv(),
    "recv_many": lambda stream: stream.recv_many(),
    "next": lambda stream: anext(aiter(stream)),
}
SENDING: dict[str, Call] = {
    "send": lambda stream: stream.send("hello"),
    "send_many": lambda stream: stream.send_many(["hello"]),
    "send_encoded": lambda stream: stream.send_encoded(HELLO),
    "drain": lambda stream: stream.drain(),
}


@pytest.mark.parametrize("call", RECEIVING.values(), ids=RECEIVING)
@every_loop
def test_while_a_call_receives(loop: str, call: Call) -> None:
    async def main() -> None:
        stream, pipe = await piped()
        receiving = await waiting(call(stream))
        with pytest.raises(RuntimeError, match="call"):
            stream.detach()
        pipe.give(HELLO[:12])
        with pytest.raises(RuntimeError, match="call"):
            stream.detach()
        # It has been woken, but did not run yet.
        pipe.give(HELLO[12:] + HELLO)
        with pytest.raises(RuntimeError, match="call"):
            stream.detach()
        result = await receiving
        assert result in (b"hello", [b"hello"] * 2)
        assert stream.detach()[1] == (HELLO if result == b"hello" else b"")

    run(loop, main)


@pytest.mark.parametrize("call", RECEIVING.values(), ids=RECEIVING)
@every_loop
def test_when_the_call_was_cancelled(loop: str, call: Call) -> None:
    async def main() -> None:
        stream, pipe = await piped()
        receiving = await waiting(call(stream))
        pipe.give(HELLO[:12])
        receiving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await receiving
        assert stream.detach()[1] == HELLO[:12]

    run(loop, main)


@pytest.mark.parametrize("call", SENDING.values(), ids=SENDING)
@every_loop
def test_while_a_call_waits_to_send(loop: str, call: Call) -> None:
    async def main() -> None:
        async with paired(tcp) as (stream, peer):
            wire = await blocked(stream)
            sending = await waiting(call(stream))
            await peer.send(HELLO * 2)
            assert await stream.recv() == b"hello"
            with pytest.raises(RuntimeError, match="call"):
                stream.detach()
            assert await stream.recv() == b"hello"
            assert await peer.receive(len(wire)) == wire
            await sending
            stream.detach()[0].close()
            assert await peer.receive_all() in (HELLO, b"")

    run(loop, main)


@every_loop
def test_while_a_call_gives_others_their_turn(loop: str) -> None:
    """One who sends on and on lets the loop run, now and then, although there is room."""

    async def send(stream: aio.FramedStream) -> None:
        for _ in range(100):
            await stream.send(LARGE[:100_000])

    async def main() -> None:
        stream, pipe = await piped(write_limit=1_000_000_000)
        sending = asyncio.ensure_future(send(stream))
        await asyncio.sleep(0)
        while not sending.done():
            with pytest.raises(RuntimeError, match="call"):
                stream.detach()
            await asyncio.sleep(0)
        await sending
        assert sum(map(len, pipe.writes)) == 100 * 100_010
        stream.detach()

    run(loop, main)
