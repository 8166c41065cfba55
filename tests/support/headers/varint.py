"""The varint header by the book: LEB128, 64 bits of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import framing
from support.headers.base import Header


@dataclass(frozen=True)
class Varint(Header):
    max_bytes: int = 10
    strict: bool = False

    @classmethod
    def examples(cls) -> Sequence[Self]:
        return [cls(most, strict) for most in range(1, 11) for strict in (False, True)]

    @property
    def most(self) -> int:
        return (1 << min(64, 7 * self.max_bytes)) - 1

    def library(self) -> framing.VarintHeader:
        return framing.VarintHeader(self.max_bytes, strict=self.strict)

    def write(self, length: int, fields: bytes = b"") -> bytes:
        assert not fields
        groups = [length % 128]
        while length := length // 128:
            groups.append(length % 128)
        return bytes([128 + group for group in groups[:-1]] + groups[-1:])

    def padded(self, length: int, size: int) -> bytes:
        """The same number in at least `size` bytes, zeros at its top."""
        head = self.write(length)
        for _ in range(size - len(head)):
            head = head[:-1] + bytes([head[-1] | 128, 0])
        return head

    def begins(self, head: bytes) -> bool:
        ends = head[-1] < 128
        room = self.max_bytes - len(head) if ends else self.max_bytes - len(head) - 1
        padded = ends and len(head) > 1 and head[-1] == 0
        return room >= 0 and self.length(head) < 2**64 and not (self.strict and padded)

    def lacking(self, head: bytes) -> int:
        return 0 if head and head[-1] < 128 else 1

    def length(self, head: bytes) -> int:
        return sum(byte % 128 * 128**place for place, byte in enumerate(head))
