"""The options that say how a connection is framed: one set, for everything that has a connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, SupportsIndex, TypedDict

from ._framing import _Config

if TYPE_CHECKING:
    from ._header import Header, HeaderLike

__all__ = ["Configured", "FrameOptions", "OptionsBesideHeader", "split"]


class OptionsBesideHeader(TypedDict, total=False):
    """The options of classes and functions that take `header` as a positional argument."""

    send_header: HeaderLike | None
    max_frame_size: SupportsIndex | None
    keep_header: bool
    on_oversize: Literal["error", "skip"]
    max_skip: SupportsIndex | None
    max_consecutive_empty: SupportsIndex | None
    frame_timeout: float | None


class FrameOptions(OptionsBesideHeader, total=False):
    """The options that say how a connection is framed.

    Each option is also a read-only attribute of the object that was made with it.

    Keys:
        header: The header of received frames: a header object, or an int as the width in bytes of a
            `DecimalHeader`. By default 10, the tutorial's.
        send_header: The header of sent frames. By default the same as `header`.
        max_frame_size: The largest payload sent or accepted, in the header's unit. By default 1,000,000,000, or the
            largest that the header can express if that is less. It is checked on the header, before any payload is
            read.
        keep_header: Return each received frame as header + payload, as received, instead of the payload.
        on_oversize: What to do with a received frame over `max_frame_size`. "error" refuses the stream. "skip"
            discards the frame as it arrives, counts it in `stats` and logs a warning to the logger `framing` (when
            many are skipped at once, only for the first ones); the next frame is delivered as if the skipped one
            had not been there. Discarded bytes appear in no `partial`, and `detach` does not return them.
        max_skip: The longest frame to skip, in the header's unit; a longer one raises `FrameTooLarge`. None means
            no limit. Only with `on_oversize="skip"`.
        max_consecutive_empty: How many empty frames may follow each other; one more raises `InvalidPayload`. None
            means any number.
        frame_timeout: Seconds to wait for the peer between the first byte of a frame and its last; None means no
            limit. When they have passed, `FrameStalled` is raised and the connection is dead. Time that the program
            spends elsewhere does not count.
    """

    header: HeaderLike


FrameOptions.__module__ = "framing"

_NAMES: Final = frozenset(FrameOptions.__annotations__)


def split(options: dict[str, Any]) -> tuple[_Config, dict[str, Any]]:
    """Check the framing options among `options`, and return them apart from the others.

    Raises:
        TypeError, ValueError: A framing option is wrong.
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
        """What happens to a received frame over `max_frame_size`: "error" or "skip"."""
        return self._config.on_oversize

    @property
    def max_skip(self) -> int | None:
        """The longest frame that is skipped, in the unit of `header`; None means no limit."""
        return self._config.max_skip

    @property
    def max_consecutive_empty(self) -> int | None:
        """How many empty frames may follow each other; None means any number."""
        return self._config.max_consecutive_empty

    @property
    def frame_timeout(self) -> float | None:
        """The seconds that the peer may take to send one frame; None means no limit."""
        return self._config.frame_timeout
