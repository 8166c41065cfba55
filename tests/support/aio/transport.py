"""A transport in memory, for what depends on the very moment at which there is room again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from framing import aio


class Pipe(asyncio.Transport):
    """Takes what is written, and has it until the test takes it. `most` is what it had at most."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[bytes] = []
        self.most = 0
        self._protocol: Any = None
        self._buffered = bytearray()
        self._limits = (16_384, 65_536)
        self._paused = False
        self._reading = True
        self._closing = False

    def connect(self, factory: Callable[[], Any]) -> tuple[Pipe, Any]:
        """What `create_connection` does."""
        self._protocol = factory()
        self._protocol.connection_made(self)
        return self, self._protocol

    def take(self, size: int) -> bytes:
        """Makes room of so many bytes, as a peer does that reads."""
        taken = bytes(self._buffered[:size])
        del self._buffered[:size]
        if self._paused and len(self._buffered) <= self._limits[0]:
            self._paused = False
            self._protocol.resume_writing()
        return taken

    def give(self, data: bytes) -> None:
        """Sends this to our end."""
        while data:
            view = memoryview(self._protocol.get_buffer(-1))
            size = min(len(view), len(data))
            view[:size] = data[:size]
            self._protocol.buffer_updated(size)
            data = data[size:]

    def lose(self, error: Exception | None = None) -> None:
        """Ends the connection, as the system does."""
        self._closing = True
        self._buffered.clear()
        self._protocol.connection_lost(error)

    # What a transport has

    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert not self._closing
        self.writes.append(bytes(data))
        self._buffered += data
        self.most = max(self.most, len(self._buffered))
        if not self._paused and len(self._buffered) > self._limits[1]:
            self._paused = True
            self._protocol.pause_writing()

    def writelines(self, list_of_data: Any) -> None:
        self.write(b"".join(list_of_data))

    def get_write_buffer_size(self) -> int:
        return len(self._buffered)

    def get_write_buffer_limits(self) -> tuple[int, int]:
        return self._limits

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        high = 65_536 if high is None else high
        self._limits = (high // 4 if low is None else low, high)

    def can_write_eof(self) -> bool:
        return False

    def pause_reading(self) -> None:
        self._reading = False

    def resume_reading(self) -> None:
        self._reading = True

    def is_reading(self) -> bool:
        return self._reading

    def set_protocol(self, protocol: Any) -> None:
        self._protocol = protocol

    def get_protocol(self) -> Any:
        return self._protocol

    def is_closing(self) -> bool:
        return self._closing

    def close(self) -> None:
        self.abort()

    def abort(self) -> None:
        if not self._closing:
            self._closing = True
            asyncio.get_running_loop().call_soon(self._protocol.connection_lost, None)


async def piped(**options: Any) -> tuple[aio.FramedStream, Pipe]:
    """A stream over such a transport."""
    pipe = Pipe()
    loop: Any = asyncio.get_running_loop()

    async def connect(factory: Callable[[], Any], *_: Any, **__: Any) -> tuple[Pipe, Any]:
        return pipe.connect(factory)

    loop.create_connection = connect
    try:
        return await aio.open_connection("nowhere", 1, **options), pipe
    finally:
        del loop.create_connection
