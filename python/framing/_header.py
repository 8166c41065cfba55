"""The types of the argument `header=` and of the attributes of that name."""

from __future__ import annotations

from typing import SupportsIndex, TypeAlias

from ._framing import BinaryHeader, DecimalHeader, NetstringHeader, VarintHeader

__all__ = ["Header", "HeaderLike"]

Header: TypeAlias = DecimalHeader | BinaryHeader | VarintHeader | NetstringHeader
"""A header object."""

HeaderLike: TypeAlias = SupportsIndex | Header
"""A header object, or the width in bytes of a `DecimalHeader`."""
