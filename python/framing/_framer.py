"""How the connections of one `connect` or `listen` are framed."""

from __future__ import annotations

import functools
import socket
from typing import TYPE_CHECKING, Literal, SupportsIndex

from ._framing import FramedSocket

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._header import HeaderLike

__all__ = ["framer"]


def framer(
    header: HeaderLike,
    max_frame_size: SupportsIndex | None,
    keep_header: bool,
    frame_timeout: float | None,
    on_oversize: Literal["error", "skip"],
    max_skip: SupportsIndex | None,
    max_consecutive_empty: SupportsIndex | None,
) -> Callable[[socket.socket], FramedSocket]:
    """Gives what makes a `FramedSocket` of a socket.

    Raises:
        TypeError, ValueError: As FramedSocket, now instead of at the first connection.
    """
    frame = functools.partial(
        FramedSocket,
        header=header,
        max_frame_size=max_frame_size,
        keep_header=keep_header,
        frame_timeout=frame_timeout,
        on_oversize=on_oversize,
        max_skip=max_skip,
        max_consecutive_empty=max_consecutive_empty,
    )
    with socket.socket() as trial:
        frame(trial).detach()
    return frame
