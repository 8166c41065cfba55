"""docs/formats.md, taken apart."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import framing
from framing import presets
from framing._header import Header

PAGE = Path(__file__).parents[2] / "docs" / "formats.md"
TEXT = PAGE.read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)

_NAMES = {name: getattr(framing, name) for name in framing.__all__}
_NAMES |= {name: getattr(presets, name) for name in presets.__all__}


def section(title: str) -> str:
    """What stands under a heading, without what stands under headings below it."""
    [found] = re.findall(
        rf"^#+ {re.escape(title)}\n(.*?)(?=^#|\Z)", _without_comments(), re.DOTALL | re.MULTILINE
    )
    return str(found)


def tables(title: str) -> list[list[list[str]]]:
    """The tables under a heading: their rows, without the first."""
    plain = re.sub(r"^```.*?^```\n", "", section(title), flags=re.DOTALL | re.MULTILINE)
    return [
        [[cell.strip() for cell in line[1:-1].split("|")] for line in table.splitlines()[2:]]
        for table in re.findall(r"(?:^\|.*\n)+", plain, re.MULTILINE)
    ]


def code(cell: str) -> str:
    """What is marked as code in a cell, where that is one thing."""
    [found] = re.findall(r"`([^`]+)`", cell)
    return str(found)


def value(expression: str, **names: object) -> Any:
    """What an expression of the page gives."""
    return eval(expression, {**_NAMES, **names})


def header(cell: str) -> Header:
    """The header in a cell, of which it is the first thing that is marked as code."""
    found = value(re.findall(r"`([^`]+)`", cell)[0])
    assert isinstance(found, Header)
    return found


def boxes() -> list[tuple[str | None, bytes]]:
    """The frames that are drawn: what stands above each, if anything, and its bytes."""
    found = []
    for drawing in re.findall(r"^```text\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE):
        lines = ["", *drawing.splitlines()]
        for above, border, line, below in zip(
            lines, lines[1:], lines[2:], [*lines[3:], ""], strict=False
        ):
            if border.startswith("+") and border == below[: len(border)]:
                for edge in re.finditer(r"\+[-+]+\+", border):
                    cells = line[edge.start() + 1 : edge.end() - 1].split("|")
                    title = above[edge.start() :].split("   ")[0].strip()
                    found.append((title or None, b"".join(_drawn(cell.strip()) for cell in cells)))
    return found


def _drawn(cell: str) -> bytes:
    if re.fullmatch(r"[0-9a-f]{2}( [0-9a-f]{2})*", cell):
        return bytes.fromhex(cell)
    if counted := re.fullmatch(r"(\d+) bytes", cell):
        return bytes(int(counted[1]))
    # Text is spaced out, a header of text is not.
    return (cell[::2] if " " in cell else cell).encode()


def _without_comments() -> str:
    # A comment in a script is no heading.
    return re.sub(r"^# (\w+\.py)$", r"\1", TEXT, flags=re.MULTILINE)
