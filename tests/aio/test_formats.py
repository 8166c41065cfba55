"""Streams and protocols of `framing.aio` with each kind of header: whole frames, cuts, ends, and parting."""

from __future__ import annotations

import asyncio
from typing import Any

import framing
import pytest
from framing import ConnectionClosed, FrameStalled, InvalidPayload, TruncatedFrame
from support.aio.links import (
    Link,
    called_back,
    each_link,
    each_way,
    framed,
    paired,
)
from support.aio.recorder import LOST, Recorder
from support.aio.traffic import CALLS, Receive, each_call, frames_of, one, sending, several
from support.aio.transport import piped
from support.aio.waits import arrived, until
from support.formats import NETSTRING, Format, body, each_few, stream_of
from support.loops import every_loop, run
from support.pairs import SOON, finish

each_keep = pytest.mark.parametrize("keep_header", [False, True])


def truncated(kind: Format, payload: bytes, part: bytes) -> TruncatedFrame:
    stage, expected, received = kind.facts(payload, len(part))
    return TruncatedFrame("header" if stage == "header" else "payload", expected, received, part)


# Streams


@each_call
@each_way
@each_few
@every_loop
def test_every_size(loop: str, kind: Format, link: Link, call: Receive) -> None:
    payloads = kind.bodies * 2
    wire = b"".join(map(kind.wire, payloads))

    async def main() -> None:
        async with framed(link, header=kind.header) as (stream, peer):
            task = asyncio.create_task(sending(peer, wire))
            assert await several(stream, len(payloads), call) == payloads
            await task
            stats = stream.stats
            assert (stats.frames, stats.wire_bytes, stats.buffered) == (len(payloads), len(wire), 0)
            assert stats.payload_bytes == sum(map(len, payloads))

    run(loop, main)


@each_way
@each_few
@every_loop
def test_forwarded_as_it_came(loop: str, kind: Format, link: Link) -> None:
    async def main() -> None:
        async with framed(link, header=kind.header, keep_header=True) as (stream, peer):
            wires = list(map(kind.wire, kind.bodies))
            task = asyncio.create_task(sending(peer, b"".join(wires)))
            assert await several(stream, len(wires)) == wires
            await task

    run(loop, main)


@each_keep
@each_few
@every_loop
def test_in_two_pieces_at_every_cut(loop: str, kind: Format, keep_header: bool) -> None:
    cuttable = stream_of(kind)
    frames = [kind.received(payload, keep_header=keep_header) for payload in cuttable.payloads]

    async def main() -> None:
        stream, pipe = await piped(header=kind.header, keep_header=keep_header)
        for cut in range(len(cuttable.wire) + 1):
            pipe.give(cuttable.wire[:cut])
            assert await several(stream, cuttable.whole(cut)) == frames[: cuttable.whole(cut)]
            task = asyncio.create_task(several(stream, 3 - cuttable.whole(cut)))
            await asyncio.sleep(0)
            assert task.done() is (cuttable.whole(cut) == 3)
            pipe.give(cuttable.wire[cut:])
            assert await task == frames[cuttable.whole(cut) :]
        for index in range(len(cuttable.wire)):
            pipe.give(cuttable.wire[index : index + 1])
        assert await several(stream, 3) == frames
        stream.abort()
        await stream.wait_closed()

    run(loop, main, debug=False)


@pytest.mark.parametrize("short", [1, 2, 4096, 4097, 300_000])
@each_keep
@each_few
@every_loop
def test_a_large_frame_that_is_cut_near_its_end(
    loop: str, kind: Format, keep_header: bool, short: int
) -> None:
    wire = kind.wire(kind.largest)

    async def main() -> None:
        async with framed(header=kind.header, keep_header=keep_header) as (stream, peer):
            task = asyncio.create_task(stream.recv())
            await sending(peer, wire[:-short])
            await arrived(stream, len(wire) - short)
            assert not task.done()
            await sending(peer, wire[-short:] + kind.wire(b"next"))
            assert await task == kind.received(kind.largest, keep_header=keep_header)
            assert await stream.recv() == kind.received(b"next", keep_header=keep_header)

    run(loop, main)


@each_few
@every_loop
def test_the_end_at_every_byte(loop: str, kind: Format) -> None:
    cuttable = stream_of(kind)

    async def main() -> None:
        for cut in range(len(cuttable.wire) + 1):
            whole = cuttable.whole(cut)
            async with framed(header=kind.header) as (stream, peer):
                peer.sendall(cuttable.wire[:cut])
                finish(peer)
                frames, error = await frames_of(stream)
                assert frames == list(cuttable.payloads[:whole])
                part = cuttable.unfinished(cut)[1] if cut < len(cuttable.wire) else b""
                if part:
                    assert error == truncated(kind, cuttable.payloads[whole], part)
                else:
                    assert error == ConnectionClosed(local=False)

    run(loop, main)


@each_keep
@each_few
@every_loop
def test_detached_at_every_byte(loop: str, kind: Format, keep_header: bool) -> None:
    cuttable = stream_of(kind)

    async def main() -> None:
        for cut in range(len(cuttable.wire) + 1):
            for wanted in range(cuttable.whole(cut) + 1):
                stream, pipe = await piped(header=kind.header, keep_header=keep_header)
                pipe.give(cuttable.wire[:cut])
                for payload in cuttable.payloads[:wanted]:
                    assert await stream.recv() == kind.received(payload, keep_header=keep_header)
                assert stream.detach() == (pipe, cuttable.wire[cuttable.ends[wanted] : cut])

    run(loop, main, debug=False)


@each_few
@every_loop
def test_a_peer_that_does_not_finish_a_frame(loop: str, kind: Format) -> None:
    wire = kind.wire(b"hello")
    head = len(kind.head(5))

    async def after(count: int) -> None:
        async with framed(header=kind.header, frame_timeout=SOON) as (stream, peer):
            peer.sendall(wire[:count])
            with pytest.raises(FrameStalled) as caught:
                await stream.recv()
            stage, expected, received = kind.facts(b"hello", count)
            assert (caught.value.stage, caught.value.expected) == (stage, expected)
            assert (caught.value.received, caught.value.partial) == (received, wire[:count])

    async def main() -> None:
        # In the header, behind it, and before the very last byte: a netstring's comma.
        counts = {1, head - 1, head, len(wire) - 1} - {0}
        await asyncio.gather(*map(after, counts))

    run(loop, main)


@pytest.mark.parametrize("size", [0, 5, 70_000, 1_100_000])
@each_keep
@each_way
@every_loop
def test_a_comma_that_is_missing(loop: str, link: Link, keep_header: bool, size: int) -> None:
    wire = NETSTRING.wire(body(size))[:-1] + b";and more"
    reason = "byte 0x3b stands where the frame must end in 0x2c"

    async def main() -> None:
        for call in CALLS.values():
            async with framed(link, header=NETSTRING.header, keep_header=keep_header) as (stream, peer):
                task = asyncio.create_task(sending(peer, b"2:ok," + wire))
                assert await one(stream) == [b"2:ok," if keep_header else b"ok"]
                for _ in range(2):
                    with pytest.raises(InvalidPayload) as caught:
                        await call(stream)
                    assert caught.value == InvalidPayload(5, reason)
                await task

    run(loop, main)


# Sending


@each_link
@each_few
@every_loop
def test_what_the_peer_gets(loop: str, kind: Format, link: Link) -> None:
    payloads: list[Any] = kind.bodies
    wire = b"".join(map(kind.wire, payloads))

    async def main() -> None:
        async with paired(link, header=kind.header) as (stream, peer):
            receiving = asyncio.ensure_future(peer.receive_all())
            for payload in payloads:
                await stream.send(payload)
            await stream.send_many(iter(payloads))
            await stream.send_many([memoryview(bytearray(payload)) for payload in payloads])
            for payload in payloads:
                await stream.send(bytearray(payload))
            await stream.send_encoded(wire)
            await stream.drain()
            # In a burst they are put together.
            for payload in kind.small * 50:
                stream.send_nowait(payload)
            stream.close()
            small = b"".join(map(kind.wire, kind.small))
            assert await receiving == wire * 5 + small * 50
            await stream.wait_closed()

    run(loop, main)


@each_few
@every_loop
def test_senders_that_wait_for_room(loop: str, kind: Format) -> None:
    """Frames do not mix, and each is whole."""
    payloads = [bytes([number]) * (number * 20_000) for number in range(20)]

    async def main() -> None:
        async with framed(header=kind.header) as (stream, peer):
            sends = [asyncio.create_task(stream.send(payload)) for payload in payloads]

            def receive() -> list[bytes]:
                return [framing.recv_frame(peer, kind.header) for _ in payloads]

            receiving = asyncio.create_task(asyncio.to_thread(receive))
            await asyncio.gather(*sends)
            assert await receiving == payloads

    run(loop, main)


# Protocols


@each_way
@each_few
@every_loop
def test_callbacks(loop: str, kind: Format, link: Link) -> None:
    async def main() -> None:
        async with called_back(lambda: Recorder(header=kind.header), link) as (protocol, peer):
            wire = b"".join(map(kind.wire, kind.bodies))
            await sending(peer, wire)
            await until(lambda: len(protocol.told) > len(kind.bodies))
            for payload in kind.bodies:
                protocol.send(payload)
            protocol.send_many(kind.bodies)

            def receive() -> list[bytes]:
                return [framing.recv_frame(peer, kind.header) for _ in range(2 * len(kind.bodies))]

            assert await asyncio.to_thread(receive) == kind.bodies * 2
            assert protocol.told == ["made", *kind.bodies]

    run(loop, main)


@each_few
@every_loop
def test_a_protocol_is_told_of_an_end_at_every_byte(loop: str, kind: Format) -> None:
    cuttable = stream_of(kind)

    async def main() -> None:
        for cut in range(len(cuttable.wire) + 1):
            whole = cuttable.whole(cut)
            expected: list[Any] = [*cuttable.payloads[:whole], "eof"]
            if cut > cuttable.ends[whole]:
                part = cuttable.unfinished(cut)[1]
                expected.append(truncated(kind, cuttable.payloads[whole], part))
            async with called_back(lambda: Recorder(header=kind.header)) as (protocol, peer):
                peer.sendall(cuttable.wire[:cut])
                finish(peer)
                assert await protocol.until_lost() == ["made", *expected, LOST]

    run(loop, main)
