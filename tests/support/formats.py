"""The header formats that tests of all layers are run with, and payloads for them."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from itertools import accumulate

import pytest
from support.headers import Binary, Decimal, Header, LibraryHeader, Netstring, Varint

# Where what is in a payload could be taken for part of a header, a trailer or the next frame, it is in here.
PATTERN = b"1:,2:\x02xy,0:,\x80\x01" + bytes(range(251))


def body(size: int) -> bytes:
    """A payload of so many bytes."""
    return (PATTERN * (size // len(PATTERN) + 1))[:size]


SIZES = (0, 1, 127, 128, 300, 70_000, 1_100_000)
"""Around the sizes at which a header grows, and the ways that bytes take change."""


@dataclass(frozen=True)
class Format:
    """A header format, what is written around payloads, and how much of it one has to know to know more."""

    name: str
    description: Header

    @functools.cached_property
    def header(self) -> LibraryHeader:
        """The library's."""
        return self.description.library()

    @property
    def most(self) -> int:
        """The largest payload."""
        return self.description.limit(None)

    @property
    def trailer(self) -> bytes:
        """What stands behind every payload."""
        return self.description.trailer

    def head(self, size: int) -> bytes:
        """The header of a payload of so many bytes."""
        return self.description.write(size)

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
        return "header", arrived + self.description.lacking(head[:arrived]), arrived


FORMATS = [
    Format("tutorial", Decimal()),
    Format("one byte", Binary(1)),
    Format("two bytes", Binary(2)),
    Format("two bytes, little", Binary(2, "little")),
    Format("four bytes", Binary(4)),
    Format("four bytes, little", Binary(4, "little")),
    Format("eight bytes", Binary(8)),
    Format("eight bytes, little", Binary(8, "little")),
    Format("PostgreSQL", Binary(4, length_offset=1, length_adjustment=-4)),
    Format("gRPC", Binary(4, length_offset=1)),
    # As in HTTP/2, but that there the limit is less.
    Format("fields behind", Binary(3, size=9)),
    Format("varint", Varint()),
    Format("strict varint", Varint(3, strict=True)),
    Format("netstring", Netstring()),
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
"""The four that differ to what lies above the codec: a fixed size, fields, a variable size, a trailer."""


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
