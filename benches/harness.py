"""Compares pieces of code in one run: interleaved repeats, ratios of medians, spread shown.

Absolute times say little on a shared machine; the ratio of two times taken within milliseconds of each
other, on one core, says much more. So contestants take turns, and what is reported is the median of the
ratios of neighbouring turns.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

Work = Callable[[], object]

Other = tuple[str, Work, float | None]
"""A contestant: its name, its work, and the ratio that ours is to stay below."""

MIN_REPEATS = 15
"""Fewer would let one interruption decide a median."""


@dataclass(frozen=True)
class Row:
    """One comparison: `ratio` is ours / theirs, so less is better."""

    workload: str
    against: str
    ratio: float
    low: float
    high: float
    limit: float | None
    ours: float
    theirs: float
    unit: str

    @property
    def verdict(self) -> str:
        if self.limit is None:
            return ""
        return "met" if self.ratio <= self.limit else "NOT MET"


@dataclass(frozen=True)
class Options:
    quick: bool
    as_json: bool

    @property
    def repeats(self) -> int:
        return 3 if self.quick else 2 * MIN_REPEATS + 1

    @property
    def turn(self) -> float:
        """Seconds that one turn of one contestant should take."""
        return 0.002 if self.quick else 0.02


def options(description: str) -> Options:
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--quick", action="store_true", help="a few short repeats: does it run at all?")
    parser.add_argument("--json", action="store_true", help="print one JSON object per row")
    given = parser.parse_args()
    return Options(given.quick, given.json)


def pin() -> None:
    """Stay on one core: migrations cost more than what is measured."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def compare(
    option: Options,
    workload: str,
    ours: Work,
    others: Sequence[Other],
    *,
    count: int,
) -> list[Row]:
    """Rows of `ours` against each of `others`: (name, work, limit). `count` operations per call."""
    works = [ours, *(work for _, work, _ in others)]
    loops = [_calibrate(work, option.turn) for work in works]
    turns: list[list[float]] = [[] for _ in works]
    enabled = gc.isenabled()
    gc.disable()
    try:
        for _ in range(option.repeats):
            for work, loop, times in zip(works, loops, turns, strict=True):
                times.append(_time(work, loop) / (loop * count))
    finally:
        if enabled:
            gc.enable()
    rows = []
    for (name, _, limit), times in zip(others, turns[1:], strict=True):
        ratios = sorted(a / b for a, b in zip(turns[0], times, strict=True))
        quartile = len(ratios) // 4
        rows.append(
            Row(
                workload,
                name,
                ratio=statistics.median(ratios),
                low=ratios[quartile],
                high=ratios[-1 - quartile],
                limit=limit,
                ours=statistics.median(turns[0]) * 1e9,
                theirs=statistics.median(times) * 1e9,
                unit="ns",
            )
        )
    return rows


def report(option: Options, rows: Sequence[Row]) -> None:
    for row in rows:
        if option.as_json:
            print(json.dumps({**asdict(row), "verdict": row.verdict}))
            continue
        limit = "" if row.limit is None else f"<= {row.limit:g}"
        print(
            f"{row.workload:<38} {row.against:<34} {row.ratio:7.3f} [{row.low:.3f} - {row.high:.3f}]"
            f" {limit:<9} {row.verdict:<8} {row.ours:12,.1f} / {row.theirs:,.1f} {row.unit}"
        )
    sys.stdout.flush()


def _calibrate(work: Work, turn: float) -> int:
    """How many calls fill a turn. The first calls also warm caches and the allocator up."""
    loop = 1
    while (took := _time(work, loop)) < turn / 4:
        loop *= 2
    return max(1, round(loop * turn / took))


def _time(work: Work, loop: int) -> float:
    start = time.perf_counter()
    for _ in range(loop):
        work()
    return time.perf_counter() - start
