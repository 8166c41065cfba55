"""What decoders are fed, and what they are compared with: the same objects, without looking at a header."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Protocol

import framing

if TYPE_CHECKING:
    from collections.abc import Sequence

    import harness

CHUNK = 64 * 1024


class Decoder(Protocol):
    def feed(self, data: bytes, /) -> list[bytes]: ...


def cut(stream: bytes, size: int) -> list[bytes]:
    return [stream[at : at + size] for at in range(0, len(stream), size)]


def feed_all(chunks: list[bytes], decoder: Decoder | None = None) -> harness.Work:
    decoder = decoder or framing.FrameDecoder()

    def work() -> None:
        feed = decoder.feed
        for chunk in chunks:
            feed(chunk)

    return work


def unpack_all(
    sizes: Sequence[int], chunk_size: int, before: int = framing.HEADER_SIZE, behind: int = 0
) -> harness.Work:
    """The floor: the same `bytes` objects, as many at a time; `before` and `behind` each are so many bytes."""
    works = []
    layout: list[str] = []
    room = chunk_size
    for size in [*sizes, chunk_size]:
        if (room := room - before - size - behind) < 0:
            fields = struct.Struct("".join(layout))
            works.append((fields.unpack, bytes(fields.size)))
            layout, room = [], chunk_size - before - size - behind
        layout.append(f"{before}x{size}s{behind}x")

    def work() -> None:
        for unpack, chunk in works:
            unpack(chunk)

    return work
