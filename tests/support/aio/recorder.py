"""A `FramedProtocol` that writes down what it is told."""

from __future__ import annotations

import asyncio
from typing import Any

import framing
from framing import aio
from support.aio.traffic import without_hint
from support.aio.waits import turns, until

LOST = ("lost", None)
"""What is written down of a connection that was closed, on whichever side."""


class Recorder(aio.FramedProtocol):
    """Writes down what it is told, in order."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.told: list[Any] = []
        self.is_lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.told.append("made")

    def frame_received(self, frame: bytes) -> None:
        self.told.append(frame)

    def eof_received(self) -> bool | None:
        self.told.append("eof")
        return super().eof_received()

    def error_received(self, exc: framing.FramingError) -> None:
        self.told.append(exc)
        super().error_received(exc)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.told.append(("lost", exc if exc is None else type(exc)))
        self.is_lost = True

    async def until_lost(self) -> list[Any]:
        """Everything it was told, when nothing more can come."""
        await until(lambda: self.is_lost)
        await turns()
        return self.told


def delivered(told: list[Any]) -> list[Any]:
    """The frames and errors of it: over TLS a connection that we close may end in several ways."""
    return [without_hint(it) for it in told if isinstance(it, (bytes, framing.FramingError))]
