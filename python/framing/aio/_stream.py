"""The class `FramedStream`."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from .._errors import SendWouldBlock
from .._framing import _FrameIteration
from .._options import Configured
from .._private import NoPublicConstructor

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType
    from typing import Self

    from typing_extensions import Buffer

    from .._stats import FrameStats
    from ._channel import Channel

__all__ = ["FramedStream"]


class FramedStream(_FrameIteration, Configured, metaclass=NoPublicConstructor):
    """Send and receive frames over an asyncio connection. Streams are made by `open_connection` and `start_server`.

    Received frames are kept until they are asked for, and reading pauses when too many bytes are kept. A call that is
    cancelled or runs into `asyncio.timeout` loses nothing: the next one continues where it stopped. One task may
    receive while others send.

    Frames before the end of a stream or before an error are delivered first.
    """

    __slots__ = ("__weakref__", "_arrival", "_channel", "_config", "_next", "_put")

    _made_by = "use aio.open_connection, or aio.start_server, whose handlers get one"

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._config = channel.config.framing
        self._next = channel._next  # noqa: SLF001
        self._arrival = channel._arrival  # noqa: SLF001
        self._put = channel.outbox.put

    if TYPE_CHECKING:
        # From the types in the stub, type checkers do not infer that iteration yields `bytes`.
        def __aiter__(self) -> Self: ...

        async def __anext__(self) -> bytes: ...  # type: ignore[override]

    async def recv(self) -> bytes:
        """Receive one frame and return it.

        Raises:
            ConnectionClosed: The stream ended between two frames; `local` is True if this side closed it.
            TruncatedFrame: The stream ended inside a frame.
            FrameStalled: The peer took longer than `frame_timeout` over one frame. The connection is dead.
            InvalidHeader, FrameTooLarge, InvalidPayload: As for `FrameDecoder.feed`. Every later call raises it, too.
            ConcurrencyError: Another task is receiving.
            OSError: The connection broke.
        """
        frame = self._next()
        return await self._arrival() if frame is None else frame

    async def recv_many(self, max_frames: int | None = None) -> list[bytes]:
        """Receive all frames that have arrived and return them as a list; wait for one if there is none.

        Args:
            max_frames: The largest number of frames to return, at least 1; None returns all. The others stay for the
                next call.

        Raises:
            ConnectionClosed, TruncatedFrame, FrameStalled, InvalidHeader, FrameTooLarge, InvalidPayload,
            ConcurrencyError, OSError: As for `recv`, if no frame precedes the error.
        """
        frames: list[bytes] = await self._channel._arrivals(max_frames)  # noqa: SLF001
        return frames

    async def send(self, payload: str | Buffer, *, fields: Buffer | None = None) -> None:
        """Send one frame. If the transport has too much to send already, wait first.

        The frame is passed to the transport as a whole, at the latest in the next iteration of the event loop, and
        perhaps together with frames that follow at once. If the call is cancelled while it waits, nothing is sent.

        Args:
            payload: A `str`, sent as UTF-8, or any contiguous bytes-like object.
            fields: The bytes of a `BinaryHeader` or a `DecimalHeader` that are not its length, in order. By default
                they are those of `send_header`.

        Raises:
            FrameTooLarge, InvalidPayload, TypeError, ValueError: As for `FrameEncoder.encode`. Nothing was sent.
            ConnectionClosed: The connection was closed on this side.
            BrokenPipeError: The connection is gone, or `write_eof` was called.
            OSError: The connection broke.
        """
        if not self._put(payload, fields):
            outbox = self._channel.outbox
            await self._channel.senders.wait(self._channel, outbox.put_now, payload, fields)

    async def send_many(
        self, payloads: Iterable[str | Buffer], *, fields: Buffer | None = None
    ) -> None:
        """Send many frames at once. Wait first if `send` would.

        Args:
            payloads: Any iterable of payloads. All are collected and checked before the first one is sent.
            fields: As for `send`. They are the same for every frame.

        Raises:
            FrameTooLarge, InvalidPayload, TypeError, ValueError, ConnectionClosed, BrokenPipeError, OSError: As for
                `send`.
        """
        outbox = self._channel.outbox
        if isinstance(payloads, Iterator):
            # An iterator can be read only once, and the payloads may be needed again after waiting.
            payloads = list(payloads)
        if outbox.spent or not outbox.put_many(payloads, fields):
            await self._channel.senders.wait(self._channel, outbox.put_many, payloads, fields)

    async def send_encoded(self, wire: Buffer) -> None:
        """Send bytes that already are frames, without checking them.

        Use this to forward frames that were received with `keep_header`, or to encode a frame once and send it to
        many peers.

        Args:
            wire: Whole frames, in a contiguous bytes-like object.

        Raises:
            TypeError, ConnectionClosed, BrokenPipeError, OSError: As for `send`.
        """
        outbox = self._channel.outbox
        if outbox.spent or not outbox.put_encoded(wire):
            await self._channel.senders.wait(self._channel, outbox.put_encoded, wire)

    def send_nowait(self, payload: str | Buffer, *, fields: Buffer | None = None) -> None:
        """Send one frame as `send` does, but raise an error instead of waiting.

        Args:
            payload: As for `send`.
            fields: As for `send`.

        Raises:
            SendWouldBlock: The transport is above its high-water mark, or other senders wait. The payload was not
                taken; `drain` waits for room.
            FrameTooLarge, InvalidPayload, TypeError, ValueError, ConnectionClosed, BrokenPipeError, OSError: As for
                `send`.
        """
        if not self._channel.outbox.put_now(payload, fields):
            raise self._channel.refusal() or SendWouldBlock

    async def drain(self) -> None:
        """Pass buffered frames to the transport, and wait until there is room for more.

        Raises:
            ConnectionClosed, BrokenPipeError, OSError: As for `send`.
        """
        channel = self._channel
        channel.outbox.flush()
        if channel.transport.is_closing():
            # A broken transport reports that in the loop's next iteration.
            await asyncio.sleep(0)
        if channel.outbox.barred:
            await channel.senders.wait(channel)

    def write_eof(self) -> None:
        """End this side of the stream after everything sent has gone out. Receiving goes on.

        Raises:
            NotImplementedError: The transport cannot close one direction alone; TLS cannot.
            ConnectionClosed, BrokenPipeError, OSError: As for `send`.
        """
        self._channel.write_eof()

    def close(self) -> None:
        """Close the connection. What was sent still goes out, and received frames are dropped.

        Calls that wait raise `ConnectionClosed(local=True)`, as does every later call.
        """
        self._channel.close()

    def abort(self) -> None:
        """Close the connection at once, and also drop what has not gone out yet."""
        self._channel.abort()

    async def wait_closed(self) -> None:
        """Wait until the connection is gone, however it ended."""
        await self._channel.wait_closed()

    def is_closing(self) -> bool:
        """Return whether the connection is closed, closing or broken."""
        return self._channel.is_over or self._channel.transport.is_closing()

    def detach(self) -> tuple[asyncio.Transport, bytes]:
        """Give up the transport so that another protocol can use it.

        Returns:
            The transport, which has paused reading, and all bytes that were received and not returned, as they came
            over the wire. Feed the bytes to the new protocol, then call the transport's `set_protocol` and
            `resume_reading`.

        Raises:
            RuntimeError: A call is still receiving or waiting to send.
            ConnectionClosed, BrokenPipeError, OSError: The connection is gone.
        """
        return self._channel.transport, self._channel.detach()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Return information about the transport: "peername", "sockname", "socket", "ssl_object", and so on.

        Args:
            name: The name of the information.
            default: The value to return if the transport does not have it.
        """
        return self._channel.transport.get_extra_info(name, default)

    @property
    def local_address(self) -> Any:
        """This side's address in the form of the socket module; None if the transport has none."""
        return self._channel.transport.get_extra_info("sockname")

    @property
    def remote_address(self) -> Any:
        """The peer's address in the form of the socket module; None if the transport has none."""
        return self._channel.transport.get_extra_info("peername")

    @property
    def transport(self) -> asyncio.Transport:
        """The underlying transport. Writing to it directly is at your own risk."""
        return self._channel.transport

    @property
    def stats(self) -> FrameStats:
        """A snapshot of the counters of received frames. `buffered` counts all bytes received and not returned."""
        return self._channel.stats

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is GeneratorExit:
            # The task is being destroyed, so it cannot wait.
            self._drop()
            return
        if kind is None or issubclass(kind, Exception):
            self.close()
        else:
            # A cancelled task must not wait for a peer that does not read.
            self.abort()
        try:
            await self.wait_closed()
        except BaseException:
            # The wait was cancelled, and nobody else waits for a peer that does not read.
            self.abort()
            raise

    def __repr__(self) -> str:
        state = " closing" if self.is_closing() else ""
        return f"<FramedStream{state} over {self._channel.transport!r}>"

    def __del__(self) -> None:
        channel = getattr(self, "_channel", None)
        if channel is None or channel.is_over or channel.loop.is_closed():
            return
        try:
            warnings.warn(f"unclosed {self!r}", ResourceWarning, stacklevel=1, source=self)
        finally:
            self._drop()

    def _drop(self) -> None:
        if not self._channel.loop.is_closed():
            self._channel.abort()
