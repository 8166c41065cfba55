"""The README's examples do what the README says; and it fits a package page."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

README = Path(__file__).parents[2] / "README.md"
TEXT = README.read_text(encoding="utf-8")

COMMANDS = """\
python3 -m venv .venv-demo && .venv-demo/bin/pip install . && .venv-demo/bin/python -m framing demo
python3 -m venv .venv-test && .venv-test/bin/pip install '.[test]' && .venv-test/bin/python -m pytest && cargo test
"""


def test_sessions() -> None:
    sessions = re.findall(r"^```python\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
    assert len(sessions) == 4
    # One after the other, as they are read: later ones use what earlier ones imported.
    test = doctest.DocTestParser().get_doctest("\n".join(sessions), {}, "README.md", str(README), 0)
    report: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    assert runner.run(test, out=report.append).failed == 0, "".join(report)
    assert runner.tries >= 20


def test_the_commands() -> None:
    # .ci/run takes the second from here, by how it begins.
    assert "".join(re.findall(r"^```sh\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)) == COMMANDS


def test_it_is_short() -> None:
    assert len(TEXT.split()) <= 1200


def test_it_makes_sense_where_links_into_the_repository_lead_nowhere() -> None:
    assert re.findall(r"\]\([^)]*\)", TEXT) == []
