"""What a timeout says is what has arrived, also of bytes that were read just before the deadline passed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import framing
import pytest
from framing import DecimalHeader, FramedSocket, FrameTimeout, recv_frame

if TYPE_CHECKING:
    from collections.abc import Callable

HELLO = framing.encode("hello")
LARGE = framing.encode(b"x" * 1_000_000)

DEADLINE = 0.001


class Late:
    """A socket without a descriptor, whose reads take longer than the deadline, and give what they have then."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = list(pieces)

    def recv(self, size: int) -> bytes:
        time.sleep(2 * DEADLINE)
        piece = self.pieces.pop(0)
        if len(piece) > size:
            self.pieces.insert(0, piece[size:])
        return piece[:size]

    def send(self, data: bytes) -> int:
        return len(data)

    def fileno(self) -> int:
        return -1

    def gettimeout(self) -> float | None:
        return None

    def settimeout(self, timeout: float | None) -> None:
        raise AssertionError(timeout)

    def close(self) -> None:
        self.pieces.clear()


def received_into(fs: FramedSocket, timeout: float) -> bytes:
    buffer = bytearray(2_000_000)
    size = fs.recv_into(buffer, timeout=timeout)
    return bytes(buffer[:size])


CALLS: dict[str, Callable[[FramedSocket, float], bytes]] = {
    "recv": lambda fs, timeout: fs.recv(timeout=timeout),
    "recv_many": lambda fs, timeout: b"".join(fs.recv_many(timeout=timeout)),
    "recv_many(1)": lambda fs, timeout: b"".join(fs.recv_many(1, timeout=timeout)),
    "recv_into": received_into,
}

# What arrives, and what is said of it.
ARRIVED = [
    (HELLO[:3], ("header", 10, 3)),
    (HELLO[:10], ("payload", 5, 0)),
    (HELLO[:12], ("payload", 5, 2)),
    (LARGE[:200_000], ("payload", 1_000_000, 199_990)),
]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(("first", "facts"), ARRIVED, ids=lambda it: str(it)[:30])
def test_of_bytes_that_were_read_at_the_deadline(
    call: str, first: bytes, facts: tuple[str, int, int]
) -> None:
    whole = LARGE if len(first) > len(HELLO) else HELLO
    fs: Any = FramedSocket(Late(first, whole[len(first) :]))
    with pytest.raises(FrameTimeout) as caught:
        CALLS[call](fs, DEADLINE)
    assert (caught.value.stage, caught.value.expected, caught.value.received) == facts
    assert caught.value.partial is None
    assert fs.stats.buffered == len(first)
    assert CALLS[call](fs, 60) == whole[10:]


@pytest.mark.parametrize("call", CALLS)
def test_a_frame_that_was_read_at_the_deadline_is_delivered(call: str) -> None:
    fs = FramedSocket(Late(HELLO + HELLO[:2]))
    assert CALLS[call](fs, DEADLINE) == b"hello"
    assert fs.stats.buffered == 2


@pytest.mark.parametrize("call", CALLS)
def test_a_refusal_that_was_read_at_the_deadline_is_raised(call: str) -> None:
    fs = FramedSocket(Late(b"-1"))
    with pytest.raises(framing.InvalidHeader):
        CALLS[call](fs, DEADLINE)


def test_of_characters() -> None:
    """Those that have arrived are counted by decoding them."""
    wire = b"3         " + "aé€".encode()
    fs: Any = FramedSocket(Late(wire[:12], wire[12:]), DecimalHeader(10, unit="chars"))
    with pytest.raises(FrameTimeout) as caught:
        fs.recv(timeout=DEADLINE)
    assert (caught.value.stage, caught.value.received) == ("payload", 2)
    assert fs.recv() == "aé€".encode()


@pytest.mark.parametrize(
    ("taken", "facts"), [(3, ("header", 10, 3)), (10, ("payload", 5, 0))], ids=["header", "payload"]
)
def test_of_a_function(taken: int, facts: tuple[str, int, int]) -> None:
    sock: Any = Late(HELLO[:taken])
    with pytest.raises(FrameTimeout) as caught:
        recv_frame(sock, timeout=DEADLINE)
    assert (caught.value.stage, caught.value.expected, caught.value.received) == facts
    assert caught.value.partial == HELLO[:taken]
