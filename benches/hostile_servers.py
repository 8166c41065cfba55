"""Echo servers as one would put them on the open network, each in a process of its own.

python benches/hostile_servers.py threaded|selecting|asyncio FRAME_TIMEOUT SEND_TIMEOUT

It prints its port; then, for each line of its standard input, a JSON object: how many of its connections have ended, by
the name of the exception. It ends when its standard input does.
"""

from __future__ import annotations

import asyncio
import collections
import ctypes
import gc
import json
import os
import selectors
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import framing
import harness
import peers
from framing import aio

if TYPE_CHECKING:
    from collections.abc import Callable

BACKLOG = 4096
"""Room for a crowd: the system makes those wait a second for whom there is none."""

FILES = 20_000

STACK_SIZE = 256 * 1024
"""Of a thread: the usual 8 MiB are reserved only, but for ten thousand that is a lot all the same."""

_LIBC = ctypes.CDLL(None)


@dataclass(frozen=True)
class Server:
    frame_timeout: float
    send_timeout: float
    ends: collections.Counter[str] = field(default_factory=collections.Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def ended(self, error: Exception) -> None:
        with self.lock:
            self.ends[type(error).__name__] += 1

    def told(self) -> str:
        """How all have ended. What is nobody's any more goes first, so that what is resident is held by somebody."""
        gc.collect()
        if hasattr(_LIBC, "malloc_trim"):
            _LIBC.malloc_trim(0)
        with self.lock:
            return json.dumps(self.ends)


def threaded(server: Server) -> None:
    """A thread for each connection."""
    threading.stack_size(STACK_SIZE)

    def echo(connection: framing.FramedSocket) -> None:
        with connection:
            try:
                while True:
                    connection.send(connection.recv(), timeout=server.send_timeout)
            except Exception as error:
                server.ended(error)

    def accept() -> None:
        for connection, _ in listener:
            threading.Thread(target=echo, args=(connection,), daemon=True).start()

    with _listen(server) as listener:
        threading.Thread(target=accept, daemon=True).start()
        for _ in sys.stdin:
            print(server.told(), flush=True)


def selecting(server: Server) -> None:
    """One thread for all. As no call waits, `frame_timeout` has nothing to bound: the clock is the server's own."""
    with _listen(server) as listener, selectors.DefaultSelector() as selector:
        selector.register(listener, selectors.EVENT_READ)
        selector.register(sys.stdin.fileno(), selectors.EVENT_READ)
        clock = Clock(server.frame_timeout)

        def end(connection: framing.FramedSocket, error: Exception) -> None:
            selector.unregister(connection)
            connection.close()
            server.ended(error)

        def accept() -> None:
            try:
                while True:
                    connection, _ = listener.accept(timeout=0)
                    selector.register(connection, selectors.EVENT_READ)
            except BlockingIOError:
                pass

        def echo(connection: framing.FramedSocket) -> None:
            try:
                # What does not fit is more than a client leaves unread that is to be served.
                connection.send_many(connection.recv_many(timeout=0), timeout=0)
                clock.look_at(connection)
            except framing.FrameWouldBlock:
                clock.look_at(connection)
            except Exception as error:
                end(connection, error)

        while True:
            for key, _ in selector.select(server.frame_timeout / 10):
                if isinstance(key.fileobj, framing.FramedSocket):
                    echo(key.fileobj)
                elif key.fileobj is listener:
                    accept()
                elif os.read(key.fd, 1):
                    print(server.told(), flush=True)
                else:
                    return
            for connection in clock.late():
                end(connection, LateError())


class LateError(Exception):
    """A frame has taken too long."""


class Clock:
    """Knows whose frame takes too long. All have the same time, so that the first to begin is the first to be late."""

    def __init__(self, timeout: float) -> None:
        self.timeout = timeout
        self.begun: collections.deque[tuple[float, framing.FramedSocket, int]] = collections.deque()
        self.frames: dict[framing.FramedSocket, int] = {}

    def look_at(self, connection: framing.FramedSocket) -> None:
        stats = connection.stats
        if stats.buffered and self.frames.get(connection) != stats.frames:
            self.frames[connection] = stats.frames
            self.begun.append((time.monotonic(), connection, stats.frames))

    def late(self) -> list[framing.FramedSocket]:
        late = []
        latest = time.monotonic() - self.timeout
        while self.begun and self.begun[0][0] <= latest:
            _, connection, frames = self.begun.popleft()
            if self.frames.get(connection) == frames:
                del self.frames[connection]
                stats = connection.stats
                if not connection.closed and stats.buffered and stats.frames == frames:
                    late.append(connection)
        return late


def asynchronous(server: Server) -> None:
    """A task for each connection."""

    async def echo(stream: aio.FramedStream) -> None:
        try:
            while True:
                frame = await stream.recv()
                try:
                    stream.send_nowait(frame)
                except framing.SendWouldBlock:
                    async with asyncio.timeout(server.send_timeout):
                        await stream.send(frame)
        except Exception as error:
            server.ended(error)
            # To close would be to wait until a peer has read that may never do so.
            stream.abort()

    async def serve() -> None:
        over = asyncio.Event()

        def obey() -> None:
            if os.read(sys.stdin.fileno(), 1):
                print(server.told(), flush=True)
            else:
                over.set()

        asyncio.get_running_loop().add_reader(sys.stdin.fileno(), obey)
        listening = await aio.start_server(
            echo, peers.HOST, 0, backlog=BACKLOG, frame_timeout=server.frame_timeout, grace=0
        )
        async with listening:
            print(listening.sockets[0].getsockname()[1], flush=True)
            await over.wait()

    asyncio.run(serve())


def _listen(server: Server) -> framing.FramedListener:
    listener = framing.listen((peers.HOST, 0), backlog=BACKLOG, frame_timeout=server.frame_timeout)
    print(listener.address[1], flush=True)
    return listener


KINDS: dict[str, Callable[[Server], None]] = {
    "threaded": threaded,
    "selecting": selecting,
    "asyncio": asynchronous,
}


def main(kind: str, frame_timeout: str, send_timeout: str) -> None:
    harness.allow_files(FILES)
    KINDS[kind](Server(float(frame_timeout), float(send_timeout)))


if __name__ == "__main__":
    main(*sys.argv[1:])
