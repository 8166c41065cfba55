"""What may be given as `header=`, and what attributes of that name give."""

from __future__ import annotations

from typing import SupportsIndex, TypeAlias

from ._framing import BinaryHeader, DecimalHeader, NetstringHeader, VarintHeader

__all__ = ["Header", "HeaderLike"]

Header: TypeAlias = DecimalHeader | BinaryHeader | VarintHeader | NetstringHeader
"""A header object."""

HeaderLike: TypeAlias = SupportsIndex | Header
"""That, or the width in bytes of a `DecimalHeader`."""
