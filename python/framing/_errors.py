"""The exceptions. Each carries its facts as attributes and builds its message from them.

FramingError(Exception)
├── InvalidHeader(FramingError, ValueError)
├── InvalidPayload(FramingError, ValueError)
├── FrameTooLarge(FramingError, ValueError)
├── BufferTooSmall(FramingError, ValueError)
├── ConnectionClosed(FramingError, EOFError)
├── IncompleteFrame(FramingError)
│   ├── TruncatedFrame(IncompleteFrame, EOFError)
│   ├── FrameTimeout(IncompleteFrame, TimeoutError)
│   ├── FrameWouldBlock(IncompleteFrame, BlockingIOError)
│   └── FrameStalled(IncompleteFrame, ConnectionAbortedError)
├── SendTimeout(FramingError, TimeoutError)
├── SendWouldBlock(FramingError, BlockingIOError)
├── SendIncomplete(FramingError)
└── ConcurrencyError(FramingError, RuntimeError)
"""

from __future__ import annotations

import errno
import math
from typing import TYPE_CHECKING, Any, ClassVar, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import TypeAlias

    # Bytes, or parts that have not been joined yet.
    _Partial: TypeAlias = bytes | Sequence[bytes | memoryview] | None

__all__ = [
    "BufferTooSmall",
    "ConcurrencyError",
    "ConnectionClosed",
    "FrameStalled",
    "FrameTimeout",
    "FrameTooLarge",
    "FrameWouldBlock",
    "FramingError",
    "IncompleteFrame",
    "InvalidHeader",
    "InvalidPayload",
    "SendIncomplete",
    "SendTimeout",
    "SendWouldBlock",
    "TruncatedFrame",
]

# Messages show at most this many of a peer's bytes: a peer chooses them, and a log shows them.
_SHOWN_BYTES = 32


class FramingError(Exception):
    """The base of every error that framing itself raises.

    Two errors are equal when they have the same class and the same facts. Every error can be
    pickled and copied.

    Attributes:
        frames: The good frames before the error if `decode` raised it; otherwise None.
    """

    frames: list[bytes] | None = None

    # The names of the facts, in the order of the constructor's arguments; None if the class has only arguments.
    _facts: ClassVar[tuple[str, ...] | None] = None

    # The `errno` of a class that is also an OSError.
    _errno: ClassVar[int | None] = None

    def __init__(self, *args: object) -> None:
        # OSError interprets its arguments by their number, so it gets exactly those that it expects.
        super().__init__(*args if self._errno is None else (self._errno, *args))

    def __str__(self) -> str:
        return super().__str__() if self._facts is None else str(self.args[-1])

    def __repr__(self) -> str:
        shown: Iterable[str] = map(repr, self.args)
        if self._facts is not None:
            facts = [(name, getattr(self, name)) for name in self._facts]
            # Facts at the end are often optional and not set.
            while facts and facts[-1][1] is None:
                facts.pop()
            shown = (f"{name}={_shown(value)}" for name, value in facts)
        return f"{type(self).__name__}({', '.join(shown)})"

    def _values(self) -> tuple[object, ...]:
        if self._facts is None:
            return self.args
        return tuple(getattr(self, name) for name in self._facts)

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other) or not isinstance(other, FramingError):
            return NotImplemented
        return self._values() == other._values()

    def __hash__(self) -> int:
        return hash((type(self), self._values()))

    def __reduce__(self) -> tuple[Any, ...]:
        # The facts are pickled as arguments; notes and other attributes, in the dictionary.
        facts = self._facts or ()
        state = {name: value for name, value in vars(self).items() if name.lstrip("_") not in facts}
        return type(self), self._values(), state or None


class InvalidHeader(FramingError, ValueError):
    """The peer sent a byte that cannot be part of a header.

    Attributes:
        header: The header's bytes up to and including the first invalid one; all of them if
            the header is blank.
        offset: The stream offset, in bytes, of the header's first byte.
        hint: A sentence about the protocol that the peer may speak, or None.
        partial: Every byte that was consumed from the socket, from the header's first one on, if the error comes
            from a function that keeps no bytes (`recv_frame`, `aio.read_frame`); otherwise None.
    """

    _facts = ("header", "offset", "hint", "partial")

    def __init__(
        self,
        header: bytes,
        offset: int | None = None,
        hint: str | None = None,
        partial: _Partial = None,
    ) -> None:
        self.header = header
        self.offset = offset
        self.hint = hint
        self._partial = partial
        shown = header[-_SHOWN_BYTES:]
        cut = "..." if len(shown) < len(header) else ""
        blank = " with no digit before it" if len(header) > 1 and not header.strip(b" ") else ""
        because = f"byte {bytes(header[-1:])!r} at index {len(header) - 1} cannot be there{blank}"
        message = f"invalid header {cut}{bytes(shown)!r}{_at(offset)}: {because}"
        super().__init__(_hinted(message, hint))

    @property
    def partial(self) -> bytes | None:
        """Every byte that was consumed, joined when it is first read."""
        self._partial = _joined(self._partial)
        return self._partial


class InvalidPayload(FramingError, ValueError):
    """A payload does not fit its header.

    The header counts code points and the payload is not UTF-8, a netstring has no comma behind its payload, more than
    `max_consecutive_empty` empty frames followed each other, or a payload to be sent is smaller than its header can
    express.

    Attributes:
        offset: The stream offset, in bytes, of the frame's first header byte; None from an encoder.
        reason: What is wrong, and at which byte of the payload.
        partial: As for `InvalidHeader`.
    """

    _facts = ("offset", "reason", "partial")

    def __init__(self, offset: int | None, reason: str, partial: _Partial = None) -> None:
        self.offset = offset
        self.reason = reason
        self._partial = partial
        super().__init__(f"invalid payload{_at(offset, 'of the frame ')}: {reason}")

    @property
    def partial(self) -> bytes | None:
        """Every byte that was consumed, joined when it is first read."""
        self._partial = _joined(self._partial)
        return self._partial


class FrameTooLarge(FramingError, ValueError):
    """A payload is over the limit.

    Attributes:
        length: The payload's length in the header's unit (bytes, or code points); exact.
        limit: The limit, `max_frame_size`, in the same unit.
        offset: The stream offset, in bytes, of the frame's first header byte; None from an encoder.
        hint: A sentence about the format that the peer's header may have, or None.
        partial: As for `InvalidHeader`.
    """

    _facts = ("length", "limit", "offset", "hint", "partial")

    def __init__(
        self,
        length: int,
        limit: int,
        offset: int | None = None,
        hint: str | None = None,
        partial: _Partial = None,
    ) -> None:
        self.length = length
        self.limit = limit
        self.offset = offset
        self.hint = hint
        self._partial = partial
        what = f"payload length {_number(length)} exceeds the limit of {limit} (max_frame_size)"
        super().__init__(_hinted(what + _at(offset), hint))

    @property
    def partial(self) -> bytes | None:
        """Every byte that was consumed, joined when it is first read."""
        self._partial = _joined(self._partial)
        return self._partial


class BufferTooSmall(FramingError, ValueError):
    """The caller's buffer cannot hold the frame. Nothing was written or lost.

    Attributes:
        needed: The size of the frame in bytes.
        available: The space in the buffer in bytes.
    """

    _facts = ("needed", "available")

    def __init__(self, needed: int, available: int) -> None:
        self.needed = needed
        self.available = available
        super().__init__(f"the frame needs {needed} bytes, the buffer has {available}")


class ConnectionClosed(FramingError, EOFError):
    """The stream ended between two frames, so that nothing is missing.

    Attributes:
        local: True if this side closed the connection.
    """

    _facts = ("local",)

    def __init__(self, local: bool = False) -> None:
        self.local = local
        who = "the connection was closed on this side" if local else "the peer closed the connection"
        super().__init__(f"{who}, between frames")


class IncompleteFrame(FramingError):
    """A frame could not be received to its end.

    Attributes:
        stage: The part that was being received: "header" or "payload".
        expected: The size of that part in bytes; the least possible size if the header counts code points.
        received: The number of bytes of that part that have arrived.
        partial: Every byte of the unfinished frame, header included, if the object does not keep
            them itself: feed them to a FrameDecoder to carry on. None if the object keeps them
            and the same call may be repeated.
        hint: A sentence about the format that the peer's header may have, or None.
    """

    _facts = ("stage", "expected", "received", "partial", "hint")
    _what: ClassVar[str] = "a frame is incomplete"

    def __init__(
        self,
        stage: Literal["header", "payload"],
        expected: int,
        received: int,
        partial: _Partial = None,
        hint: str | None = None,
    ) -> None:
        self.stage = stage
        self.expected = expected
        self.received = received
        self._partial = partial
        self.hint = hint
        message = f"{self._what}: {received} of {expected} bytes of the {stage} have arrived"
        super().__init__(_hinted(message, hint))

    @property
    def partial(self) -> bytes | None:
        """Every byte of the unfinished frame, joined when it is first read."""
        self._partial = _joined(self._partial)
        return self._partial


class TruncatedFrame(IncompleteFrame, EOFError):
    """The stream ended inside a frame."""

    _what = "the stream ended inside a frame"


class FrameTimeout(IncompleteFrame, TimeoutError):
    """The deadline passed before the frame was complete."""

    _what = "timed out waiting for a frame"


class FrameWouldBlock(IncompleteFrame, BlockingIOError):
    """The frame is not complete and the call may not wait; `errno` is EAGAIN."""

    _what = "a frame is not complete yet and the socket does not block"
    _errno = errno.EAGAIN


class FrameStalled(IncompleteFrame, ConnectionAbortedError):
    """The peer took longer than `frame_timeout` to send one frame. The connection is dead."""

    _what = "the peer did not finish a frame within frame_timeout"
    _errno = errno.ECONNABORTED


class SendTimeout(FramingError, TimeoutError):
    """The deadline passed before a send could begin. Nothing was taken, so the send may be repeated."""

    _facts = ()

    def __init__(self) -> None:
        super().__init__("timed out before the send could begin: nothing of it was taken")


class SendWouldBlock(FramingError, BlockingIOError):
    """A send has no room and may not wait; `errno` is EAGAIN. Nothing was taken, so the send may be repeated."""

    _facts = ()
    _errno = errno.EAGAIN

    def __init__(self) -> None:
        super().__init__("there is no room and the send does not wait: nothing of it was taken")


class SendIncomplete(FramingError):
    """A send stopped part-way. The frame is accepted: do not send it again.

    Attributes:
        sent: The number of wire bytes that were sent.
        remaining: The wire bytes that were not sent; None if the object keeps them, and the next send
            or flush sends them first.
    """

    _facts = ("sent", "remaining")

    def __init__(self, sent: int, remaining: bytes | None = None) -> None:
        self.sent = sent
        self.remaining = remaining
        rest = "the rest is kept and goes first" if remaining is None else f"{len(remaining)} remain"
        super().__init__(f"the send stopped after {sent} bytes, {rest}")


class ConcurrencyError(FramingError, RuntimeError):
    """Two calls that exclude each other were made at once."""


def _at(offset: int | None, what: str = "") -> str:
    return "" if offset is None else f" {what}at stream offset {offset}".replace("  ", " ")


def _hinted(message: str, hint: str | None) -> str:
    return f"{message} ({hint})" if hint else message


def _joined(partial: _Partial) -> bytes | None:
    return partial if partial is None or isinstance(partial, bytes) else b"".join(partial)


def _number(number: int) -> str:
    # A peer chooses how long this number is, and Python refuses to print very long ones.
    if number.bit_length() <= 128:
        return str(number)
    return f"about 1e{int(math.log10(number))}"


def _shown(value: object) -> str:
    if isinstance(value, bytes) and len(value) > _SHOWN_BYTES:
        return f"{value[:_SHOWN_BYTES]!r}..."
    return _number(value) if isinstance(value, int) and not isinstance(value, bool) else repr(value)


for _name in __all__:
    globals()[_name].__module__ = "framing"
