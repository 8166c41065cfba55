"""The asyncio layer against floors, asyncio's own streams, and other libraries; on asyncio's loop and on uvloop.

    python benches/aio.py [--quick] [--json]

Needs `uvloop`, `picows` and `websockets` for some rows. "Limit" is the ratio the project holds itself to.

Of an echo server it is the server that decides how long a message takes. Elsewhere it is this side, and what is
received has arrived before the clock starts; but "as it is sent", where who is slower decides.
"""

from __future__ import annotations

import aio_echo
import aio_loops
import aio_memory
import aio_servers
import harness
from aio_contestants import Contestants
from aio_ends import Bare, Callback, Stream, Streams

MIB = 1024 * 1024


def receiving(option: harness.Options, loop: str) -> None:
    for name, size, limit in ("32 B", 32, 0.22), ("1 MiB", MIB, 0.35):
        with Contestants(loop, size) as field:
            others: list[harness.Rival] = [
                (Streams.name, field.recv(Streams), limit),
                (Bare.name, field.drain(), None),
                (Callback.name, field.recv(Callback), None),
            ]
            report(option, f"{loop}: recv {name}", field.recv(Stream), *others)
    with Contestants(loop, 32) as field:
        report(
            option,
            f"{loop}: recv_many 32 B",
            field.recv_many(),
            (Streams.name, field.recv(Streams), 0.05),
            (Bare.name, field.drain(), None),
        )
    with Contestants(loop, MIB) as field:
        report(
            option,
            f"{loop}: recv 1 MiB as it is sent",
            field.streamed_recv(Stream),
            (Streams.name, field.streamed_recv(Streams), None),
            (Bare.name, field.streamed_drain(), None),
        )


def sending(option: harness.Options, loop: str) -> None:
    for name, size in ("32 B", 32), ("1 MiB", MIB):
        with Contestants(loop, size) as field:
            report(
                option,
                f"{loop}: send {name}",
                field.send(Stream),
                (Streams.name, field.send(Streams), None),
            )
    with Contestants(loop, 32) as field:
        at_once = len(field.batch)
        one_each = (Streams.name, field.send(Streams, at_once), None)
        report(option, f"{loop}: send_many 32 B", field.send_many(), one_each, count=at_once)


def exchanging(option: harness.Options, loop: str) -> None:
    """Over many connections, one after the other: to some the system is kinder, by more than what is compared."""
    ends: list[type[Stream | Streams | Bare | Callback]] = [Stream, Streams, Bare, Callback]
    times: list[list[float]] = [[] for _ in ends]
    for _ in range(1 if option.quick else harness.MIN_REPEATS):
        with Contestants(loop, 32) as field:
            turns = harness.take_turns(option.shorter(), [field.exchange(end) for end in ends])
            for all_times, these in zip(times, turns, strict=True):
                all_times += these
    ours, *others = times
    rows = [
        harness.ratio(f"{loop}: ping-pong 32 B", end.name, ours, theirs, None)
        for end, theirs in zip(ends[1:], others, strict=True)
    ]
    harness.report(option, rows)


def report(
    option: harness.Options, workload: str, ours: harness.Turn, *others: harness.Rival, count: int = 1
) -> None:
    harness.report(option, harness.race(option, workload, ours, others, count=count))


if __name__ == "__main__":
    chosen = harness.options(__doc__ or "")
    harness.pin()
    loops = [aio_loops.ASYNCIO, *aio_loops.installed([aio_loops.UVLOOP])]
    peers = aio_loops.installed(aio_echo.PEERS)
    for loop in loops:
        for rows in aio_echo.rows(chosen, loop, peers):
            harness.report(chosen, rows)
    aio_servers.warm_up()
    for loop in loops:
        receiving(chosen, loop)
        with harness.awake():
            sending(chosen, loop)
            exchanging(chosen, loop)
        harness.report(chosen, aio_memory.rows(chosen, loop))
