"""The one description of each header format, by the book: how it is written and read, without the library.

The model, the vectors, the strategies, the lists of formats and the benchmarks take what they need from here. `library()`
gives the library's header of the same arguments.
"""

from __future__ import annotations

from support.headers.base import DEFAULT_LIMIT, Header, LibraryHeader, Stop, Unit, truncated
from support.headers.binary import BYTE_ORDERS, Binary, ByteOrder
from support.headers.decimal import PADDINGS, UNITS, Align, Decimal, Fill
from support.headers.netstring import Netstring
from support.headers.varint import Varint

__all__ = [
    "BYTE_ORDERS",
    "DEFAULT_LIMIT",
    "PADDINGS",
    "UNITS",
    "Align",
    "Binary",
    "ByteOrder",
    "Decimal",
    "Fill",
    "Header",
    "LibraryHeader",
    "Netstring",
    "Stop",
    "Unit",
    "Varint",
    "truncated",
]
