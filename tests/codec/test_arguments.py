"""What every public callable says to an argument of a wrong type or value, and that it harms nothing.

`DecimalHeader`'s own are in test_header.py.
"""

from __future__ import annotations

import array
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import framing
import pytest
from framing import BufferTooSmall, DecimalHeader, FrameDecoder, FrameEncoder
from support.refusal import refusal, short

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ENCODER = FrameEncoder()
ROOM = 20
CHARS = DecimalHeader(unit="chars")
GAPS = memoryview(bytearray(range(40)))[::2]
HUGE = 10**5000


def updated(nbytes: Any) -> list[bytes]:
    decoder = FrameDecoder()
    decoder.get_buffer()
    return decoder.buffer_updated(nbytes)


# Who takes an argument of that name.
TAKERS: dict[str, dict[str, Callable[[Any], object]]] = {
    "header": {
        "FrameEncoder": lambda value: FrameEncoder(value),
        "FrameDecoder": lambda value: FrameDecoder(header=value),
        "encode": lambda value: framing.encode(b"", value),
        "decode": lambda value: framing.decode(b"", header=value),
    },
    "max_frame_size": {
        "FrameEncoder": lambda value: FrameEncoder(max_frame_size=value),
        "FrameDecoder": lambda value: FrameDecoder(max_frame_size=value),
        "encode": lambda value: framing.encode(b"", max_frame_size=value),
        "decode": lambda value: framing.decode(b"", max_frame_size=value),
    },
    "keep_header": {
        "FrameDecoder": lambda value: FrameDecoder(keep_header=value),
        "decode": lambda value: framing.decode(b"", keep_header=value),
    },
    "payload": {
        "encode": lambda value: framing.encode(value),
        "FrameEncoder.encode": lambda value: ENCODER.encode(payload=value),
        "header_for": lambda value: ENCODER.header_for(value),
        "encode_into": lambda value: ENCODER.encode_into(value, bytearray(ROOM)),
    },
    "payloads": {"encode_many": lambda value: ENCODER.encode_many(value)},
    "data": {
        "feed": lambda value: FrameDecoder().feed(value),
        "decode": lambda value: framing.decode(value),
    },
    "buffer": {"encode_into": lambda value: ENCODER.encode_into(b"", value)},
    "offset": {"encode_into": lambda value: ENCODER.encode_into(b"", bytearray(ROOM), value)},
    "nbytes": {"buffer_updated": updated},
    "sizehint": {"get_buffer": lambda value: FrameDecoder().get_buffer(value)},
}

BYTES_LIKE, PAYLOAD, TARGET = (
    "a bytes-like object",
    "a str or a bytes-like object",
    "a writable bytes-like",
)
LIMITS, OFFSETS, VIEW = "between 0 and 9999999999", "between 0 and 20", "between 0 and "

WRONG: list[tuple[str, type[Exception], str, list[object]]] = [
    ("header", TypeError, "an int", ["10", b"10", 10.0, None, True, int, (10,), "DecimalHeader(10)"]),
    ("header", ValueError, "between 1 and 4096", [0, -1, 4097, 2**63, -(2**63) - 1, HUGE, -HUGE]),
    ("max_frame_size", TypeError, "integer", ["10", 10.0, b"10", [10]]),
    ("max_frame_size", TypeError, "an int", [True, False]),
    ("max_frame_size", ValueError, LIMITS, [-1, 10**10, 2**63, 2**64, HUGE, -HUGE]),
    ("keep_header", TypeError, "a bool", [0, 1, None, "yes", b""]),
    ("payload", TypeError, PAYLOAD, [5, 1.5, None, ["hello"], {"a": 1}, object, range(3)]),
    ("payload", TypeError, "contiguous", [GAPS]),
    ("data", TypeError, BYTES_LIKE, ["5         hello", 5, None, [1, 2], [b"5"]]),
    ("data", TypeError, "contiguous", [GAPS]),
    ("payloads", TypeError, "an iterable of payloads", [5, None, object(), len]),
    (
        "payloads",
        TypeError,
        "not a single",
        ["ab", b"ab", bytearray(b"ab"), memoryview(b"ab"), "", b""],
    ),
    ("buffer", TypeError, TARGET, [bytes(ROOM), memoryview(bytes(ROOM)), "ab", None, 20, [0] * ROOM]),
    ("buffer", TypeError, "contiguous", [GAPS]),
    ("offset", TypeError, "integer", ["1", 1.0, None, b""]),
    ("offset", TypeError, "an int", [True]),
    ("offset", ValueError, OFFSETS, [-1, ROOM + 1, 2**63, 2**64, HUGE, -HUGE]),
    ("nbytes", TypeError, "integer", ["1", 1.0, None, b""]),
    ("nbytes", TypeError, "an int", [True]),
    ("nbytes", ValueError, VIEW, [-1, 2**40, 2**63, 2**64, HUGE, -HUGE]),
    ("sizehint", TypeError, "integer", ["1", 1.0, None, b""]),
]
CASES = [
    pytest.param(take, name, value, kind, allowed, id=f"{who}({name}={short(value)})")
    for name, kind, allowed, values in WRONG
    for value in values
    for who, take in TAKERS[name].items()
]


@pytest.mark.parametrize(("take", "name", "value", "kind", "allowed"), CASES)
def test_a_bad_argument(
    take: Callable[[Any], object], name: str, value: object, kind: type[Exception], allowed: str
) -> None:
    text = refusal(kind, lambda: take(value))
    assert re.search(rf"\b{name}\b", text)
    assert allowed in text
    if isinstance(value, int) and value < 0:
        assert "larger" not in text


@pytest.mark.parametrize("value", [-1, 0, 1, 2**40, 2**64, HUGE, -HUGE], ids=short)
def test_any_number_is_a_hint(value: int) -> None:
    assert len(FrameDecoder().get_buffer(value)) > 0


@pytest.mark.parametrize(
    ("header", "limit", "highest"),
    [(1, 10, 9), (2, -1, 99), (DecimalHeader(10, unit="chars"), 10**10, 10**10 - 1)],
)
def test_a_limit_that_the_header_cannot_express(
    header: int | DecimalHeader, limit: int, highest: int
) -> None:
    for codec in (FrameEncoder, FrameDecoder):
        text = refusal(ValueError, lambda codec=codec: codec(header, max_frame_size=limit))  # type: ignore[misc]
        assert f"max_frame_size must be between 0 and {highest}" in text
        assert "header" in text
        assert codec(header, max_frame_size=highest).max_frame_size == highest
        assert codec(header, max_frame_size=0).max_frame_size == 0
        assert codec(header, max_frame_size=None).max_frame_size == min(highest, 10**9)


def test_a_limit_that_only_memory_cannot_hold() -> None:
    text = refusal(ValueError, lambda: FrameDecoder(100, max_frame_size=10**50))
    assert f"between 0 and {sys.maxsize}" in text
    # It can: with 100 digits.
    assert "header can express" not in text


def test_a_writable_buffer_is_not_copied_to_bytes() -> None:
    # For a payload that is good advice; a copy of the target would be read-only, and somebody else.
    assert "bytes()" in refusal(TypeError, lambda: ENCODER.encode(GAPS))
    assert "bytes()" not in refusal(TypeError, lambda: ENCODER.encode_into(b"", GAPS))


@pytest.mark.parametrize(
    "call",
    [
        lambda: ENCODER.encode("ab\ud800"),
        lambda: ENCODER.header_for("ab\ud800"),
        lambda: ENCODER.encode_many(["", "ab\ud800"]),
        lambda: ENCODER.encode_into("ab\ud800", bytearray(ROOM)),
        lambda: framing.encode("ab\ud800"),
        lambda: FrameEncoder(CHARS).encode("ab\ud800"),
    ],
)
def test_a_lone_surrogate(call: Callable[[], object]) -> None:
    with pytest.raises(UnicodeEncodeError, match="surrogates not allowed") as caught:
        call()
    error = caught.value
    assert (error.object, error.start, error.encoding) == ("ab\ud800", 2, "utf-8")


@pytest.mark.parametrize(
    ("item", "kind"),
    [
        (5, TypeError),
        (None, TypeError),
        (GAPS, TypeError),
        ([b""], TypeError),
        ("\ud800", ValueError),
        (b"\xff", framing.InvalidPayload),
        ("12345", framing.FrameTooLarge),
    ],
)
@pytest.mark.parametrize("index", [0, 3])
def test_a_bad_payload_among_many_is_named_by_its_index(
    index: int, item: Any, kind: type[Exception]
) -> None:
    encoder = FrameEncoder(CHARS, max_frame_size=4)
    payloads: list[Any] = ["good", b"good", "", "good"]
    payloads[index] = item
    for given in (payloads, iter(payloads), tuple(payloads)):
        text = refusal(kind, lambda given=given: encoder.encode_many(given))  # type: ignore[misc]
        assert f"payloads[{index}]" in text


@pytest.mark.parametrize("error", [LookupError("half-way"), TypeError("half-way"), KeyboardInterrupt()])
def test_a_generator_that_raises(error: BaseException) -> None:
    def payloads() -> Iterator[bytes]:
        yield b"good"
        raise error

    with pytest.raises(type(error)) as caught:
        ENCODER.encode_many(payloads())
    assert caught.value is error
    assert ENCODER.encode_many([b"good"]) == b"4         good"


@pytest.mark.slow
@pytest.mark.parametrize("length", [2**33, 2**62], ids=hex)
def test_an_iterable_that_lies_about_its_length(length: int) -> None:
    script = f"""
import framing

class Payloads:
    def __len__(self):
        return {length}

    def __iter__(self):
        return iter([b"a", "b"])

print(framing.FrameEncoder().encode_many(Payloads()))
"""
    # In a process of its own, which may be the price.
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout) == (0, "b'1         a1         b'\n")


class Broken:
    """Whose own code raises."""

    def __index__(self) -> int:
        raise LookupError("of its own")

    def __iter__(self) -> Iterator[bytes]:
        raise LookupError("of its own")


@pytest.mark.parametrize(
    "name", ["header", "max_frame_size", "offset", "nbytes", "sizehint", "payloads"]
)
def test_what_an_argument_raises_comes_through(name: str) -> None:
    for take in TAKERS[name].values():
        with pytest.raises(LookupError, match="of its own"):
            take(Broken())
    with pytest.raises(LookupError, match="of its own"):
        DecimalHeader(Broken())


@pytest.mark.parametrize(
    "take", [framing.encode, ENCODER.header_for, framing.decode, FrameDecoder().feed]
)
def test_a_view_that_was_released(take: Callable[[Any], object]) -> None:
    view = memoryview(b"hello")
    view.release()
    assert "released" in refusal(ValueError, lambda: take(view))


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda it: it.FrameDecoder(10, 5), "positional"),
        (lambda it: it.FrameEncoder(10, 5), "positional"),
        (lambda it: it.encode(b"", 10, 5), "positional"),
        (lambda it: it.decode(b"", 10, 5), "positional"),
        (lambda it: it.FrameDecoder(max_size=5), "'max_size'"),
        (lambda it: it.encode(), "'payload'"),
        (lambda it: it.FrameDecoder().feed(), "'data'"),
        (lambda it: it.FrameEncoder().encode_into(b""), "'buffer'"),
        (lambda it: it.FrameDecoder().feed_eof(1), "argument"),
    ],
)
def test_a_call_of_the_wrong_shape(call: Callable[[Any], object], said: str) -> None:
    assert said in refusal(TypeError, lambda: call(framing))


# Nothing is harmed


def test_a_decoder_keeps_what_it_has() -> None:
    decoder = FrameDecoder()
    decoder.feed(b"5         he")
    view = decoder.get_buffer()
    view[:3] = b"llo"
    for data in ("llo", None, GAPS):
        refusal(TypeError, lambda data=data: decoder.feed(data))  # type: ignore[misc]
    for nbytes in (-1, len(view) + 1, HUGE):
        refusal(ValueError, lambda nbytes=nbytes: decoder.buffer_updated(nbytes))  # type: ignore[misc]
    assert (decoder.buffered, decoder.error) == (12, None)
    assert decoder.buffer_updated(3) == [b"hello"]
    # That view has been taken.
    assert "get_buffer" in refusal(ValueError, lambda: decoder.buffer_updated(1))
    assert decoder.buffered == 0


@pytest.mark.parametrize(
    ("payload", "offset", "needed"),
    [("hello", 6, 15), ("hello", ROOM, 15), (b"", 11, 10), ("ä" * 9, 0, 28)],
)
def test_a_buffer_too_small_is_untouched(payload: str | bytes, offset: int, needed: int) -> None:
    buffer = bytearray(b"\xee" * ROOM)
    with pytest.raises(BufferTooSmall) as caught:
        ENCODER.encode_into(payload, buffer, offset)
    assert caught.value == BufferTooSmall(needed, ROOM - offset)
    assert f"{needed} bytes" in str(caught.value)
    assert str(ROOM - offset) in str(caught.value)
    assert buffer == b"\xee" * ROOM


@pytest.mark.parametrize("bad", [5, GAPS, "\ud800", "x" * 10])
def test_a_buffer_is_untouched_by_a_bad_payload(bad: Any) -> None:
    buffer = bytearray(b"\xee" * ROOM)
    with pytest.raises((TypeError, ValueError)):
        FrameEncoder(max_frame_size=9).encode_into(bad, buffer)
    assert buffer == b"\xee" * ROOM


@pytest.mark.parametrize(
    "buffer", [bytearray(ROOM), memoryview(bytearray(ROOM)), array.array("i", bytes(ROOM))], ids=short
)
def test_any_writable_buffer_counts_in_bytes(buffer: Any) -> None:
    assert ENCODER.encode_into("hello", buffer, 5) == 15
    assert bytes(buffer) == bytes(5) + b"5         hello"


@pytest.mark.parametrize("header", [1, 3, DecimalHeader(2, unit="chars")], ids=str)
@pytest.mark.parametrize("offset", range(6))
def test_a_payload_may_be_a_slice_of_the_target(header: int | DecimalHeader, offset: int) -> None:
    encoder = FrameEncoder(header)
    for start in range(12):
        for end in range(start, min(start + 6, 12)):
            buffer = bytearray(b"abcdefghijklmnop")
            wire = encoder.encode(buffer[start:end])
            expected = buffer[:offset] + wire + buffer[offset + len(wire) :]
            assert encoder.encode_into(memoryview(buffer)[start:end], buffer, offset) == len(wire)
            assert buffer == expected
    whole = bytearray(b"abc")
    with pytest.raises(BufferTooSmall):
        encoder.encode_into(whole, whole)
    assert whole == b"abc"
