"""The event loops, and which of the peers are there."""

from __future__ import annotations

import asyncio
import importlib.util
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

ASYNCIO = "asyncio"
UVLOOP = "uvloop"


def new(kind: str) -> asyncio.AbstractEventLoop:
    if kind == ASYNCIO:
        return asyncio.new_event_loop()
    import uvloop

    return uvloop.new_event_loop()


def installed(packages: Iterable[str]) -> list[str]:
    """Those that are; says which are not."""
    there = []
    for package in packages:
        if importlib.util.find_spec(package):
            there.append(package)
        else:
            print(f"{package} is not installed: its rows are left out", file=sys.stderr)
    return there
