"""The end of the interpreter while daemon threads are inside calls: it is nothing but an end."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.dev_mode]

_SCRIPT = """
import socket, sys, threading, time
sys.path.insert(0, {tests!r})
import framing
from support import tls

def encrypted():
    server, client = socket.socketpair()
    ours = tls.server_context().wrap_socket(server, server_side=True, do_handshake_on_connect=False)
    peer = tls.client_context().wrap_socket(
        client, server_hostname="localhost", do_handshake_on_connect=False
    )
    return ours, peer

class Wrapped:
    def __init__(self, sock):
        self.sock = sock
    def __getattr__(self, name):
        return getattr(self.sock, name)

def wrapped():
    return map(Wrapped, socket.socketpair())

def pair():
    return socket.socketpair()

ours, peer = map(framing.FramedSocket, {kind}())

def receive():
    for frame in ours:
        pass

def send():
    while True:
        peer.send(b"x" * 100)
        time.sleep({pause})

for work in (receive, receive, send):
    threading.Thread(target=work, daemon=True).start()
while ours.stats.frames < 100:
    time.sleep(0.001)
"""


@pytest.mark.parametrize("pause", [0, 0.0001])
@pytest.mark.parametrize("kind", ["pair", "wrapped", "encrypted"])
def test_daemon_threads_inside_calls(kind: str, pause: float) -> None:
    script = _SCRIPT.format(tests=str(Path(__file__).parents[1]), kind=kind, pause=pause)
    for _ in range(3):
        # Sockets that are open at the end, and a thread's last words, are the script's own doing.
        ended = subprocess.run(
            [sys.executable, "-X", "faulthandler", "-c", script],
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert ended.returncode == 0, ended.stderr.decode()
