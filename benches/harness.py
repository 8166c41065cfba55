"""Compares pieces of code in one run: interleaved repeats, ratios of medians, spread shown.

Absolute times say little on a shared machine; the ratio of two times taken within milliseconds of each
other, on one core, says much more. So contestants take turns, and what is reported is the median of the
ratios of neighbouring turns.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial

Work = Callable[[], object]

Other = tuple[str, Work, float | None]
"""A contestant: its name, its work, and the ratio that ours is to stay below."""

Turn = Callable[[int], float]
"""Does its work so many times and gives the seconds they took, without what it had to prepare for them."""

Rival = tuple[str, Turn, float | None]
"""A contestant that takes its own time."""

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
    repeats: int
    turn: float
    """Seconds that one turn of one contestant should take."""

    def finer(self) -> Options:
        """Many more turns, and shorter ones: where a ratio is close to its limit, or each turn differs."""
        return self if self.quick else replace(self.shorter(), repeats=20 * self.repeats)

    def shorter(self) -> Options:
        """Shorter turns: where each contestant takes them more than once."""
        return self if self.quick else replace(self, turn=self.turn / 4)


def options(description: str) -> Options:
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--quick", action="store_true", help="a few short repeats: does it run at all?")
    parser.add_argument("--json", action="store_true", help="print one JSON object per row")
    given = parser.parse_args()
    if given.quick:
        return Options(given.quick, given.json, repeats=3, turn=0.002)
    return Options(given.quick, given.json, repeats=2 * MIN_REPEATS + 1, turn=0.02)


# Those that there were before `pin` took one.
_CORES = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []

# Does nothing, until whoever started it is gone.
_IDLE = """
import os
parent = os.getppid()
while os.getppid() == parent:
    pass
"""


def pin() -> None:
    """Stay on one core: migrations cost more than what is measured."""
    if _CORES:
        os.sched_setaffinity(0, {_CORES[-1]})


def allow_files(count: int) -> None:
    """Lets this process, and those that it starts, have so many files open, or as many as the system allows."""
    # Not on Windows, where this module is imported all the same.
    import resource

    soft, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most != resource.RLIM_INFINITY:
        count = min(count, most)
    if soft != resource.RLIM_INFINITY:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, count), most))


def pin_apart(process: int) -> None:
    """Keep another process on a core of its own, if there is a second one."""
    if _CORES:
        os.sched_setaffinity(process, {_CORES[0]})


@contextlib.contextmanager
def awake() -> Iterator[None]:
    """Keeps the two cores from sleeping, by work that gives way to any other, where a system knows such.

    To wake a core, above all a virtual one, takes longer than what is measured, and never as long twice.
    """
    if not sys.platform.startswith("linux"):
        yield
        return
    with contextlib.ExitStack() as stack:
        for core in {_CORES[0], _CORES[-1]}:
            process = stack.enter_context(subprocess.Popen([sys.executable, "-c", _IDLE]))
            stack.callback(process.kill)
            os.sched_setscheduler(process.pid, os.SCHED_IDLE, os.sched_param(0))
            os.sched_setaffinity(process.pid, {core})
        yield


def compare(
    option: Options,
    workload: str,
    ours: Work,
    others: Sequence[Other],
    *,
    count: int,
) -> list[Row]:
    """Rows of `ours` against each of `others`: (name, work, limit). `count` operations per call."""
    rivals = [(name, partial(_time, work), limit) for name, work, limit in others]
    return race(option, workload, partial(_time, ours), rivals, count=count)


def race(
    option: Options,
    workload: str,
    ours: Turn,
    others: Sequence[Rival],
    *,
    count: int = 1,
) -> list[Row]:
    """The same for contestants that take their own time."""
    ours_took, *others_took = take_turns(option, [ours, *(take for _, take, _ in others)], count=count)
    return [
        ratio(workload, name, ours_took, took, limit)
        for (name, _, limit), took in zip(others, others_took, strict=True)
    ]


def take_turns(option: Options, takers: Sequence[Turn], *, count: int = 1) -> list[list[float]]:
    """What an operation took, in seconds, in each turn of each contestant."""
    loops = [_calibrate(take, option.turn) for take in takers]
    turns: list[list[float]] = [[] for _ in takers]
    enabled = gc.isenabled()
    gc.disable()
    try:
        for _ in range(option.repeats):
            for take, loop, times in zip(takers, loops, turns, strict=True):
                times.append(take(loop) / (loop * count))
    finally:
        if enabled:
            gc.enable()
    return turns


def ratio(
    workload: str, against: str, ours: Sequence[float], theirs: Sequence[float], limit: float | None
) -> Row:
    """The row of two that took turns."""
    ratios = sorted(a / b for a, b in zip(ours, theirs, strict=True))
    quartile = len(ratios) // 4
    return Row(
        workload,
        against,
        ratio=statistics.median(ratios),
        low=ratios[quartile],
        high=ratios[-1 - quartile],
        limit=limit,
        ours=statistics.median(ours) * 1e9,
        theirs=statistics.median(theirs) * 1e9,
        unit="ns",
    )


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


def _calibrate(take: Turn, turn: float) -> int:
    """How many calls fill a turn. The first calls also warm caches and the allocator up."""
    loop = 1
    # The better of two: an interruption must not pass for work.
    while (took := min(take(loop), take(loop))) < turn / 4:
        loop *= 2
    return max(1, round(loop * turn / took))


def _time(work: Work, loop: int) -> float:
    start = time.perf_counter()
    for _ in range(loop):
        work()
    return time.perf_counter() - start
