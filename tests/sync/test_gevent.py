"""gevent's sockets, whose methods wait by switching tasks: in processes of their own, where it is at home."""

from __future__ import annotations

import importlib.util
import subprocess
import sys

import pytest
from support.processes import TIMEOUT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.dev_mode,
    pytest.mark.skipif(importlib.util.find_spec("gevent") is None, reason="gevent is not installed"),
]

PATCHED = """
from gevent import monkey
monkey.patch_all()
import socket
"""
# Sockets of gevent's in a program that knows what it does.
UNPATCHED = """
from gevent import socket
"""

TALK = """
import gevent, framing
from framing import FramedSocket

LARGE = bytes(range(256)) * 20_000
ours, theirs = map(FramedSocket, socket.socketpair())
ticks = 0

def tick():
    global ticks
    while True:
        ticks += 1
        gevent.sleep(0.001)

def echo():
    for frame in theirs:
        theirs.send(frame)
    theirs.shutdown()

ticking, echoing = gevent.spawn(tick), gevent.spawn(echo)

# Nothing comes, and the others go on.
before = ticks
try:
    ours.recv(timeout=0.05)
except framing.FrameTimeout as error:
    assert error.received == 0
assert ticks - before >= 5, ticks - before

for payload in (b"hello", b"", LARGE):
    sending = gevent.spawn(ours.send, payload)
    assert ours.recv(timeout=30) == payload
    sending.get()

# One task sends more than fits, and another receives.
sending = gevent.spawn(ours.send_many, [LARGE] * 3)
assert [ours.recv() for _ in range(3)] == [LARGE] * 3
sending.get()

# In a thread there is one turn of each kind.
waiting = gevent.spawn(ours.recv)
gevent.sleep(0.01)
try:
    ours.recv()
except RuntimeError as error:
    print(error)
ours.send("for the one who waits")
assert waiting.get() == b"for the one who waits"

ours.settimeout(0.01)
try:
    ours.recv()
except framing.FrameTimeout:
    pass
ours.settimeout(None)
ours.shutdown()
assert list(ours) == []
echoing.get()
ticking.kill()
with ours, theirs:
    print("done", ours.socket.gettimeout())
"""


@pytest.mark.parametrize("preamble", [PATCHED, UNPATCHED], ids=["patched", "not patched"])
def test_tasks_that_talk(preamble: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", preamble + TALK],
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    refusal, result = done.stdout.splitlines()
    assert "receives" in refusal
    assert result == "done None"


SERVE = """
import gevent, framing
from gevent.pool import Pool
from gevent.server import StreamServer
from framing import FramedSocket

def handle(sock, _):
    with FramedSocket(sock) as fs:
        for frame in fs:
            fs.send(frame.upper())

def ask(number):
    with FramedSocket(socket.create_connection(server.address)) as fs:
        answers = []
        for call in range(20):
            fs.send(f"client {number}, call {call}")
            gevent.sleep(0)
            answers.append(fs.recv(timeout=30))
        return answers

server = StreamServer(("127.0.0.1", 0), handle)
server.start()
for number, answers in enumerate(Pool(50).map(ask, range(50))):
    assert answers == [f"CLIENT {number}, CALL {call}".encode() for call in range(20)]
server.stop()
"""


@pytest.mark.parametrize("preamble", [PATCHED, UNPATCHED], ids=["patched", "not patched"])
def test_a_server_of_tasks(preamble: str) -> None:
    subprocess.run([sys.executable, "-c", preamble + SERVE], timeout=TIMEOUT, check=True)
