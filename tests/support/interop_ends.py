"""Our end of a connection to somebody else's code: the same few calls for each of our layers."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AbstractContextManager
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias, TypeVar

import framing
import pytest
from framing import FramedSocket, FramingError, aio
from support.loops import LOOPS, new_loop
from support.pairs import begin
from support.processes import TIMEOUT

T = TypeVar("T")

SIZES = (0, 1, 127, 128, 65_535, 65_536, 2**20)
"""Around the sizes at which some header grows, or is at its end."""

Address: TypeAlias = tuple[str, int] | str
Burst: TypeAlias = Literal["send_many", "send_encoded"]


class End(Protocol):
    """A connection of ours."""

    def exchange(self, count: int, send: Burst, *what: Any, **options: Any) -> list[bytes]:
        """Calls the method `send`, and receives so many frames meanwhile."""

    def send(self, payload: bytes, **fields: Any) -> None: ...

    def send_encoded(self, wire: bytes) -> None: ...

    def recv(self) -> bytes: ...

    def finish(self) -> None:
        """Says "nothing more from me"."""


class Blocking:
    """A `FramedSocket`."""

    def __init__(self, fs: FramedSocket) -> None:
        fs.settimeout(TIMEOUT)
        self.fs = fs

    def exchange(self, count: int, send: Burst, *what: Any, **options: Any) -> list[bytes]:
        sending = begin(getattr(self.fs, send), *what, **options)
        frames = [self.fs.recv() for _ in range(count)]
        sending.result()
        return frames

    def send(self, payload: bytes, **fields: Any) -> None:
        self.fs.send(payload, **fields)

    def send_encoded(self, wire: bytes) -> None:
        self.fs.send_encoded(wire)

    def recv(self) -> bytes:
        return self.fs.recv()

    def finish(self) -> None:
        self.fs.shutdown()


class OnLoop:
    """A `FramedStream`, whose loop runs while a call lasts."""

    def __init__(self, runner: asyncio.Runner, stream: aio.FramedStream) -> None:
        self.stream = stream
        self._runner = runner

    def exchange(self, count: int, send: Burst, *what: Any, **options: Any) -> list[bytes]:
        async def both() -> list[bytes]:
            sending = asyncio.create_task(getattr(self.stream, send)(*what, **options))
            frames = [await self.stream.recv() for _ in range(count)]
            await sending
            return frames

        return run(self._runner, both())

    def send(self, payload: bytes, **fields: Any) -> None:
        run(self._runner, self.stream.send(payload, **fields))

    def send_encoded(self, wire: bytes) -> None:
        run(self._runner, self.stream.send_encoded(wire))

    def recv(self) -> bytes:
        return run(self._runner, self.stream.recv())

    def finish(self) -> None:
        async def finish() -> None:
            self.stream.write_eof()

        run(self._runner, finish())


def run(runner: asyncio.Runner, work: Coroutine[Any, Any, T]) -> T:
    async def within() -> T:
        async with asyncio.timeout(TIMEOUT):
            return await work

    return runner.run(within())


@contextlib.contextmanager
def connected(address: Address, **options: Any) -> Iterator[Blocking]:
    with framing.connect(address, timeout=TIMEOUT, **options) as fs:
        yield Blocking(fs)


@contextlib.contextmanager
def accepted(call: Callable[[int], object], **options: Any) -> Iterator[Blocking]:
    with framing.listen(("127.0.0.1", 0), **options) as listener:
        call(listener.socket.getsockname()[1])
        fs, _ = listener.accept(timeout=TIMEOUT)
        with fs:
            yield Blocking(fs)


@contextlib.contextmanager
def connected_on(kind: str, address: Address, **options: Any) -> Iterator[OnLoop]:
    async def connect() -> aio.FramedStream:
        if isinstance(address, str):
            return await aio.open_unix_connection(address, **options)
        return await aio.open_connection(*address, **options)

    with asyncio.Runner(loop_factory=lambda: new_loop(kind)) as runner:
        stream = run(runner, connect())
        try:
            yield OnLoop(runner, stream)
        finally:
            run(runner, closed(stream))


@contextlib.contextmanager
def accepted_on(kind: str, call: Callable[[int], object], **options: Any) -> Iterator[OnLoop]:
    with asyncio.Runner(loop_factory=lambda: new_loop(kind)) as runner:
        streams: asyncio.Queue[aio.FramedStream] = asyncio.Queue()

        async def handler(stream: aio.FramedStream) -> None:
            await streams.put(stream)
            await stream.wait_closed()

        async def serve() -> aio.FramedServer:
            return await aio.start_server(handler, "127.0.0.1", 0, **options)

        server = run(runner, serve())
        call(server.sockets[0].getsockname()[1])
        stream = run(runner, streams.get())
        try:
            yield OnLoop(runner, stream)
        finally:
            server.close()
            run(runner, closed(stream))
            run(runner, server.wait_closed())


async def closed(stream: aio.FramedStream) -> None:
    stream.close()
    # What the peer has done to the connection is no longer of interest.
    with contextlib.suppress(OSError, FramingError):
        await stream.wait_closed()


class Layer(NamedTuple):
    """A layer of ours: how it connects, and how it is connected to."""

    name: str
    connected: Callable[..., AbstractContextManager[End]]
    accepted: Callable[..., AbstractContextManager[End]]


def on(kind: str) -> Layer:
    return Layer(
        kind,
        lambda address, **options: connected_on(kind, address, **options),
        lambda call, **options: accepted_on(kind, call, **options),
    )


LAYERS = [Layer("blocking", connected, accepted), *map(on, LOOPS)]

each_layer = pytest.mark.parametrize("layer", LAYERS, ids=[layer.name for layer in LAYERS])


def ended(end: End) -> Exception:
    """Waits for the end of the stream; how it ends is given."""
    try:
        frame = end.recv()
    except (FramingError, OSError) as error:
        return error
    raise AssertionError(f"no end, but {frame[:50]!r}")


def is_clean(error: Exception) -> bool:
    """Whether a stream has ended on a boundary, by the peer's doing."""
    return isinstance(error, framing.ConnectionClosed) and not error.local
