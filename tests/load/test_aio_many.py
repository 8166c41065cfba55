"""Very many frames, and very many connections, with `framing.aio`."""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
from collections.abc import AsyncIterator

import framing
import pytest
from framing import FramedSocket, aio
from support.aio.links import framed
from support.aio.traffic import sending
from support.aio.waits import received, until
from support.loops import every_loop, run
from support.pairs import finish

pytestmark = pytest.mark.slow

CONNECTIONS = 1000


@pytest.fixture
def enough_descriptors() -> None:
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * CONNECTIONS + 200
    if soft != resource.RLIM_INFINITY and soft < wanted:
        if hard != resource.RLIM_INFINITY and hard < wanted:
            pytest.skip(f"needs {wanted} open files")
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


# Frames


def frames(start: int, count: int) -> list[bytes]:
    return [(b"%07d" % number * 10)[: number % 65] for number in range(start, start + count)]


@every_loop
def test_a_million_in_order(loop: str) -> None:
    count, batch = 1_000_000, 1000

    def send(peer: socket.socket) -> None:
        with FramedSocket(peer) as sender:
            for start in range(0, count, batch):
                sender.send_many(frames(start, batch))
            sender.shutdown()

    async def main() -> None:
        async with framed() as (stream, peer):
            sender = asyncio.create_task(asyncio.to_thread(send, peer.dup()))
            for start in range(0, count, batch):
                # One at a time, many at once, and by iteration.
                got: list[bytes] = []
                while len(got) < batch:
                    if start % 3 == 0:
                        got.append(await stream.recv())
                    elif start % 3 == 1:
                        got += await stream.recv_many(batch - len(got))
                    else:
                        got.append(await anext(stream))
                assert got == frames(start, batch)
            await sender
            with pytest.raises(framing.ConnectionClosed):
                await stream.recv()
            assert stream.stats.frames == count

    run(loop, main, debug=False)


@every_loop
def test_a_million_in_the_callback_style(loop: str) -> None:
    count, batch = 1_000_000, 10_000

    class Checking(aio.FramedProtocol):
        """Looks at what comes, and forgets it."""

        next = 0

        def frames_received(self, got: list[bytes]) -> None:
            assert got == frames(self.next, len(got))
            self.next += len(got)

    async def main() -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            transport, protocol = await asyncio.get_running_loop().create_connection(
                Checking, sock=ours
            )

            def send() -> None:
                with FramedSocket(theirs.dup()) as sender:
                    for start in range(0, count, batch):
                        sender.send_many(frames(start, batch))

            await asyncio.to_thread(send)
            await until(lambda: protocol.next == count)
            transport.close()

    run(loop, main, debug=False)


# Connections


@contextlib.asynccontextmanager
async def many(count: int) -> AsyncIterator[list[tuple[aio.FramedStream, socket.socket]]]:
    """So many streams, each with its peer, which does not block."""
    async with contextlib.AsyncExitStack() as stack:
        pairs = [await stack.enter_async_context(framed()) for _ in range(count)]
        for _, peer in pairs:
            peer.setblocking(False)
        yield pairs


@pytest.mark.usefixtures("enough_descriptors")
@every_loop
def test_a_thousand_connections(loop: str) -> None:
    """Their frames come in pieces, and of all of them at once."""
    generator = random.Random(loop)

    async def main() -> None:
        async with many(CONNECTIONS) as pairs:
            readers = [asyncio.create_task(read(stream)) for stream, _ in pairs]
            sent = [
                [b"%d %d" % (number, index) * generator.randrange(9) for index in range(20)]
                for number in range(CONNECTIONS)
            ]
            rests = [b"".join(map(framing.encode, own)) for own in sent]
            while any(rests):
                for number, (_, peer) in enumerate(pairs):
                    size = generator.choice([1, 9, 30, 300])
                    peer.send(rests[number][:size])
                    rests[number] = rests[number][size:]
                await asyncio.sleep(0)
            for _, peer in pairs:
                finish(peer)
            assert await asyncio.gather(*readers) == sent

    run(loop, main, debug=False)


async def read(stream: aio.FramedStream) -> list[bytes]:
    return [frame async for frame in stream]


@pytest.mark.usefixtures("enough_descriptors")
@every_loop
def test_a_thousand_clients_of_one_server(loop: str) -> None:
    async def echo(stream: aio.FramedStream) -> None:
        async for frame in stream:
            await stream.send(frame)

    async def client(port: int, number: int) -> None:
        async with await aio.open_connection("127.0.0.1", port) as stream:
            own = [b"%d" % number * count for count in range(10)]
            await stream.send_many(own)
            assert [await stream.recv() for _ in own] == own

    async def main() -> None:
        async with await aio.start_server(echo, "127.0.0.1", 0, backlog=CONNECTIONS) as server:
            port = server.sockets[0].getsockname()[1]
            await asyncio.gather(*(client(port, number) for number in range(CONNECTIONS)))

    run(loop, main, debug=False)


@every_loop
def test_one_that_does_not_read_holds_up_nobody(loop: str) -> None:
    """Its peer has to wait, and its frames do; those of the others come and go meanwhile."""
    own = [b"%d" % number for number in range(1000)]
    wire = b"".join(map(framing.encode, own))

    async def main() -> None:
        async with framed(limit=2000) as (slow, slow_peer), many(20) as pairs:
            sender = asyncio.create_task(sending(slow_peer, wire * 100))
            await until(lambda: not slow.transport.is_reading())
            before = received(slow)
            for _ in range(3):
                for _, peer in pairs:
                    peer.sendall(wire)
                for stream, _ in pairs:
                    assert [await stream.recv() for _ in own] == own
            assert received(slow) == before
            assert not sender.done()
            for _ in range(100):
                assert [await slow.recv() for _ in own] == own
            await sender

    run(loop, main, debug=False)


@every_loop
def test_one_that_reads_now_and_then_holds_up_nobody(loop: str) -> None:
    own = [b"%d" % number for number in range(300)]
    wire = b"".join(map(framing.encode, own))

    async def main() -> None:
        async with framed(limit=0) as (slow, slow_peer), framed() as (stream, peer):
            sender = asyncio.create_task(sending(slow_peer, wire * 30))
            for _ in range(30):
                peer.sendall(wire)
                assert [await stream.recv() for _ in own] == own
                assert [await slow.recv() for _ in own] == own
            await sender

    run(loop, main, debug=False)
