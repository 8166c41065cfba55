"""`BinaryHeader` as an object: how it is made, compared, shown and copied; and what it writes and can express."""

from __future__ import annotations

import itertools
import sys
from functools import partial
from typing import Any, Literal

import framing
import pytest
from framing import BinaryHeader, FrameDecoder, FrameEncoder
from support.copies import Copy, each_copy
from support.refusal import refusal, short

Order = Literal["big", "little"]
ORDERS: list[Order] = ["big", "little"]

# The length's size and place, and the header's size.
PLACES = [(1, 0, 1), (4, 0, 4), (8, 0, 8), (4, 1, 5), (2, 3, 5), (3, 0, 9), (3, 2, 9), (2, 4094, 4096)]

HEADERS = [
    BinaryHeader(size, byteorder=order, length_offset=offset, length_adjustment=adjustment, size=whole)
    for (size, offset, whole), order, adjustment in itertools.product(PLACES, ORDERS, (0, -4, 7))
]
each_header = pytest.mark.parametrize("header", HEADERS, ids=repr)

PROPERTIES = ("length_size", "byteorder", "length_offset", "length_adjustment", "size")
DEFAULTS = (4, "big", 0, 0, 4)


class Three:
    def __index__(self) -> int:
        return 3


def facts(header: BinaryHeader) -> tuple[object, ...]:
    return tuple(getattr(header, name) for name in PROPERTIES)


def written(header: BinaryHeader, length: int) -> bytes:
    """The header before a payload of so many bytes, with nothing but zeros around the length."""
    order: Order = "big" if header.byteorder == "big" else "little"
    field = (length - header.length_adjustment).to_bytes(header.length_size, order)
    return (bytes(header.length_offset) + field).ljust(header.size, b"\0")


def lengths(header: BinaryHeader) -> tuple[int, int]:
    """The least length that it can express, and the greatest."""
    greatest = 256**header.length_size - 1 + header.length_adjustment
    return max(0, header.length_adjustment), greatest


# Making one


def test_defaults() -> None:
    assert facts(BinaryHeader()) == DEFAULTS
    assert BinaryHeader() == BinaryHeader(4) == BinaryHeader(length_size=4)
    assert BinaryHeader(4) == BinaryHeader(
        4, byteorder="big", length_offset=0, length_adjustment=0, size=4
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("length_size", 2),
        ("byteorder", "little"),
        ("length_offset", 3),
        ("length_adjustment", -4),
        ("length_adjustment", 2**63 - 1),
        ("size", 4096),
    ],
)
def test_a_property_is_what_was_given(name: str, value: object) -> None:
    options: dict[str, Any] = {"size": 9, name: value}
    expected = dict(zip(PROPERTIES, DEFAULTS, strict=True)) | options
    assert facts(BinaryHeader(**options)) == tuple(expected.values())
    assert type(getattr(BinaryHeader(**options), name)) is type(value)


@pytest.mark.parametrize(("size", "offset"), [*itertools.product((1, 4, 8), (0, 1, 4088))])
def test_by_default_it_ends_with_the_length(size: int, offset: int) -> None:
    header = BinaryHeader(size, length_offset=offset)
    assert header.size == offset + size
    assert header == BinaryHeader(size, length_offset=offset, size=offset + size)
    assert header == BinaryHeader(size, length_offset=offset, size=None)


def test_any_integer_is_a_number() -> None:
    header = BinaryHeader(Three(), length_offset=Three(), length_adjustment=Three(), size=9)
    assert facts(header) == (3, "big", 3, 3, 9)


@pytest.mark.parametrize("size", range(1, 8))
def test_an_adjustment_leaves_the_largest_length_a_payload(size: int) -> None:
    lowest = -(256**size - 1)
    header = BinaryHeader(size, length_adjustment=lowest)
    assert framing.decode(b"\xff" * size, header) == [b""]
    text = refusal(ValueError, lambda: BinaryHeader(size, length_adjustment=lowest - 1))
    assert "length_adjustment" in text
    assert f"at least {lowest}" in text
    assert f"not {lowest - 1}" in text


def test_a_length_of_64_bits_outweighs_any_adjustment() -> None:
    for adjustment in (-(2**63), 2**63 - 1):
        assert BinaryHeader(8, length_adjustment=adjustment).length_adjustment == adjustment


@pytest.mark.parametrize(
    ("name", "value", "kind", "allowed"),
    [
        ("length_size", 0, ValueError, "between 1 and 8, not 0"),
        ("length_size", 9, ValueError, "between 1 and 8, not 9"),
        ("length_size", -1, ValueError, "between 1 and 8, not -1"),
        ("length_size", 2**64, ValueError, "between 1 and 8, not 18446744073709551616"),
        ("length_size", 10**5000, ValueError, "between 1 and 8"),
        ("length_size", "4", TypeError, "integer"),
        ("length_size", 4.0, TypeError, "integer"),
        ("length_size", None, TypeError, "integer"),
        ("length_size", True, TypeError, "integer"),
        ("byteorder", "", ValueError, "'big' or 'little'"),
        ("byteorder", "BIG", ValueError, "'big' or 'little'"),
        ("byteorder", "native", ValueError, "'big' or 'little'"),
        ("byteorder", "\ud800", ValueError, "'big' or 'little'"),
        ("byteorder", "x" * 10_000, ValueError, "'big' or 'little'"),
        ("byteorder", b"big", TypeError, "a str"),
        ("byteorder", None, TypeError, "a str"),
        ("length_offset", -1, ValueError, "between 0 and 4092, not -1"),
        ("length_offset", 4093, ValueError, "between 0 and 4092, not 4093"),
        ("length_offset", 2**64, ValueError, "between 0 and 4092, not 18446744073709551616"),
        ("length_offset", "0", TypeError, "integer"),
        ("length_offset", None, TypeError, "integer"),
        ("length_offset", False, TypeError, "integer"),
        ("length_adjustment", 2**63, ValueError, "64 bits, not 9223372036854775808"),
        ("length_adjustment", -(2**63) - 1, ValueError, "64 bits, not -9223372036854775809"),
        ("length_adjustment", 10**5000, ValueError, "64 bits"),
        ("length_adjustment", -(2**32), ValueError, "at least -4294967295"),
        ("length_adjustment", -(2**63), ValueError, "at least -4294967295"),
        ("length_adjustment", "-4", TypeError, "integer"),
        ("length_adjustment", -4.0, TypeError, "integer"),
        ("length_adjustment", None, TypeError, "integer"),
        ("length_adjustment", True, TypeError, "integer"),
        ("size", 3, ValueError, "between 4 and 4096, not 3"),
        ("size", 0, ValueError, "between 4 and 4096, not 0"),
        ("size", -1, ValueError, "between 4 and 4096, not -1"),
        ("size", 4097, ValueError, "between 4 and 4096, not 4097"),
        ("size", 10**5000, ValueError, "between 4 and 4096"),
        ("size", "5", TypeError, "integer"),
        ("size", 5.0, TypeError, "integer"),
        ("size", True, TypeError, "integer"),
    ],
    ids=short,
)
def test_a_bad_argument(name: str, value: object, kind: type[Exception], allowed: str) -> None:
    arguments: dict[str, Any] = {name: value}
    text = refusal(kind, lambda: BinaryHeader(**arguments))
    assert name in text
    assert allowed in text


def test_the_length_ends_within_the_header() -> None:
    text = refusal(ValueError, lambda: BinaryHeader(2, length_offset=3, size=4))
    assert "size must be between 5 and 4096, not 4" in text
    text = refusal(ValueError, lambda: BinaryHeader(8, length_offset=4089))
    assert "length_offset must be between 0 and 4088, not 4089" in text


def test_options_are_keywords() -> None:
    positional: Any = BinaryHeader
    assert "positional" in refusal(TypeError, lambda: positional(4, "big"))
    assert "'width'" in refusal(TypeError, lambda: positional(width=4))


# Being one


@each_header
def test_repr_evaluates_back(header: BinaryHeader) -> None:
    assert eval(repr(header), {"BinaryHeader": BinaryHeader}) == header


@pytest.mark.parametrize(
    ("header", "text"),
    [
        (BinaryHeader(), "BinaryHeader(4)"),
        (BinaryHeader(2, size=2), "BinaryHeader(2)"),
        (BinaryHeader(2, byteorder="little"), "BinaryHeader(2, byteorder='little')"),
        (BinaryHeader(4, length_offset=1, size=5), "BinaryHeader(4, length_offset=1)"),
        (BinaryHeader(3, size=9), "BinaryHeader(3, size=9)"),
        (
            BinaryHeader(4, length_offset=1, length_adjustment=-4, size=6),
            "BinaryHeader(4, length_offset=1, length_adjustment=-4, size=6)",
        ),
    ],
)
def test_repr_is_short(header: BinaryHeader, text: str) -> None:
    assert repr(header) == text


@each_copy
@each_header
def test_a_copy_is_equal(header: BinaryHeader, copied: Copy[BinaryHeader]) -> None:
    twin = copied(header)
    assert type(twin) is BinaryHeader
    assert twin == header
    assert hash(twin) == hash(header)
    assert facts(twin) == facts(header)


def test_only_equal_ones_are_equal() -> None:
    assert len(set(HEADERS)) == len(HEADERS)
    for one, other in itertools.product(HEADERS, repeat=2):
        assert (one == other) is (facts(one) == facts(other))
        assert (one != other) is (facts(one) != facts(other))


def test_nothing_else_is_equal() -> None:
    for other in (4, "BinaryHeader(4)", None, DEFAULTS):
        assert BinaryHeader() != other
        assert other != BinaryHeader()


def test_there_is_no_order() -> None:
    small: Any = BinaryHeader(1)
    with pytest.raises(TypeError, match="'<' not supported"):
        assert small < BinaryHeader(2)


@pytest.mark.parametrize("name", [*PROPERTIES, "width"])
def test_immutable(name: str) -> None:
    header: Any = BinaryHeader()
    with pytest.raises(AttributeError, match=name):
        setattr(header, name, 5)
    with pytest.raises(AttributeError, match=name):
        delattr(header, name)
    assert facts(header) == DEFAULTS
    assert not hasattr(header, "__dict__")


# Using one


@each_header
def test_both_sides_show_it(header: BinaryHeader) -> None:
    limit = min(lengths(header)[1], framing.DEFAULT_MAX_FRAME_SIZE)
    for codec in (FrameEncoder(header), FrameDecoder(header)):
        assert codec.header == header
        assert codec.max_frame_size == limit
        assert repr(header) in repr(codec)


@each_header
def test_a_limit_that_it_cannot_express(header: BinaryHeader) -> None:
    least, greatest = lengths(header)
    highest = min(greatest, sys.maxsize)
    for codec in (FrameEncoder, FrameDecoder):
        for limit in (least, highest):
            assert codec(header, max_frame_size=limit).max_frame_size == limit
        for limit in (least - 1, highest + 1):
            text = refusal(ValueError, partial(codec, header, max_frame_size=limit))
            assert f"max_frame_size must be between {least} and {highest}" in text
            assert f"not {limit}" in text


@pytest.mark.parametrize("length", [0, 3, 7, 8, 127, 128, 255, 256, 262, 263, 65_535, 65_536, 70_000])
@each_header
def test_what_is_written(header: BinaryHeader, length: int) -> None:
    encoder = FrameEncoder(header)
    payload = b"\xe9" * length
    least, greatest = lengths(header)
    if length > greatest:
        with pytest.raises(framing.FrameTooLarge) as caught:
            encoder.header_for(payload)
        assert caught.value == framing.FrameTooLarge(length, greatest)
        return
    if length < least:
        # The field would be negative.
        with pytest.raises(framing.InvalidPayload) as refused:
            encoder.header_for(payload)
        assert refused.value.offset is None
        assert all(f"{number}" in refused.value.reason for number in (length, least))
        return
    wire = written(header, length) + payload
    assert encoder.header_for(payload) == wire[: header.size]
    assert encoder.encode(payload) == wire
    assert framing.decode(wire, header) == [payload]


@each_header
def test_what_is_around_the_length_is_of_no_concern_to_who_reads(header: BinaryHeader) -> None:
    wire = bytearray(b"\xff" * header.size)
    field = slice(header.length_offset, header.length_offset + header.length_size)
    wire[field] = written(header, 9)[field]
    assert framing.decode(bytes(wire) + b"123456789", header) == [b"123456789"]
    assert framing.decode(bytes(wire) + b"123456789", header, keep_header=True) == [wire + b"123456789"]
