"""The counters of a decoder."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["FrameStats"]


@dataclass(frozen=True)
class FrameStats:
    """A snapshot of the counters of what has passed through a decoder. It does not change afterwards.

    Attributes:
        frames: The number of completed frames.
        payload_bytes: The total size of their payloads in bytes.
        wire_bytes: The total size of those frames on the wire in bytes, headers included.
        largest_frame: The size of the largest payload in bytes.
        buffered: The number of buffered bytes of the unfinished frame, header included.
        skipped_frames: The number of frames that were over the limit and skipped.
        skipped_bytes: The number of bytes of such frames that have been discarded, headers included.
    """

    frames: int = 0
    payload_bytes: int = 0
    wire_bytes: int = 0
    largest_frame: int = 0
    buffered: int = 0
    skipped_frames: int = 0
    skipped_bytes: int = 0


FrameStats.__module__ = "framing"
