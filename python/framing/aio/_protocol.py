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
    """Send and receive frames over an asyncio transport, in the callback style.

    Override `frame_received`, and pass the class to `loop.create_server` or `loop.create_connection`:

        class Echo(aio.FramedProtocol):
            def frame_received(self, frame):
                self.send(frame)

        server = await loop.create_server(Echo, "127.0.0.1", 1235)

    No frame is delivered after `close` or `abort`. The transport handles what a callback raises: it reports the error
    to the loop's exception handler and closes the connection.

    Args:
        header: The header of received frames: a header object, or an int as the width in bytes of a `DecimalHeader`.
        **options: The other options of `FrameOptions`. When `frame_timeout` has passed, `error_received` gets a
            `FrameStalled` and the connection is aborted.

    Raises:
        TypeError, ValueError: An argument is wrong.
    """

    if TYPE_CHECKING:
        # The stub declares that this returns the base class, which is not a protocol.
        def __new__(cls, *_arguments: Any, **_named: Any) -> Self: ...

    transport: asyncio.Transport
    """The transport, which is set by `connection_made`."""

    # A subclass that wants the defaults need not call our __init__.
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
        """Start receiving from a new connection. The transport calls this once.

        Overrides must call `super().connection_made(transport)` first.
        """
        # uvloop's transports are not subclasses of asyncio's.
        self.transport = transport = cast("asyncio.Transport", transport)
        loop = asyncio.get_running_loop()
        self._outbox.bind(transport.write, loop.call_soon)
        self._start(self._outbox)
        if self.frame_timeout is not None:
            self._clock = StallClock(loop, self.frame_timeout, lambda: self._unfinished, self._stall)

    def frame_received(self, frame: bytes) -> None:
        """Handle one frame. This is called with each frame, in order; override it."""

    def eof_received(self) -> bool | None:
        """Handle the end of the peer's stream. The transport calls this once.

        If the stream ends inside a frame, `error_received` gets a `TruncatedFrame`. Overrides must call
        `super().eof_received()`.

        Returns:
            True to keep the connection open for sending; otherwise the transport closes it. TLS always closes it.
        """
        if self._clock is not None:
            self._clock.stop()
        error = self._end()
        if error is not None:
            self.error_received(error)
        return None

    def error_received(self, exc: FramingError) -> None:  # noqa: ARG002
        """Handle the error after which no more frames can be received. By default this closes the connection.

        Args:
            exc: The error.
        """
        self.close()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """Handle the loss of the connection. The transport calls this once.

        Overrides must call `super().connection_lost(exc)`.

        Args:
            exc: The error that broke the connection; None if either side closed it.
        """
        self._stop()
        self._outbox.unbind()
        if self._clock is not None:
            self._clock.stop()

    # What a program calls.

    def send_many(self, payloads: Iterable[str | Buffer], *, fields: Buffer | None = None) -> None:
        """Send many frames at once, as `send` does.

        Args:
            payloads: Any iterable of payloads. All are collected and checked before the first one is sent.
            fields: As for `send`. They are the same for every frame.

        Raises:
            FrameTooLarge, InvalidPayload, TypeError, ValueError, ConnectionClosed, BrokenPipeError: As for `send`.
        """
        if not self._outbox.put_many(payloads, fields):
            self._refuse()

    def send_encoded(self, wire: Buffer) -> None:
        """Send bytes that already are frames, without checking them.

        Use this to forward frames that were received with `keep_header`, or to encode a frame once and send it to
        many peers.

        Args:
            wire: Whole frames, in a contiguous bytes-like object.

        Raises:
            TypeError, ConnectionClosed, BrokenPipeError: As for `send`.
        """
        if not self._outbox.put_encoded(wire):
            self._refuse()

    def write_eof(self) -> None:
        """End this side of the stream after everything sent has gone out. Receiving goes on.

        Raises:
            NotImplementedError: The transport cannot close one direction alone; TLS cannot.
        """
        self._outbox.flush()
        self.transport.write_eof()
        self._outbox.barred = True

    def close(self) -> None:
        """Close the connection after what was sent has gone out."""
        self._stop()
        self._outbox.flush()
        self._outbox.barred = True
        self._is_local_end = True
        self.transport.close()

    def abort(self) -> None:
        """Close the connection at once, and drop what has not gone out yet."""
        self._stop()
        self._outbox.unbind()
        self._is_local_end = True
        self.transport.abort()

    def is_closing(self) -> bool:
        """Return whether the connection is closed or closing."""
        return self.transport.is_closing()

    @property
    def _outbox(self) -> _Outbox:
        if self._sending is None:
            self._sending = _Outbox(self._config)
        return self._sending

    def _refuse(self) -> None:
        """Raise the error for a send of which nothing was taken."""
        raise ConnectionClosed(local=True) if self._is_local_end else broken_pipe()

    def _progressed(self) -> None:
        if self._clock is not None:
            self._clock.progressed()

    def _stall(self) -> None:
        if not self.transport.is_closing():
            error = self._stalled()
            self.error_received(error)
            self.abort()
