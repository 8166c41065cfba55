"""The netstring header by the book: digits, and a colon; behind the payload a comma."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import framing
from support.headers.base import Header


@dataclass(frozen=True)
class Netstring(Header):
    max_digits: int = 10

    @classmethod
    def examples(cls) -> Sequence[Self]:
        return [cls(digits) for digits in range(1, 20)]

    @property
    def trailer(self) -> bytes:
        return b","

    @property
    def most(self) -> int:
        return int("9" * self.max_digits)

    def library(self) -> framing.NetstringHeader:
        return framing.NetstringHeader(self.max_digits)

    def write(self, length: int, fields: bytes = b"") -> bytes:
        assert not fields
        return f"{length}:".encode()

    def begins(self, head: bytes) -> bool:
        return re.fullmatch(rb"(0|[1-9][0-9]{0,%d}):?" % (self.max_digits - 1), head) is not None

    def lacking(self, head: bytes) -> int:
        if not head:
            return len(b"0:")
        return 0 if head.endswith(b":") else len(b":")

    def length(self, head: bytes) -> int:
        return int(head[:-1])
