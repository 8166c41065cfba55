"""What tests of several files ask for by name."""

from __future__ import annotations

import gc
import signal
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


def pytest_collection_finish() -> None:
    """Thousands of tests are there now, and stay: no `gc.collect()` of theirs need look at all of them."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def ctrl_c() -> Iterator[int]:
    """The signal that ctrl-C sends. Processes that the test starts heed it."""
    # Processes inherit that a signal is ignored, as it is where the tests run in the background.
    before: Any = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield signal.SIGINT
    signal.signal(signal.SIGINT, before)
