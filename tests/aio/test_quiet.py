"""Programs with `framing.aio` in Python's development mode, with asyncio's debug mode on: what they print about
what is none of their mistakes. Nothing."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from support.loops import every_loop
from support.processes import TIMEOUT

pytestmark = [pytest.mark.slow, pytest.mark.dev_mode]

PROGRAM = """
import asyncio, contextlib, gc, socket, struct, sys
import framing
from framing import aio

HELLO = framing.encode("hello")

async def pair(**options):
    ours, peer = socket.socketpair()
    return await aio.open_unix_connection(sock=ours, **options), peer

async def tcp():
    listener = socket.create_server(("127.0.0.1", 0))
    stream = await aio.open_connection(*listener.getsockname())
    with listener:
        return stream, listener.accept()[0]

def reset(peer):
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()

class Callbacks(aio.FramedProtocol):
    frames = 0

    def frame_received(self, frame):
        self.frames += 1
        if not frame:
            raise ValueError("an empty frame")

async def callbacks():
    ours, peer = socket.socketpair()
    _, protocol = await asyncio.get_running_loop().create_connection(Callbacks, sock=ours)
    return protocol, peer

async def turns():
    for _ in range(10):
        await asyncio.sleep(0)

{main}

async def whole():
    # A machine that is busy is none of our business.
    asyncio.get_running_loop().slow_callback_duration = 60
    await main()

if sys.argv[1] == "uvloop":
    import uvloop
    factory = uvloop.new_event_loop
else:
    factory = asyncio.new_event_loop
with asyncio.Runner(loop_factory=factory) as runner:
    runner.run(whole())
gc.collect()
"""


def complaints(loop: str, main: str) -> str:
    """What such a program writes to stderr."""
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-c", PROGRAM.replace("{main}", main), loop],
        env=os.environ | {"PYTHONASYNCIODEBUG": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT,
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    return done.stderr


ORDINARY = {
    "a clean end": """
async def main():
    stream, peer = await pair()
    async with stream:
        peer.sendall(HELLO)
        peer.close()
        assert [frame async for frame in stream] == [b"hello"]
""",
    "an end that nobody looks at": """
async def main():
    stream, peer = await pair()
    peer.sendall(HELLO + HELLO[:12])
    peer.close()
    await turns()
    stream.close()
    await stream.wait_closed()
""",
    "a reset": """
async def main():
    stream, peer = await tcp()
    async with stream:
        reset(peer)
        with contextlib.suppress(ConnectionResetError):
            await stream.recv()
""",
    "a reset that nobody looks at": """
async def main():
    stream, peer = await tcp()
    async with stream:
        peer.sendall(HELLO)
        reset(peer)
        await turns()
""",
    "bad bytes that nobody looks at": """
async def main():
    stream, peer = await pair()
    async with stream:
        peer.sendall(HELLO + b"GET / HTTP/1.1")
        await turns()
    peer.close()
""",
    "a stall that nobody looks at": """
async def main():
    stream, peer = await pair(frame_timeout=0.01)
    async with stream:
        peer.sendall(HELLO[:12])
        while not stream.is_closing():
            await asyncio.sleep(0.01)
    peer.close()
""",
    "calls that are cancelled": """
async def main():
    stream, peer = await pair()
    async with stream:
        for call in (stream.recv, stream.recv_many, stream.__anext__):
            task = asyncio.ensure_future(call())
            await turns()
            task.cancel()
            await asyncio.wait([task])
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.001):
                    await call()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(call(), 0.001)
            task = asyncio.ensure_future(call())
            await turns()
            peer.sendall(HELLO[:12])
            await turns()
            task.cancel()
            await asyncio.wait([task])
            peer.sendall(HELLO[12:])
            await stream.recv()
    peer.close()
""",
    "a reader that is waiting when its stream is closed": """
async def main():
    stream, peer = await pair()
    async with stream:
        task = asyncio.ensure_future(stream.recv())
        await turns()
    with contextlib.suppress(framing.ConnectionClosed):
        await task
    peer.close()
""",
    "a reader that is waiting when the program ends": """
async def main():
    stream, peer = await pair()
    async def forever():
        with peer:
            async with stream:
                await stream.recv()
    main.task = asyncio.ensure_future(forever())
    await turns()
""",
    "frames that nobody takes": """
async def main():
    stream, peer = await pair(limit=100)
    async with stream:
        peer.sendall(HELLO * 1000)
        await turns()
    peer.close()
""",
    "callbacks": """
async def main():
    protocol, peer = await callbacks()
    peer.sendall(HELLO * 3)
    peer.close()
    while not protocol.is_closing():
        await asyncio.sleep(0)
    assert protocol.frames == 3
    await turns()
""",
    "bad bytes for callbacks": """
async def main():
    for wire in (b"GET / HTTP/1.1", HELLO[:12]):
        protocol, peer = await callbacks()
        peer.sendall(wire)
        peer.close()
        while not protocol.is_closing():
            await asyncio.sleep(0)
        await turns()
""",
    "a callback that raises, with somebody who handles that": """
async def main():
    told = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
    protocol, peer = await callbacks()
    peer.sendall(framing.encode("") + HELLO)
    while not told:
        await asyncio.sleep(0)
    await turns()
    peer.close()
    assert len(told) == protocol.frames == 1
    assert isinstance(told[0]["exception"], ValueError)
""",
}


@pytest.mark.parametrize("main", ORDINARY.values(), ids=ORDINARY)
@every_loop
def test_nothing_is_printed(loop: str, main: str) -> None:
    assert complaints(loop, main) == ""


FORGOTTEN = {
    "dropped": """
async def main():
    stream, peer = await pair()
    peer.sendall(HELLO + HELLO[:12])
    assert await stream.recv() == b"hello"
    del stream
    gc.collect()
    await turns()
    assert peer.recv(1) == b""
    peer.close()
""",
    "kept to the end": """
async def main():
    main.stream, peer = await pair()
    peer.sendall(HELLO + HELLO[:12])
    assert await main.stream.recv() == b"hello"
    peer.close()
""",
    "kept by a task": """
async def main():
    stream, peer = await pair()
    async def forever():
        with peer:
            await stream.recv()
    main.task = asyncio.ensure_future(forever())
    await turns()
""",
}


@pytest.mark.parametrize("main", FORGOTTEN.values(), ids=FORGOTTEN)
@every_loop
def test_a_stream_that_nobody_closes(loop: str, main: str) -> None:
    """That is a mistake, and Python's warning for such is all that is said."""
    printed = complaints(loop, main)
    # A warning, and the line it comes from.
    lines = [line for line in printed.splitlines() if not line.startswith(" ")]
    assert all("ResourceWarning: " in line for line in lines), printed
    assert any("ResourceWarning: unclosed" in line for line in lines), printed
