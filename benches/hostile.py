"""Hostile peers: what they cost a server, and the good clients beside them.

    python benches/hostile.py [--quick] [--json] [--server KIND] [--attack NAME]

Against each server (`hostile_servers.py`), each attack (`hostile_attacks.py`), with good clients beside it
(`hostile_clients.py`). The server has a core of its own. Everybody else is on the other one, where the attackers give way
to the good clients. Linux only, where /proc says what a process has. Times of quick mode mean nothing.

The blocking server has a thread for each connection, ten thousand where there are so many peers. For those who are many
and idle there is the one with a selector, too.

A "trip" is a message of a client that stays, and its reply; a newcomer connects first. Where the limit is 0, what is
counted must not be there at all.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import math
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import harness
import hostile_attacks
import hostile_clients
import hostile_servers
from hostile_processes import Process, Target

if TYPE_CHECKING:
    from collections.abc import Iterator

KIB, MIB = 1024, 1024 * 1024

SPARE = 200
"""Descriptors of a process besides those of an attack."""

IDLE = 24 * KIB
"""Memory for a connection, whatever its header has claimed."""

UNFINISHED = 64 * KIB
"""Memory for an unfinished frame, beyond four times what has arrived."""

BUSY = 512 * KIB
"""Memory for what is under way on a busy connection: what was received at a time, frames of it, and what waits to be
sent."""

THREAD = 32 * KIB
"""Memory for a thread."""

LEFT = 8 * MIB
"""Memory that is not given back, however many there were: what all share, and what is scattered."""

LEFT_OF_EACH = 4 * KIB
"""And for each of those that there were: the holes between what is kept. As many again leave no more."""

GROWN = 2 * MIB
"""And what may be added to that by as many again, in quick mode: what else is kept than holes."""

ARENAS = 4 * MIB
"""And by threads that find other arenas of their allocator, until all of them have been used."""

STACKS = 160
"""Threads, at most, whose stacks glibc keeps for others: 40 MiB of `hostile_servers.STACK_SIZE`."""


@dataclass(frozen=True)
class Attack:
    """So many peers, what each may cost a server, and how it ends there."""

    count: int
    quick_count: int
    bound: int
    ends: tuple[str, ...]
    frame_timeout: float = 2.0
    at_once: int | None = None
    """How many of them there are at a time, if not all."""


QUICK_TIMEOUT = 1.0

FRAME_TIMEOUT = 30.0
"""Seconds for a frame where it is not this that ends an attack: more than any machine is too busy to finish one."""

SEND_TIMEOUT = 30.0
"""Seconds to send a frame: more than anybody takes who reads at all."""

STALLED = ("FrameStalled",)
ENDED = ("ConnectionClosed",)
REFUSED = ("InvalidHeader", "FrameTooLarge")
RESET = ("ConnectionResetError",)
BROKEN = (*RESET, "BrokenPipeError")
LEFT_ALONE = ("SendIncomplete", "SendTimeout", "TimeoutError")

POINTS = len(hostile_attacks.POINTS)

QUICK_CROWD = 400
"""Peers of an attack in quick mode whose memory is looked at closely.

On a busy machine many threads are inside a read at the same moment. The buffers for that are shared: some 6 MiB, however many
peers there are. Divided among a hundred they would look like memory of each.
"""

ATTACKS = {
    "silent": Attack(10_000, 100, IDLE, RESET, 4.0),
    "claims": Attack(10_000, QUICK_CROWD, IDLE, STALLED, 8.0),
    "parts": Attack(1000, 100, UNFINISHED + 4 * hostile_attacks.PART, STALLED, 3.0),
    "drips": Attack(1000, QUICK_CROWD, IDLE, STALLED, 5.0),
    "empty_frames": Attack(16, 4, BUSY, ENDED),
    "one_byte_frames": Attack(16, 4, BUSY, ENDED),
    "bad_headers": Attack(12_000, 240, UNFINISHED, REFUSED, at_once=hostile_attacks.AT_ONCE),
    "unread": Attack(200, 20, BUSY, LEFT_ALONE),
    "resets": Attack(100 * POINTS, 4 * POINTS, BUSY, BROKEN, at_once=POINTS),
}

SELECTING = ("silent", "claims", "drips")
"""What the server without threads is for: peers that are many, and idle."""

QUICK_AT_ONCE = 4
"""Trials that go on side by side where nobody looks at the times: they mostly wait."""


class Trial:
    """An attack on a server."""

    def __init__(self, kind: str, name: str, quick: bool) -> None:
        self.kind, self.name, self.quick = kind, name, quick
        self.attack = ATTACKS[name]
        self.count = affordable(self.attack.quick_count if quick else self.attack.count)
        self.seconds = QUICK_TIMEOUT if quick else self.attack.frame_timeout
        self.frame_timeout = self.seconds if self.attack.ends == STALLED else FRAME_TIMEOUT
        self.send_timeout = self.seconds if self.attack.ends == LEFT_ALONE else SEND_TIMEOUT
        self.thread, self.arenas = (THREAD, ARENAS) if kind == "threaded" else (0, 0)
        self.calm = 0.2 if quick else 2.0

    def rows(self) -> list[harness.Row]:
        with contextlib.ExitStack() as stack:
            target = Target(stack, self.kind, self.frame_timeout, self.send_timeout)
            clients = Process(stack, hostile_clients, target.port)
            clients.answer()
            before = self.calmly(clients)
            target.settle()
            resident, files, threads = target.resident(), target.files(), target.threads()

            target.forget_peak()
            clients.order()
            outcome = self.attacked(target)
            clients.order()
            during = clients.answer()
            goers = before["newcomers"] + during["newcomers"]
            ends = target.wait_for_ends(goers + self.count)
            peak = target.peak()
            files_left = target.wait_for(target.files, files) - files
            threads_left = target.wait_for(target.threads, threads) - threads
            left = target.resident()
            after = self.calmly(clients)

            grown = self.again(target, goers + after["newcomers"], files) - left if self.quick else None
        return [
            *self.of_clients(before, during, after),
            *self.of_ends(outcome, ends, goers),
            *self.of_memory(resident, peak, left, grown),
            self.row("descriptors left", "before", files_left, files, 0, "files"),
            self.row("threads left", "before", threads_left, threads, 0, "threads"),
        ]

    def calmly(self, clients: Process) -> Any:
        """What good clients find while nothing happens."""
        clients.order()
        time.sleep(self.calm)
        clients.order()
        return clients.answer()

    def attacked(self, target: Target) -> Any:
        with contextlib.ExitStack() as stack:
            attackers = Process(
                stack, hostile_attacks, target.port, self.name, self.count, self.seconds
            )
            return attackers.answer()

    def again(self, target: Target, goers: int, files: int) -> int:
        """What is resident after a second time: the first may be when all that is shared is made."""
        self.attacked(target)
        target.wait_for_ends(goers + 2 * self.count)
        target.wait_for(target.files, files)
        target.settle()
        return target.resident()

    def of_clients(self, before: Any, during: Any, after: Any) -> Iterator[harness.Row]:
        phases = before, during, after
        for who in "trip", "newcomer":
            for figure in "median", "p99":
                key = f"{who}_{figure}"
                for when, phase in ("during", during), ("after", after):
                    yield self.row(
                        f"{who}, {figure}, {when}", "before", phase[key], before[key], unit="ns"
                    )
        trips = sum(phase["trips"] + phase["newcomers"] for phase in phases)
        yield self.row(
            "wrong replies", "all", sum(phase["wrong"] for phase in phases), trips, 0, "replies"
        )

    def of_ends(
        self, outcome: Any, ends: collections.Counter[str], goers: int
    ) -> Iterator[harness.Row]:
        yield self.row("not ended", "all", self.count - outcome["ended"], self.count, 0, "peers")
        yield self.row("ended otherwise", "all", self.otherwise(ends, goers), self.count, 0, "peers")
        if self.attack.ends == STALLED:
            for key in "soonest", "latest":
                yield self.row(f"ended, {key}", "frame_timeout", outcome[key], self.seconds, unit="ns")

    def of_memory(
        self, resident: int, peak: int, left: int, grown: int | None
    ) -> Iterator[harness.Row]:
        each = max(0, peak - resident) / (self.attack.at_once or self.count)
        bound = self.attack.bound + self.thread
        yield self.row("memory, peak", "before", peak, resident, unit="bytes")
        yield self.row("memory, peak, each", "its bound", each, bound, 1.0, "bytes")
        stacks = min(self.count, STACKS) * self.thread
        allowed = LEFT + self.count * LEFT_OF_EACH + stacks
        yield self.row("memory, left", "allowed", max(0, left - resident), allowed, 1.0, "bytes")
        if grown is not None:
            again = GROWN + self.arenas + stacks
            yield self.row("memory, left again", "allowed", max(0, grown), again, 1.0, "bytes")

    def otherwise(self, ends: collections.Counter[str], goers: int) -> int:
        """Connections that have ended in another way than they should, are counted too often or not at all."""
        ends = collections.Counter(ends)
        ends.subtract({"ConnectionClosed": goers})
        if expected := self.expected():
            ends.subtract(expected)
            return sum(map(abs, ends.values()))
        missing = self.count - ends.total()
        return abs(missing) + sum(abs(ends[kind]) for kind in ends if kind not in self.attack.ends)

    def expected(self) -> dict[str, int] | None:
        """How many have to end how, where that is certain."""
        if self.kind == "selecting" and self.attack.ends == STALLED:
            return {hostile_servers.LateError.__name__: self.count}
        if self.attack.ends == REFUSED:
            bad, large = len(hostile_attacks.BAD_HEADERS), len(hostile_attacks.TOO_LARGE)
            refused = ["InvalidHeader"] * bad + ["FrameTooLarge"] * large
            return collections.Counter(refused[number % len(refused)] for number in range(self.count))
        if len(self.attack.ends) == 1:
            return {self.attack.ends[0]: self.count}
        return None

    def row(
        self,
        what: str,
        against: str,
        ours: float,
        theirs: float,
        limit: float | None = None,
        unit: str = "",
    ) -> harness.Row:
        ratio = ours / theirs if theirs else math.inf
        scale = 1e9 if unit == "ns" else 1
        workload = f"{self.kind}, {self.count} {self.name}: {what}"
        return harness.Row(
            workload, against, ratio, ratio, ratio, limit, ours * scale, theirs * scale, unit
        )


def trials(quick: bool, server: str | None, attack: str | None) -> Iterator[Trial]:
    for kind in hostile_servers.KINDS:
        for name in ATTACKS:
            if kind == "selecting" and name not in SELECTING:
                continue
            if server in (None, kind) and attack in (None, name):
                yield Trial(kind, name, quick)


def affordable(count: int) -> int:
    """So many peers, or as many as there may be descriptors."""
    import resource

    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if most == resource.RLIM_INFINITY or count + SPARE <= most:
        return count
    print(f"{most} descriptors are the most: fewer peers than {count}", file=sys.stderr)
    return most - SPARE


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="few peers, and short times: is it all right?"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object per row")
    parser.add_argument("--server", choices=hostile_servers.KINDS, help="this one only")
    parser.add_argument("--attack", choices=ATTACKS, help="this one only")
    given = parser.parse_args()
    if not sys.platform.startswith("linux"):
        print("needs /proc", file=sys.stderr)
        return
    option = harness.Options(given.quick, given.json, repeats=1, turn=0)
    chosen = trials(given.quick, given.server, given.attack)
    harness.pin()
    with ThreadPoolExecutor(QUICK_AT_ONCE if given.quick else 1) as pool:
        for rows in pool.map(Trial.rows, chosen):
            harness.report(option, rows)


if __name__ == "__main__":
    main()
