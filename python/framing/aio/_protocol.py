"""The class `FramedProtocol`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Unpack, cast

from .._errors import ConnectionClosed
from .._framing import _Config, _FrameReceiver, _Outbox
from .._options import Configured
from ._channel import broken_pipe
from ._stall import StallClock

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Self

    from typing_extensions import Buffer

    from .._errors import FramingError
    from .._header import HeaderLike
    from .._options import OptionsBesideHeader

__all__ = ["FramedProtocol"]


class FramedProtocol(_FrameReceiver, Configured, asyncio.BufferedProtocol):
    """Frames over an asyncio transport, in the callback style: override `frame_received`, and give the class to
    `loop.create_server` or `loop.create_connection`.

        class Echo(aio.FramedProtocol):
            def frame_received(self, frame):
                self.send(frame)

        server = await loop.create_server(Echo, "127.0.0.1", 1235)

    No frame is delivered after `close` or `abort`. What a callback raises is for the transport to handle: it
    reports it to the loop's exception handler and closes the connection.

    Args:
        header: The header of received frames: a header object, or an int as the width in bytes of a `DecimalHeader`.
        **options: The others of `FrameOptions`. When `frame_timeout` has passed, `error_received` gets a
            `FrameStalled` and the connection is aborted.

    Raises:
        TypeError, ValueError: An argument is wrong.
    """

    if TYPE_CHECKING:
        # The stub has it give an object of its own class, which is no protocol.
        def __new__(cls, *_arguments: Any, **_named: Any) -> Self: ...

    transport: asyncio.Transport
    """The transport, once `connection_made` was called."""

    # A class of its own need not call our __init__, if the defaults are what it wants.
    _config = _Config()
    _sending: _Outbox | None = None
    _clock: StallClock | None = None
    _is_local_end = False

    def __init__(self, header: HeaderLike = 10, **options: Unpack[OptionsBesideHeader]) -> None:
        self._config = _Config(header, **options)
        self._sending = _Outbox(self._config)
        self._configure(self._config)

    # What the transport calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called once there is a connection. An override calls this one first."""
        # uvloop's transports are no subclasses of asyncio's.
        self.transport = transport = cast("asyncio.Transport", transport)
        loop = asyncio.get_running_loop()
        self._outbox.bind(transport.write, loop.call_soon)
        self._start(self._outbox)
        if self.frame_timeout is not None:
            self._clock = StallClock(loop, self.frame_timeout, lambda: self._unfinished, self._stall)

    def frame_received(self, frame: bytes) -> None:
        """Called with each frame, in order."""

    def eof_received(self) -> bool | None:
        """Called when the peer has ended the stream. In the middle of a frame, `error_received` gets a
        `TruncatedFrame`. An override calls this one.

        Returns:
            True to keep the connection for sending; else the transport closes it. TLS always closes it.
        """
        if self._clock is not None:
            self._clock.stop()
        error = self._end()
        if error is not None:
            self.error_received(error)
        return None

    def error_received(self, exc: FramingError) -> None:  # noqa: ARG002
        """Called when no more frames can be received, with the reason. Closes the connection by default."""
        self.close()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """Called once when the connection is gone. An override calls this one.

        Args:
            exc: What broke it; None where it was closed, on whichever side.
        """
        self._stop()
        self._outbox.unbind()
        if self._clock is not None:
            self._clock.stop()

    # What a program calls.

    def send_many(self, payloads: Iterable[str | Buffer], *, fields: Buffer | None = None) -> None:
        """Sends many frames at once, as `send` does.

        Args:
            payloads: Any iterable of payloads. All are taken and judged before the first one is sent.
            fields: As for `send`, the same for every frame.

        Raises:
            FrameTooLarge, InvalidPayload, TypeError, ValueError, ConnectionClosed, BrokenPipeError: As `send`.
        """
        if not self._outbox.put_many(payloads, fields):
            self._refuse()

    def send_encoded(self, wire: Buffer) -> None:
        """Sends bytes that are frames already: to forward what came with `keep_header`, or to encode once and
        send to many. They are not looked at.

        Args:
            wire: Whole frames, in a contiguous bytes-like object.

        Raises:
            TypeError, ConnectionClosed, BrokenPipeError: As `send`.
        """
        if not self._outbox.put_encoded(wire):
            self._refuse()

    def write_eof(self) -> None:
        """Says to the peer that nothing more comes, once everything has gone out. Receiving goes on.

        Raises:
            NotImplementedError: The transport has no half-closed connections; TLS has none.
        """
        self._outbox.flush()
        self.transport.write_eof()
        self._outbox.barred = True

    def close(self) -> None:
        """Closes the connection when what was sent has gone out."""
        self._stop()
        self._outbox.flush()
        self._outbox.barred = True
        self._is_local_end = True
        self.transport.close()

    def abort(self) -> None:
        """Closes the connection at once: what has not gone out yet is dropped."""
        self._stop()
        self._outbox.unbind()
        self._is_local_end = True
        self.transport.abort()

    def is_closing(self) -> bool:
        """Whether the connection is gone or going."""
        return self.transport.is_closing()

    @property
    def _outbox(self) -> _Outbox:
        if self._sending is None:
            self._sending = _Outbox(self._config)
        return self._sending

    def _refuse(self) -> None:
        """Says why nothing was taken."""
        raise ConnectionClosed(local=True) if self._is_local_end else broken_pipe()

    def _progressed(self) -> None:
        if self._clock is not None:
            self._clock.progressed()

    def _stall(self) -> None:
        if not self.transport.is_closing():
            error = self._stalled()
            self.error_received(error)
            self.abort()
