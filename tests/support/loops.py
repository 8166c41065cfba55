"""Event loops for the tests of `framing.aio`: asyncio's own and uvloop's, with nothing reported."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import sys
from collections.abc import Callable, Coroutine, Iterator
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


@contextlib.contextmanager
def new_objects_only() -> Iterator[None]:
    """Let the collector look at what is made within, and at nothing else.

    Thousands of tests are in memory: to go through them takes longer than most tests do.
    """
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


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
    told: list[dict[str, Any]] = [] if reported is None else reported

    async def within() -> T:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
        async with asyncio.timeout(seconds):
            return await main()

    with new_objects_only(), asyncio.Runner(debug=debug, loop_factory=lambda: new_loop(kind)) as runner:
        result = runner.run(within())
        # Some things are reported only when they are collected, such as an exception that nobody has looked at.
        gc.collect()
    assert reported is not None or told == []
    return result
