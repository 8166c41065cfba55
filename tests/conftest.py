"""What tests of several files ask for by name, and what a run says before it begins."""

from __future__ import annotations

import gc
import os
import signal
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

# Few examples while somebody waits, many where nobody does. A slow machine is no fault of the code.
hypothesis.settings.register_profile(
    "local",
    max_examples=30,
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.register_profile(
    "ci", hypothesis.settings.get_profile("local"), max_examples=300, print_blob=True
)
hypothesis.settings.load_profile("ci" if "CI" in os.environ else "local")

TIERS = {
    "not slow": "the quick tier, about two minutes; the slow tier: python -m nox -s slow",
    "slow": "the slow tier, about five minutes",
    "dev_mode": "the tests that matter in development mode, about two minutes",
}


def pytest_report_header(config: pytest.Config) -> str:
    """Say what is about to run, and how long it takes."""
    expression = config.getoption("markexpr")
    return f"tests: {TIERS.get(expression, expression or 'all')}"


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
