"""`import framing` does without asyncio until it is asked for it."""

from __future__ import annotations

import subprocess
import sys

import framing
import pytest


def run(program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.slow
def test_asyncio_is_imported_when_it_is_asked_for() -> None:
    program = (
        "import sys, framing; before = 'asyncio' in sys.modules; framing.aio.open_connection; "
        "print(before, 'asyncio' in sys.modules, framing.aio is sys.modules['framing.aio'])"
    )
    assert run(program) == "False True True"


@pytest.mark.slow
def test_it_is_listed_before_it_is_imported() -> None:
    assert run("import sys, framing; print('aio' in dir(framing), 'asyncio' in sys.modules)") == (
        "True False"
    )


def test_dir_has_every_name() -> None:
    assert "aio" in dir(framing)
    assert set(vars(framing)) <= set(dir(framing))
    assert dir(framing) == sorted(dir(framing))


def test_other_names_are_missing() -> None:
    with pytest.raises(AttributeError, match="module 'framing' has no attribute 'aoi'"):
        framing.aoi  # type: ignore[attr-defined]  # noqa: B018
