"""What a large frame costs where something stands before and behind it that is to be kept."""

from __future__ import annotations

import sys

import pytest
from support.loops import every_loop
from support.memory import measured

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")]

# Headers as they are written here, and what stands behind a payload.
HEADERS = {
    "netstring": ("framing.NetstringHeader()", "b'%d:' % SIZE", "b','"),
    "binary": ("framing.BinaryHeader(4, size=9)", "SIZE.to_bytes(4, 'big') + bytes(5)", "b''"),
    "varint": (
        "framing.VarintHeader()",
        "bytes(SIZE >> at & 127 | (128 if SIZE >> at + 7 else 0) for at in (0, 7, 14, 21))",
        "b''",
    ),
}
each_header = pytest.mark.parametrize("header", HEADERS)
each_keep = pytest.mark.parametrize("keep_header", [False, True])

PREAMBLE = """
SIZE = 64_000_000
HEADER, HEAD, BEHIND = {header}, {head}, {behind}
OPTIONS = dict(keep_header={keep_header})
WIRE = SIZE + (len(HEAD) + len(BEHIND) if {keep_header} else 0)

def send(sock):
    sock.sendall(HEAD)
    for _ in range(SIZE // 10**6):
        sock.sendall(bytes(10**6))
    sock.sendall(BEHIND)
"""

RECEIVE = """
ours, peer = socket.socketpair()
sending = elsewhere(send, peer)
fs = FramedSocket(ours, HEADER, **OPTIONS)
peak, frame = peak_of(lambda: {call})
assert len(frame) == WIRE
sending.join()
print(peak / SIZE)
"""


def script(kind: str, keep_header: bool, text: str, **names: object) -> str:
    header, head, behind = HEADERS[kind]
    known = {"header": header, "head": head, "behind": behind, "keep_header": keep_header}
    return (PREAMBLE + text).format(**known, **names)


@pytest.mark.parametrize(
    "call", ["fs.recv()", "fs.recv_many()[0]", "framing.recv_frame(ours, HEADER, **OPTIONS)"]
)
@each_keep
@each_header
def test_a_large_frame_costs_its_size_once(header: str, keep_header: bool, call: str) -> None:
    (peak,) = measured(script(header, keep_header, RECEIVE, call=call))
    assert peak < 1.1


INTO = """
ours, peer = socket.socketpair()
sending = elsewhere(send, peer)
fs = FramedSocket(ours, HEADER, **OPTIONS)
buffer = bytearray(WIRE)
buffer[:] = bytes(WIRE)
peak, size = peak_of(lambda: fs.recv_into(buffer))
assert size == WIRE
sending.join()
print(peak / SIZE)
"""


@each_keep
@each_header
def test_memory_of_the_callers_is_not_needed_twice(header: str, keep_header: bool) -> None:
    (peak,) = measured(script(header, keep_header, INTO))
    # What stands behind a payload has to be looked at before it is the caller's: so much for the frame itself.
    assert peak < (1.1 if header == "netstring" else 0.1)


FEED = """
decoder = framing.FrameDecoder(HEADER, **OPTIONS)

def receive():
    frames = decoder.feed(HEAD)
    for _ in range(SIZE // {chunk}):
        frames = frames or decoder.feed(bytes({chunk}))
    return frames or decoder.feed(BEHIND)

peak, (frame,) = peak_of(receive)
assert len(frame) == WIRE
print(peak / SIZE)
"""


@pytest.mark.parametrize("chunk", [64_000, 1_000_000])
@each_keep
@each_header
def test_a_decoder_that_is_fed(header: str, keep_header: bool, chunk: int) -> None:
    (peak,) = measured(script(header, keep_header, FEED, chunk=chunk))
    assert peak < 1.1


SEND = """
payload = bytes(SIZE)
ours, peer = socket.socketpair()
fs = FramedSocket(ours, HEADER)

def send():
    with suppress(framing.SendIncomplete):
        fs.{call}, timeout=0)

print(peak_of(send)[0], fs.pending_send)
"""


@pytest.mark.parametrize("call", ["send(payload", "send_many([payload] * 3"])
@each_header
def test_a_large_payload_is_not_copied(header: str, call: str) -> None:
    """Although something stands behind it."""
    peak, pending = measured(script(header, False, SEND, call=call))
    assert peak < 2_000_000
    assert pending > 60_000_000


STREAM = """
import asyncio
from framing import aio

async def main():
    ours, peer = socket.socketpair()
    sending = elsewhere(send, peer)
    stream = await aio.open_unix_connection(sock=ours, header=HEADER, **OPTIONS)
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")
    before = used()
    frame = await stream.recv()
    print((status("VmHWM") - before) / SIZE)
    assert len(frame) == WIRE
    stream.abort()
    await stream.wait_closed()
    sending.join()

if {loop!r} == "uvloop":
    import uvloop as kind
else:
    kind = asyncio
with asyncio.Runner(loop_factory=kind.new_event_loop) as runner:
    runner.run(main())
"""


@each_keep
@each_header
@every_loop
def test_a_stream(loop: str, header: str, keep_header: bool) -> None:
    (peak,) = measured(script(header, keep_header, STREAM, loop=loop))
    assert peak < 1.1
