"""How the connections of one call are framed, and how much may wait on them."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Literal, NamedTuple, SupportsIndex, TypeAlias

from .._framing import _FrameReceiver

if TYPE_CHECKING:
    from .._header import HeaderLike

__all__ = ["DEFAULT_LIMIT", "Limit", "Options", "options"]

DEFAULT_LIMIT = 64 * 1024
"""Bytes: asyncio's own high-water mark for what waits to be sent."""

Limit: TypeAlias = SupportsIndex | tuple[SupportsIndex, SupportsIndex]
"""A high-water mark in bytes, or that and a low one."""


class Options(NamedTuple):
    """What all connections of one call have in common."""

    header: HeaderLike
    max_frame_size: SupportsIndex | None
    keep_header: bool
    frame_timeout: float | None
    on_oversize: Literal["error", "skip"]
    max_skip: SupportsIndex | None
    max_consecutive_empty: SupportsIndex | None
    read_marks: tuple[int, int]
    write_marks: tuple[int, int]


def options(
    header: HeaderLike,
    max_frame_size: SupportsIndex | None,
    keep_header: bool,
    frame_timeout: float | None,
    on_oversize: Literal["error", "skip"],
    max_skip: SupportsIndex | None,
    max_consecutive_empty: SupportsIndex | None,
    limit: Limit,
    write_limit: Limit,
) -> Options:
    """Judges the options, before anything is connected.

    Raises:
        TypeError, ValueError: One is wrong.
    """
    # Whatever is wrong with them, a receiver finds it, and says so in the same words as every other class.
    seconds = _FrameReceiver()._configure(  # noqa: SLF001
        header,
        max_frame_size=max_frame_size,
        keep_header=keep_header,
        frame_timeout=frame_timeout,
        on_oversize=on_oversize,
        max_skip=max_skip,
        max_consecutive_empty=max_consecutive_empty,
    )
    marks = _marks("limit", limit), _marks("write_limit", write_limit)
    policy = on_oversize, max_skip, max_consecutive_empty
    return Options(header, max_frame_size, keep_header, seconds, *policy, *marks)


def _marks(name: str, limit: Limit) -> tuple[int, int]:
    try:
        if isinstance(limit, tuple):
            high, low = map(operator.index, limit)
        else:
            high = operator.index(limit)
            # As asyncio does.
            low = high // 4
    except (TypeError, ValueError):
        message = f"{name} must be a number of bytes, or (high, low), not {limit!r}"
        raise TypeError(message) from None
    if not 0 <= low <= high:
        message = f"{name} must be at least 0, the low mark at most the high one, not {limit!r}"
        raise ValueError(message)
    return high, low
