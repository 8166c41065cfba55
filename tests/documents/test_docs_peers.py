"""docs/peers.md: what it counts adds up, and what it says to be a vector or a test is one."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from support import golden

TESTS = Path(__file__).parents[1]
PAGE = TESTS.parent / "docs" / "peers.md"
TEXT = PAGE.read_text(encoding="utf-8")

VECTORS = {
    "tokio-util": "peers_tokio_util.json",
    "Netty": "peers_netty.json",
    "Twisted": "peers_twisted.json",
}
every_peer = pytest.mark.parametrize("peer", VECTORS)

SAME = ["their test", "the same here"]
OTHERWISE = ["their test", "they", "we", "why"]
NOT_FOR_US = ["their test", "not for us"]


def tables(text: str) -> list[list[list[str]]]:
    """Their rows, of which the first names the columns."""
    return [
        [_cells(line) for line in table.splitlines() if not line.startswith("|---")]
        for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE)
    ]


def rows(peer: str, columns: list[str]) -> list[list[str]]:
    """A peer's rows of one kind."""
    [(_, section)] = re.findall(rf"^(## {peer})\n(.*?)(?=^## |\Z)", TEXT, re.DOTALL | re.MULTILINE)
    found = [table[1:] for table in tables(section) if table[0] == columns]
    assert len(found) <= 1
    return found[0] if found else []


def names(cell: str) -> list[str]:
    """The peer's tests in a cell."""
    return [name for marked in re.findall(r"`([^`]+)`", cell) for name in _each(marked)]


def quoted(cell: str) -> list[str]:
    """The vectors in a cell, as far as they are named, without their peer."""
    # A `"` in code is none.
    plain = re.sub(r"`[^`]*`", "", cell)
    return [name for title in re.findall(r'"([^"]+)"', plain) for name in _each(title)]


def vectors(peer: str) -> list[str]:
    text = (golden.DIRECTORY / VECTORS[peer]).read_text(encoding="utf-8")
    return [vector["name"] for vector in json.loads(text)]


@every_peer
def test_the_numbers_add_up(peer: str) -> None:
    [row] = [row for row in tables(TEXT)[0] if row[0] == peer]
    same = [(name, cell) for tests, cell in rows(peer, SAME) for name in names(tests)]
    in_a_test = [name for name, cell in same if cell == "a test"]
    otherwise = [name for tests, *_ in rows(peer, OTHERWISE) for name in names(tests)]
    not_for_us = [name for tests, _ in rows(peer, NOT_FOR_US) for name in names(tests)]
    every = [*(name for name, _ in same), *otherwise, *not_for_us]
    assert len(set(every)) == len(every), "a test stands there twice"
    counted = [len(every), len(same) - len(in_a_test), len(in_a_test), len(otherwise), len(not_for_us)]
    assert [int(cell) for cell in row[1:]] == counted


@every_peer
def test_what_is_the_same_is_a_vector_or_a_test(peer: str) -> None:
    for _, cell in rows(peer, SAME):
        assert (cell == "a test") is not bool(quoted(cell)), cell


@every_peer
def test_every_vector_is_named_and_what_is_named_is_one(peer: str) -> None:
    cells = [cell for kind in (SAME, OTHERWISE) for row in rows(peer, kind) for cell in row[1:]]
    named = {f"{peer}: {name}" for cell in cells for name in quoted(cell)}
    assert named == set(vectors(peer))


@every_peer
def test_what_no_vector_says_a_test_does(peer: str) -> None:
    files = (TESTS / "codec" / "test_peers.py", TESTS / "codec" / "test_peers_oversize.py")
    said = set(
        re.findall(r"\w+(?:\.\w+)?", "\n".join(path.read_text(encoding="utf-8") for path in files))
    )
    wanted = [tests for tests, cell in rows(peer, SAME) if cell == "a test"]
    wanted += [tests for tests, *_ in rows(peer, OTHERWISE)]
    assert wanted
    for tests in wanted:
        for name in names(tests):
            assert name in said


def test_every_table_is_of_a_kind_that_is_known() -> None:
    kinds = [table[0] for table in tables(TEXT)[1:]]
    assert {tuple(kind) for kind in kinds} == {
        tuple(kind) for kind in (SAME, OTHERWISE, NOT_FOR_US, ["they", "we"])
    }
    # One of each for each peer, but for Netty, all of whose tests are for us.
    assert len(kinds) == 4 * len(VECTORS) - 1


def test_links_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)]+)\)", TEXT)
    assert links
    for link in links:
        assert (PAGE.parent / link).exists()


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line[1:-1].split("|")]


def _each(name: str) -> list[str]:
    """`Int{8,16}Tests` is `Int8Tests` and `Int16Tests`."""
    braces = re.search(r"\{([\d,]+)\}", name)
    if braces is None:
        return [name]
    return [name.replace(braces[0], number) for number in braces[1].split(",")]
