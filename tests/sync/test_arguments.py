"""What `FramedSocket` and the functions beside it say to an argument of a wrong type or value."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator
from typing import Any

import framing
import pytest
from framing import DecimalHeader, FramedSocket, recv_frame, send_frame
from support.pairs import HELLO, framed, pair, receive
from support.refusal import refusal, short

HUGE = 10**5000
FUNCTIONS: Any = framing
GAPS = memoryview(bytearray(range(40)))[::2]


@pytest.fixture
def ends() -> Iterator[tuple[FramedSocket, socket.socket]]:
    with framed() as ends:
        yield ends


Taker = Callable[[FramedSocket, Any], object]

# Who takes an argument of that name.
TAKERS: dict[str, dict[str, Taker]] = {
    "sock": {
        "FramedSocket": lambda _, value: FramedSocket(value),
        "send_frame": lambda _, value: send_frame(value, b"x"),
        "recv_frame": lambda _, value: recv_frame(value),
    },
    "header": {
        "FramedSocket": lambda fs, value: FramedSocket(fs.socket, value),
        "send_frame": lambda fs, value: send_frame(fs.socket, b"x", value),
        "recv_frame": lambda fs, value: recv_frame(fs.socket, header=value),
    },
    "max_frame_size": {
        "FramedSocket": lambda fs, value: FramedSocket(fs.socket, max_frame_size=value),
        "send_frame": lambda fs, value: send_frame(fs.socket, b"x", max_frame_size=value),
        "recv_frame": lambda fs, value: recv_frame(fs.socket, max_frame_size=value),
    },
    "keep_header": {
        "FramedSocket": lambda fs, value: FramedSocket(fs.socket, keep_header=value),
        "recv_frame": lambda fs, value: recv_frame(fs.socket, keep_header=value),
    },
    "frame_timeout": {"FramedSocket": lambda fs, value: FramedSocket(fs.socket, frame_timeout=value)},
    "timeout": {
        "recv": lambda fs, value: fs.recv(timeout=value),
        "recv_many": lambda fs, value: fs.recv_many(timeout=value),
        "recv_into": lambda fs, value: fs.recv_into(bytearray(10), timeout=value),
        "send": lambda fs, value: fs.send("x", timeout=value),
        "send_many": lambda fs, value: fs.send_many(["x"], timeout=value),
        "send_encoded": lambda fs, value: fs.send_encoded(HELLO, timeout=value),
        "flush": lambda fs, value: fs.flush(timeout=value),
        "send_frame": lambda fs, value: send_frame(fs.socket, "x", timeout=value),
        "recv_frame": lambda fs, value: recv_frame(fs.socket, timeout=value),
    },
    "max_frames": {"recv_many": lambda fs, value: fs.recv_many(value)},
    "payload": {
        "send": lambda fs, value: fs.send(value),
        "send_frame": lambda fs, value: send_frame(fs.socket, value),
    },
    "payloads": {"send_many": lambda fs, value: fs.send_many(value)},
    "wire": {"send_encoded": lambda fs, value: fs.send_encoded(value)},
    "buffer": {"recv_into": lambda fs, value: fs.recv_into(value)},
}

WRONG: list[tuple[str, type[Exception], str, list[Any]]] = [
    ("sock", TypeError, "a socket", [None, 5, "sock", b"sock", object(), [], socket]),
    ("header", TypeError, "an int", ["10", 10.0, None, True, (10,)]),
    ("header", ValueError, "between 1 and 4096", [0, -1, 4097, HUGE, -HUGE]),
    ("max_frame_size", TypeError, "integer", ["10", 10.0, [10]]),
    ("max_frame_size", ValueError, "between 0 and 9999999999", [-1, 10**10, HUGE]),
    ("keep_header", TypeError, "a bool", [0, 1, None, "yes"]),
    ("frame_timeout", TypeError, "a number of seconds or None", ["1", b"1", [1], ..., object()]),
    ("frame_timeout", ValueError, "at least 0", [-1, -0.001, float("nan"), -HUGE, float("-inf")]),
    ("frame_timeout", ValueError, "more than 0", [0, 0.0, -0.0]),
    ("timeout", TypeError, "a number of seconds, None", ["1", b"1", [1], (), object(), 1j]),
    ("timeout", ValueError, "at least 0", [-1, -0.001, float("nan"), -HUGE, float("-inf")]),
    ("max_frames", TypeError, "an integer or None", ["1", 1.0, b"1", [1], ...]),
    ("max_frames", TypeError, "an int", [True, False]),
    ("max_frames", ValueError, "at least 1|between 1", [0, -1, -HUGE]),
    ("payload", TypeError, "a str or a bytes-like object", [5, None, ["hello"], object]),
    ("payload", TypeError, "contiguous", [GAPS]),
    ("payloads", TypeError, "an iterable of payloads", [5, None, object()]),
    ("payloads", TypeError, "not a single", ["ab", b"ab", bytearray(b"ab"), memoryview(b"ab")]),
    ("payloads", TypeError, "a str or a bytes-like object", [[b"", 5], [None]]),
    ("wire", TypeError, "a bytes-like object", ["5         hello", 5, None, [HELLO]]),
    ("wire", TypeError, "contiguous", [GAPS]),
    ("buffer", TypeError, "a writable bytes-like", [bytes(20), memoryview(bytes(20)), "ab", None, 20]),
    ("buffer", TypeError, "contiguous", [GAPS]),
]
CASES = [
    pytest.param(take, name, value, kind, allowed, id=f"{who}({name}={short(value)}) {number}")
    for number, (name, kind, allowed, values) in enumerate(WRONG)
    for value in values
    for who, take in TAKERS[name].items()
]


@pytest.mark.parametrize(("take", "name", "value", "kind", "allowed"), CASES)
def test_a_bad_argument(
    ends: tuple[FramedSocket, socket.socket],
    take: Taker,
    name: str,
    value: Any,
    kind: type[Exception],
    allowed: str,
) -> None:
    fs, peer = ends
    text = refusal(kind, lambda: take(fs, value))
    assert re.search(rf"\b{name}\b", text)
    assert re.search(allowed, text)
    # Nothing was harmed, and nothing was sent.
    assert fs.pending_send == 0
    peer.sendall(HELLO)
    assert fs.recv() == b"hello"
    fs.send("hello")
    assert receive(peer, len(HELLO)) == HELLO


@pytest.mark.parametrize("timeout", [10**9, 1e300, float("inf"), HUGE, 2**63], ids=short)
def test_as_good_as_for_ever(ends: tuple[FramedSocket, socket.socket], timeout: Any) -> None:
    fs, peer = ends
    for call in (fs.recv, fs.recv_many, lambda timeout: recv_frame(fs.socket, timeout=timeout)):
        peer.sendall(HELLO)
        assert call(timeout=timeout) in (b"hello", [b"hello"])
    fs.send("hello", timeout=timeout)
    patient = FramedSocket(fs.detach()[0], frame_timeout=timeout)
    with patient:
        peer.sendall(HELLO)
        assert patient.recv() == b"hello"
        assert (patient.frame_timeout or 0) > 10**8


class Index:
    """A number of another kind."""

    def __index__(self) -> int:
        return 2


class Float:
    """Another one."""

    def __float__(self) -> float:
        return 0.001


def test_numbers_of_every_kind(ends: tuple[FramedSocket, socket.socket]) -> None:
    fs, peer = ends
    for timeout in (Float(), 1e-9):
        with pytest.raises(framing.FrameTimeout):
            fs.recv(timeout=timeout)  # type: ignore[arg-type]
    for timeout in (False, 0, 0.0, -0.0):
        with pytest.raises(framing.FrameWouldBlock):
            fs.recv(timeout=timeout)
    peer.sendall(HELLO * 3)
    assert fs.recv_many(Index()) == [b"hello"] * 2
    assert fs.recv_many(2**31) == [b"hello"]
    with pytest.raises(framing.FrameTimeout):
        FramedSocket(fs.socket, Index(), frame_timeout=Float()).recv(timeout=0.001)  # type: ignore[arg-type]


# What is no stream socket


def test_a_datagram_socket() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        calls: list[Callable[[], object]] = [
            lambda: FramedSocket(sock),
            lambda: send_frame(sock, b"x"),
            lambda: recv_frame(sock),
        ]
        for call in calls:
            text = refusal(ValueError, call)
            assert "stream socket" in text
            assert "SOCK_DGRAM" in text


def test_sockets_of_other_types() -> None:
    for name in ("SOCK_SEQPACKET", "SOCK_DGRAM"):
        kind = getattr(socket, name, None)
        if kind is None or not hasattr(socket, "AF_UNIX"):
            continue
        one, other = socket.socketpair(socket.AF_UNIX, kind)
        with one, other:
            assert name in refusal(ValueError, lambda one=one: FramedSocket(one))  # type: ignore[misc]


def test_something_that_says_it_is_a_datagram_socket() -> None:
    class Wrapper:
        type = socket.SOCK_DGRAM

        def recv(self, size: int) -> bytes:
            raise AssertionError(size)

        def send(self, data: bytes) -> int:
            raise AssertionError(data)

    assert "stream socket" in refusal(ValueError, lambda: FramedSocket(Wrapper()))


def test_what_is_framed_already() -> None:
    """It has a socket's methods, and they do something else."""
    with framed() as (fs, peer):
        calls: list[Callable[[], object]] = [
            lambda: FramedSocket(fs),
            lambda: send_frame(fs, b"x"),
            lambda: recv_frame(fs),
        ]
        for call in calls:
            assert "FramedSocket" in refusal(TypeError, call)
        peer.settimeout(0.001)
        with pytest.raises(TimeoutError):
            peer.recv(1)


def test_a_socket_that_is_not_connected() -> None:
    with socket.socket() as sock, FramedSocket(sock) as fs:
        with pytest.raises(OSError, match="not connected"):
            fs.recv()
        with pytest.raises(OSError, match="not connected"):
            recv_frame(sock)
        with pytest.raises(OSError, match=r"."):
            fs.send("hello")
        assert fs.pending_send == 0


def test_a_closed_socket() -> None:
    with pair() as (ours, _):
        ours.close()
        with pytest.raises(OSError, match="descriptor"):
            FramedSocket(ours).recv()
        with pytest.raises(OSError, match="descriptor"):
            recv_frame(ours)


# The shape of a call


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda fs: fs.recv(1, 2), "positional"),
        (lambda fs: fs.send("x", 5), "positional"),
        (lambda fs: fs.send(), "'payload'"),
        (lambda fs: fs.send_many(["x"], 5), "positional"),
        (lambda fs: fs.send_encoded(), "'wire'"),
        (lambda fs: fs.flush(5), "positional"),
        (lambda fs: fs.recv_into(), "'buffer'"),
        (lambda fs: fs.recv(deadline=5), "'deadline'"),
        (lambda fs: type(fs)(), "'sock'"),
        (lambda fs: type(fs)(fs.socket, 10, 5), "positional"),
        (lambda fs: FUNCTIONS.send_frame(fs.socket), "'payload'"),
        (lambda fs: FUNCTIONS.send_frame(fs.socket, "x", 10, 5), "positional"),
        (lambda fs: FUNCTIONS.recv_frame(fs.socket, 10, 5), "positional"),
        (lambda fs: fs.detach(1), "argument"),
        (lambda fs: fs.shutdown("both"), "'str'"),
    ],
)
def test_a_call_of_the_wrong_shape(
    ends: tuple[FramedSocket, socket.socket], call: Callable[[Any], object], said: str
) -> None:
    assert said in refusal(TypeError, lambda: call(ends[0]))


def test_the_options_are_as_given() -> None:
    header = DecimalHeader(4, align=">")
    with framed(header=header, max_frame_size=5, keep_header=True, frame_timeout=2) as (fs, _):
        assert (fs.header, fs.max_frame_size, fs.keep_header, fs.frame_timeout) == (header, 5, True, 2)
    with framed() as (fs, _):
        assert (fs.header, fs.max_frame_size) == (DecimalHeader(), 1_000_000_000)
        assert (fs.keep_header, fs.frame_timeout) == (False, None)
    with framed(header=3) as (fs, _):
        assert (fs.header, fs.max_frame_size) == (DecimalHeader(3), 999)


@pytest.mark.parametrize("name", ["header", "max_frame_size", "keep_header", "frame_timeout", "socket"])
def test_nothing_can_be_set(name: str) -> None:
    with framed() as (fs, _), pytest.raises(AttributeError):
        setattr(fs, name, None)
