"""`framing.wait`: what is ready, also where the descriptor does not tell."""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from typing import Any

import framing
import pytest
from framing import FramedSocket
from support import tls
from support.pairs import begin
from support.refusal import refusal
from support.signals import alarm, interrupt

Pair = tuple[FramedSocket, socket.socket]
Pairs = Callable[[], Pair]

WIRE = b"1         a1         b"


@pytest.fixture(params=["poll", "select"], autouse=True)
def system_call(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Everything holds with either."""
    call: str = request.param
    if call == "select":
        monkeypatch.delattr(select, "poll", raising=False)
    elif not hasattr(select, "poll"):
        pytest.skip("this platform has none")
    return call


@pytest.fixture
def pairs() -> Iterator[Pairs]:
    """Makes connections: a framed end, and the plain one of its peer."""
    with contextlib.ExitStack() as stack:

        def make() -> Pair:
            ours, peer = socket.socketpair()
            return stack.enter_context(FramedSocket(ours)), stack.enter_context(peer)

        yield make


# What is ready


def test_readable_ones_in_their_order(pairs: Pairs) -> None:
    (first, one), (second, _), (third, three) = pairs(), pairs(), pairs()
    three.sendall(WIRE)
    one.sendall(b"1")  # part of a frame
    assert framing.wait([first, second, third], 0) == [first, third]
    assert framing.wait([third, second, first]) == [third, first]


def test_each_once(pairs: Pairs) -> None:
    (framed, peer), (quiet, _) = pairs(), pairs()
    peer.sendall(WIRE)
    number = framed.fileno()
    assert framing.wait([framed, number, quiet, framed, number], 0) == [framed, number]


def test_a_frame_that_has_been_read_already(pairs: Pairs) -> None:
    (framed, peer), (other, other_peer), (quiet, _) = pairs(), pairs(), pairs()
    peer.sendall(WIRE)
    assert framed.recv() == b"a"
    assert select.select([framed], [], [], 0)[0] == [], "else this shows nothing"
    assert framing.wait([quiet, framed]) == [framed]
    other_peer.sendall(WIRE)
    assert framing.wait([other, quiet, framed]) == [other, framed]
    assert framed.recv() == b"b"
    assert framing.wait([quiet, framed], 0) == []


def test_the_end_of_a_stream(pairs: Pairs) -> None:
    (framed, peer), (quiet, _) = pairs(), pairs()
    peer.close()
    assert framing.wait([quiet, framed]) == [framed]


def test_what_is_closed(pairs: Pairs) -> None:
    (framed, peer), (quiet, _) = pairs(), pairs()
    framed.close()
    peer.close()
    assert framing.wait([quiet, framed, peer]) == [framed, peer]


def test_what_is_closed_underneath(pairs: Pairs) -> None:
    quiet, _ = pairs()
    ours, peer = socket.socketpair()
    with peer, ours:
        number = ours.fileno()
        ours.close()
        assert framing.wait([quiet, number], 0) == [number]


def test_a_listener() -> None:
    with framing.listen(("127.0.0.1", 0)) as listener:
        assert framing.wait([listener], 0) == []
        with socket.create_connection(listener.address):
            assert framing.wait([listener]) == [listener]
    assert framing.wait([listener]) == [listener]


def test_plain_sockets_and_descriptors(pairs: Pairs) -> None:
    framed, peer = pairs()
    framed.send("hello")
    things: list[Any] = [framed, peer, peer.fileno()]
    assert framing.wait(things, 0) == [peer, peer.fileno()]


def test_any_iterable(pairs: Pairs) -> None:
    framed, peer = pairs()
    peer.sendall(WIRE)
    assert framing.wait(iter([framed]), 0) == [framed]
    assert framing.wait({framed: "name"}, 0) == [framed]


def test_bytes_that_tls_has_decrypted() -> None:
    client_end, server_end = socket.socketpair()
    accepting = begin(tls.server_context().wrap_socket, server_end, server_side=True)
    client = tls.client_context().wrap_socket(client_end, server_hostname="localhost")
    server = accepting.result()
    # Session tickets are nothing to read, but they make the socket readable.
    client.setblocking(False)
    with client, server:
        with pytest.raises(ssl.SSLWantReadError):
            client.recv(1)
        assert framing.wait([client], 0) == []
        server.sendall(WIRE)
        assert framing.wait([client]) == [client]
        assert client.recv(1) == b"1"
        assert select.select([client], [], [], 0)[0] == [], "else this shows nothing"
        assert framing.wait([client]) == [client]
        client.recv(len(WIRE))
        assert framing.wait([client], 0) == []


# How long


def test_something_that_comes_meanwhile(pairs: Pairs) -> None:
    framed, peer = pairs()
    waiting = begin(framing.wait, [framed])
    peer.sendall(WIRE)
    assert waiting.result() == [framed]


@pytest.mark.parametrize("timeout", [0.0, 0.0004, 0.05])
def test_it_never_returns_early(pairs: Pairs, timeout: float) -> None:
    quiet, _ = pairs()
    start = time.monotonic()
    assert framing.wait([quiet], timeout) == []
    assert time.monotonic() - start >= timeout


def test_a_system_call_that_returns_early(
    pairs: Pairs, monkeypatch: pytest.MonkeyPatch, system_call: str
) -> None:
    framed, peer = pairs()
    original = getattr(select, system_call)

    class Early:
        """Says at once that there is nothing, although there is. The next one is as it was."""

        def __init__(self) -> None:
            monkeypatch.setattr(select, system_call, original)
            peer.sendall(WIRE)

        def register(self, *_: object) -> None: ...

        def poll(self, _: object) -> list[Any]:
            return []

    def early(*_: object) -> Any:
        poll = Early()
        return poll if system_call == "poll" else ([], [], [])

    monkeypatch.setattr(select, system_call, early)
    assert framing.wait([framed]) == [framed]


def test_it_does_not_ask_over_and_over(
    pairs: Pairs, monkeypatch: pytest.MonkeyPatch, system_call: str
) -> None:
    quiet, _ = pairs()
    calls = 0
    original = getattr(select, system_call)

    def counted(*arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        return original(*arguments)

    # Looked up when it is needed: a patched one is used.
    monkeypatch.setattr(select, system_call, counted)
    framing.wait([quiet], 0.0305)
    assert 1 <= calls <= 4


def test_of_nothing() -> None:
    start = time.monotonic()
    assert framing.wait([], 0.01) == []
    assert time.monotonic() - start >= 0.01
    assert "nothing would end the wait" in refusal(ValueError, lambda: framing.wait([]))


@pytest.mark.parametrize("timeout", [10**9, 1e300, float("inf"), 10**400])
def test_as_good_as_for_ever(pairs: Pairs, timeout: float) -> None:
    framed, peer = pairs()
    waiting = begin(framing.wait, [framed], timeout)
    peer.sendall(WIRE)
    assert waiting.result() == [framed]


def test_a_signal_handler_that_returns(pairs: Pairs) -> None:
    framed, peer = pairs()
    with alarm(lambda: peer.sendall(WIRE)):
        assert framing.wait([framed]) == [framed]


def test_ctrl_c(pairs: Pairs) -> None:
    framed, _ = pairs()
    with alarm(interrupt), pytest.raises(KeyboardInterrupt):
        framing.wait([framed])


# What is refused


@pytest.mark.parametrize("thing", ["socket", None, 1.5, object()])
def test_what_has_no_descriptor(thing: Any) -> None:
    text = refusal(TypeError, lambda: framing.wait([thing], 0))
    assert "fileno()" in text
    assert type(thing).__name__ in text


def test_a_negative_descriptor() -> None:
    assert "at least 0, not -1" in refusal(ValueError, lambda: framing.wait([-1], 0))


@pytest.mark.parametrize(
    ("timeout", "kind"),
    [
        (-1, ValueError),
        (float("nan"), ValueError),
        (-(10**400), ValueError),
        ("1", TypeError),
        (..., TypeError),
    ],
)
def test_a_bad_timeout(pairs: Pairs, timeout: Any, kind: type[Exception]) -> None:
    framed, _ = pairs()
    assert "timeout must be" in refusal(kind, lambda: framing.wait([framed], timeout))
