"""A send that could not begin says so: nothing of it was taken."""

from __future__ import annotations

import contextlib
import errno
from typing import TYPE_CHECKING, Any

import framing
import pytest
from framing import FramedSocket, SendIncomplete, SendTimeout, SendWouldBlock
from support.pairs import SOON, framed, own_methods, pair

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from support.pairs import Link

SENDS: dict[str, Callable[[FramedSocket, Any], object]] = {
    "send": lambda fs, timeout: fs.send("hello", timeout=timeout),
    "send_many": lambda fs, timeout: fs.send_many(["hello"] * 3, timeout=timeout),
    "send_encoded": lambda fs, timeout: fs.send_encoded(b"5         hello", timeout=timeout),
    "send_frame": lambda fs, timeout: framing.send_frame(fs.socket, "hello", timeout=timeout),
}

each_send = pytest.mark.parametrize("send", SENDS.values(), ids=SENDS)
each_link = pytest.mark.parametrize("link", [pair, own_methods], ids=lambda link: link.__name__)


def fill(sock: socket.socket) -> None:
    """Until not a byte more goes in."""
    sock.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while True:
            sock.send(b"x" * 65_536)
    with contextlib.suppress(BlockingIOError):
        while True:
            sock.send(b"x")
    sock.setblocking(True)


@each_send
@each_link
def test_no_room(send: Callable[[FramedSocket, Any], object], link: Link) -> None:
    with framed(link) as (fs, _):
        fill(fs.socket)
        with pytest.raises(SendWouldBlock) as blocked:
            send(fs, 0)
        assert blocked.value.errno == errno.EAGAIN
        assert fs.pending_send == 0
        with pytest.raises(SendTimeout):
            send(fs, SOON)
        assert fs.pending_send == 0
        fs.settimeout(0)
        with pytest.raises(BlockingIOError) as blocked_again:
            send(fs, "default")
        assert blocked_again.value == blocked.value
        fs.settimeout(SOON)
        with pytest.raises(TimeoutError) as late:
            send(fs, "default")
        assert late.value == SendTimeout()


@each_link
def test_behind_an_older_rest(link: Link) -> None:
    with framed(link) as (fs, _):
        with pytest.raises(SendIncomplete):
            fs.send(bytes(10_000_000), timeout=0)
        rest = fs.pending_send
        for timeout, kind in ((0, SendWouldBlock), (SOON, SendTimeout)):
            with pytest.raises(kind):
                fs.send("hello", timeout=timeout)
            with pytest.raises(SendIncomplete):
                fs.flush(timeout=timeout)
        assert fs.pending_send <= rest
