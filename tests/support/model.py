"""What a decoder must do, said as plainly as can be: slices and loops, whatever it costs.

It takes nothing from the library. The other tests hold a `FrameDecoder` against it. What each header format is
stands in headers/.
"""

from __future__ import annotations

from dataclasses import dataclass

from support.headers.base import Header, Stop, truncated

# Endings of a UTF-8 sequence, the shortest first: one of them completes whatever can be completed.
TAILS = (b"", b"\x80", b"\x80\x80", b"\xbf\x80", b"\x80\x80\x80", b"\xbf\x80\x80")


@dataclass(frozen=True)
class Outcome:
    """What is known after a stream has ended."""

    frames: list[bytes]
    end: str
    """ "clean", or the name of the exception's class."""
    facts: dict[str, object]
    """What the exception carries, but for `offset`, `hint` and `partial`."""
    offset: int
    needed: int


def decode(
    stream: bytes, header: Header, limit: int | None = None, keep_header: bool = False
) -> Outcome:
    frames: list[bytes] = []
    start = 0
    while start < len(stream):
        try:
            head, size = frame_sizes(stream[start:], header, header.limit(limit))
        except Stop as stop:
            return Outcome(frames, stop.end, stop.facts, start, stop.needed)
        body = start + head
        end = body + size + len(header.trailer)
        frames.append(stream[start:end] if keep_header else stream[body : body + size])
        start = end
    return Outcome(frames, "clean", {}, start, header.lacking(b""))


def frame_sizes(data: bytes, header: Header, limit: int) -> tuple[int, int]:
    """The bytes of the header and of the payload of the frame that `data` begins with."""
    head, length = header.read(data)
    if length > limit:
        raise Stop("FrameTooLarge", length=length, limit=limit)
    body = data[head:]
    size = length if header.unit == "bytes" else text_size(body, length)
    whole = size + len(header.trailer)
    for byte, expected in zip(body[size:whole], header.trailer, strict=False):
        if byte != expected:
            reason = f"byte 0x{byte:02x} stands where the frame must end in 0x{expected:02x}"
            raise Stop("InvalidPayload", reason=reason)
    if len(body) < whole:
        raise truncated("payload", whole, len(body))
    return head, size


def text_size(body: bytes, count: int) -> int:
    """The bytes of the first `count` code points of `body`; if there are fewer, the least there can be."""
    at = 0
    for remaining in range(count, 0, -1):
        end, lacking = at, 1
        while lacking:
            if end == len(body):
                return end + lacking + remaining - 1
            end += 1
            lacking = lacked(body[at:end], end - 1)
        at = end
    return at


def lacked(sequence: bytes, last: int) -> int:
    """The bytes that `sequence` lacks to be a code point; `last` is its last byte's index in the payload."""
    for tail in TAILS:
        try:
            (sequence + tail).decode()
        except UnicodeDecodeError:
            continue
        return len(tail)
    reason = f"byte 0x{sequence[-1]:02x} at index {last} is not valid UTF-8 there"
    raise Stop("InvalidPayload", reason=reason)
