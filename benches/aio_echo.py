"""Echo servers under load: the time that each takes for a message.

"50 x 8" is 50 clients with 8 messages in flight each.
"""

from __future__ import annotations

import contextlib
import select
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import aio_clients
import aio_loops
import harness

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SIZE = 32

NAMES = {
    "bare": "floor: bare asyncio.Protocol",
    "bare_task": "floor: the same and a task",
    "streams": "asyncio streams",
    "picows": "picows",
    "websockets": "websockets",
}
"""Whom ours are held against."""

OURS = ("stream", "callback")
PEERS = ("picows", "websockets")

Pair = tuple[str, str]
"""One of ours, and one of the others."""


@dataclass(frozen=True)
class Load:
    """So many clients, each with so many messages in flight, and the limits that hold then."""

    clients: int
    in_flight: int
    limits: Mapping[Pair, float] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"echo {self.clients} x {self.in_flight}"


USUAL = Load(
    50,
    1,
    {("stream", "bare_task"): 1.1, ("callback", "bare"): 1.12, ("callback", "picows"): 1.1},
)
OTHER_LOADS = (
    Load(50, 8, {("stream", "streams"): 0.3, ("callback", "streams"): 0.22}),
    Load(50, 64),
    Load(1, 1),
    Load(500, 1),
)

FILES = 10_000
"""More than the connections of all clients of all servers."""

FRESH_LIMIT = 0.45
FRESH_ROUNDS = 40
"""In the first measurement of a fresh server: some 2,000 messages."""


def rows(option: harness.Options, loop: str, peers: list[str]) -> Iterator[list[harness.Row]]:
    """The rows of one kind of loop, as they come; not on Windows."""
    if not hasattr(select, "poll"):
        return
    yield from warm(option, loop, peers)
    yield fresh(option, loop)


def warm(option: harness.Options, loop: str, peers: list[str]) -> Iterator[list[harness.Row]]:
    """Servers that have run for a while, all there at once, and all idle but one."""
    kinds = [*OURS, *(kind for kind in NAMES if kind not in PEERS or kind in peers)]
    harness.allow_files(FILES)
    with contextlib.ExitStack() as stack:
        # Where there is one client, a server sleeps between two messages; its core shall not.
        stack.enter_context(harness.awake())
        servers = [stack.enter_context(aio_clients.serving(loop, kind, warm=True)) for kind in kinds]
        yield _race(option.finer(), loop, servers, USUAL)
        for load in OTHER_LOADS:
            yield _race(option, loop, servers, load)


def fresh(option: harness.Options, loop: str) -> list[harness.Row]:
    """The first messages of new servers: a new one for each figure."""
    took: dict[str, list[float]] = {"stream": [], "streams": []}
    for _ in range(2 if option.quick else harness.MIN_REPEATS + 2):
        for kind, times in took.items():
            with (
                aio_clients.serving(loop, kind, warm=False) as server,
                aio_clients.Clients(server, USUAL.clients, SIZE) as clients,
            ):
                rounds = 2 if option.quick else FRESH_ROUNDS
                times.append(clients.echo(1)(rounds) / (rounds * USUAL.clients))
    # uvloop reads into memory of its own: there is nothing that could be cold.
    limit = FRESH_LIMIT if loop == aio_loops.ASYNCIO else None
    workload = f"{loop}: {USUAL}, stream, fresh"
    return [harness.ratio(workload, NAMES["streams"], took["stream"], took["streams"], limit)]


def _race(
    option: harness.Options, loop: str, servers: list[aio_clients.Server], load: Load
) -> list[harness.Row]:
    with contextlib.ExitStack() as stack:
        clients = [
            stack.enter_context(aio_clients.Clients(server, load.clients, SIZE)) for server in servers
        ]
        turns = [each.echo(load.in_flight) for each in clients]
        times = harness.take_turns(option, turns, count=load.clients * load.in_flight)
    took = dict(zip((server.kind for server in servers), times, strict=True))
    return [
        harness.ratio(
            f"{loop}: {load}, {ours}",
            NAMES[other],
            took[ours],
            took[other],
            load.limits.get((ours, other)),
        )
        for ours in OURS
        for other in NAMES
        if other in took
    ]
