"""Messages over sockets: length-prefixed framing, correct and fast.

>>> import framing
>>> framing.encode("hello")
b'5         hello'
>>> decoder = framing.FrameDecoder()
>>> decoder.feed(b"5         hel")
[]
>>> decoder.feed(b"lo0         ")
[b'hello', b'']
"""

from __future__ import annotations

from ._errors import (
    BufferTooSmall,
    ConcurrencyError,
    ConnectionClosed,
    FrameStalled,
    FrameTimeout,
    FrameTooLarge,
    FrameWouldBlock,
    FramingError,
    IncompleteFrame,
    InvalidHeader,
    InvalidPayload,
    SendIncomplete,
    TruncatedFrame,
)
from ._framing import (
    MAX_FRAME_SIZE,
    DecimalHeader,
    FrameDecoder,
    FrameEncoder,
    __version__,
    decode,
    encode,
)
from ._stats import FrameStats

__all__ = [
    "HEADER_SIZE",
    "MAX_FRAME_SIZE",
    "BufferTooSmall",
    "ConcurrencyError",
    "ConnectionClosed",
    "DecimalHeader",
    "FrameDecoder",
    "FrameEncoder",
    "FrameStalled",
    "FrameStats",
    "FrameTimeout",
    "FrameTooLarge",
    "FrameWouldBlock",
    "FramingError",
    "IncompleteFrame",
    "InvalidHeader",
    "InvalidPayload",
    "SendIncomplete",
    "TruncatedFrame",
    "__version__",
    "decode",
    "encode",
]

HEADER_SIZE: int = DecimalHeader().width
"""Bytes of the default header: the tutorial's HEADERSIZE."""

for _function in (encode, decode):
    _function.__module__ = __name__
del _function
