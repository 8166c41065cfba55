"""`NetstringHeader` as an object: how it is made, compared, shown and copied; and what it writes and can express."""

from __future__ import annotations

import itertools
import sys
from functools import partial
from typing import Any

import framing
import pytest
from framing import FrameDecoder, FrameEncoder, NetstringHeader
from support.copies import Copy, each_copy
from support.refusal import refusal, short

HEADERS = [NetstringHeader(digits) for digits in range(1, 20)]
each_header = pytest.mark.parametrize("header", HEADERS, ids=repr)


class Three:
    def __index__(self) -> int:
        return 3


# Making one


def test_defaults() -> None:
    assert NetstringHeader().max_digits == 10
    assert NetstringHeader() == NetstringHeader(10) == NetstringHeader(max_digits=10)


@pytest.mark.parametrize("digits", range(1, 20))
def test_a_property_is_what_was_given(digits: int) -> None:
    assert NetstringHeader(digits).max_digits == digits


def test_any_integer_is_a_number() -> None:
    assert NetstringHeader(Three()) == NetstringHeader(3)


@pytest.mark.parametrize(
    ("value", "kind", "allowed"),
    [
        (0, ValueError, "between 1 and 19, not 0"),
        (20, ValueError, "between 1 and 19, not 20"),
        (-1, ValueError, "between 1 and 19, not -1"),
        (2**64, ValueError, "between 1 and 19, not 18446744073709551616"),
        (10**5000, ValueError, "between 1 and 19"),
        ("10", TypeError, "integer"),
        (b"10", TypeError, "integer"),
        (10.0, TypeError, "integer"),
        (None, TypeError, "integer"),
        (True, TypeError, "integer"),
    ],
    ids=short,
)
def test_a_bad_argument(value: Any, kind: type[Exception], allowed: str) -> None:
    text = refusal(kind, lambda: NetstringHeader(value))
    assert "max_digits" in text
    assert allowed in text


def test_there_is_nothing_else_to_choose() -> None:
    positional: Any = NetstringHeader
    assert "positional" in refusal(TypeError, lambda: positional(10, True))
    assert "'strict'" in refusal(TypeError, lambda: positional(strict=True))


# Being one


@each_header
def test_repr_evaluates_back(header: NetstringHeader) -> None:
    assert repr(header) == f"NetstringHeader({header.max_digits})"
    assert eval(repr(header), {"NetstringHeader": NetstringHeader}) == header


@each_copy
@each_header
def test_a_copy_is_equal(header: NetstringHeader, copied: Copy[NetstringHeader]) -> None:
    twin = copied(header)
    assert type(twin) is NetstringHeader
    assert twin == header
    assert hash(twin) == hash(header)
    assert twin.max_digits == header.max_digits


def test_only_equal_ones_are_equal() -> None:
    assert len(set(HEADERS)) == len(HEADERS)
    for one, other in itertools.product(HEADERS, repeat=2):
        assert (one == other) is (one.max_digits == other.max_digits)
        assert (one != other) is (one.max_digits != other.max_digits)


def test_nothing_else_is_equal() -> None:
    for other in (10, "NetstringHeader(10)", None, (10,)):
        assert NetstringHeader() != other
        assert other != NetstringHeader()


def test_there_is_no_order() -> None:
    small: Any = NetstringHeader(1)
    with pytest.raises(TypeError, match="'<' not supported"):
        assert small < NetstringHeader(2)


@pytest.mark.parametrize("name", ["max_digits", "size"])
def test_immutable(name: str) -> None:
    header: Any = NetstringHeader()
    with pytest.raises(AttributeError, match=name):
        setattr(header, name, 5)
    with pytest.raises(AttributeError, match=name):
        delattr(header, name)
    assert header.max_digits == 10
    assert not hasattr(header, "__dict__")


# Using one


@each_header
def test_both_sides_show_it(header: NetstringHeader) -> None:
    limit = min(10**header.max_digits - 1, framing.DEFAULT_MAX_FRAME_SIZE)
    for codec in (FrameEncoder(header), FrameDecoder(header)):
        assert codec.header == header
        assert codec.max_frame_size == limit
        assert repr(header) in repr(codec)


@each_header
def test_a_limit_that_it_cannot_express(header: NetstringHeader) -> None:
    highest = min(10**header.max_digits - 1, sys.maxsize)
    for codec in (FrameEncoder, FrameDecoder):
        assert codec(header, max_frame_size=highest).max_frame_size == highest
        text = refusal(ValueError, partial(codec, header, max_frame_size=highest + 1))
        assert f"max_frame_size must be between 0 and {highest}" in text
        assert f"not {highest + 1}" in text


@pytest.mark.parametrize("length", [0, 1, 9, 10, 99, 100, 12_345, 999_999, 1_000_000])
@each_header
def test_what_is_written(header: NetstringHeader, length: int) -> None:
    encoder = FrameEncoder(header)
    payload = b"," * length
    greatest = 10**header.max_digits - 1
    if length > greatest:
        for call in (encoder.encode, encoder.header_for):
            with pytest.raises(framing.FrameTooLarge) as caught:
                call(payload)
            assert caught.value == framing.FrameTooLarge(length, greatest)
        return
    wire = b"%d:%b," % (length, payload)
    # What is behind the payload is for the caller of this one.
    assert encoder.header_for(payload) == wire[: -length - 1]
    assert encoder.encode(payload) == wire
    assert framing.decode(wire * 2, header) == [payload] * 2
    assert framing.decode(wire * 2, header, keep_header=True) == [wire] * 2


def test_the_specifications_example() -> None:
    wire = bytes.fromhex("31 32 3a 68 65 6c 6c 6f 20 77 6f 72 6c 64 21 2c")
    assert framing.encode("hello world!", NetstringHeader()) == wire
    assert framing.encode("", NetstringHeader()) == b"0:,"
    assert framing.decode(wire + b"0:,", NetstringHeader()) == [b"hello world!", b""]


@pytest.mark.parametrize("space", range(8))
def test_into_a_buffer_goes_the_comma_too(space: int) -> None:
    encoder = FrameEncoder(NetstringHeader())
    buffer = bytearray(b"-" * space)
    if space < 6:
        with pytest.raises(framing.BufferTooSmall) as caught:
            encoder.encode_into("abc", buffer)
        assert caught.value == framing.BufferTooSmall(needed=6, available=space)
        assert buffer == b"-" * space
    else:
        assert encoder.encode_into("abc", buffer) == 6
        assert buffer == b"3:abc,".ljust(space, b"-")
    shifted = bytearray(b"-" * (space + 4))
    if space >= 6:
        assert encoder.encode_into("abc", shifted, 4) == 6
        assert shifted == (b"----3:abc,").ljust(space + 4, b"-")
