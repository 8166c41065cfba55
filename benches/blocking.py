"""Blocking sockets against floors, careful Python and `multiprocessing.connection`.

    python benches/blocking.py [--quick] [--json]

Each contestant has a TCP connection over loopback, and a peer on another core. This side is what is
timed. "Limit" is the ratio the project holds itself to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import blocking_memory
import harness
from contestants import Contestants
from ends import Buffered, End, Exact, Framed, Multiprocessing

MIB = 1024 * 1024
SIZES = {"32 B": 32, "4 KiB": 4096, "1 MiB": MIB}

DRAIN = "floor: recv_into one buffer"
UNPACK = "floor: the same and struct.unpack"
WHOLE = "floor: one recv each, into bytes"
ONE_EACH = "by hand: one sendall each"

Limits = Mapping[type[End], float | None]
NO_LIMITS: Limits = {Exact: None, Buffered: None, Multiprocessing: None}
NO_SEND_LIMITS: Limits = {Exact: None, Multiprocessing: None}


def race(
    option: harness.Options,
    workload: str,
    enter: Callable[[type[End]], harness.Turn],
    limits: Limits,
    *floors: harness.Rival,
    count: int = 1,
) -> None:
    """Ours next to the floors, which are closest, and then the others."""
    ours = enter(Framed)
    others = [(end.name, enter(end), limit) for end, limit in limits.items()]
    harness.report(option, harness.race(option, workload, ours, [*floors, *others], count=count))


def receiving(option: harness.Options) -> None:
    with Contestants(32) as field:
        race(option, "recv 32 B", field.recv, {**NO_LIMITS, Exact: 0.05})
    with Contestants(32) as field:
        race(option, "recv_many 32 B", field.recv_many, {**NO_LIMITS, Exact: 0.03})
    with Contestants(SIZES["4 KiB"]) as field:
        floors = [
            (DRAIN, field.drain(), None),
            (UNPACK, field.unpack(), 1.15),
            (WHOLE, field.recv_whole(), None),
        ]
        race(option, "recv 4 KiB", field.recv, NO_LIMITS, *floors)
    with Contestants(MIB) as field:
        floors = [(DRAIN, field.drain(), None), (WHOLE, field.recv_whole(), 1.1)]
        race(option, "recv 1 MiB", field.recv, NO_LIMITS, *floors)
    with Contestants(MIB) as field:
        floor = (DRAIN, field.drain(), None)
        harness.report(option, harness.race(option, "recv_into 1 MiB", field.recv_into(), [floor]))


def receiving_a_stream(option: harness.Options) -> None:
    """While the feeder sends, which takes longer than to receive: so the ratios are closer to 1."""
    for name in "4 KiB", "1 MiB":
        with Contestants(SIZES[name]) as field:
            floor = (DRAIN, field.streamed_drain(), None)
            race(option, f"recv {name} as it is sent", field.streamed_recv, {}, floor)


def sending(option: harness.Options) -> None:
    with Contestants(32) as field:
        one_each = (ONE_EACH, field.send_one_by_one(), 0.05)
        many = len(field.batch)
        race(option, "send_many 32 B", field.send_many, NO_SEND_LIMITS, one_each, count=many)
    for name, size in SIZES.items():
        with Contestants(size) as field:
            race(option, f"send {name}", field.send, NO_SEND_LIMITS)
    with Contestants(MIB) as field:
        floor = ("floor: sendall(payload)", field.send_payload(), 1.05)
        race(option.finer(), "send 1 MiB", field.send, {}, floor)


def exchanging(option: harness.Options) -> None:
    with Contestants(32) as field:
        floor = ("floor: sendall + one recv", field.bare_ping_pong(), 1.05)
        race(option.finer(), "ping-pong 32 B", field.ping_pong, {}, floor)
    for name, size in SIZES.items():
        with Contestants(size) as field:
            race(option, f"ping-pong {name}", field.ping_pong, NO_LIMITS)
    for name, size in SIZES.items():
        with Contestants(size) as field:
            many = len(field.batch)
            race(option, f"{many} x {name} there and back", field.ping_pong_many, NO_LIMITS, count=many)


if __name__ == "__main__":
    chosen = harness.options(__doc__ or "")
    harness.pin()
    receiving(chosen)
    receiving_a_stream(chosen.finer())
    with harness.awake():
        sending(chosen)
        exchanging(chosen)
    harness.report(chosen, blocking_memory.rows(chosen))
