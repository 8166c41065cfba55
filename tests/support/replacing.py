"""The scripts of docs/replace.md, as a reader would copy them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[2] / "docs" / "replace.md"
TEXT = PAGE.read_text(encoding="utf-8")

_PORT = "1243"


def blocks() -> list[str]:
    """The page's blocks of Python."""
    return re.findall(r"^```python\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)


def block(title: str) -> str:
    """The one that begins with this comment."""
    (found,) = (code for code in blocks() if code.startswith(f"# {title}\n"))
    return found


def defined(title: str) -> dict[str, Any]:
    """What such a block defines."""
    names: dict[str, Any] = {}
    exec(compile(block(title), str(PAGE), "exec"), names)
    return names


def edited(source: str, old: str, new: str) -> str:
    """The source with another text in the one place where it has the old one."""
    assert source.count(old) == 1, old
    return source.replace(old, new)


def server(folder: Path, step: int, unit: str = "bytes") -> Path:
    """Writes the server of a step. It chooses its port, and sends what is typed, not the time."""
    source = _in_unit(block(f"server.py, step {step}"), step, unit)
    source = edited(source, 'f"The time is {time.time()}"', "input()")
    source = edited(source, "time.sleep(3)", "time.sleep(0)")
    return _written(folder / "server.py", edited(source, _PORT, "0"))


def client(folder: Path, step: int, port: int, unit: str = "bytes") -> Path:
    """Writes the client of a step."""
    source = _in_unit(block(f"client.py, step {step}"), step, unit)
    return _written(folder / "client.py", edited(source, _PORT, str(port)))


def script(folder: Path, title: str, port: int = 0) -> Path:
    """Writes one of the other scripts."""
    return _written(folder / title.partition(",")[0], edited(block(title), _PORT, str(port)))


def _in_unit(source: str, step: int, unit: str) -> str:
    # Step 0 counts characters without being told.
    if unit == "bytes" or step == 0:
        return source
    return edited(
        source, "HEADERSIZE = 10\n", block("HEADERSIZE, where the other end counts characters")
    )


def _written(path: Path, source: str) -> Path:
    path.write_text(source, encoding="utf-8")
    return path


def tables() -> list[list[list[str]]]:
    """The page's tables: their rows, the first of which is the heading; code marks are left out."""
    return [
        [
            [cell.strip() for cell in line.replace("`", "").strip("|\n").split("|")]
            for line in table.splitlines()
            if not line.startswith("|---")
        ]
        for table in re.findall(r"(?:^\|.*\n)+", TEXT, re.MULTILINE)
    ]


def headings() -> set[str]:
    """What a link within the page can lead to."""
    titles = re.findall(r"^#+ (.*)$", TEXT, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
