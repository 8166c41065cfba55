"""A connection that a forked child has a copy of: what one of them does is no matter of the other's."""

from __future__ import annotations

from typing import Any

import framing
import pytest
from framing import ConnectionClosed, FramedSocket
from support.children import by_forking, forked, status
from support.pairs import (
    HELLO,
    Call,
    Link,
    begin,
    each,
    each_link,
    each_way,
    framed,
    own_methods,
    pair,
    receive,
)
from support.processes import TIMEOUT

pytestmark = [*by_forking, pytest.mark.slow]

LARGE = bytes(5_000_000)
"""More than the system's buffers hold."""

each_shareable_way = each(pair, own_methods)
"""Two processes cannot both speak on one TLS connection."""


@each_link
def test_a_child_that_closes_leaves_the_connection(link: Link) -> None:
    with framed(link) as (fs, peer):
        assert status(forked(fs.close)) == 0
        fs.send("hello")
        assert receive(peer, len(HELLO)) == HELLO
        peer.sendall(HELLO)
        assert fs.recv(timeout=TIMEOUT) == b"hello"


@each_link
def test_also_while_threads_are_inside(link: Link) -> None:
    """Those of the parent are not in the child: nobody is to be woken."""
    with framed(link) as (fs, peer):
        calls: list[Call[Any]] = [
            begin(fs.recv),
            begin(fs.recv),
            begin(fs.send, LARGE),
            begin(fs.send, "hello"),
        ]
        for call in calls:
            call.waits()
        assert status(forked(lambda: close_alone(fs))) == 0
        # Either may have been the first to wait for its turn.
        assert len(receive(peer, len(LARGE) + 10 + len(HELLO))) == len(LARGE) + 10 + len(HELLO)
        peer.sendall(HELLO * 2)
        assert [call.result() for call in calls] == [b"hello", b"hello", None, None]


def close_alone(fs: FramedSocket) -> None:
    fs.close()
    # There was no other call to wait for.
    assert fs.socket.fileno() == -1
    with pytest.raises(ConnectionClosed):
        fs.recv()


@each_shareable_way
def test_a_parent_that_closes_leaves_the_childs(link: Link) -> None:
    with framed(link) as (fs, peer):
        child = forked(lambda: echo(fs))
        fs.close()
        peer.sendall(HELLO)
        assert receive(peer, len(HELLO)) == HELLO
        assert status(child) == 0


def echo(fs: FramedSocket) -> None:
    fs.send(fs.recv(timeout=TIMEOUT), timeout=TIMEOUT)


@each_shareable_way
def test_a_turn_that_a_thread_of_the_parent_has(link: Link) -> None:
    with framed(link) as (fs, peer):
        fs.settimeout(TIMEOUT)
        receiving = begin(fs.recv)
        receiving.waits()

        def work() -> None:
            # No thread of this process has it.
            with pytest.raises(framing.FrameTimeout):
                fs.recv(timeout=0.01)
            fs.send("hello")
            assert fs.gettimeout() == TIMEOUT
            socket, rest = fs.detach()
            assert rest == b""
            assert socket.gettimeout() == TIMEOUT

        assert status(forked(work)) == 0
        assert receive(peer, len(HELLO)) == HELLO
        peer.sendall(HELLO)
        assert receiving.result() == b"hello"
        assert fs.socket.gettimeout() == TIMEOUT


@each_way
def test_a_childs_child(link: Link) -> None:
    with framed(link) as (fs, peer):
        receiving = begin(fs.recv)
        receiving.waits()

        def work() -> None:
            assert status(forked(lambda: close_alone(fs))) == 0
            close_alone(fs)

        assert status(forked(work)) == 0
        peer.sendall(HELLO)
        assert receiving.result() == b"hello"


def test_what_each_has_received() -> None:
    with framed() as (fs, peer):
        peer.sendall(HELLO * 3 + HELLO[:12])
        assert fs.recv() == b"hello"

        def work() -> None:
            assert fs.recv_many(timeout=0) == [b"hello"] * 2
            assert fs.stats.buffered == 12

        assert status(forked(work)) == 0
        assert fs.recv_many(timeout=0) == [b"hello"] * 2
        peer.sendall(HELLO[12:])
        assert fs.recv() == b"hello"
