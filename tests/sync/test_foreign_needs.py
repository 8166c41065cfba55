"""What an object must have to be used as a socket, and that nothing is sent to one that has not."""

from __future__ import annotations

import multiprocessing
import socket
import types
from typing import TYPE_CHECKING, Any

import framing
import pytest
from framing import FramedSocket, recv_frame, send_frame
from support.pairs import HELLO, pair
from support.refusal import refusal

if TYPE_CHECKING:
    from collections.abc import Callable

METHODS = ["fileno", "send", "recv_into", "recv", "gettimeout", "settimeout", "close"]

CALLS: dict[str, Callable[[Any], object]] = {
    "FramedSocket": FramedSocket,
    "send_frame": lambda sock: send_frame(sock, "hello"),
    "recv_frame": recv_frame,
}


def without(sock: socket.socket, *names: str) -> types.SimpleNamespace:
    return types.SimpleNamespace(**{name: getattr(sock, name) for name in METHODS if name not in names})


@pytest.mark.parametrize("call", CALLS)
def test_a_connection_of_multiprocessing(call: str) -> None:
    ours, theirs = multiprocessing.Pipe()
    with ours, theirs:
        said = refusal(TypeError, lambda: CALLS[call](ours))
        assert "sock must be a socket, or have its methods" in said
        assert "'Connection' has no gettimeout, settimeout" in said
        assert not theirs.poll(), "nothing was sent"


@pytest.mark.parametrize("call", CALLS)
def test_a_thing_that_can_only_send_and_receive(call: str) -> None:
    with pair() as (ours, _):
        thing = types.SimpleNamespace(send=ours.send, recv=ours.recv)
        assert "has no fileno, gettimeout, settimeout" in refusal(TypeError, lambda: CALLS[call](thing))


@pytest.mark.parametrize("name", ["fileno", "send", "gettimeout", "settimeout", "close"])
def test_each_method_is_needed(name: str) -> None:
    with pair() as (ours, peer):
        thing = without(ours, name)
        assert f"has no {name}" in refusal(TypeError, lambda: FramedSocket(thing))
        # An attribute is not yet a method.
        setattr(thing, name, None)
        assert f"has no {name}" in refusal(TypeError, lambda: FramedSocket(thing))
        peer.setblocking(False)
        with pytest.raises(BlockingIOError):
            peer.recv(1)


def test_one_of_two_ways_to_receive_is_enough() -> None:
    with pair() as (ours, peer):
        both = without(ours, "recv", "recv_into")
        assert "has no recv_into or recv" in refusal(TypeError, lambda: FramedSocket(both))
        for name in ("recv", "recv_into"):
            peer.sendall(HELLO)
            fs = FramedSocket(without(ours, name))
            assert fs.recv() == b"hello"


def test_functions_close_nothing() -> None:
    """So they do without `close`."""
    with pair() as (ours, peer):
        thing = without(ours, "close")
        send_frame(thing, "hello")
        assert framing.recv_frame(peer) == b"hello"
        peer.sendall(HELLO)
        assert recv_frame(thing) == b"hello"


@pytest.mark.parametrize("call", CALLS)
def test_a_class_is_no_socket(call: str) -> None:
    assert "'type' has no fileno" in refusal(TypeError, lambda: CALLS[call](socket.socket))


@pytest.mark.parametrize("call", CALLS)
def test_datagrams_are_no_stream(call: str) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        assert "SOCK_DGRAM" in refusal(ValueError, lambda: CALLS[call](sock))
        wrapped = types.SimpleNamespace(
            **{name: getattr(sock, name) for name in METHODS}, type=sock.type
        )
        assert "SOCK_DGRAM" in refusal(ValueError, lambda: CALLS[call](wrapped))
