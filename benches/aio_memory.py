"""How much memory connections take in an event loop: measured in fresh processes, with nothing else in the figures.

python benches/aio_memory.py LOOP SIZE
"""

from __future__ import annotations

import asyncio
import contextlib
import select
import socket
import subprocess
import sys
import threading
from pathlib import Path

import aio_clients
import aio_loops
import by_hand
import harness
import peers
from framing import aio

import memory

MIB = 1024 * 1024

FLOOD_SIZE = 4096
"""Payloads of those who do not read the answers."""

SMALL_BUFFER = 4096
"""Bytes that the system is asked to keep for who does not read, so that the server has to keep the rest."""

PATIENCE = 1.0
"""Seconds in which a server takes nothing more: it waits."""

BOUND = (64 + 64 + 256) * 1024
"""High-water marks of a `FramedStream`: of what it has received, and of what it has to send. And one read, which may go
beyond the first of them."""


def rows(option: harness.Options, loop: str) -> list[harness.Row]:
    """The memory rows; Linux only, where /proc says."""
    if not sys.platform.startswith("linux"):
        return []
    connections = 100 if option.quick else 1000
    harness.allow_files(2 * connections + 100)
    size = 10_000_000 if option.quick else 1_000_000_000
    bare = idle(loop, "bare", connections)
    stream, callback, streams = (
        idle(loop, kind, connections) - bare for kind in ("stream", "callback", "streams")
    )
    slow = slow_readers(loop, connections)
    ours = f"{loop}: idle, beyond bare: stream"
    return [
        memory.row(ours, "4 KiB", stream, 4096, 1.0),
        memory.row(ours, "asyncio streams", stream, streams, None),
        memory.row(f"{loop}: idle, beyond bare: callback", "4 KiB", callback, 4096, None),
        memory.row(
            f"{loop}: {connections} slow readers, each", "its limits and one read", slow, BOUND, None
        ),
        memory.row(f"{loop}: one large frame (VmHWM)", "its size", _large(loop, size), size, 1.05),
    ]


def idle(loop: str, kind: str, count: int) -> float:
    """What each connection takes, in a server, on which a message has come and gone."""
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(aio_clients.serving(loop, kind, warm=True))
        # What there is only once is there after the first.
        stack.enter_context(aio_clients.Clients(server, 1, 32)).echo(1)(1)
        before = memory.status("VmRSS", server.process)
        stack.enter_context(aio_clients.Clients(server, count, 32)).echo(1)(1)
        return (memory.status("VmRSS", server.process) - before) / count


def slow_readers(loop: str, count: int) -> float:
    """What each connection takes, in a server that echoes, whose client sends and never receives."""
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(aio_clients.serving(loop, "stream", warm=True))
        stack.enter_context(aio_clients.Clients(server, 1, 32)).echo(1)(1)
        before = memory.status("VmRSS", server.process)
        clients = [stack.enter_context(socket.socket()) for _ in range(count)]
        for client in clients:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SMALL_BUFFER)
            client.connect((peers.HOST, server.port))
            client.setblocking(False)
        _flood(clients)
        return (memory.status("VmRSS", server.process) - before) / count


def large(loop: str, size: int) -> float:
    """What one frame of so many bytes adds to the most memory there ever was."""
    near, far = socket.socketpair()
    chunk = bytes(MIB)

    def feed() -> None:
        for payload_size in MIB, size:
            far.sendall(b"%-10d" % payload_size)
            for at in range(0, payload_size, MIB):
                far.sendall(chunk[: payload_size - at])

    async def receive() -> float:
        async with await aio.open_connection(sock=near) as receiver:
            await receiver.recv()
            before = memory.status("VmHWM")
            frame = await receiver.recv()
            assert len(frame) == size
            return memory.status("VmHWM") - before

    feeder = threading.Thread(target=feed)
    feeder.start()
    with far, asyncio.Runner(loop_factory=lambda: aio_loops.new(loop)) as runner:
        taken = runner.run(receive())
        feeder.join()
    return taken


def _flood(clients: list[socket.socket]) -> None:
    """Sends until the server takes no more from anybody."""
    message = by_hand.encode(bytes(FLOOD_SIZE))
    poller = select.epoll()
    rests = {}
    by_descriptor = {client.fileno(): client for client in clients}
    for descriptor in by_descriptor:
        poller.register(descriptor, select.EPOLLOUT)
        rests[descriptor] = message
    while writable := poller.poll(PATIENCE):
        for descriptor, _ in writable:
            rest = rests[descriptor]
            sent = by_descriptor[descriptor].send(rest)
            rests[descriptor] = rest[sent:] or message


def _large(loop: str, size: int) -> float:
    command = [sys.executable, str(Path(__file__)), loop, str(size)]
    return float(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


if __name__ == "__main__":
    print(large(sys.argv[1], int(sys.argv[2])))
