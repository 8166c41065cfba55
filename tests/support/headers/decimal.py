"""The decimal header by the book: `format(length, "<10")`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

import framing
from support.headers.base import Header, Stop, Unit, truncated

Align = Literal["<", ">", "^"]
Fill = Literal[" ", "0"]


@dataclass(frozen=True)
class Decimal(Header):
    width: int = 10
    align: Align = "<"
    fill: Fill = " "
    unit: Unit = "bytes"
    strict: bool = False
    length_offset: int = 0
    size: int | None = None
    default_fields: bytes | None = None

    @property
    def whole_size(self) -> int:
        """The bytes of the header."""
        return self.length_offset + self.width if self.size is None else self.size

    @property
    def fields_size(self) -> int:
        return self.whole_size - self.width

    @property
    def most(self) -> int:
        return int("9" * self.width)

    def library(self) -> framing.DecimalHeader:
        place: dict[str, Any] = {}
        if self.fields_size > 0:
            place = {
                "length_offset": self.length_offset,
                "size": self.size,
                "fields": self.default_fields,
            }
        return framing.DecimalHeader(
            self.width, align=self.align, fill=self.fill, unit=self.unit, strict=self.strict, **place
        )

    def write(self, length: int, fields: bytes = b"") -> bytes:
        around = fields or self.default_fields or b" " * self.fields_size
        return around[: self.length_offset] + self.text(length) + around[self.length_offset :]

    def text(self, length: int) -> bytes:
        """The length alone."""
        return format(length, f"{self.fill}{self.align}{self.width}").encode()

    def fields(self, head: bytes) -> bytes:
        return head[: self.length_offset] + head[self.length_offset + self.width :]

    def begins(self, head: bytes) -> bool:
        text = head[self.length_offset :][: self.width]
        if not text:
            return True
        if not self.strict:
            blank = text == b" " * self.width
            return re.fullmatch(rb" *+[0-9]*+ *+", text) is not None and not blank
        for digits in range(1, self.width + 1):
            # Where a number of so many digits is written, and what is there, made up to as many.
            place = self.text(int("1" * digits)).index(b"1")
            number = (text[place : place + digits] + b"1" * digits)[:digits]
            if number.isdigit() and self.text(int(number)).startswith(text):
                return True
        return False

    def lacking(self, head: bytes) -> int:
        return self.whole_size - len(head)

    def length(self, head: bytes) -> int:
        return int(head[self.length_offset :][: self.width])

    def read(self, data: bytes) -> tuple[int, int]:
        # Byte by byte only where there is something to find: headers may have thousands of them.
        head = data[: self.whole_size]
        if head and not self.begins(head):
            bad = next(end for end in range(1, len(head) + 1) if not self.begins(head[:end]))
            raise Stop("InvalidHeader", header=head[:bad])
        if len(head) < self.whole_size:
            raise truncated("header", self.whole_size, len(head))
        return self.whole_size, self.length(head)
