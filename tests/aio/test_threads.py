"""Objects of `framing.aio` in the hands of other threads: it is not allowed, and breaks nothing but the stream."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

PROGRAM = """
import asyncio, contextlib, sys, threading
sys.path.insert(0, {tests!r})
import framing
from support.aio.transport import piped
from framing import aio

COUNT = 3000

def step(awaitable):
    # What a loop does with a call, as far as its first wait.
    with contextlib.suppress(StopIteration):
        iterator = awaitable.__await__()
        iterator.send(None)
        iterator.throw(asyncio.CancelledError)

def calls(stream):
    yield lambda: step(stream.recv())
    yield lambda: step(stream.recv_many())
    yield lambda: step(anext(aiter(stream)))
    yield lambda: step(stream.send(b"hello"))
    yield lambda: step(stream.send(bytes(100_000)))
    yield lambda: step(stream.send_many([b"hello"] * 3))
    yield lambda: step(stream.send_encoded(b"0         " * 3))
    yield lambda: step(stream.drain())
    yield lambda: stream.send_nowait(b"hello")
    yield lambda: (stream.stats, stream.header, stream.is_closing(), repr(stream))

def trouble(call):
    for _ in range(COUNT):
        with contextlib.suppress(Exception, asyncio.CancelledError):
            call()

async def main():
    asyncio.get_running_loop().set_exception_handler(lambda *_: None)
    for end in (aio.FramedStream.close, aio.FramedStream.abort, aio.FramedStream.detach):
        stream, pipe = await piped()
        threads = [threading.Thread(target=trouble, args=(call,)) for call in calls(stream)]
        for thread in threads:
            thread.start()
        wire = framing.encode(b"hello") * 20 + framing.encode(bytes(5000))
        if {ending}:
            with contextlib.suppress(Exception):
                end(stream)
        while any(thread.is_alive() for thread in threads):
            with contextlib.suppress(Exception):
                pipe.give(wire)
            with contextlib.suppress(Exception):
                pipe.take(10_000)
            await asyncio.sleep(0)
        with contextlib.suppress(Exception):
            end(stream)
        with contextlib.suppress(Exception):
            pipe.lose()

    # And whoever keeps to the rules has no harm.
    stream, pipe = await piped()
    pipe.give(wire)
    assert len(await stream.recv_many()) == 21
    await stream.send("hello")
    assert pipe.take(100) == framing.encode("hello")
    stream.abort()

sys.setswitchinterval(1e-5)
asyncio.run(main())
print("survived")
"""


@pytest.mark.parametrize("ending", [False, True], ids=["in use", "and closed"])
def test_calls_from_other_threads(ending: bool) -> None:
    program = PROGRAM.format(tests=str(Path(__file__).parents[1]), ending=ending)
    ended = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", program],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (0, "survived\n"), ended.stderr
    assert "panicked" not in ended.stderr
