"""Waiting for several connections at once."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, TypeVar, overload

from ._deadline import Deadline
from ._framing import FramedSocket
from ._poll import readable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ._ready import HasFileno

__all__ = ["wait"]

Waitable = TypeVar("Waitable", bound="HasFileno | int")

_READY = -1
"""Instead of the descriptor of what need not be waited for."""


@overload
def wait(objects: Iterable[Waitable], timeout: float | None = None) -> list[Waitable]: ...
# Of different things in one list, mypy knows only that they are objects, which are not of the first kind.
@overload
def wait(  # type: ignore[overload-cannot-match]
    objects: Iterable[HasFileno | int], timeout: float | None = None
) -> list[Any]: ...
def wait(objects: Iterable[Any], timeout: float | None = None) -> list[Any]:
    """Waits until one of several connections, listeners or other things has something to read.

    Like `select.select`, but it knows what a `FramedSocket` has already taken from the system, and what TLS
    has decrypted: what hides there is ready. What is ready may be only part of a frame:
    `recv_many(timeout=0)` tells.

    Args:
        objects: `FramedSocket`s, `FramedListener`s, anything else with a `fileno()`, or descriptors.
        timeout: Seconds to wait at most; None for ever, 0 not at all.

    Returns:
        Those with a frame, an error or the end of the stream pending, those that are closed, and those
        whose socket is readable: in their order, each once. None of them where the time has passed.

    Raises:
        TypeError: One of `objects` has no descriptor, or `timeout` is no number.
        ValueError: A descriptor or the timeout is negative; or there is nothing to wait for, and for ever.
    """
    deadline = Deadline(timeout)
    # An int is its value, everything else is itself.
    unique = {
        (isinstance(thing, int), thing if isinstance(thing, int) else id(thing)): thing
        for thing in objects
    }
    things = list(unique.values())
    if not things and timeout is None:
        raise ValueError("objects must not be empty where timeout is None: nothing would end the wait")
    descriptors = [_READY if _is_pending(thing) else _descriptor(thing) for thing in things]
    found = readable(
        {descriptor for descriptor in descriptors if descriptor != _READY},
        Deadline(0) if _READY in descriptors else deadline,
    )
    found.add(_READY)
    return [thing for thing, descriptor in zip(things, descriptors, strict=True) if descriptor in found]


def _is_pending(thing: object) -> bool:
    """Whether there is something that its descriptor does not tell."""
    if isinstance(thing, FramedSocket):
        return thing._pending()  # noqa: SLF001 - ours
    # Where nobody has imported it, nobody has such a socket.
    ssl = sys.modules.get("ssl")
    return ssl is not None and isinstance(thing, ssl.SSLSocket) and thing.pending() > 0


def _descriptor(thing: HasFileno | int) -> int:
    if isinstance(thing, int):
        if thing < 0:
            raise ValueError(f"a descriptor must be at least 0, not {thing}")
        return thing
    try:
        fileno = thing.fileno
    except AttributeError:
        kind = type(thing).__name__
        raise TypeError(
            f"objects must have a fileno(), or be descriptors (int): '{kind}' is neither"
        ) from None
    # That of a closed socket is -1.
    return fileno()


wait.__module__ = "framing"
