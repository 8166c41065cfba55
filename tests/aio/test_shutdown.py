"""The end of a server of `framing.aio`: who is let finish, for how long, and what happens then."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import socket
import warnings

import framing
import pytest
from framing import ConnectionClosed, aio
from support.aio.links import HELLO, LARGE
from support.aio.peer import Peer
from support.aio.servers import address, client, echo, serving
from support.aio.waits import turns, waiting
from support.loops import every_loop, run

pytestmark = pytest.mark.dev_mode

securely = pytest.mark.parametrize("encrypt", [False, True], ids=["tcp", "tls"])


class Busy:
    """A handler that is busy with each request until it is told to go on."""

    def __init__(self) -> None:
        self.working = asyncio.Semaphore(0)
        self.go_on = asyncio.Event()
        self.ends: list[str] = []

    async def __call__(self, stream: aio.FramedStream) -> None:
        try:
            frame = await stream.recv()
            self.working.release()
            await self.go_on.wait()
            await stream.send(frame + b" done")
        except BaseException as error:
            self.ends.append(type(error).__name__)
            raise
        self.ends.append("returned")


async def busy_with(handler: Busy, server: aio.FramedServer, *, encrypt: bool = False) -> Peer:
    """A client whose request is being worked on."""
    peer = await client(server, encrypt=encrypt)
    await peer.send(HELLO)
    await handler.working.acquire()
    return peer


async def expect_lost(peer: Peer) -> None:
    """No answer came."""
    with contextlib.suppress(ConnectionResetError):
        assert await peer.receive_all() == b""
    peer.abort()


# The grace period


@pytest.mark.parametrize("grace", [60.0, 60, None])
@securely
@every_loop
def test_handlers_may_finish(loop: str, encrypt: bool, grace: float | None) -> None:
    async def main() -> None:
        busy = Busy()
        async with serving(busy, grace=grace, encrypt=encrypt) as server:
            peers = [await busy_with(busy, server, encrypt=encrypt) for _ in range(3)]
            server.close()
            closing = await waiting(server.wait_closed())
            busy.go_on.set()
            for peer in peers:
                assert await peer.receive_all() == framing.encode("hello done")
                await peer.close()
            await closing
            assert busy.ends == ["returned"] * 3

    run(loop, main)


@pytest.mark.parametrize("grace", [0, 0.0, 0.03])
@securely
@every_loop
def test_handlers_that_do_not_are_cancelled(loop: str, encrypt: bool, grace: float) -> None:
    async def main() -> None:
        busy = Busy()
        async with serving(busy, grace=grace, encrypt=encrypt) as server:
            peers = [await busy_with(busy, server, encrypt=encrypt) for _ in range(3)]
            clock = asyncio.get_running_loop().time
            start = clock()
            server.close()
            await server.wait_closed()
            # Timers may be early by as much as the clock is coarse.
            assert clock() - start >= grace * 0.9
            assert busy.ends == ["CancelledError"] * 3
            for peer in peers:
                await expect_lost(peer)

    run(loop, main)


@every_loop
def test_what_is_left_of_the_period_counts(loop: str) -> None:
    """It begins with `close`, not with waiting."""

    async def main() -> None:
        busy = Busy()
        async with serving(busy, grace=0.02) as server:
            peer = await busy_with(busy, server)
            server.close()
            await asyncio.sleep(0.05)
            assert busy.ends == []
            await server.wait_closed()
            assert busy.ends == ["CancelledError"]
            await expect_lost(peer)

    run(loop, main)


@every_loop
def test_who_waits_for_a_request_is_let_go_at_the_end(loop: str) -> None:
    async def main() -> None:
        async with serving(echo, grace=0.02) as server:
            peers = [await client(server) for _ in range(3)]
            for peer in peers:
                await peer.send(HELLO)
                assert await peer.receive(15) == HELLO
            server.close()
            # As long as it lasts, requests are answered.
            await peers[0].send(HELLO)
            assert await peers[0].receive(15) == HELLO
            await server.wait_closed()
            for peer in peers:
                await expect_lost(peer)

    run(loop, main)


@every_loop
def test_nobody_waits_for_a_client_that_does_not_read(loop: str) -> None:
    """Its handler is long over, and what it sent does not go out."""
    over = asyncio.Event()

    async def handler(stream: aio.FramedStream) -> None:
        await stream.send(LARGE)
        over.set()

    async def main() -> None:
        async with serving(handler, grace=0.02) as server:
            peer = await client(server)
            await over.wait()
            await turns()
            server.close()
            await server.wait_closed()
            with contextlib.suppress(ConnectionResetError):
                assert len(await peer.receive_all()) < len(LARGE)
            peer.abort()

    run(loop, main)


@every_loop
def test_handlers_may_clean_up(loop: str) -> None:
    cleaned: list[bool] = []

    async def handler(stream: aio.FramedStream) -> None:
        try:
            await stream.recv()
        finally:
            await asyncio.sleep(0.02)
            cleaned.append(stream.is_closing())

    async def main() -> None:
        async with serving(handler, grace=0) as server:
            peers = [await client(server) for _ in range(2)]
            for peer in peers:
                await peer.send(HELLO[:5])
            await asyncio.sleep(0.01)
            server.close()
            await server.wait_closed()
            assert cleaned == [True] * 2
            for peer in peers:
                await expect_lost(peer)

    run(loop, main)


# Waiting


@every_loop
def test_waiting_does_not_close(loop: str) -> None:
    async def main() -> None:
        async with serving(echo) as server:
            calls = [await waiting(server.wait_closed()) for _ in range(2)]
            peer = await client(server)
            await peer.send(HELLO)
            assert await peer.receive(15) == HELLO
            await peer.close()
            assert not any(call.done() for call in calls)
            server.close()
            await asyncio.gather(*calls)

    run(loop, main)


@every_loop
def test_closed_twice(loop: str) -> None:
    async def main() -> None:
        busy = Busy()
        async with serving(busy, grace=60) as server:
            peer = await busy_with(busy, server)
            server.close()
            server.close()
            calls = [await waiting(server.wait_closed()) for _ in range(3)]
            server.close()
            busy.go_on.set()
            await asyncio.gather(*calls)
            assert busy.ends == ["returned"]
            await server.wait_closed()
            server.close()
            assert await peer.receive_all() == framing.encode("hello done")
            await peer.close()

    run(loop, main)


@every_loop
def test_nobody_is_there(loop: str) -> None:
    async def main() -> None:
        for grace in (0, 60, None):
            async with serving(echo, grace=grace) as server:
                peer = await client(server)
                await peer.send(HELLO)
                assert await peer.receive(15) == HELLO
                await peer.close()
                server.close()
                await server.wait_closed()
            async with serving(echo, grace=grace, start_serving=False):
                pass

    run(loop, main)


@every_loop
def test_waiting_is_cancelled(loop: str) -> None:
    """Who does not wait any more does not let the others wait for ever."""

    async def main() -> None:
        busy = Busy()
        async with serving(busy, grace=None) as server:
            peer = await busy_with(busy, server)
            server.close()
            closing = await waiting(server.wait_closed())
            closing.cancel()
            with pytest.raises(asyncio.CancelledError):
                await closing
            await expect_lost(peer)
            await server.wait_closed()
            assert busy.ends == ["CancelledError"]

    run(loop, main)


@every_loop
def test_leaving_the_with_statement(loop: str) -> None:
    async def main() -> None:
        busy = Busy()
        with contextlib.suppress(LookupError):
            async with await aio.start_server(busy, "127.0.0.1", 0) as server:
                peer = await busy_with(busy, server)
                asyncio.get_running_loop().call_soon(busy.go_on.set)
                raise LookupError
        assert busy.ends == ["returned"]
        assert not server.is_serving()
        assert await peer.receive_all() == framing.encode("hello done")
        await peer.close()

    run(loop, main)


@every_loop
def test_a_handler_closes_its_server(loop: str) -> None:
    async def handler(stream: aio.FramedStream) -> None:
        await stream.recv()
        await stream.send("bye")
        servers[0].close()
        await servers[0].wait_closed()

    servers: list[aio.FramedServer] = []

    async def main() -> None:
        async with serving(handler, grace=0) as server:
            servers.append(server)
            idle = await client(server)
            peer = await client(server)
            await peer.send(HELLO)
            assert await peer.receive_all() == framing.encode("bye")
            await expect_lost(idle)
            await server.wait_closed()
            await peer.close()

    run(loop, main)


# serve_forever


@pytest.mark.parametrize("grace", [0.02, 60.0])
@every_loop
def test_serve_forever_is_cancelled(loop: str, grace: float) -> None:
    async def main() -> None:
        busy = Busy()
        async with serving(busy, grace=grace) as server:
            forever = await waiting(server.serve_forever())
            peer = await busy_with(busy, server)
            forever.cancel()
            await turns()
            assert not server.is_serving()
            assert not forever.done()
            if grace == 60:
                busy.go_on.set()
            with pytest.raises(asyncio.CancelledError):
                await forever
            assert busy.ends == ["returned" if grace == 60 else "CancelledError"]
            await peer.close()

    run(loop, main)


@every_loop
def test_serve_forever_ends_with_the_server(loop: str) -> None:
    async def main() -> None:
        async with serving(echo) as server:
            forever = await waiting(server.serve_forever())
            server.close()
            await forever
            with pytest.raises(RuntimeError, match="closed"):
                await server.serve_forever()

    run(loop, main)


# While connections are being accepted


@pytest.mark.parametrize("turns_between", range(5))
@every_loop
def test_connections_on_their_way(loop: str, turns_between: int) -> None:
    """Each is served or ended; none hangs, and none is served after the end."""
    handled = 0

    async def handler(stream: aio.FramedStream) -> None:
        nonlocal handled
        handled += 1
        with contextlib.suppress(ConnectionClosed):
            await stream.recv()

    async def main() -> None:
        with contextlib.ExitStack() as stack:
            async with serving(handler, grace=0) as server:
                where = address(server)
                peers = [stack.enter_context(socket.create_connection(where)) for _ in range(50)]
                await turns(turns_between)
                server.close()
                await server.wait_closed()
                before = handled
                # asyncio forgets connections that it has accepted and not yet made known to anybody.
                await turns(10)
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", ResourceWarning)
                    gc.collect()
                for sock in peers:
                    sock.setblocking(False)
                    with contextlib.suppress(ConnectionResetError):
                        assert await asyncio.get_running_loop().sock_recv(sock, 1) == b""
                assert handled == before
                with pytest.raises(ConnectionRefusedError):
                    socket.create_connection(where)

    # asyncio's debug mode reports connections whose server is gone.
    run(loop, main, debug=False)
