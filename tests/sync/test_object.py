"""`FramedSocket` as an object: what it shows, where it can be put, and that nothing keeps it alive."""

from __future__ import annotations

import gc
import socket
import weakref

import framing
import pytest
from framing import FramedSocket, FrameStats
from support.pairs import HELLO, Link, OwnMethods, each_way, framed, receive

# What it shows


@each_way
def test_the_counters(link: Link) -> None:
    with framed(link) as (fs, peer):
        assert fs.stats == FrameStats()
        peer.sendall(framing.encode("three") + framing.encode("") + HELLO[:12])
        assert fs.recv() == b"three"
        # A frame that is here, and a part of the next.
        assert fs.stats == FrameStats(1, 5, 15, 5, 22)
        assert fs.recv() == b""
        before = fs.stats
        assert before == FrameStats(2, 5, 25, 5, 12)
        peer.sendall(HELLO[12:] + HELLO[:1])
        assert fs.recv_many() == [b"hello"]
        assert fs.stats == FrameStats(3, 10, 40, 5, 1)
        # A snapshot, which does not change.
        assert before == FrameStats(2, 5, 25, 5, 12)
    assert fs.stats == FrameStats(3, 10, 40, 5, 0)


@each_way
def test_what_is_sent_is_not_counted(link: Link) -> None:
    with framed(link) as (fs, peer):
        fs.send("hello")
        assert receive(peer, len(HELLO)) == HELLO
        assert fs.stats == FrameStats()
        assert fs.pending_send == 0


def test_the_socket_and_how_it_is_shown() -> None:
    ours, peer = socket.socketpair()
    with peer:
        fs = FramedSocket(ours)
        assert fs.socket is ours
        assert repr(fs) == f"<FramedSocket over {ours!r}>"
        fs.close()
        assert fs.socket is ours
        assert repr(fs) == f"<FramedSocket (closed) over {ours!r}>"
        again = FramedSocket(peer)
        sock, _ = again.detach()
        assert again.socket is sock is peer
        assert "closed" in repr(again)


def test_the_context_manager_and_the_iterator_are_itself() -> None:
    with framed() as (fs, _):
        assert iter(fs) is fs
        with fs as same:
            assert same is fs
        assert fs.closed


def test_modes() -> None:
    with framed() as (fs, _):
        assert fs.gettimeout() is None
        for set_to, seen in ((2, 2.0), (0, 0.0), (0.25, 0.25), (None, None)):
            fs.settimeout(set_to)
            assert fs.gettimeout() == fs.socket.gettimeout() == seen
        fs.setblocking(False)
        assert fs.gettimeout() == 0
        fs.setblocking(True)
        assert fs.gettimeout() is None
        fs.socket.settimeout(3)
        assert fs.gettimeout() == 3


# Where it can be put


def test_it_is_itself_and_nobody_else() -> None:
    with framed() as (one, _), framed() as (other, _):
        assert one == one
        assert one != other
        assert hash(one) == hash(one)
        assert {one: 1, other: 2}[one] == 1
        twin = FramedSocket(one.socket)
        assert twin != one
        assert len({one, twin, other}) == 3
        one.close()
        assert {one: 1}[one] == 1


def test_it_cannot_be_subclassed_or_copied() -> None:
    import copy
    import pickle

    with framed() as (fs, _):
        with pytest.raises(TypeError):
            pickle.dumps(fs)
        with pytest.raises(TypeError):
            copy.copy(fs)
    with pytest.raises(TypeError, match="not an acceptable base type"):
        type("Sub", (FramedSocket,), {})


# Nothing keeps it alive


@pytest.mark.parametrize("kind", [socket.socket, OwnMethods])
def test_it_goes_with_its_last_reference(kind: type[socket.socket]) -> None:
    ours, peer = socket.socketpair()
    with peer, kind(fileno=ours.detach()) as sock:
        fs = FramedSocket(sock)
        peer.sendall(HELLO * 2 + HELLO[:3])
        fs.recv()
        gone = weakref.ref(fs)
        assert gone() is fs
        del fs
        assert gone() is None
        # The socket has an owner of its own.
        assert sock.fileno() >= 0


class Knowing(socket.socket):
    """A socket that knows who frames it."""

    fs: FramedSocket


class KnowingOwnMethods(OwnMethods):
    """The same, by another way."""

    fs: FramedSocket


@pytest.mark.parametrize("kind", [Knowing, KnowingOwnMethods])
def test_a_cycle_through_the_socket(kind: type[Knowing | KnowingOwnMethods]) -> None:
    ours, peer = socket.socketpair()
    with peer:
        sock = kind(fileno=ours.detach())
        sock.fs = FramedSocket(sock)
        peer.sendall(HELLO)
        assert sock.fs.recv() == b"hello"
        gone = weakref.ref(sock), weakref.ref(sock.fs)
        sock.close()
        del sock
        gc.collect()
        assert [reference() for reference in gone] == [None, None]


def test_errors_keep_nothing() -> None:
    with framed() as (fs, peer):
        gone = weakref.ref(fs)
        peer.sendall(HELLO[:12])
        try:
            fs.recv(timeout=0)
        except framing.FrameWouldBlock as error:
            kept = error
        assert kept.received == 2
        fs.close()
    kept.__traceback__ = None
    del fs, peer
    gc.collect()
    assert gone() is None
