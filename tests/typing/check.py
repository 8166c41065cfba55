"""Runs type checkers over `good.py`, of which they must have nothing to say, and over `bad.py`, of which they must refuse
the lines that are marked `wrong`, and no others.

    python tests/typing/check.py mypy pyright basedpyright
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent

COMMANDS = {
    "mypy": ["mypy", "--strict"],
    "pyright": ["pyright"],
    # In its own mode it also has warnings, of what is a matter of taste.
    "basedpyright": ["basedpyright", "--level", "error"],
}

ERROR = re.compile(r"(good|bad)\.py:(\d+)(?::\d+)?(?: -|:) error:?(.*)")


def errors(command: list[str]) -> dict[tuple[str, int], str]:
    """Give what a type checker says of each line of the two files."""
    files = [str(HERE / "good.py"), str(HERE / "bad.py")]
    done = subprocess.run(
        [sys.executable, "-m", *command, *files], capture_output=True, text=True, check=False
    )
    found = {(name, int(line)): text.strip() for name, line, text in ERROR.findall(done.stdout)}
    if done.returncode != 1 or not found:
        raise SystemExit(f"{command[0]} failed:\n{done.stdout}{done.stderr}")
    return found


def check(name: str) -> bool:
    """Whether a type checker says what it should."""
    lines = (HERE / "bad.py").read_text(encoding="utf-8").splitlines()
    wrong = {("bad", number) for number, line in enumerate(lines, 1) if line.endswith("# wrong")}
    found = errors(COMMANDS[name])
    for file, number in sorted(found.keys() - wrong):
        print(f"{name}: {file}.py:{number} is refused: {found[file, number]}")
    for file, number in sorted(wrong - found.keys()):
        print(f"{name}: {file}.py:{number} is accepted: {lines[number - 1].strip()}")
    print(f"{name}: {len(found.keys() & wrong)} of {len(wrong)} mistakes are refused")
    return found.keys() == wrong


def main() -> None:
    """Checks with each of the type checkers that are named."""
    results = [check(name) for name in sys.argv[1:] or COMMANDS]
    raise SystemExit(not all(results))


if __name__ == "__main__":
    main()
