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

import importlib
import os
from typing import TYPE_CHECKING

from . import _interpreter, presets
from ._connect import connect
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
    SendTimeout,
    SendWouldBlock,
    TruncatedFrame,
)
from ._framing import (
    DEFAULT_MAX_FRAME_SIZE,
    BinaryHeader,
    DecimalHeader,
    FrameDecoder,
    FramedSocket,
    FrameEncoder,
    NetstringHeader,
    VarintHeader,
    __version__,
    _forked,
    decode,
    encode,
    recv_frame,
    send_frame,
)
from ._listener import FramedListener, listen
from ._options import FrameOptions
from ._stats import FrameStats
from ._wait import wait

__all__ = [
    "DEFAULT_MAX_FRAME_SIZE",
    "HEADER_SIZE",
    "BinaryHeader",
    "BufferTooSmall",
    "ConcurrencyError",
    "ConnectionClosed",
    "DecimalHeader",
    "FrameDecoder",
    "FrameEncoder",
    "FrameOptions",
    "FrameStalled",
    "FrameStats",
    "FrameTimeout",
    "FrameTooLarge",
    "FrameWouldBlock",
    "FramedListener",
    "FramedSocket",
    "FramingError",
    "IncompleteFrame",
    "InvalidHeader",
    "InvalidPayload",
    "NetstringHeader",
    "SendIncomplete",
    "SendTimeout",
    "SendWouldBlock",
    "TruncatedFrame",
    "VarintHeader",
    "__version__",
    "connect",
    "decode",
    "encode",
    "listen",
    "presets",
    "recv_frame",
    "send_frame",
    "wait",
]

HEADER_SIZE: int = DecimalHeader().width
"""Bytes of the default header: the tutorial's HEADERSIZE."""

for _function in (encode, decode, send_frame, recv_frame):
    _function.__module__ = __name__
del _function

if TYPE_CHECKING:
    from . import aio as aio
else:
    # If type checkers saw this function, they would accept every name.
    def __getattr__(name: str) -> object:
        """Import `framing.aio` on first use: it imports asyncio, which many programs do not need."""
        if name == "aio":
            return importlib.import_module(f"{__name__}.aio")
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), "aio"})


if hasattr(os, "register_at_fork"):
    # The calls of other threads do not exist in the child.
    os.register_at_fork(after_in_child=_forked)
del TYPE_CHECKING, os, _forked, _interpreter
