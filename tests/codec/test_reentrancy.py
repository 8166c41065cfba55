"""Arguments whose own Python code calls the very object they were given to, in the middle of its call:
that works or is a `RuntimeError`, and is never a deadlock.
"""

from __future__ import annotations

import contextlib
import inspect
import sys
from collections.abc import Callable, Iterator
from typing import Any

import framing
import pytest
from framing import FrameDecoder, FrameEncoder

# A deadlock is not to be waited for.
pytestmark = [pytest.mark.dev_mode, pytest.mark.timeout(30)]

Call = Callable[[], object]

ENCODER = FrameEncoder()

ENCODER_CALLS: dict[str, Call] = {
    "encode": lambda: ENCODER.encode("inner"),
    "encode_many": lambda: ENCODER.encode_many(["inner"]),
    "encode_into": lambda: ENCODER.encode_into("inner", bytearray(20)),
    "header_for": lambda: ENCODER.header_for("inner"),
    "repr": lambda: repr(ENCODER),
}
# None of them changes what a decoder has.
DECODER_CALLS: dict[str, Callable[[FrameDecoder], object]] = {
    "feed": lambda decoder: decoder.feed(b""),
    "get_buffer": lambda decoder: decoder.get_buffer(Index(decoder.get_buffer)),
    "counters": lambda it: (it.buffered, it.needed, it.offset, it.error, it.stats),
    "options": lambda decoder: (decoder.header, decoder.max_frame_size, decoder.keep_header),
    "repr": repr,
}
during_encoder_calls = pytest.mark.parametrize("call", ENCODER_CALLS.values(), ids=ENCODER_CALLS)
during_decoder_calls = pytest.mark.parametrize("call", DECODER_CALLS.values(), ids=DECODER_CALLS)


class Index:
    """A number that calls."""

    def __init__(self, call: Call, value: int = 0) -> None:
        self.call = call
        self.value = value

    def __index__(self) -> int:
        self.call()
        return self.value


class Payloads:
    """Payloads that call: before each, behind the last, and where somebody asks for their number."""

    def __init__(self, call: Call, *payloads: str) -> None:
        self.call = call
        self.payloads = payloads

    def __len__(self) -> int:
        self.call()
        return len(self.payloads)

    def __iter__(self) -> Iterator[str]:
        for payload in self.payloads:
            self.call()
            yield payload
        self.call()


def works_or_refuses(call: Call, expected: object) -> bool:
    try:
        assert call() == expected
    except RuntimeError:
        return False
    return True


def half_fed() -> FrameDecoder:
    decoder = FrameDecoder()
    decoder.feed(b"5         ou")
    return decoder


def check(decoder: FrameDecoder, outer: Call) -> None:
    """`outer` gives the rest of a frame; where it was refused, nothing has changed."""
    if not works_or_refuses(outer, [b"outer"]):
        assert decoder.feed(b"ter") == [b"outer"]
    assert (decoder.buffered, decoder.stats.frames) == (0, 1)


# The encoder


@during_encoder_calls
def test_payloads_that_encode(call: Call) -> None:
    payloads = Payloads(call, "outer", "")
    works_or_refuses(lambda: ENCODER.encode_many(payloads), b"5         outer0         ")
    assert ENCODER.encode_many(["outer"]) == b"5         outer"


@during_encoder_calls
def test_an_offset_that_encodes(call: Call) -> None:
    works_or_refuses(lambda: ENCODER.encode_into("outer", bytearray(20), Index(call, 5)), 15)
    assert ENCODER.encode_into("outer", bytearray(20), 5) == 15


def test_an_offset_that_writes_to_the_target() -> None:
    buffer = bytearray(20)
    offset = Index(lambda: ENCODER.encode_into("", buffer, 10))
    if works_or_refuses(lambda: ENCODER.encode_into(memoryview(buffer)[10:], buffer, offset), 20):
        assert buffer == b"10        0         "


def test_an_offset_that_empties_the_target() -> None:
    buffer = bytearray(20)
    with pytest.raises(BufferError):
        ENCODER.encode_into("outer", buffer, Index(buffer.clear))
    assert buffer == bytes(20)


# The decoder


@during_decoder_calls
def test_a_number_of_bytes_that_asks(call: Callable[[FrameDecoder], object]) -> None:
    decoder = half_fed()
    decoder.get_buffer()[:3] = b"ter"
    check(decoder, lambda: decoder.buffer_updated(Index(lambda: call(decoder), 3)))


def test_a_number_of_bytes_that_feeds() -> None:
    decoder = FrameDecoder()
    inner: list[bytes] = []
    decoder.get_buffer()[:15] = b"5         outer"
    number = Index(lambda: inner.extend(decoder.feed(b"5         inner")), 15)
    works_or_refuses(lambda: decoder.buffer_updated(number), [b"outer"])
    assert inner == [b"inner"]
    assert decoder.feed(b"0         ") == [b""]


def test_a_number_of_bytes_that_resets() -> None:
    decoder = half_fed()
    decoder.get_buffer()[:3] = b"ter"
    # The view went with what was reset.
    with pytest.raises((RuntimeError, ValueError)):
        decoder.buffer_updated(Index(decoder.reset, 3))
    assert decoder.feed(b"0         ") == [b""]


if sys.version_info >= (3, 12):  # where a class in Python can export a buffer

    class Exporter:
        """Bytes that call when they are asked for, and again when they are no longer needed."""

        def __init__(self, call: Call, data: bytes | bytearray) -> None:
            self.call = call
            self.data = data

        def __buffer__(self, _flags: int, /) -> memoryview:
            self.call()
            return memoryview(self.data)

        def __release_buffer__(self, view: memoryview, /) -> None:
            self.call()
            view.release()

    @during_encoder_calls
    def test_a_payload_that_encodes(call: Call) -> None:
        payload: Any = Exporter(call, b"outer")
        wire = b"5         outer"
        works_or_refuses(lambda: ENCODER.encode(payload), wire)
        works_or_refuses(lambda: ENCODER.encode_many([payload, payload]), wire * 2)
        works_or_refuses(lambda: ENCODER.header_for(payload), wire[:10])
        works_or_refuses(lambda: ENCODER.encode_into(payload, bytearray(15)), 15)

    @during_encoder_calls
    def test_a_target_that_encodes(call: Call) -> None:
        target = bytearray(15)
        buffer: Any = Exporter(call, target)
        if works_or_refuses(lambda: ENCODER.encode_into("outer", buffer), 15):
            assert target == b"5         outer"

    @during_decoder_calls
    def test_data_that_ask(call: Callable[[FrameDecoder], object]) -> None:
        decoder = half_fed()
        data: Any = Exporter(lambda: call(decoder), b"ter")
        check(decoder, lambda: decoder.feed(data))

    def test_data_that_feed() -> None:
        decoder = FrameDecoder()
        inner: list[bytes] = []
        data: Any = Exporter(lambda: inner.extend(decoder.feed(b"5         inner")), b"5         outer")
        works_or_refuses(lambda: decoder.feed(data), [b"outer"])
        # Before and behind.
        assert inner == [b"inner"] * 2

    def test_data_that_reset() -> None:
        decoder = half_fed()
        data: Any = Exporter(decoder.reset, b"0         ")
        with contextlib.suppress(RuntimeError):
            assert decoder.feed(data) == [b""]
        assert (decoder.offset, decoder.feed(b"0         ")) == (0, [b""])

    def test_data_that_raise() -> None:
        def fail() -> None:
            raise LookupError("of its own")

        decoder = half_fed()
        data: Any = Exporter(fail, b"ter")
        for call in (decoder.feed, framing.decode, ENCODER.encode):
            with pytest.raises(LookupError, match="of its own"):
                call(data)
        assert decoder.feed(b"ter") == [b"outer"]

    def test_a_target_that_is_writable_only_to_who_asks() -> None:
        class Target:
            def __init__(self) -> None:
                self.memory = bytearray(20)
                self.released = 0

            def __buffer__(self, flags: int) -> memoryview:
                view = memoryview(self.memory)
                return view if flags & inspect.BufferFlags.WRITABLE else view.toreadonly()

            def __release_buffer__(self, view: memoryview) -> None:
                self.released += 1

        target = Target()
        assert ENCODER.encode_into("abc", target) == 13
        assert target.memory == b"3         abc".ljust(20, b"\0")
        assert target.released == 1
