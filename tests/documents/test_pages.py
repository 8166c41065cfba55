"""The pages whose examples are sessions alone: they run, links lead somewhere, and the tables are complete."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import framing
import pytest

ROOT = Path(__file__).parents[2]
PAGES = ["docs/sockets.md", "docs/errors.md"]
DOCUMENTS = [
    "README.md",
    "SECURITY.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").glob("*.md")),
]


def text(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def table(page: str, heading: str) -> list[list[str]]:
    """The rows of the first table under a heading, without the names of its columns."""
    section = text(page).split(f"\n## {heading}\n")[1]
    found = re.search(r"(?:^\|.*\n)+", section, re.MULTILINE)
    assert found
    return [[cell.strip() for cell in line[1:-1].split("|")] for line in found[0].splitlines()[2:]]


@pytest.mark.parametrize("page", PAGES)
def test_sessions(page: str) -> None:
    blocks = re.findall(r"^```python\n(.*?)^```", text(page), re.DOTALL | re.MULTILINE)
    assert len(blocks) >= 4
    assert all(block.startswith(">>>") for block in blocks)
    # One after the other, as they are read: later ones use what earlier ones have made.
    test = doctest.DocTestParser().get_doctest("\n".join(blocks), {}, page, page, 0)
    report: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    assert runner.run(test, out=report.append).failed == 0, "".join(report)
    assert runner.tries >= 12


@pytest.mark.parametrize("page", DOCUMENTS)
def test_links_lead_somewhere(page: str) -> None:
    for link in re.findall(r"\]\(([^)]+)\)", text(page)):
        if link.startswith("https:"):
            continue
        path, _, heading = link.partition("#")
        target = (ROOT / page).parent / path if path else ROOT / page
        assert target.exists(), link
        if heading:
            titles = re.findall(r"^#+ (.*)$", target.read_text(encoding="utf-8"), re.MULTILINE)
            assert heading in {re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in titles}


@pytest.mark.parametrize("page", DOCUMENTS)
def test_files_that_are_named_exist(page: str) -> None:
    named = re.findall(
        r"(?<![\w/.-])(?:docs|tests|examples|benches|crates|python|src|fuzz)/[\w/.*-]*\w", text(page)
    )
    for name in named:
        assert list(ROOT.glob(name)), name


def test_every_test_that_holds_a_promise_exists() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", text("SECURITY.md"))
    assert len(named) >= 10
    for path, name in named:
        assert re.search(rf"^ *(async )?def {name}\(", text(path), re.MULTILINE), f"{path}::{name}"


def test_the_rust_examples_are_the_crates_own() -> None:
    """Those are doctests of the crate."""
    here, there = (
        re.findall(r"^```rust\n(.*?)^```", text(page), re.DOTALL | re.MULTILINE)
        for page in ("docs/rust.md", "crates/framing-core/README.md")
    )
    assert here == there != []


def test_every_figure_stands_beside_its_bar() -> None:
    for workload, _, bar, figure in table("docs/benchmarks.md", "The figures"):
        assert re.search(r"\d", bar), workload
        assert re.fullmatch(r"-|[\d.]+( B| KiB)?\*?( / [\d.]+\*?)?", figure), workload


# The tables


def test_every_error_is_listed_with_what_it_is_and_says() -> None:
    rows = table("docs/errors.md", "The errors")
    public = {
        name
        for name in framing.__all__
        if isinstance(value := getattr(framing, name), type)
        and issubclass(value, framing.FramingError)
        and value is not framing.FramingError
    }
    assert public == {row[0].strip("`") for row in rows}
    shared: list[str] = []
    for name, also, _, facts, _ in rows:
        cls = getattr(framing, name.strip("`"))
        bases = [base for base in cls.__bases__ if not issubclass(base, framing.FramingError)]
        assert [base.__name__ for base in bases] == re.findall(r"`(\w+)`", also)
        named = re.findall(r"`(\w+)`", facts)
        if name == "`IncompleteFrame`":
            shared = named
        expected = shared + named if facts.startswith("the same") else named
        assert set(cls._facts or ()) == set(expected) - {"errno"}
        assert ("errno" in expected) == (cls._errno is not None)


def test_every_option_is_listed_and_is_an_attribute() -> None:
    rows = table("docs/sockets.md", "Options")
    known = set(framing.FrameOptions.__annotations__)
    assert {row[0].strip("`") for row in rows} == known
    for name in known:
        assert hasattr(framing.FramedSocket, name)
        assert hasattr(framing.FramedListener, name)
