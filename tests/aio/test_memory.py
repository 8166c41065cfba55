"""What streams of `framing.aio` cost, and what is left of them."""

from __future__ import annotations

import functools

import pytest
from support.loops import every_loop
from support.memory import AIO_PREAMBLE, by_proc, measured

pytestmark = pytest.mark.slow

# Connections

IDLE = """
COUNT = 1000
SIZE = {size}
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 10_000), hard))
pairs = [socket.socketpair() for _ in range(COUNT + 1)]

class Bare(asyncio.Protocol):
    got = 0

    def data_received(self, data):
        self.got += len(data)

async def bare(ours, peer):
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.create_connection(Bare, sock=ours)
    peer.sendall(framing.encode(bytes(SIZE)) + {rest})
    while protocol.got < SIZE + 10:
        await asyncio.sleep(0)
    transport.write(b"6         answer")
    return transport

async def framed(ours, peer):
    stream = await aio.open_connection(sock=ours)
    peer.sendall(framing.encode(bytes(SIZE)) + {rest})
    assert len(await stream.recv()) == SIZE
    await stream.send(b"answer")
    return stream

async def main():
    # One before, so that what all share is there.
    kept = [await {which}(*pairs[0])]
    before = used()
    for ours, peer in pairs[1:]:
        kept.append(await {which}(ours, peer))
        await asyncio.sleep(0)
        peer.setblocking(False)
        with suppress(BlockingIOError):
            peer.recv(100)
    print((used() - before) / COUNT)
    for each in kept:
        each.abort()

run(main)
"""


@functools.cache
def idle(which: str, loop: str, size: int, rest: str) -> float:
    script = (AIO_PREAMBLE + IDLE).format(which=which, loop=loop, size=size, rest=rest)
    (each_one,) = measured(script)
    return each_one


@by_proc
@pytest.mark.parametrize("rest", ["b''", "b'9         half'"], ids=["", "part of a frame"])
@pytest.mark.parametrize("size", [5, 3000, 150_000])
@every_loop
def test_an_idle_stream_holds_no_large_buffer(loop: str, size: int, rest: str) -> None:
    assert idle("framed", loop, size, rest) - idle("bare", loop, size, rest) < 4096


CONNECTIONS = """
async def handler(stream):
    async for frame in stream:
        await stream.send(frame)

async def use(stream, number):
    await stream.send(bytes(number % 70_000))
    await stream.recv()
    stream.send_nowait(b"not received")
    if number % 5 == 0:
        stream.abort()
    elif number % 5 == 1:
        stream.detach()[0].abort()
    elif number % 5 == 2:
        receiving = asyncio.ensure_future(stream.recv())
        await asyncio.sleep(0)
        receiving.cancel()
        stream.close()
    elif number % 5 == 3:
        await stream.send_encoded(b"what?")
    else:
        stream.write_eof()
        with suppress(framing.ConnectionClosed):
            while True:
                await stream.recv()

async def connections(count):
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda *_: None)
    async with await aio.start_server(handler, "127.0.0.1", 0, max_frame_size=100_000) as server:
        for number in range(count):
            stream = await aio.open_connection(*server.sockets[0].getsockname())
            with suppress(framing.FramingError):
                await use(stream, number)
            stream.close()
            await stream.wait_closed()

async def main():
    await connections(1000)
    for _ in range(3):
        before = used()
        await connections(2000)
        print(used() - before)

run(main)
"""


@by_proc
@every_loop
def test_nothing_is_left_of_many_connections(loop: str) -> None:
    # An allocator keeps what a peak has taken, and at which time a peak comes is chance. What every batch leaves is
    # left by each connection: 200 bytes would be too much.
    assert min(measured((AIO_PREAMBLE + CONNECTIONS).format(loop=loop))) < 400_000


# Frames

SENT = """
async def main():
    ours, peer = socket.socketpair()
    peer.setblocking(False)
    stream = await aio.open_connection(sock=ours)
    payload = bytes(100)

    async def frames(count):
        for number in range(count):
            await stream.send(payload)
            stream.send_nowait(payload)
            await stream.send_many([payload] * 3)
            await stream.send_encoded(payload)
            await stream.drain()
            if number % 10 == 0:
                await asyncio.sleep(0)
                await asyncio.sleep(0)
                with suppress(BlockingIOError):
                    while peer.recv(100_000):
                        pass

    await frames(3000)
    before = used()
    await frames(30_000)
    print(used() - before)
    stream.abort()

run(main)
"""


@by_proc
@every_loop
def test_nothing_is_left_of_many_frames(loop: str) -> None:
    (grown,) = measured((AIO_PREAMBLE + SENT).format(loop=loop))
    assert grown < 1_000_000


UNSENT = """
SIZE = 50_000_000

async def main():
    ours, peer = socket.socketpair()
    before = used()
    stream = await aio.open_connection(sock=ours)
    await stream.send(bytes(SIZE))
    calls = [asyncio.ensure_future(stream.send(bytes(1000))) for _ in range(10)]
    await asyncio.sleep(0)
    stream.abort()
    await stream.wait_closed()
    await asyncio.gather(*calls, return_exceptions=True)
    await asyncio.sleep(0)
    print((used() - before) / SIZE)

run(main)
"""


@by_proc
@every_loop
def test_nothing_is_left_of_what_was_not_sent(loop: str) -> None:
    (left,) = measured((AIO_PREAMBLE + UNSENT).format(loop=loop))
    assert left < 0.1
