"""Event loops for the tests of `framing.aio`: asyncio's own and uvloop's, with nothing reported."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import pytest

T = TypeVar("T")

if sys.platform == "win32":
    LOOPS = ["asyncio"]
else:
    import uvloop

    LOOPS = ["asyncio", "uvloop"]

every_loop = pytest.mark.parametrize("loop", LOOPS)
"""Runs a test once for each kind of loop; it takes the argument `loop` and hands it to `run`."""


def new_loop(kind: str) -> asyncio.AbstractEventLoop:
    if kind == "uvloop":
        return uvloop.new_event_loop()
    return asyncio.new_event_loop()


def run(
    kind: str,
    main: Callable[[], Coroutine[Any, Any, T]],
    *,
    reported: list[dict[str, Any]] | None = None,
    debug: bool | None = None,
    seconds: float = 60,
) -> T:
    """Run `main()` in a new loop of that kind.

    Whatever the loop's exception handler is told goes to `reported`; without that list, nothing may be. asyncio's
    debug mode is on in Python's development mode, unless a test says otherwise. `seconds` only ends a test that
    hangs, and says where.
    """
    # Only what is made from here on is looked at below: to go through everything that is there takes longer than
    # most of the tests. What earlier tests have left goes first, or it would stay for good.
    gc.collect()
    gc.freeze()
    told: list[dict[str, Any]] = [] if reported is None else reported

    async def within() -> T:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
        async with asyncio.timeout(seconds):
            return await main()

    with asyncio.Runner(debug=debug, loop_factory=lambda: new_loop(kind)) as runner:
        result = runner.run(within())
        # Some things are reported only when they are collected, such as an exception that nobody has looked at.
        gc.collect()
    assert reported is not None or told == []
    return result
