"""The binary header by the book: `int.to_bytes`, with other bytes around it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import framing
from support.headers.base import Header

ByteOrder = Literal["big", "little"]


@dataclass(frozen=True)
class Binary(Header):
    length_size: int = 4
    byteorder: ByteOrder = "big"
    length_offset: int = 0
    length_adjustment: int = 0
    size: int | None = None
    default_fields: bytes | None = None

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
        fields: dict[str, Any] = {}
        if self.default_fields is not None:
            fields = {"fields": self.default_fields}
        return framing.BinaryHeader(
            self.length_size,
            byteorder=self.byteorder,
            length_offset=self.length_offset,
            length_adjustment=self.length_adjustment,
            size=self.size,
            **fields,
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
