"""The counters of a decoder."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["FrameStats"]


@dataclass(frozen=True)
class FrameStats:
    """What has passed through a decoder: a snapshot, which does not change afterwards.

    Attributes:
        frames: Completed frames.
        payload_bytes: Bytes of their payloads.
        wire_bytes: Bytes of those frames as they are sent, headers included.
        largest_frame: Bytes of the largest payload.
        buffered: Bytes of the unfinished frame, header included.
        skipped_frames: Frames that were over the limit, and skipped.
        skipped_bytes: Bytes of such frames that have been discarded, headers included.
    """

    frames: int = 0
    payload_bytes: int = 0
    wire_bytes: int = 0
    largest_frame: int = 0
    buffered: int = 0
    skipped_frames: int = 0
    skipped_bytes: int = 0


FrameStats.__module__ = "framing"
