"""The decimal header by the book: `format(length, "<10")`."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Self

import framing
from support.headers.base import Header, Stop, Unit, truncated

Align = Literal["<", ">", "^"]
Fill = Literal[" ", "0"]

PADDINGS: list[tuple[Align, Fill]] = [("<", " "), (">", " "), ("^", " "), (">", "0")]
UNITS: list[Unit] = ["bytes", "chars"]


@dataclass(frozen=True)
class Decimal(Header):
    width: int = 10
    align: Align = "<"
    fill: Fill = " "
    unit: Unit = "bytes"
    strict: bool = False

    @classmethod
    def examples(cls) -> Sequence[Self]:
        return [
            cls(width, align, fill, unit, strict)
            for width, (align, fill), unit, strict in itertools.product(
                (1, 10, 4096), PADDINGS, UNITS, (False, True)
            )
        ]

    @property
    def most(self) -> int:
        return int("9" * self.width)

    def library(self) -> framing.DecimalHeader:
        return framing.DecimalHeader(
            self.width, align=self.align, fill=self.fill, unit=self.unit, strict=self.strict
        )

    def write(self, length: int, fields: bytes = b"") -> bytes:
        assert not fields
        return format(length, f"{self.fill}{self.align}{self.width}").encode()

    def begins(self, head: bytes) -> bool:
        if not self.strict:
            blank = head == b" " * self.width
            return re.fullmatch(rb" *+[0-9]*+ *+", head) is not None and not blank
        for digits in range(1, self.width + 1):
            # Where a number of so many digits is written, and what is there, made up to as many.
            place = self.write(int("1" * digits)).index(b"1")
            number = (head[place : place + digits] + b"1" * digits)[:digits]
            if number.isdigit() and self.write(int(number)).startswith(head):
                return True
        return False

    def lacking(self, head: bytes) -> int:
        return self.width - len(head)

    def length(self, head: bytes) -> int:
        return int(head)

    def read(self, data: bytes) -> tuple[int, int]:
        # Byte by byte only where there is something to find: headers may have thousands of them.
        head = data[: self.width]
        if head and not self.begins(head):
            bad = next(end for end in range(1, len(head) + 1) if not self.begins(head[:end]))
            raise Stop("InvalidHeader", header=head[:bad])
        if len(head) < self.width:
            raise truncated("header", self.width, len(head))
        return self.width, self.length(head)
