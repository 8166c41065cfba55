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
    """Frames over an asyncio connection; made by `open_connection` and `start_server`.

    Received frames are kept until they are asked for, and reading pauses where too much waits. A call that is
    cancelled, or runs into `asyncio.timeout`, has lost nothing: the next one continues where it was. One task may
    receive while others send.

    Frames before the end of a stream, or before an error, are delivered first.
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
        # What the stub says of these, type checkers take for an object that is awaited for nothing in particular.
        def __aiter__(self) -> Self: ...

        async def __anext__(self) -> bytes: ...  # type: ignore[override]

    async def recv(self) -> bytes:
        """Receives one frame.

        Raises:
            ConnectionClosed: The stream has ended between two frames; `local` if this side closed it.
            TruncatedFrame: It has ended inside a frame.
            FrameStalled: `frame_timeout` has passed. The connection is dead.
            InvalidHeader, FrameTooLarge, InvalidPayload: As `FrameDecoder.feed`; also every later call.
            ConcurrencyError: Another task is receiving.
            OSError: The connection broke.
        """
        frame = self._next()
        return await self._arrival() if frame is None else frame

    async def recv_many(self, max_frames: int | None = None) -> list[bytes]:
        """Receives the frames that are here; waits for one where there is none.

        Args:
            max_frames: The most to return, at least 1; None for all. The others stay for the next call.

        Raises:
            ConnectionClosed, TruncatedFrame, FrameStalled, InvalidHeader, FrameTooLarge, InvalidPayload,
            ConcurrencyError, OSError: As `recv`, where there is no frame before it.
        """
        frames: list[bytes] = await self._channel._arrivals(max_frames)  # noqa: SLF001
        return frames

    async def send(self, payload: str | Buffer, *, fields: Buffer | None = None) -> None:
        """Sends one frame; waits first where the transport has too much to send already.

        It is handed to the transport whole, and may be sent together with others that follow at once, at the
        latest in the next turn of the event loop. Cancelled while it waits, nothing of it has been sent.

        Args:
            payload: A `str`, sent as UTF-8, or any contiguous bytes-like object.
            fields: The bytes of a `BinaryHeader` that are not its length, in order; zeros if not given.

        Raises:
            FrameTooLarge, InvalidPayload, TypeError, ValueError: As `FrameEncoder.encode`; nothing was sent.
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
        """Sends many frames at once; waits first as `send` does.

        Args:
            payloads: Any iterable of payloads. All are taken and judged before the first one is sent.
            fields: As for `send`, the same for every frame.

        Raises:
            FrameTooLarge, InvalidPayload, TypeError, ValueError, ConnectionClosed, BrokenPipeError, OSError: As
                `send`.
        """
        outbox = self._channel.outbox
        if isinstance(payloads, Iterator):
            # It gives them once, and may have to wait with them.
            payloads = list(payloads)
        if outbox.spent or not outbox.put_many(payloads, fields):
            await self._channel.senders.wait(self._channel, outbox.put_many, payloads, fields)

    async def send_encoded(self, wire: Buffer) -> None:
        """Sends bytes that are frames already: to forward what came with `keep_header`, or to encode once and
        send to many. They are not looked at.

        Args:
            wire: Whole frames, in a contiguous bytes-like object.

        Raises:
            TypeError, ConnectionClosed, BrokenPipeError, OSError: As `send`.
        """
        outbox = self._channel.outbox
        if outbox.spent or not outbox.put_encoded(wire):
            await self._channel.senders.wait(self._channel, outbox.put_encoded, wire)

    def send_nowait(self, payload: str | Buffer, *, fields: Buffer | None = None) -> None:
        """Sends one frame, as `send` does, or raises where that would have to wait.

        Raises:
            SendWouldBlock: The transport is above its high-water mark, or others wait. The payload was not
                taken; `drain` waits for room.
            FrameTooLarge, InvalidPayload, TypeError, ValueError, ConnectionClosed, BrokenPipeError, OSError: As
                `send`.
        """
        if not self._channel.outbox.put_now(payload, fields):
            raise self._channel.refusal() or SendWouldBlock

    async def drain(self) -> None:
        """Hands over what waits to be sent, and waits until there is room for more.

        Raises:
            ConnectionClosed, BrokenPipeError, OSError: As `send`.
        """
        channel = self._channel
        channel.outbox.flush()
        if channel.transport.is_closing():
            # A transport that is broken says so in the loop's next turn.
            await asyncio.sleep(0)
        if channel.outbox.barred:
            await channel.senders.wait(channel)

    def write_eof(self) -> None:
        """Says to the peer that nothing more comes, once everything has gone out. Receiving goes on.

        Raises:
            NotImplementedError: The transport has no half-closed connections; TLS has none.
            ConnectionClosed, BrokenPipeError, OSError: As `send`.
        """
        self._channel.write_eof()

    def close(self) -> None:
        """Closes the connection: what was sent goes out, what was received is dropped.

        A call that waits raises `ConnectionClosed(local=True)`, as does every later one.
        """
        self._channel.close()

    def abort(self) -> None:
        """Closes the connection at once: what has not gone out yet is dropped, too."""
        self._channel.abort()

    async def wait_closed(self) -> None:
        """Waits until the connection is gone, however it ended."""
        await self._channel.wait_closed()

    def is_closing(self) -> bool:
        """Whether the connection is gone or going: closed on this side, or broken."""
        return self._channel.is_over or self._channel.transport.is_closing()

    def detach(self) -> tuple[asyncio.Transport, bytes]:
        """Gives the transport away, for another protocol. Nothing is read until that says so.

        Returns:
            The transport, its reading paused, and everything that was received and not returned, as it came over
            the wire. Feed that to the new protocol, then call the transport's `set_protocol` and `resume_reading`.

        Raises:
            RuntimeError: A call is still receiving or waiting to send.
            ConnectionClosed, BrokenPipeError, OSError: The connection is gone.
        """
        return self._channel.transport, self._channel.detach()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Gives what the transport knows: "peername", "sockname", "socket", "ssl_object"..."""
        return self._channel.transport.get_extra_info(name, default)

    @property
    def local_address(self) -> Any:
        """This side's address, as the socket module has it; None where the transport knows of none."""
        return self._channel.transport.get_extra_info("sockname")

    @property
    def remote_address(self) -> Any:
        """The peer's address, as the socket module has it; None where the transport knows of none."""
        return self._channel.transport.get_extra_info("peername")

    @property
    def transport(self) -> asyncio.Transport:
        """The transport. To write to it beside this object is the caller's risk."""
        return self._channel.transport

    @property
    def stats(self) -> FrameStats:
        """A snapshot of the counters of received frames; `buffered` is all that was received and not returned."""
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
            # The task is destroyed, and can wait for nothing.
            self._drop()
            return
        if kind is None or issubclass(kind, Exception):
            self.close()
        else:
            # Who is cancelled is not to wait for a peer that does not read.
            self.abort()
        try:
            await self.wait_closed()
        except BaseException:
            # Nobody waits any more for a peer that does not read.
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
