"""The header formats as their specifications have them: what stands around a payload, written without the library."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal, TypeAlias

import pytest
from framing import BinaryHeader, DecimalHeader, NetstringHeader, VarintHeader, presets

Header: TypeAlias = DecimalHeader | BinaryHeader | VarintHeader | NetstringHeader

# Where what is in a payload could be taken for part of a header, a trailer or the next frame, it is in here.
PATTERN = b"1:,2:\x02xy,0:,\x80\x01" + bytes(range(251))


def body(size: int) -> bytes:
    """A payload of so many bytes."""
    return (PATTERN * (size // len(PATTERN) + 1))[:size]


SIZES = (0, 1, 127, 128, 300, 70_000, 1_100_000)
"""Around the sizes at which a header grows, and the ways that bytes take change."""


def varint(number: int) -> bytes:
    """Seven bits a byte, the lowest first; the high bit says that another one follows."""
    groups = bytearray()
    while number >= 128:
        groups.append(number % 128 + 128)
        number //= 128
    return bytes([*groups, number])


def netstring(number: int) -> bytes:
    """What stands before a payload of so many bytes."""
    return b"%d:" % number


@dataclass(frozen=True)
class Format:
    """What is written before and behind a payload, and how much of it one has to know to know more."""

    name: str
    header: Header
    head: Callable[[int], bytes]
    """The header of a payload of so many bytes."""
    most: int = 1_000_000_000
    """The largest payload."""
    least_head: int | None = None
    """The fewest bytes of a header; `None` where all have the same size."""
    trailer: bytes = b""

    def wire(self, payload: bytes) -> bytes:
        """A frame."""
        return self.head(len(payload)) + payload + self.trailer

    @property
    def bodies(self) -> list[bytes]:
        """A payload of each size that it can say."""
        return [body(size) for size in SIZES if size <= self.most]

    @property
    def small(self) -> list[bytes]:
        """A few small payloads, with headers of several sizes."""
        return [b"", b"x", body(130)]

    @property
    def largest(self) -> bytes:
        """A large payload, as far as it can say so."""
        return self.bodies[-1]

    def received(self, payload: bytes, *, keep_header: bool) -> bytes:
        """What is received of a frame."""
        return self.wire(payload) if keep_header else payload

    def facts(self, payload: bytes, arrived: int) -> tuple[str, int, int]:
        """The stage of a frame of which so many bytes have come, what that has at least, and what has come of it."""
        head = self.head(len(payload))
        if arrived >= len(head):
            return "payload", len(payload) + len(self.trailer), arrived - len(head)
        # One that says itself where it ends may do so in the next byte.
        if self.least_head is None:
            return "header", len(head), arrived
        return "header", max(self.least_head, arrived + 1), arrived


def _integer(size: int, byteorder: Literal["big", "little"]) -> Callable[[int], bytes]:
    return lambda length: length.to_bytes(size, byteorder)


FORMATS = [
    Format("tutorial", presets.TUTORIAL, lambda length: f"{length:<10}".encode()),
    Format("one byte", BinaryHeader(1), _integer(1, "big"), most=255),
    Format("two bytes", BinaryHeader(2), _integer(2, "big"), most=65_535),
    Format(
        "two bytes, little", BinaryHeader(2, byteorder="little"), _integer(2, "little"), most=65_535
    ),
    Format("four bytes", presets.ERLANG_PACKET_4, _integer(4, "big")),
    Format("four bytes, little", BinaryHeader(4, byteorder="little"), _integer(4, "little")),
    Format("eight bytes", BinaryHeader(8), _integer(8, "big")),
    Format("eight bytes, little", BinaryHeader(8, byteorder="little"), _integer(8, "little")),
    Format("PostgreSQL", presets.POSTGRES, lambda length: b"\0" + (length + 4).to_bytes(4, "big")),
    Format("gRPC", presets.GRPC, lambda length: b"\0" + length.to_bytes(4, "big")),
    # As in HTTP/2, but that there the limit is less.
    Format(
        "fields behind",
        BinaryHeader(3, size=9),
        lambda length: length.to_bytes(3, "big") + bytes(6),
        most=2**24 - 1,
    ),
    Format("varint", presets.PROTOBUF_DELIMITED, varint, least_head=1),
    Format("strict varint", VarintHeader(3, strict=True), varint, most=2**21 - 1, least_head=1),
    Format("netstring", presets.NETSTRING, netstring, least_head=2, trailer=b","),
]

POSTGRES, VARINT, NETSTRING = (
    next(kind for kind in FORMATS if kind.name == name)
    for name in ("PostgreSQL", "varint", "netstring")
)


def each(*kinds: Format) -> pytest.MarkDecorator:
    """A test for these formats."""
    return pytest.mark.parametrize("kind", kinds, ids=[kind.name for kind in kinds])


each_format = each(*FORMATS)
each_large_format = each(*(kind for kind in FORMATS if kind.most > 1_000_000))
each_few = each(FORMATS[0], POSTGRES, VARINT, NETSTRING)
"""One of each kind, where a test takes long."""


@dataclass(frozen=True)
class Stream:
    """A stream of a few frames, and what is to be known at every byte of it."""

    kind: Format
    payloads: tuple[bytes, ...]

    @property
    def wire(self) -> bytes:
        """All of it."""
        return b"".join(map(self.kind.wire, self.payloads))

    @property
    def ends(self) -> list[int]:
        """Where the frames end; 0 before the first."""
        return [0, *accumulate(len(self.kind.wire(payload)) for payload in self.payloads)]

    def whole(self, cut: int) -> int:
        """How many frames are whole where the stream is cut there."""
        return sum(end <= cut for end in self.ends) - 1

    def unfinished(self, cut: int) -> tuple[tuple[str, int, int], bytes]:
        """What is to be said of the frame that is cut there, and the bytes of it that have come."""
        whole = self.whole(cut)
        part = self.wire[self.ends[whole] : cut]
        return self.kind.facts(self.payloads[whole], len(part)), part


def stream_of(kind: Format) -> Stream:
    """A few small frames."""
    return Stream(kind, tuple(kind.small))
