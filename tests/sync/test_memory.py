"""What connections cost: by what the system says of a process that does nothing else."""

from __future__ import annotations

import sys

import pytest
from support.memory import measured

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")]

IDLE = """
COUNT = 1000
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 10_000), hard))
pairs = [socket.socketpair() for _ in range(COUNT)]

def framed(pairs):
    framed = [FramedSocket(ours) for ours, _ in pairs]
    for fs, (_, peer) in zip(framed, pairs):
        peer.sendall({wire})
        assert len(fs.recv()) == {size}
        fs.send(b"answer")
        assert len(peer.recv(100)) == 16
    return framed

# One before, so that what all share is there.
kept = framed(pairs[:1])
before = used()
kept += framed(pairs[1:])
print((used() - before) / COUNT)
"""


@pytest.mark.parametrize("rest", ["", "b'9         half'", "framing.encode(b'next')"])
@pytest.mark.parametrize("size", [5, 3000, 150_000])
def test_an_idle_connection_holds_no_large_buffer(size: int, rest: str) -> None:
    wire = f"framing.encode(bytes({size}))" + (f" + {rest}" if rest else "")
    (each,) = measured(IDLE.format(wire=wire, size=size))
    assert each < 4096


LARGE = """
SIZE = 200_000_000

def send(sock):
    sock.sendall(b"%-10d" % SIZE)
    for _ in range(SIZE // 10**6):
        sock.sendall(bytes(10**6))

ours, peer = socket.socketpair()
sending = elsewhere(send, peer)
fs = FramedSocket(ours)
peak, frame = peak_of(lambda: {call})
assert len(frame) == SIZE
sending.join()
del frame
print(peak / SIZE, used() / SIZE)
"""


@pytest.mark.parametrize(
    "call", ["fs.recv()", "fs.recv_many()[0]", "next(fs)", "framing.recv_frame(ours)"]
)
def test_a_large_frame_costs_its_size_once(call: str) -> None:
    peak, left = measured(LARGE.format(call=call))
    assert peak < 1.05
    assert left < 0.25


SEND = """
SIZE = 200_000_000
payload = bytes(SIZE)
ours, peer = socket.socketpair()
fs = FramedSocket(ours)

def send():
    try:
        {call}
    except framing.SendIncomplete as error:
        assert error.sent > 0
    else:
        raise AssertionError("it fits")

print(peak_of(send)[0], fs.pending_send)
"""


@pytest.mark.parametrize("call", ["send(payload", "send_encoded(payload", "send_many([payload] * 10"])
def test_a_large_payload_is_not_copied(call: str) -> None:
    """Neither to be sent nor to be kept."""
    peak, pending = measured(SEND.format(call=f"fs.{call}, timeout=0)"))
    assert peak < 2_000_000
    assert pending > 190_000_000


CLAIM = """
ARRIVED = 2**20
ours, peer = socket.socketpair()
fs = FramedSocket(ours)

def send(sock):
    sock.sendall(b"%-10d" % 10**9 + bytes(ARRIVED))

def receive():
    sending = elsewhere(send, peer)
    while fs.stats.buffered < ARRIVED + 10:
        with suppress(framing.FrameTimeout):
            {call}
    sending.join()

peak_of(lambda: FramedSocket(ours))
print(peak_of(receive)[0])
"""


@pytest.mark.parametrize(
    "call", ["fs.recv(timeout=0.05)", "fs.recv_many(timeout=0.05)", "fs.recv(timeout=0.0001)"]
)
def test_a_claim_costs_what_has_arrived(call: str) -> None:
    (peak,) = measured(CLAIM.format(call=call))
    # And what a process needs to start another one.
    assert peak < 64 * 1024 + 4 * 2**20 + 2 * 2**20


LEAK = """
ours, theirs = socket.socketpair()
one, other = FramedSocket(ours), FramedSocket(theirs)
buffer = bytearray(100)
large = bytes(900_000)

def frames(count):
    for _ in range(count // 100):
        one.send_many([b"hello"] * 60)
        for _ in range(20):
            one.send(b"x" * 50)
        one.send_encoded(framing.encode(b"hello") * 20)
        for _ in range(30):
            other.recv()
        other.recv_into(buffer)
        assert len(other.recv_many(9)) == 9
        got = 0
        while got < 60:
            got += len(other.recv_many())
        with suppress(framing.FrameWouldBlock):
            other.recv(timeout=0)
        with suppress(framing.SendIncomplete):
            one.send(large, timeout=0)
        while one.pending_send:
            with suppress(framing.FrameWouldBlock):
                other.recv(timeout=0)
            with suppress(framing.SendIncomplete):
                one.flush(timeout=0)
        other.recv()
        framing.send_frame(ours, b"hello")
        assert framing.recv_frame(theirs) == b"hello"

frames(30_000)
before = used()
frames(300_000)
print(used() - before)
"""


def test_nothing_is_left_of_many_frames() -> None:
    (grown,) = measured(LEAK)
    assert grown < 1_000_000


CONNECTIONS = """
def connections(count):
    for number in range(count):
        ours, theirs = socket.socketpair()
        with FramedSocket(ours) as one, FramedSocket(theirs) as other:
            one.send(bytes(number % 70_000))
            other.recv()
            one.send(b"not received")
            with suppress(framing.FrameWouldBlock):
                one.recv(timeout=0)
            if number % 2:
                one.detach()[0].close()

connections(3000)
before = used()
connections(30_000)
print(used() - before)
"""


def test_nothing_is_left_of_many_connections() -> None:
    (grown,) = measured(CONNECTIONS)
    assert grown < 1_000_000


WAITING = """
import threading

threading.stack_size(256 * 1024)
COUNT = 200
pairs = [socket.socketpair() for _ in range(COUNT + 20)]

def wait(sock):
    with suppress(framing.FramingError):
        FramedSocket(sock).recv()

def waiting(chosen):
    for ours, peer in chosen:
        peer.sendall({begun!r})
        threading.Thread(target=wait, args=(ours,)).start()
    for ours, _ in chosen:
        # What was begun has been taken out of the socket, and the thread waits for more.
        while framing.wait([ours], 0):
            pass

waiting(pairs[:20])
before = used()
waiting(pairs[20:])
print((used() - before) / COUNT)
for _, peer in pairs:
    peer.close()
"""


@pytest.mark.parametrize("begun", [b"", b"10", b"10        ", b"1000000000"])
def test_threads_that_wait_hold_no_large_buffer(begun: bytes) -> None:
    (each,) = measured(WAITING.format(begun=begun))
    # A thread has a stack, and the system's own.
    assert each < 70_000
