"""Who may hand frames to a transport, while there is no room for all of them."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from .._framing import _Outbox

__all__ = ["Senders"]


class Connection(Protocol):
    """What senders want to know. It is told to each call, not kept: a connection is not to refer to itself."""

    def refusal(self) -> BaseException | None:
        """Return the error for which nothing can be sent, if there is one."""


class Senders:
    """Senders that wait for room, first come, first served.

    The outbox is barred whenever a send may not go straight through: while the transport has too much, while
    others wait already, and when there is nothing to send to any more. It is spent where too much was sent without
    the loop getting a turn.
    """

    __slots__ = ("_loop", "_outbox", "_waiting", "is_paused")

    def __init__(self, loop: asyncio.AbstractEventLoop, outbox: _Outbox) -> None:
        self._loop = loop
        self._outbox = outbox
        self._waiting: deque[asyncio.Future[None]] = deque()
        self.is_paused = False

    def __len__(self) -> int:
        return len(self._waiting)

    def pause(self) -> None:
        """Note that the transport has too much to send."""
        self.is_paused = True
        self._outbox.barred = True

    def resume(self, connection: Connection) -> None:
        """Note that the transport has room again."""
        self.is_paused = False
        self.update(connection)

    def update(self, connection: Connection) -> None:
        """Lets go on who may, after something has changed."""
        refused = connection.refusal() is not None
        self._outbox.barred = refused or self.is_paused or bool(self._waiting)
        if refused:
            # Each of them finds out why by itself.
            for turn in self._waiting:
                if not turn.done():
                    turn.set_result(None)
        elif self._waiting and not self.is_paused and not self._waiting[0].done():
            self._waiting[0].set_result(None)

    async def wait(
        self,
        connection: Connection,
        hand_over: Callable[..., object] | None = None,
        *arguments: object,
    ) -> None:
        """Wait for a turn and for room, then call `hand_over(*arguments)`.

        Cancelled meanwhile, it has handed over nothing.
        """
        _raise_refusal(connection)
        turn = self._loop.create_future()
        self._waiting.append(turn)
        try:
            self.update(connection)
            if self._outbox.spent:
                await asyncio.sleep(0)
                self._outbox.renew()
            await turn
            _raise_refusal(connection)
            if hand_over is not None:
                self._outbox.barred = False
                hand_over(*arguments)
        finally:
            self._waiting.remove(turn)
            self.update(connection)


def _raise_refusal(connection: Connection) -> None:
    error = connection.refusal()
    if error is not None:
        raise error
