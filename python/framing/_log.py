"""The library's log messages."""

from __future__ import annotations

import logging
from typing import Final

__all__ = ["log_skipped"]

_logger: Final = logging.getLogger("framing")


def log_skipped(first: list[tuple[int, int]], more: int) -> None:
    """Warn of skipped frames: the length and offset of the first ones, and how many more there were.

    A peer decides how many there are, so not each of them is worth a line.
    """
    if not _logger.isEnabledFor(logging.WARNING):
        return
    for length, offset in first:
        _logger.warning(
            "skipped a frame of length %d at stream offset %d: it is over max_frame_size",
            length,
            offset,
        )
    if more:
        _logger.warning("skipped %d more frames behind those: they are over max_frame_size", more)
