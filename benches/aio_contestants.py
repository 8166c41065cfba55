"""Who takes part in an event loop of this process: each has a connection and a peer of its own."""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, TypeVar

import aio_ends
import aio_loops
import ends
import links
import peers

if TYPE_CHECKING:
    import socket
    from collections.abc import Awaitable, Callable

    import harness

E = TypeVar("E", bound=aio_ends.End)


class Contestants(ExitStack):
    """The contestants of one comparison, in one loop, with messages of one size. Their connections end with it.

    What they receive is all on the way before the clock starts, as far as the system keeps it, so nobody waits for the
    peer. What they send has come when the clock stops: what waits in a transport is not sent.
    """

    def __init__(self, loop: str, size: int) -> None:
        super().__init__()
        self.loop = aio_loops.new(loop)
        self.callback(self.loop.close)
        self.size = size
        self.wire_size = len(ends.Framed.wire(peers.payload_of(size)))
        self.payload = peers.payload_of(size)
        self.batch = peers.batch_of(size)

    def recv(self, kind: type[aio_ends.Stream | aio_ends.Streams | aio_ends.Callback]) -> harness.Turn:
        sock, end = self._linked("feed", kind)
        return links.receiving(sock, self.wire_size, self._timed(end.recv))

    def recv_many(self) -> harness.Turn:
        sock, end = self._linked("feed", aio_ends.Stream)
        return links.receiving(sock, self.wire_size, self._timed(end.recv_many))

    def drain(self) -> harness.Turn:
        """The floor: takes the bytes of as many messages, and looks at none of them."""
        sock, end = self._linked("feed", aio_ends.Bare)
        return links.receiving(
            sock, self.wire_size, self._timed(lambda count: end.drain(count * self.wire_size))
        )

    def streamed_recv(self, kind: type[aio_ends.Stream | aio_ends.Streams]) -> harness.Turn:
        sock, end = self._linked("feed", kind)
        return links.streaming(sock, self._timed(end.recv))

    def streamed_drain(self) -> harness.Turn:
        sock, end = self._linked("feed", aio_ends.Bare)
        return links.streaming(sock, self._timed(lambda count: end.drain(count * self.wire_size)))

    def send(self, kind: type[aio_ends.Stream | aio_ends.Streams], at_once: int = 1) -> harness.Turn:
        """Turns of so many messages, one after the other."""
        sock, end = self._linked("drain_and_tell", kind)
        return self._sending(sock, at_once, lambda count: end.send(self.payload, count * at_once))

    def send_many(self) -> harness.Turn:
        """Turns of whole batches."""
        sock, end = self._linked("drain_and_tell", aio_ends.Stream)
        return self._sending(sock, len(self.batch), lambda count: end.send_many(self.batch, count))

    def exchange(
        self, kind: type[aio_ends.Stream | aio_ends.Streams | aio_ends.Callback | aio_ends.Bare]
    ) -> harness.Turn:
        sock, end = self._linked("bounce", kind)
        return links.exchanging(sock, self._timed(lambda count: end.exchange(self.payload, count)))

    def _sending(
        self, sock: socket.socket, at_once: int, send: Callable[[int], Awaitable[None]]
    ) -> harness.Turn:
        take = self._timed(send)

        def turn(count: int) -> float:
            peers.order(sock, count * at_once * self.wire_size)
            return take(count)

        return turn

    def _timed(self, work: Callable[[int], Awaitable[None]]) -> harness.Turn:
        async def timed(count: int) -> float:
            start = time.perf_counter()
            await work(count)
            return time.perf_counter() - start

        return lambda count: self.loop.run_until_complete(timed(count))

    def _linked(self, role: str, kind: type[E]) -> tuple[socket.socket, E]:
        """The peer obeys orders that come over the socket itself, and so the loop has a duplicate."""
        sock = self.enter_context(links.linked(role, ends.Framed, self.size))
        end = self.loop.run_until_complete(kind.over(sock.dup()))
        self.callback(self._close, end)
        return sock, end

    def _close(self, end: aio_ends.End) -> None:
        async def close() -> None:
            end.close()

        self.loop.run_until_complete(close())
