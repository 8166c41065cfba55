"""`VarintHeader` as an object: how it is made, compared, shown and copied; and what it writes and can express."""

from __future__ import annotations

import itertools
import sys
from functools import partial
from typing import Any

import framing
import pytest
from framing import FrameDecoder, FrameEncoder, VarintHeader
from support.copies import Copy, each_copy
from support.headers import Varint
from support.refusal import refusal, short

HEADERS = [VarintHeader(most, strict=strict) for most in range(1, 11) for strict in (False, True)]
each_header = pytest.mark.parametrize("header", HEADERS, ids=repr)

PROPERTIES = ("max_bytes", "strict")
DEFAULTS = (10, False)


class Three:
    def __index__(self) -> int:
        return 3


def facts(header: VarintHeader) -> tuple[object, ...]:
    return tuple(getattr(header, name) for name in PROPERTIES)


def greatest(header: VarintHeader) -> int:
    """Seven bits a byte, up to 64 in all."""
    return int(min(128**header.max_bytes, 2**64) - 1)


# Making one


def test_defaults() -> None:
    assert facts(VarintHeader()) == DEFAULTS
    assert VarintHeader() == VarintHeader(10) == VarintHeader(max_bytes=10, strict=False)


@pytest.mark.parametrize(("name", "value"), [("max_bytes", 1), ("max_bytes", 5), ("strict", True)])
def test_a_property_is_what_was_given(name: str, value: object) -> None:
    options: dict[str, Any] = {name: value}
    expected = dict(zip(PROPERTIES, DEFAULTS, strict=True)) | options
    assert facts(VarintHeader(**options)) == tuple(expected.values())
    assert type(getattr(VarintHeader(**options), name)) is type(value)


def test_any_integer_is_a_number() -> None:
    assert VarintHeader(Three()) == VarintHeader(3)


@pytest.mark.parametrize(
    ("name", "value", "kind", "allowed"),
    [
        ("max_bytes", 0, ValueError, "between 1 and 10, not 0"),
        ("max_bytes", 11, ValueError, "between 1 and 10, not 11"),
        ("max_bytes", -1, ValueError, "between 1 and 10, not -1"),
        ("max_bytes", 2**64, ValueError, "between 1 and 10, not 18446744073709551616"),
        ("max_bytes", -(10**5000), ValueError, "between 1 and 10"),
        ("max_bytes", "5", TypeError, "integer"),
        ("max_bytes", 5.0, TypeError, "integer"),
        ("max_bytes", None, TypeError, "integer"),
        ("max_bytes", True, TypeError, "integer"),
        ("strict", 1, TypeError, "a bool"),
        ("strict", "yes", TypeError, "a bool"),
        ("strict", None, TypeError, "a bool"),
    ],
    ids=short,
)
def test_a_bad_argument(name: str, value: object, kind: type[Exception], allowed: str) -> None:
    arguments: dict[str, Any] = {name: value}
    text = refusal(kind, lambda: VarintHeader(**arguments))
    assert name in text
    assert allowed in text


def test_options_are_keywords() -> None:
    positional: Any = VarintHeader
    assert "positional" in refusal(TypeError, lambda: positional(10, True))
    assert "'size'" in refusal(TypeError, lambda: positional(size=10))


# Being one


@each_header
def test_repr_evaluates_back(header: VarintHeader) -> None:
    assert eval(repr(header), {"VarintHeader": VarintHeader}) == header


@pytest.mark.parametrize(
    ("header", "text"),
    [
        (VarintHeader(), "VarintHeader(10)"),
        (VarintHeader(5), "VarintHeader(5)"),
        (VarintHeader(5, strict=True), "VarintHeader(5, strict=True)"),
    ],
)
def test_repr_is_short(header: VarintHeader, text: str) -> None:
    assert repr(header) == text


@each_copy
@each_header
def test_a_copy_is_equal(header: VarintHeader, copied: Copy[VarintHeader]) -> None:
    twin = copied(header)
    assert type(twin) is VarintHeader
    assert twin == header
    assert hash(twin) == hash(header)
    assert facts(twin) == facts(header)


def test_only_equal_ones_are_equal() -> None:
    assert len(set(HEADERS)) == len(HEADERS)
    for one, other in itertools.product(HEADERS, repeat=2):
        assert (one == other) is (facts(one) == facts(other))
        assert (one != other) is (facts(one) != facts(other))


def test_nothing_else_is_equal() -> None:
    for other in (10, "VarintHeader(10)", None, DEFAULTS):
        assert VarintHeader() != other
        assert other != VarintHeader()


def test_there_is_no_order() -> None:
    small: Any = VarintHeader(1)
    with pytest.raises(TypeError, match="'<' not supported"):
        assert small < VarintHeader(2)


@pytest.mark.parametrize("name", [*PROPERTIES, "size"])
def test_immutable(name: str) -> None:
    header: Any = VarintHeader()
    with pytest.raises(AttributeError, match=name):
        setattr(header, name, 5)
    with pytest.raises(AttributeError, match=name):
        delattr(header, name)
    assert facts(header) == DEFAULTS
    assert not hasattr(header, "__dict__")


# Using one


@each_header
def test_both_sides_show_it(header: VarintHeader) -> None:
    limit = min(greatest(header), framing.DEFAULT_MAX_FRAME_SIZE)
    for codec in (FrameEncoder(header), FrameDecoder(header)):
        assert codec.header == header
        assert codec.max_frame_size == limit
        assert repr(header) in repr(codec)


@each_header
def test_a_limit_that_it_cannot_express(header: VarintHeader) -> None:
    highest = min(greatest(header), sys.maxsize)
    for codec in (FrameEncoder, FrameDecoder):
        assert codec(header, max_frame_size=highest).max_frame_size == highest
        text = refusal(ValueError, partial(codec, header, max_frame_size=highest + 1))
        assert f"max_frame_size must be between 0 and {highest}" in text
        assert f"not {highest + 1}" in text


@pytest.mark.parametrize("length", [0, 1, 127, 128, 129, 300, 16_383, 16_384, 2**21 - 1, 2**21])
@each_header
def test_what_is_written(header: VarintHeader, length: int) -> None:
    encoder = FrameEncoder(header)
    payload = b"\xe9" * length
    if length > greatest(header):
        with pytest.raises(framing.FrameTooLarge) as caught:
            encoder.header_for(payload)
        assert caught.value == framing.FrameTooLarge(length, greatest(header))
        return
    written = Varint().write(length)
    assert encoder.header_for(payload) == written
    assert encoder.encode(payload) == written + payload
    assert framing.decode(written + payload, header) == [payload]


@pytest.mark.parametrize("zeros", range(1, 10))
@pytest.mark.parametrize("length", [0, 5, 127])
def test_strict_reads_what_it_writes_and_nothing_else(length: int, zeros: int) -> None:
    # The same number, with groups of zeros at its top.
    padded = bytes([length | 0x80]) + b"\x80" * (zeros - 1) + b"\0"
    payload = b"x" * length
    for lenient in (VarintHeader(), VarintHeader(zeros + 1)):
        assert framing.decode(padded + payload, lenient) == [payload]
        assert framing.decode(padded + payload, lenient, keep_header=True) == [padded + payload]
    for refusing in (VarintHeader(strict=True), VarintHeader(zeros)):
        with pytest.raises(framing.InvalidHeader):
            framing.decode(padded + payload, refusing)
        assert framing.decode(Varint().write(length) + payload, refusing) == [payload]
