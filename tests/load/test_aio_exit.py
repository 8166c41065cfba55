"""Programs that use `framing.aio`, from the outside: nothing is said that nobody asked for, and they end."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support.loops import every_loop
from support.processes import TIMEOUT, first_line, greeted, started

pytestmark = [pytest.mark.slow, pytest.mark.dev_mode]

securely = pytest.mark.parametrize("encrypt", [False, True], ids=["tcp", "tls"])

PROGRAM = """
import asyncio, contextlib, gc, socket, struct, sys
sys.path.insert(0, {tests!r})
import framing
from support import loops, tls
from framing import aio

waiting = []

async def echo(stream):
    async for frame in stream:
        await stream.send(frame)

async def run_one(use, end):
    # How long encryption takes is nothing to be told of here.
    asyncio.get_running_loop().slow_callback_duration = 60
    context = tls.server_context() if {encrypt} else None
    client_context = tls.client_context() if {encrypt} else None
    server = await aio.start_server(echo, "127.0.0.1", 0, ssl=context, grace=0)
    address = server.sockets[0].getsockname()[:2]
    stream = await aio.open_connection(*address, ssl=client_context)
    await stream.send("hello")
    assert await stream.recv() == b"hello"
    try:
        await use(stream, server)
    finally:
        del stream
        await end(server)

def run(name, use, end):
    print(name, file=sys.stderr)
    with contextlib.suppress(LookupError):
        with asyncio.Runner(loop_factory=lambda: loops.new_loop({loop!r})) as runner:
            runner.run(run_one(use, end))
    waiting.clear()
    gc.collect()

large = bytes(8_000_000)
"""

USES = {
    "close": "stream.close(); await stream.wait_closed()",
    "close and go": "stream.close()",
    "abort": "stream.abort(); await stream.wait_closed()",
    "abort and go": "stream.abort()",
    "close, abort": "stream.close(); stream.abort()",
    "with": """
    async with stream:
        await stream.send("hello")
""",
    "a server that ends first": """
    server.close_clients()
    async for frame in stream:
        pass
    stream.close()
""",
    "a server that breaks off": """
    server.abort_clients()
    with contextlib.suppress(OSError, framing.ConnectionClosed):
        await stream.recv()
    stream.close()
""",
    "a reset": """
    sock = stream.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    stream.abort()
    await asyncio.sleep(0.01)
""",
    "calls that are cancelled": """
    await stream.send(large)
    calls = [asyncio.ensure_future(call) for call in (stream.recv(), stream.send(large), stream.drain())]
    await asyncio.sleep(0)
    for call in calls:
        call.cancel()
    await asyncio.wait(calls)
    stream.abort()
""",
    "calls that wait at the end": """
    calls = (stream.send(large), stream.send(large), stream.recv())
    waiting.append(asyncio.gather(*calls, return_exceptions=True))
    await asyncio.sleep(0)
    stream.close()
""",
    "a timeout": """
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(0.01):
            await stream.recv()
    stream.close()
    await stream.wait_closed()
""",
    "detach": """
    transport, wire = stream.detach()
    transport.close()
""",
    "an error": """
    async with stream:
        raise LookupError
""",
}

ENDS = {
    "closed": "server.close(); await server.wait_closed()",
    "closed and left": "server.close()",
    "aborted and left": "server.close(); server.abort_clients()",
}
FORGOTTEN = {
    "idle": "pass",
    "with much to send": "await stream.send(large)",
    "with a little to send": "stream.send_nowait('hello')",
    "with frames": """
    await stream.send("hello")
    while not stream.stats.buffered:
        await asyncio.sleep(0)
""",
    "after the end": """
    server.close_clients()
    async for frame in stream:
        pass
""",
}


def said(script: Path, loop: str, encrypt: bool, uses: dict[str, str], ends: dict[str, str]) -> str:
    """What a program says on stderr that uses streams in these ways: the name of each way first."""
    program = [PROGRAM.format(tests=str(Path(__file__).parents[1]), loop=loop, encrypt=encrypt)]
    for use, body in uses.items():
        for end, its_body in ends.items():
            program.append(
                f"async def use(stream, server):\n    {body}\n"
                f"async def end(server):\n    {its_body}\n"
                f"run({f'{use}, {end}'!r}, use, end)\n"
            )
    script.write_text("".join(program))
    ended = subprocess.run(
        [sys.executable, "-X", "dev", os.fspath(script)],
        env=os.environ | {"PYTHONASYNCIODEBUG": "1"},
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (0, ""), ended.stderr
    return ended.stderr


@securely
@every_loop
def test_ordinary_ends(loop: str, encrypt: bool, tmp_path: Path) -> None:
    lines = said(tmp_path / "program", loop, encrypt, USES, ENDS)
    assert lines.splitlines() == [f"{use}, {end}" for use in USES for end in ENDS]


@securely
@every_loop
def test_streams_that_are_forgotten(loop: str, encrypt: bool, tmp_path: Path) -> None:
    """There may be a warning, as for any transport, and nothing else."""
    lines = said(tmp_path / "program", loop, encrypt, FORGOTTEN, ENDS)
    only_warnings(lines)
    if not encrypt:
        assert "ResourceWarning: unclosed <FramedStream" in lines


@every_loop
def test_servers_that_are_forgotten(loop: str, tmp_path: Path) -> None:
    only_warnings(said(tmp_path / "program", loop, False, USES, {"forgotten": "pass"}))


def only_warnings(complaints: str) -> None:
    """Expects nothing worse than what Python says of things that were not closed."""
    # What is indented is lines of the program.
    trouble = re.findall(r"^\S.*(?:Warning|Error|Exception|Traceback).*$", complaints, re.MULTILINE)
    for line in trouble:
        assert "ResourceWarning: unclosed" in line or "Enable tracemalloc" in line, complaints


SERVER = """
import asyncio, sys
sys.path.insert(0, {tests!r})
from support import loops
from framing import aio

async def handler(stream):
    await stream.send("hello")
    if await stream.recv() == b"much":
        await stream.send(bytes(8_000_000))
    await asyncio.Event().wait()

async def main():
    asyncio.get_running_loop().slow_callback_duration = 60
    server = await aio.start_server(handler, "127.0.0.1", 0, grace=0.02)
    print(server.sockets[0].getsockname()[1], flush=True)
    {serve}

try:
    with asyncio.Runner(loop_factory=lambda: loops.new_loop({loop!r})) as runner:
        runner.run(main())
except {caught}:
    print("interrupted")
"""

SERVE = {
    "serve_forever": "await server.serve_forever()",
    "with": """
    async with server:
        await server.serve_forever()
""",
    "with, without": """
    async with server:
        await asyncio.Event().wait()
""",
}


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals")
@pytest.mark.parametrize("caught", ["KeyboardInterrupt", "()"], ids=["caught", "not caught"])
@pytest.mark.parametrize("serve", SERVE.values(), ids=SERVE)
@every_loop
def test_ctrl_c(loop: str, serve: str, caught: str, tmp_path: Path, ctrl_c: signal.Signals) -> None:
    """Whoever is connected, and whatever they do."""
    script = tmp_path / "server"
    tests = str(Path(__file__).parents[1])
    script.write_text(SERVER.format(tests=tests, loop=loop, serve=serve, caught=caught))
    with started(script) as server:
        port = int(first_line(server))
        with greeted(port), greeted(port) as asking, greeted(port) as not_reading:
            asking.sendall(b"5         hello")
            not_reading.sendall(b"4         much")
            server.send_signal(ctrl_c)
            output, complaints = server.communicate(timeout=TIMEOUT)
    if caught == "KeyboardInterrupt":
        assert (server.returncode, output, complaints) == (0, "interrupted\n", "")
    else:
        assert server.returncode == -ctrl_c
        errors = re.findall(r"^[\w.]+(?=:|$)", complaints, re.MULTILINE)
        assert set(errors) - {"asyncio.exceptions.CancelledError"} == {"KeyboardInterrupt"}, complaints
