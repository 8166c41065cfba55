"""A stream with frames over the limit, and what the log says of them."""

from __future__ import annotations

import logging
from typing import Any

import framing
import pytest

SKIP: dict[str, Any] = {"max_frame_size": 5, "on_oversize": "skip"}
LARGE = b"x" * 600_000
STREAM = b"".join(
    map(framing.encode, [b"too long", b"one", LARGE, b"", b"two", LARGE, LARGE, b"three"])
)
FRAMES = [b"one", b"", b"two", b"three"]
OVER = [(8, 0), (600_000, 31), (600_000, 600_064), (600_000, 1_200_074)]


def warnings(caplog: pytest.LogCaptureFixture) -> list[tuple[object, ...]]:
    """Length and offset of each frame that the log says was skipped."""
    for record in caplog.records:
        assert (record.name, record.levelno) == ("framing", logging.WARNING)
        length, offset = record.args or ()
        assert f"length {length} at stream offset {offset}" in record.getMessage()
    return [tuple(record.args or ()) for record in caplog.records]
