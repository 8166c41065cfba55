"""What is like a socket and no plain one: its own methods are used, whichever of them it has."""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable, Iterator
from typing import Any

import framing
import pytest
from framing import ConnectionClosed, FramedSocket, FrameTimeout, FrameWouldBlock
from support.pairs import HELLO, begin, pair, receive, receive_all

WIRE = framing.encode("hello") + framing.encode("") + framing.encode("x" * 300_000)
FRAMES = [b"hello", b"", b"x" * 300_000]


def scrambled(data: Any) -> bytes:
    """As good as encryption: who passes by it sees something else."""
    return bytes(data).translate(bytes(range(255, -1, -1)))


# Sockets with a method or two of their own


class OwnRecv(socket.socket):
    def recv(self, size: int, flags: int = 0) -> bytes:
        return scrambled(super().recv(size, flags))


class OwnRecvInto(socket.socket):
    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
        return scrambling_into(self, buffer, nbytes, flags)


def scrambling_into(sock: socket.socket, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
    count = socket.socket.recv_into(sock, buffer, nbytes, flags)
    view = memoryview(buffer)
    view[:count] = scrambled(view[:count])
    return count


class OwnSend(socket.socket):
    def send(self, data: Any, flags: int = 0) -> int:
        return super().send(scrambled(data), flags)


class OwnSendAll(socket.socket):
    def sendall(self, data: Any, flags: int = 0) -> None:
        super().sendall(scrambled(data), flags)


class InheritedRecv(OwnRecv):
    pass


def with_attribute(name: str, method: Callable[..., Any]) -> Callable[[int], socket.socket]:
    class Sock(socket.socket):
        """One that is like any other of its class but for an attribute."""

    def make(fileno: int) -> socket.socket:
        sock = Sock(fileno=fileno)
        setattr(sock, name, method(sock))
        return sock

    return make


RECEIVERS: dict[str, Callable[[int], socket.socket]] = {
    "recv": lambda fileno: OwnRecv(fileno=fileno),
    "recv of a base": lambda fileno: InheritedRecv(fileno=fileno),
    "recv_into": lambda fileno: OwnRecvInto(fileno=fileno),
    "recv of its own": with_attribute(
        "recv", lambda sock: lambda size: scrambled(socket.socket.recv(sock, size))
    ),
    "recv_into of its own": with_attribute(
        "recv_into", lambda sock: lambda buffer, nbytes=0: scrambling_into(sock, buffer, nbytes)
    ),
}
SENDERS: dict[str, Callable[[int], socket.socket]] = {
    "send": lambda fileno: OwnSend(fileno=fileno),
    "sendall": lambda fileno: OwnSendAll(fileno=fileno),
    "send of its own": with_attribute(
        "send", lambda sock: lambda data: socket.socket.send(sock, scrambled(data))
    ),
}


@pytest.mark.parametrize("make", RECEIVERS.values(), ids=RECEIVERS)
def test_what_is_received_by_its_own_method(make: Callable[[int], socket.socket]) -> None:
    for stateless in (False, True):
        with pair() as (ours, peer), make(ours.detach()) as sock:
            sending = begin(peer.sendall, scrambled(WIRE))
            if stateless:
                frames = [framing.recv_frame(sock) for _ in range(3)]
            else:
                fs = FramedSocket(sock)
                frames = [fs.recv() for _ in range(3)]
            assert frames == FRAMES
            sending.result()


@pytest.mark.parametrize("make", SENDERS.values(), ids=SENDERS)
def test_what_is_sent_by_its_own_method(make: Callable[[int], socket.socket]) -> None:
    for stateless in (False, True):
        with pair() as (ours, peer), make(ours.detach()) as sock:
            reading = begin(receive, peer, len(WIRE))
            if stateless:
                for frame in FRAMES:
                    framing.send_frame(sock, frame)
            else:
                fs = FramedSocket(sock)
                fs.send(FRAMES[0])
                fs.send_many(FRAMES[1:])
            assert reading.result() == scrambled(WIRE)


class Harmless(socket.socket):
    """Nothing that matters is its own: it is used as any plain socket is."""

    calls = 0

    def settimeout(self, value: float | None) -> None:
        type(self).calls += 1
        super().settimeout(value)

    def own(self) -> None:
        """What its user wants it for."""


def test_a_subclass_that_overrides_nothing() -> None:
    with pair() as (ours, peer), Harmless(fileno=ours.detach()) as sock, FramedSocket(sock) as fs:
        peer.sendall(WIRE[:40])
        assert fs.recv_many() == FRAMES[:2]
        with pytest.raises(FrameTimeout):
            fs.recv(timeout=0.001)
        fs.send("hello")
        assert receive(peer, len(HELLO)) == HELLO
        # Its mode was never touched, as that of a socket is which is used through its methods.
        assert Harmless.calls == 0
        fs.settimeout(5)
        assert (Harmless.calls, sock.gettimeout()) == (1, 5)


class Wrapper:
    """Passes on what it has no method for."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> Any:
        if name in ("recv", "recv_into", "send", "sendall"):
            self.calls.append(name)
        return getattr(self.sock, name)


def test_a_wrapper() -> None:
    with pair() as (ours, peer):
        wrapper = Wrapper(ours)
        fs = FramedSocket(wrapper)
        sending = begin(peer.sendall, WIRE)
        assert [fs.recv() for _ in range(3)] == FRAMES
        sending.result()
        assert any(name.startswith("recv") for name in wrapper.calls)
        with pytest.raises(FrameTimeout):
            fs.recv(timeout=0.001)
        reading = begin(receive_all, peer)
        for frame in FRAMES:
            fs.send(frame)
        fs.shutdown()
        assert reading.result() == WIRE
        assert any(name.startswith("send") for name in wrapper.calls)
        assert fs.fileno() == ours.fileno()
        assert (fs.gettimeout(), ours.gettimeout()) == (None, None)
        fs.close()
        assert ours.fileno() == -1


class OneByte(socket.socket):
    """As slow as it gets."""

    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
        return super().recv_into(buffer, min(nbytes or len(buffer), 1), flags)

    def send(self, data: Any, flags: int = 0) -> int:
        return super().send(memoryview(data)[:1], flags)


def test_a_byte_at_a_time() -> None:
    wire = framing.encode("hello") + framing.encode("") + framing.encode("x" * 3000)
    with pair() as (ours, peer), OneByte(fileno=ours.detach()) as sock, FramedSocket(sock) as fs:
        peer.sendall(wire)
        assert [fs.recv() for _ in range(3)] == [b"hello", b"", b"x" * 3000]
        reading = begin(receive_all, peer)
        fs.send_many(["hello", ""])
        fs.send("x" * 3000)
        fs.shutdown()
        assert reading.result() == wire


# Fakes, of which no system knows


class Fake:
    """The least there can be: what it gives, piece by piece, and what it was given. It has no descriptor."""

    def __init__(self, *pieces: Any) -> None:
        self.pieces = list(pieces)
        self.sent = bytearray()

    def fileno(self) -> int:
        return -1

    def gettimeout(self) -> float | None:
        return None

    def settimeout(self, timeout: float | None) -> None:
        raise AssertionError(timeout)

    def close(self) -> None:
        self.pieces.clear()

    def recv(self, size: int) -> Any:
        piece = self.pieces.pop(0) if self.pieces else b""
        if isinstance(piece, BaseException):
            raise piece
        if len(piece) > size:
            self.pieces.insert(0, piece[size:])
        return piece[:size]

    def send(self, data: bytes) -> int:
        self.sent += data
        return len(data)


class FakeInto(Fake):
    """With another method to receive by."""

    recv: Any = None

    def recv_into(self, buffer: memoryview, nbytes: int = 0) -> int:
        piece = Fake.recv(self, nbytes or len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)

    def send(self, data: bytes) -> int:
        self.sent += data[:100]
        return len(data[:100])


@pytest.fixture(params=["recv", "recv_into"])
def fake(request: pytest.FixtureRequest) -> type[Fake]:
    return Fake if request.param == "recv" else FakeInto


def pieces_of(wire: bytes) -> Iterator[bytes]:
    yield wire[:3]
    yield wire[3:12]
    yield wire[12:]


def test_the_least_there_can_be(fake: type[Fake]) -> None:
    sock = fake(*pieces_of(WIRE))
    fs = FramedSocket(sock)
    assert list(fs) == FRAMES
    for frame in FRAMES:
        fs.send(frame, timeout=5)
    fs.send_many(FRAMES)
    assert sock.sent == WIRE * 2
    again = fake(*pieces_of(WIRE))
    assert [framing.recv_frame(again) for _ in range(3)] == FRAMES
    with pytest.raises(ConnectionClosed):
        framing.recv_frame(again)
    framing.send_frame(again, "hello")
    assert again.sent == HELLO


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_what_recv_may_give(kind: type[Any]) -> None:
    assert list(FramedSocket(Fake(*map(kind, pieces_of(WIRE))))) == FRAMES
    assert framing.recv_frame(Fake(*map(kind, pieces_of(WIRE)))) == b"hello"


def test_what_its_methods_raise(fake: type[Fake]) -> None:
    cases: list[tuple[OSError, type[OSError]]] = [
        (BlockingIOError(errno.EAGAIN, "not now"), FrameWouldBlock),
        (TimeoutError("timed out"), FrameTimeout),
        (ConnectionResetError(errno.ECONNRESET, "gone"), ConnectionResetError),
        (OSError(errno.EIO, "broken"), OSError),
    ]
    for raised, expected in cases:
        fs = FramedSocket(fake(HELLO[:3], raised, HELLO[3:]))
        with pytest.raises(expected) as caught:
            fs.recv()
        if not isinstance(caught.value, framing.FramingError):
            assert caught.value is raised
        assert fs.stats.buffered == 3
        assert fs.recv() == b"hello"


@pytest.mark.parametrize("kind", [KeyboardInterrupt, LookupError])
def test_what_may_have_cost_bytes(fake: type[Fake], kind: type[BaseException]) -> None:
    """Nobody can tell whether it came before or after some were taken; so nothing may follow."""
    raised = kind("of its own")
    fs = FramedSocket(fake(HELLO + HELLO[:3], raised, HELLO[3:]))
    assert fs.recv() == b"hello"
    with pytest.raises(kind) as caught:
        fs.recv()
    assert caught.value is raised
    for call in (FramedSocket.recv, FramedSocket.recv_many, next):
        with pytest.raises(ConnectionAbortedError, match="interrupted"):
            call(fs)
    # What had come before is still there.
    assert fs.detach()[1] == HELLO[:3]


def test_more_than_was_asked_for() -> None:
    """Nobody may take what does not fit, and nothing may be lost without a word."""

    class Generous(Fake):
        def recv(self, _: int) -> Any:
            return self.pieces.pop(0)

        def send(self, data: bytes) -> int:
            return len(data) + 1

    with pytest.raises(ValueError, match="recv returned 19"):
        framing.recv_frame(Generous(HELLO + b"5   "))
    with pytest.raises(ValueError, match="send returned 16"):
        FramedSocket(Generous()).send("hello")

    class Lying(FakeInto):
        def recv_into(self, buffer: memoryview, _: int = 0) -> int:
            return len(buffer) + 1

    with pytest.raises(ValueError, match="recv_into returned"):
        FramedSocket(Lying()).recv()


def test_a_view_that_is_kept_sees_nothing_of_later_frames() -> None:
    kept: list[memoryview] = []

    class Keeping(FakeInto):
        def recv_into(self, buffer: memoryview, nbytes: int = 0) -> int:
            kept.append(memoryview(buffer))
            return super().recv_into(buffer, nbytes)

    assert list(FramedSocket(Keeping(*pieces_of(WIRE)))) == FRAMES
    for view in kept:
        view[:40] = b"\xee" * 40
    assert list(FramedSocket(FakeInto(*pieces_of(WIRE)))) == FRAMES


def test_an_error_of_its_own_in_the_middle_of_a_send() -> None:
    class Breaking(FakeInto):
        def send(self, data: bytes) -> int:
            if len(self.sent) >= 200:
                raise LookupError("of its own")
            return super().send(data)

    sock = Breaking()
    fs = FramedSocket(sock)
    with pytest.raises(LookupError):
        fs.send("x" * 1000)
    # Nobody can tell how much of it was sent; so nothing may follow.
    for call in (FramedSocket.flush, lambda fs: fs.send("hello"), lambda fs: fs.send_many(["hello"])):
        with pytest.raises(BrokenPipeError, match="interrupted"):
            call(fs)
    assert len(sock.sent) == 200


# Methods that use the connection


def test_methods_that_receive_and_send_again(fake: type[Fake]) -> None:
    refused: list[str] = []

    class Curious(fake):  # type: ignore[valid-type, misc]
        def __getattribute__(self, name: str) -> Any:
            if name in ("recv", "recv_into"):
                again(fs.recv)
                again(lambda: next(fs))
            elif name in ("send", "sendall"):
                again(lambda: fs.send("inner"))
                again(fs.flush)
            return super().__getattribute__(name)

    def again(call: Callable[[], object]) -> None:
        try:
            call()
        except RuntimeError as error:
            refused.append(str(error))

    fs = FramedSocket(sock := fake(HELLO))
    # From now on: whether it has them is asked when it is framed.
    sock.__class__ = Curious
    assert fs.recv() == b"hello"
    assert len(refused) >= 2
    assert all("receives" in text for text in refused)
    refused.clear()
    fs.send("hello")
    assert len(refused) >= 2
    assert all("sends" in text for text in refused)
    assert sock.sent == HELLO
