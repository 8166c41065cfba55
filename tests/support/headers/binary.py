"""The binary header by the book: `int.to_bytes`, with other bytes around it."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

import framing
from support.headers.base import Header

ByteOrder = Literal["big", "little"]

BYTE_ORDERS: list[ByteOrder] = ["big", "little"]

# The length's size and place, and the header's size.
PLACES = [(1, 0, 1), (4, 0, 4), (8, 0, 8), (4, 1, 5), (2, 3, 5), (3, 0, 9), (3, 2, 9), (2, 4094, 4096)]


@dataclass(frozen=True)
class Binary(Header):
    length_size: int = 4
    byteorder: ByteOrder = "big"
    length_offset: int = 0
    length_adjustment: int = 0
    size: int | None = None
    default_fields: bytes | None = None

    @classmethod
    def examples(cls) -> Sequence[Self]:
        return [
            cls(size, order, offset, adjustment, whole)
            for (size, offset, whole), order, adjustment in itertools.product(
                PLACES, BYTE_ORDERS, (0, -4, 7)
            )
        ] + [cls(4, length_offset=1, size=7, default_fields=b"Q'\x00")]

    @property
    def arguments(self) -> dict[str, Any]:
        arguments = super().arguments | {"size": self.whole_size, "fields": self.default_fields}
        del arguments["default_fields"]
        return arguments

    @property
    def whole_size(self) -> int:
        """The bytes of the header."""
        return self.length_offset + self.length_size if self.size is None else self.size

    @property
    def fields_size(self) -> int:
        return self.whole_size - self.length_size

    @property
    def least(self) -> int:
        return max(0, self.length_adjustment)

    @property
    def most(self) -> int:
        return (1 << 8 * self.length_size) - 1 + self.length_adjustment

    def library(self) -> framing.BinaryHeader:
        return framing.BinaryHeader(
            self.length_size,
            byteorder=self.byteorder,
            length_offset=self.length_offset,
            length_adjustment=self.length_adjustment,
            size=self.size,
            fields=self.default_fields,
        )

    def write(self, length: int, fields: bytes = b"") -> bytes:
        number = (length - self.length_adjustment).to_bytes(self.length_size, self.byteorder)
        around = fields or self.default_fields or bytes(self.fields_size)
        return around[: self.length_offset] + number + around[self.length_offset :]

    def fields(self, head: bytes) -> bytes:
        return head[: self.length_offset] + head[self.length_offset + self.length_size :]

    def begins(self, head: bytes) -> bool:
        # The largest number that can still come of it.
        return self.length(head + b"\xff" * (self.whole_size - len(head))) >= 0

    def lacking(self, head: bytes) -> int:
        return self.whole_size - len(head)

    def length(self, head: bytes) -> int:
        number = head[self.length_offset :][: self.length_size]
        return int.from_bytes(number, self.byteorder) + self.length_adjustment
