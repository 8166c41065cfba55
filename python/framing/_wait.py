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
"""The place holder for the descriptor of an object that is ready already."""


@overload
def wait(objects: Iterable[Waitable], timeout: float | None = None) -> list[Waitable]: ...
# For a list of different things mypy infers `object`, which the first overload does not accept.
@overload
def wait(  # type: ignore[overload-cannot-match]
    objects: Iterable[HasFileno | int], timeout: float | None = None
) -> list[Any]: ...
def wait(objects: Iterable[Any], timeout: float | None = None) -> list[Any]:
    """Wait until at least one of several connections, listeners or other objects has something to read.

    This works like `select.select`, but it also sees what a `FramedSocket` has already read from the system and what
    TLS has decrypted. A connection may be ready with only part of a frame: call `recv_many(timeout=0)` to find out.

    Args:
        objects: `FramedSocket`s, `FramedListener`s, any other objects with a `fileno()`, or descriptors.
        timeout: The longest time to wait in seconds, None to wait for ever, or 0 not to wait.

    Returns:
        The objects that are ready, in their order, each once. An object is ready if a frame, an error or the end of
        the stream is pending, if it is closed, or if its socket is readable. The list is empty if the time has
        passed.

    Raises:
        TypeError: One of `objects` has no descriptor, or `timeout` is not a number.
        ValueError: A descriptor or the timeout is negative, or `objects` is empty and `timeout` is None.
    """
    deadline = Deadline(timeout)
    # An int is identified by its value, everything else by its identity.
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
    """Return whether there is something to read that the descriptor does not show."""
    if isinstance(thing, FramedSocket):
        return thing._pending()  # noqa: SLF001 - ours
    # If nothing has imported ssl, no object is an SSLSocket.
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
    # A closed socket returns -1.
    return fileno()


wait.__module__ = "framing"
