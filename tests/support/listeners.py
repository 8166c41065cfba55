"""When a listener begins to wait, and which descriptors are open."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from framing._poll import readable


def accepting(monkeypatch: pytest.MonkeyPatch) -> threading.Semaphore:
    """Gives a semaphore that is released whenever a listener's `accept` begins to wait."""
    begun = threading.Semaphore(0)

    def waits(*arguments: Any) -> set[int]:
        begun.release()
        return readable(*arguments)

    monkeypatch.setattr("framing._listener.readable", waits)
    return begun


def descriptors() -> set[str]:
    """The descriptors that are open in this process."""
    directory = Path("/dev/fd")
    if not directory.is_dir():
        pytest.skip("needs /dev/fd")
    return {entry.name for entry in directory.iterdir()}
