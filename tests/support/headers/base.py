"""What a description of a header format says, and what is the same for most of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Literal, TypeAlias

import framing

Unit = Literal["bytes", "chars"]

# Any of the library's headers.
LibraryHeader: TypeAlias = (
    framing.DecimalHeader | framing.BinaryHeader | framing.VarintHeader | framing.NetstringHeader
)

DEFAULT_LIMIT = 1_000_000_000


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


class Header(ABC):
    """The arguments of a header, and what follows from them."""

    @property
    def unit(self) -> Unit:
        return "bytes"

    @property
    def trailer(self) -> bytes:
        """What stands behind every payload."""
        return b""

    @property
    def fields_size(self) -> int:
        """The bytes of a header that the sender chooses."""
        return 0

    @property
    def least(self) -> int:
        """The shortest payload that can be announced."""
        return 0

    @property
    @abstractmethod
    def most(self) -> int:
        """The longest payload that can be announced."""

    @abstractmethod
    def library(self) -> LibraryHeader:
        """The library's header of the same arguments."""

    @abstractmethod
    def write(self, length: int, fields: bytes = b"") -> bytes:
        """The header of a payload; where there are no `fields`, the default ones are in their place."""

    @abstractmethod
    def begins(self, head: bytes) -> bool:
        """Whether some header that is to be accepted begins with `head`, which has at least one byte."""

    @abstractmethod
    def lacking(self, head: bytes) -> int:
        """The bytes that a header which begins with `head` has beside them, at the least."""

    @abstractmethod
    def length(self, head: bytes) -> int:
        """The length that a whole header announces."""

    def read(self, data: bytes) -> tuple[int, int]:
        """The bytes of the header that `data` begins with, and the length that it announces."""
        end = 0
        while lacking := self.lacking(data[:end]):
            if end == len(data):
                raise truncated("header", end + lacking, end)
            end += 1
            if not self.begins(data[:end]):
                raise Stop("InvalidHeader", header=data[:end])
        return end, self.length(data[:end])

    def limit(self, asked: int | None) -> int:
        return max(self.least, min(DEFAULT_LIMIT, self.most)) if asked is None else asked

    def frame(self, payload: bytes, length: int | None = None, fields: bytes = b"") -> bytes:
        """What is sent; `length` is in the header's unit, bytes if not given."""
        return self.write(len(payload) if length is None else length, fields) + payload + self.trailer
