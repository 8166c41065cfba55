"""What a decoder must do, said as plainly as can be: slices and `format`, whatever it costs.

It knows nothing of the library. The other tests hold a `FrameDecoder` against it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Align = Literal["<", ">", "^"]
Fill = Literal[" ", "0"]
Unit = Literal["bytes", "chars"]

DEFAULT_LIMIT = 1_000_000_000

# Endings of a UTF-8 sequence, the shortest first: one of them completes whatever can be completed.
TAILS = (b"", b"\x80", b"\x80\x80", b"\xbf\x80", b"\x80\x80\x80", b"\xbf\x80\x80")


@dataclass(frozen=True)
class Header:
    """The arguments of a decimal header."""

    width: int = 10
    align: Align = "<"
    fill: Fill = " "
    unit: Unit = "bytes"
    strict: bool = False

    def write(self, length: int) -> bytes:
        return format(length, f"{self.fill}{self.align}{self.width}").encode()

    def limit(self, asked: int | None) -> int:
        return min(DEFAULT_LIMIT, 10**self.width - 1) if asked is None else asked


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


class Stop(Exception):
    """There is no further frame, and this is why."""

    def __init__(self, end: str, needed: int = 0, **facts: object) -> None:
        self.end = end
        self.needed = needed
        self.facts = facts


def truncated(stage: str, expected: int, received: int) -> Stop:
    return Stop(
        "TruncatedFrame", expected - received, stage=stage, expected=expected, received=received
    )


def decode(
    stream: bytes, header: Header, limit: int | None = None, keep_header: bool = False
) -> Outcome:
    frames: list[bytes] = []
    start = 0
    while start < len(stream):
        try:
            size = frame_size(stream[start:], header, header.limit(limit))
        except Stop as stop:
            return Outcome(frames, stop.end, stop.facts, start, stop.needed)
        frames.append(stream[start if keep_header else start + header.width : start + size])
        start += size
    return Outcome(frames, "clean", {}, start, header.width)


def frame_size(data: bytes, header: Header, limit: int) -> int:
    """The bytes of the frame that `data` begins with."""
    head, body = data[: header.width], data[header.width :]
    if not begins_header(head, header):
        bad = next(end for end in range(1, len(head) + 1) if not begins_header(head[:end], header))
        raise Stop("InvalidHeader", header=head[:bad])
    if len(head) < header.width:
        raise truncated("header", header.width, len(head))
    length = int(head)
    if length > limit:
        raise Stop("FrameTooLarge", length=length, limit=limit)
    size = length if header.unit == "bytes" else text_size(body, length)
    if len(body) < size:
        raise truncated("payload", size, len(body))
    return header.width + size


def begins_header(head: bytes, header: Header) -> bool:
    """Whether some header that is to be accepted begins with `head`."""
    if not header.strict:
        blank = head == b" " * header.width
        return re.fullmatch(rb" *+[0-9]*+ *+", head) is not None and not blank
    for digits in range(1, header.width + 1):
        # Where a number of so many digits is written, and what is there, made up to as many.
        place = header.write(int("1" * digits)).index(b"1")
        number = (head[place : place + digits] + b"1" * digits)[:digits]
        if number.isdigit() and header.write(int(number)).startswith(head):
            return True
    return False


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
