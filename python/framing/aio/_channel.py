"""What stands between a transport and a `FramedStream`."""

from __future__ import annotations

import asyncio
import errno
import os
from typing import TYPE_CHECKING, cast

from .._errors import ConnectionClosed
from .._framing import _FrameQueue, _Outbox
from ._senders import Senders
from ._stall import StallClock
from ._wakeups import wakeups

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

    from ._options import StreamConfig

__all__ = ["Channel", "broken_pipe"]


class Channel(_FrameQueue, asyncio.BufferedProtocol):
    """The protocol under a stream: it knows in which state the connection is, and who waits for what."""

    transport: asyncio.Transport

    def __new__(cls, config: StreamConfig, loop: asyncio.AbstractEventLoop, *_: object) -> Self:
        high, low = config.read_marks
        queue = super().__new__(
            cls,
            _Outbox(config.framing),
            loop,
            wakeups(loop),
            config.framing,
            high=high,
            low=low,
        )
        return cast("Self", queue)

    def __init__(
        self,
        config: StreamConfig,
        loop: asyncio.AbstractEventLoop,
        connected: Callable[[Channel], None] | None = None,
    ) -> None:
        """Make the protocol of a stream; `connected` is called when there is a transport."""
        self.loop = loop
        self.config = config
        self.senders = Senders(loop, self._outbox)
        # Why the connection broke; raised by every call that finds it broken.
        self.failure: BaseException | None = None
        self._broken_pipe: BrokenPipeError | None = None
        self.is_local_end = False
        self.is_detached = False
        self._has_ended = False
        self._is_lost = False
        self._wrote_eof = False
        self._connected = connected
        self._closed: asyncio.Future[None] | None = None
        self._clock: StallClock | None = None
        frame_timeout = config.framing.frame_timeout
        if frame_timeout is not None:
            self._clock = StallClock(loop, frame_timeout, lambda: self._unfinished, self._stall)

    # What the transport calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Part of `asyncio.BaseProtocol`."""
        # uvloop's transports are no subclasses of asyncio's.
        self.transport = transport = cast("asyncio.Transport", transport)
        high, low = self.config.write_marks
        # With a mark of 0, asyncio's TLS pauses for nothing, and then does not resume.
        transport.set_write_buffer_limits(max(high, 1) if self._is_encrypted() else high, low)
        self._outbox.bind(transport.write, self.loop.call_soon)
        if self._connected is not None:
            self._connected(self)
            self._connected = None

    def eof_received(self) -> bool:
        """Part of `asyncio.BufferedProtocol`."""
        self._has_ended = True
        if self._clock is not None:
            self._clock.stop()
        self._finish()
        # TLS has no half-closed connections.
        return not self._is_encrypted()

    def connection_lost(self, exc: BaseException | None) -> None:
        """Part of `asyncio.BaseProtocol`."""
        self._is_lost = True
        if self.failure is None:
            self.failure = exc
        self._end_all()
        self._release_waiters()

    def pause_writing(self) -> None:
        """Part of `asyncio.BaseProtocol`."""
        self.senders.pause()

    def resume_writing(self) -> None:
        """Part of `asyncio.BaseProtocol`."""
        self.senders.resume(self)

    # What the queue calls.

    def _pause(self) -> None:
        try:
            self.transport.pause_reading()
        except NotImplementedError:
            return
        if self._clock is not None:
            self._clock.pause()

    def _resume(self) -> None:
        if self.is_over:
            return
        try:
            self.transport.resume_reading()
        except NotImplementedError:
            return
        except Exception as error:
            # Who receives has a frame, which is not to be lost.
            message = "a transport that was to read again has failed"
            self.loop.call_exception_handler(
                {"message": message, "exception": error, "transport": self.transport}
            )
        if self._clock is not None:
            self._clock.resume()

    def _progressed(self) -> None:
        if self._clock is not None:
            self._clock.progressed()

    def _stall(self) -> None:
        self.failure = self._stalled()
        self._outbox.unbind()
        self.transport.abort()
        self._end_all()

    # What a stream asks for.

    @property
    def outbox(self) -> _Outbox:
        """Where frames are put."""
        return self._outbox

    @property
    def is_over(self) -> bool:
        """Whether nothing more can be received or sent: lost, or closed on this side."""
        return self._is_lost or self.is_local_end or self.failure is not None

    def _ending(self, iterating: bool) -> BaseException | None:
        """Tells an arrival that there is nothing more to come: with which error, or None for the end of an iteration."""
        error = self.ending()
        if error is None or (iterating and type(error) is ConnectionClosed and not error.local):
            return None
        return error

    def ending(self) -> BaseException | None:
        """Return the error with which receiving ends; None as long as more may come."""
        if self.is_local_end:
            return ConnectionClosed(local=True)
        if self.failure is not None and not self._has_ended:
            return self.failure.with_traceback(None)
        if self._has_ended or self._is_lost:
            return self._end() or ConnectionClosed()
        return None

    def refusal(self) -> BaseException | None:
        """Return the error for which nothing can be sent, if there is one."""
        if self.is_local_end:
            return ConnectionClosed(local=True)
        if self.failure is not None:
            return self.failure.with_traceback(None)
        if self._is_lost:
            self._broken_pipe = self._broken_pipe or broken_pipe()
            return self._broken_pipe.with_traceback(None)
        return broken_pipe() if self._wrote_eof else None

    def has_raised(self, error: BaseException) -> bool:
        """Whether the error is that of this connection."""
        return isinstance(error, OSError) and (error is self.failure or error is self._broken_pipe)

    def write_eof(self) -> None:
        """Says to the peer that nothing more comes."""
        error = self.refusal()
        if error is not None and not self._wrote_eof:
            raise error
        self._outbox.flush()
        self.transport.write_eof()
        self._wrote_eof = True
        self.senders.update(self)

    def close(self) -> None:
        """End the connection after what was sent has gone out."""
        if not self.is_local_end:
            self._outbox.flush()
            self._end_locally()
            if not self._is_lost:
                self.transport.close()

    def abort(self) -> None:
        """End the connection now."""
        if not self.is_detached:
            # What waits to be handed over is dropped with the rest.
            self._outbox.unbind()
            self._end_locally()
            if not self._is_lost:
                self.transport.abort()

    async def wait_closed(self) -> None:
        """Wait until the connection is gone."""
        if not self._is_lost and not self.is_detached:
            if self._closed is None:
                self._closed = self.loop.create_future()
            await asyncio.shield(self._closed)

    def detach(self) -> bytes:
        """Lets go of the transport, and gives what was received and not returned."""
        error = self.refusal()
        if error is not None and not self._wrote_eof:
            raise error
        if self._is_awaited or len(self.senders):
            message = "a call is still using the stream"
            raise RuntimeError(message)
        self._outbox.flush()
        self._pause()
        wire = self._take_wire()
        self.is_detached = True
        self._end_locally()
        self._release_waiters()
        return wire

    def _is_encrypted(self) -> bool:
        return self.transport.get_extra_info("sslcontext") is not None

    def _end_locally(self) -> None:
        self.is_local_end = True
        self._close()
        self._end_all()

    def _end_all(self) -> None:
        """Everybody who waits finds out by himself how it ended."""
        if self._clock is not None:
            self._clock.stop()
        self._finish()
        self.senders.update(self)

    def _release_waiters(self) -> None:
        """There is nothing to wait for any more, and nothing to send to."""
        self._outbox.unbind()
        if self._closed is not None and not self._closed.done():
            self._closed.set_result(None)


def broken_pipe() -> BrokenPipeError:
    """Return the error for a send on a connection that is gone, as the system words it."""
    return BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))
