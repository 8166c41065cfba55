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

    # Bytes, perhaps in pieces that nobody has put together yet.
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

# A peer chooses these bytes, and a log shows them.
_SHOWN_BYTES = 32


class FramingError(Exception):
    """The base of every error that framing itself raises.

    Two errors are equal when they are of one class and state the same facts. Every error can be
    pickled and copied.

    Attributes:
        frames: The good frames before the error, where `decode` raises it; otherwise None.
    """

    frames: list[bytes] | None = None

    # The names of the facts, in the order of the constructor's arguments; None where the arguments are all there is.
    _facts: ClassVar[tuple[str, ...] | None] = None

    # Where a class is an OSError too: what it carries as `errno`.
    _errno: ClassVar[int | None] = None

    def __init__(self, *args: object) -> None:
        # OSError takes its own meaning from the number of arguments, so it gets exactly its own.
        super().__init__(*args if self._errno is None else (self._errno, *args))

    def __str__(self) -> str:
        return super().__str__() if self._facts is None else str(self.args[-1])

    def __repr__(self) -> str:
        shown: Iterable[str] = map(repr, self.args)
        if self._facts is not None:
            facts = [(name, getattr(self, name)) for name in self._facts]
            # Many have an optional fact or two at the end, and few have them all.
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
        # Notes and whatever else was set travel in the dictionary; the facts, as arguments.
        facts = self._facts or ()
        state = {name: value for name, value in vars(self).items() if name.lstrip("_") not in facts}
        return type(self), self._values(), state or None


class InvalidHeader(FramingError, ValueError):
    """The peer sent a byte that no header has at that place.

    Attributes:
        header: The header's bytes up to and including the first offending one; all of them where
            the header is blank.
        offset: The stream offset, in bytes, of the header's first byte.
        hint: A sentence about what the peer may have been speaking, or None.
        partial: Every byte that was consumed from the socket, from the header's first one on, where a function
            raises it that keeps nothing (`recv_frame`, `aio.read_frame`); otherwise None.
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
        """Every byte that was consumed, put together when it is first asked for."""
        self._partial = _joined(self._partial)
        return self._partial


class InvalidPayload(FramingError, ValueError):
    """A payload is not what its header says: not UTF-8 where the header counts code points, or without what must
    stand behind it (a netstring's comma). Or it is shorter than a header can say.

    Attributes:
        offset: The stream offset, in bytes, of the frame's first header byte; None from an encoder.
        reason: What is wrong, and at which byte of the payload.
        partial: As of `InvalidHeader`.
    """

    _facts = ("offset", "reason", "partial")

    def __init__(self, offset: int | None, reason: str, partial: _Partial = None) -> None:
        self.offset = offset
        self.reason = reason
        self._partial = partial
        super().__init__(f"invalid payload{_at(offset, 'of the frame ')}: {reason}")

    @property
    def partial(self) -> bytes | None:
        """Every byte that was consumed, put together when it is first asked for."""
        self._partial = _joined(self._partial)
        return self._partial


class FrameTooLarge(FramingError, ValueError):
    """A payload is over the limit.

    Attributes:
        length: The payload's length in the header's unit (bytes, or code points); exact.
        limit: The limit, `max_frame_size`, in the same unit.
        offset: The stream offset, in bytes, of the frame's first header byte; None from an encoder.
        hint: A sentence about what the peer's header may have been, or None.
        partial: As of `InvalidHeader`.
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
        """Every byte that was consumed, put together when it is first asked for."""
        self._partial = _joined(self._partial)
        return self._partial


class BufferTooSmall(FramingError, ValueError):
    """The caller's buffer cannot hold the frame. Nothing was written or lost.

    Attributes:
        needed: Bytes that the frame needs.
        available: Bytes that the buffer has.
    """

    _facts = ("needed", "available")

    def __init__(self, needed: int, available: int) -> None:
        self.needed = needed
        self.available = available
        super().__init__(f"the frame needs {needed} bytes, the buffer has {available}")


class ConnectionClosed(FramingError, EOFError):
    """The stream ended between two frames: nothing is missing.

    Attributes:
        local: True where this side closed the connection.
    """

    _facts = ("local",)

    def __init__(self, local: bool = False) -> None:
        self.local = local
        who = "the connection was closed on this side" if local else "the peer closed the connection"
        super().__init__(f"{who}, between frames")


class IncompleteFrame(FramingError):
    """A frame could not be received to its end.

    Attributes:
        stage: "header" or "payload": the part that was being received.
        expected: Bytes that part has; the least possible number where code points are counted.
        received: Bytes of that part that have arrived.
        partial: Every byte of the unfinished frame, header included, where the object does not keep
            them itself: feeding them to a FrameDecoder carries on. None where the object keeps them
            and the same call may be repeated.
        hint: A sentence about what the peer's header may have been, or None.
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
        """Every byte of the unfinished frame, put together when it is first asked for."""
        self._partial = _joined(self._partial)
        return self._partial


class TruncatedFrame(IncompleteFrame, EOFError):
    """The stream ended inside a frame."""

    _what = "the stream ended inside a frame"


class FrameTimeout(IncompleteFrame, TimeoutError):
    """The deadline passed before the frame was complete."""

    _what = "timed out waiting for a frame"


class FrameWouldBlock(IncompleteFrame, BlockingIOError):
    """The socket does not block and the frame is not complete; `errno` is EAGAIN."""

    _what = "a frame is not complete yet and the socket does not block"
    _errno = errno.EAGAIN


class FrameStalled(IncompleteFrame, ConnectionAbortedError):
    """The peer took longer than `frame_timeout` over one frame: the connection is dead."""

    _what = "the peer did not finish a frame within frame_timeout"
    _errno = errno.ECONNABORTED


class SendTimeout(FramingError, TimeoutError):
    """The deadline passed before a send could begin. Nothing of it was taken: try again."""

    _facts = ()

    def __init__(self) -> None:
        super().__init__("timed out before the send could begin: nothing of it was taken")


class SendWouldBlock(FramingError, BlockingIOError):
    """There is no room, and the send does not wait. Nothing of it was taken: try again; `errno` is EAGAIN."""

    _facts = ()
    _errno = errno.EAGAIN

    def __init__(self) -> None:
        super().__init__("there is no room and the send does not wait: nothing of it was taken")


class SendIncomplete(FramingError):
    """A send stopped part-way. The frame is accepted: do not send it again.

    Attributes:
        sent: Wire bytes of it that were sent.
        remaining: The wire bytes that were not; None where the object keeps them and the next send
            or flush finishes them first.
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
    # A peer chooses how long this is, and Python refuses to print some of them.
    if number.bit_length() <= 128:
        return str(number)
    return f"about 1e{int(math.log10(number))}"


def _shown(value: object) -> str:
    if isinstance(value, bytes) and len(value) > _SHOWN_BYTES:
        return f"{value[:_SHOWN_BYTES]!r}..."
    return _number(value) if isinstance(value, int) and not isinstance(value, bool) else repr(value)


for _name in __all__:
    globals()[_name].__module__ = "framing"
