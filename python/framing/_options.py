"""The options that say how a connection is framed: one set, for everything that has a connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, SupportsIndex, TypedDict

from ._framing import _Config

if TYPE_CHECKING:
    from ._header import Header, HeaderLike

__all__ = ["Configured", "FrameOptions", "OptionsBesideHeader", "split"]


class OptionsBesideHeader(TypedDict, total=False):
    """The options of what takes its `header` by position."""

    send_header: HeaderLike | None
    max_frame_size: SupportsIndex | None
    keep_header: bool
    on_oversize: Literal["error", "skip"]
    max_skip: SupportsIndex | None
    max_consecutive_empty: SupportsIndex | None
    frame_timeout: float | None


class FrameOptions(OptionsBesideHeader, total=False):
    """How a connection is framed. Each option is also a read-only attribute of what took it.

    Keys:
        header: The header of received frames: a header object, or an int as the width in bytes of a
            `DecimalHeader`. By default 10, the tutorial's.
        send_header: The header of sent frames, where it is another one; by default `header`.
        max_frame_size: The largest payload sent or accepted, in the header's unit. By default 1,000,000,000, or the
            largest that the header can express if that is less. It is judged on the header, before any payload is
            read.
        keep_header: Return each received frame as header + payload, as it came, instead of the payload.
        on_oversize: What becomes of a received frame over `max_frame_size`. "error" refuses the stream. "skip"
            discards the frame as it arrives, counts it in `stats` and logs it as a warning of the logger `framing`
            (of many at once the first ones); the next frame is delivered as if it had not been there. What was
            discarded is in no `partial` and is not given back by `detach`.
        max_skip: The longest frame that is skipped, in the header's unit; a longer one is a `FrameTooLarge`. None
            for no bound. Only with `on_oversize="skip"`.
        max_consecutive_empty: How many empty frames may follow each other; one more is an `InvalidPayload`. None
            for any number.
        frame_timeout: Seconds to wait for the peer between the first byte of a frame and its last; None for no
            limit. When it has passed the connection is dead: `FrameStalled`. Time that a program spends elsewhere
            does not count.
    """

    header: HeaderLike


FrameOptions.__module__ = "framing"

_NAMES: Final = frozenset(FrameOptions.__annotations__)


def split(options: dict[str, Any]) -> tuple[_Config, dict[str, Any]]:
    """Judge the options of framing among `options`, and return them apart from the others.

    Raises:
        TypeError, ValueError: One of them is wrong.
    """
    framing = {name: value for name, value in options.items() if name in _NAMES}
    others = {name: value for name, value in options.items() if name not in _NAMES}
    return _Config(**framing), others


class Configured:
    """The options of a connection as attributes."""

    __slots__ = ()
    _config: _Config

    @property
    def header(self) -> Header:
        """The header of received frames."""
        return self._config.header

    @property
    def send_header(self) -> Header:
        """The header of sent frames."""
        return self._config.send_header

    @property
    def max_frame_size(self) -> int:
        """The largest payload sent or accepted, in the unit of `header`."""
        return self._config.max_frame_size

    @property
    def keep_header(self) -> bool:
        """Whether received frames begin with their header."""
        return self._config.keep_header

    @property
    def on_oversize(self) -> Literal["error", "skip"]:
        """What becomes of a received frame over `max_frame_size`."""
        return self._config.on_oversize

    @property
    def max_skip(self) -> int | None:
        """The longest frame that is skipped, in the unit of `header`; None for no bound."""
        return self._config.max_skip

    @property
    def max_consecutive_empty(self) -> int | None:
        """How many empty frames may follow each other; None for any number."""
        return self._config.max_consecutive_empty

    @property
    def frame_timeout(self) -> float | None:
        """Seconds that the peer may take over one frame; None for no limit."""
        return self._config.frame_timeout
