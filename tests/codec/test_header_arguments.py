"""What a header class refuses, in which words; and what is a format's own."""

from __future__ import annotations

import itertools
from typing import Any

import framing
import pytest
from framing import BinaryHeader, DecimalHeader, FrameEncoder, NetstringHeader, VarintHeader
from support.headers import PADDINGS, Align, Binary, Fill, Varint
from support.refusal import refusal, short

ALIGNS = "'<', '>' or '^'"
FILLS = "' ' or '0'"
UNITS = "'bytes' or 'chars'"
ORDERS = "'big' or 'little'"

# Class, argument, values that it does not have, and what is said of them.
BAD: list[tuple[type, str, list[object], type[Exception], str]] = [
    (DecimalHeader, "width", [0, -1, 4097, 2**64], ValueError, "between 1 and 4096, not {}"),
    (DecimalHeader, "width", [10**5000, -(10**5000)], ValueError, "between 1 and 4096"),
    (DecimalHeader, "width", ["10", b"10", 10.0, None], TypeError, "integer"),
    # As for `header=True`, which is short for this.
    (DecimalHeader, "width", [True], TypeError, "int"),
    (
        DecimalHeader,
        "align",
        ["", "=", "<<", "left", "\0", "\ud800", "x" * 10_000],
        ValueError,
        ALIGNS,
    ),
    (DecimalHeader, "align", [b"<", None], TypeError, "a str"),
    (DecimalHeader, "fill", ["", "_", "00", "\t"], ValueError, FILLS),
    (DecimalHeader, "fill", [0, None], TypeError, "a str"),
    (DecimalHeader, "unit", ["", "Bytes", "characters"], ValueError, UNITS),
    (DecimalHeader, "unit", [bytes, None], TypeError, "a str"),
    (DecimalHeader, "strict", [1, "yes", None], TypeError, "a bool"),
    (BinaryHeader, "length_size", [0, 9, -1, 2**64], ValueError, "between 1 and 8, not {}"),
    (BinaryHeader, "length_size", [10**5000], ValueError, "between 1 and 8"),
    (BinaryHeader, "length_size", ["4", 4.0, None, True], TypeError, "integer"),
    (
        BinaryHeader,
        "byteorder",
        ["", "BIG", "native", "\ud800", "x" * 10_000],
        ValueError,
        ORDERS,
    ),
    (BinaryHeader, "byteorder", [b"big", None], TypeError, "a str"),
    (BinaryHeader, "length_offset", [-1, 4093, 2**64], ValueError, "between 0 and 4092, not {}"),
    (BinaryHeader, "length_offset", ["0", None, False], TypeError, "integer"),
    (BinaryHeader, "length_adjustment", [2**63, -(2**63) - 1], ValueError, "64 bits, not {}"),
    (BinaryHeader, "length_adjustment", [10**5000], ValueError, "64 bits"),
    (BinaryHeader, "length_adjustment", [-(2**32), -(2**63)], ValueError, "at least -4294967295"),
    (BinaryHeader, "length_adjustment", ["-4", -4.0, None, True], TypeError, "integer"),
    (BinaryHeader, "size", [3, 0, -1, 4097], ValueError, "between 4 and 4096, not {}"),
    (BinaryHeader, "size", [10**5000], ValueError, "between 4 and 4096"),
    (BinaryHeader, "size", ["5", 5.0, True], TypeError, "integer"),
    (VarintHeader, "max_bytes", [0, 11, -1, 2**64], ValueError, "between 1 and 10, not {}"),
    (VarintHeader, "max_bytes", [-(10**5000)], ValueError, "between 1 and 10"),
    (VarintHeader, "max_bytes", ["5", 5.0, None, True], TypeError, "integer"),
    (VarintHeader, "strict", [1, "yes", None], TypeError, "a bool"),
    (NetstringHeader, "max_digits", [0, 20, -1, 2**64], ValueError, "between 1 and 19, not {}"),
    (NetstringHeader, "max_digits", [10**5000], ValueError, "between 1 and 19"),
    (NetstringHeader, "max_digits", ["10", b"10", 10.0, None, True], TypeError, "integer"),
]


@pytest.mark.parametrize(
    ("kind", "name", "value", "error", "words"),
    [(kind, name, value, error, words) for kind, name, values, error, words in BAD for value in values],
    ids=short,
)
def test_a_bad_argument(
    kind: Any, name: str, value: object, error: type[Exception], words: str
) -> None:
    text = refusal(error, lambda: kind(**{name: value}))
    assert name in text
    assert (words.format(value) if "{}" in words else words) in text


# Decimal


@pytest.mark.parametrize("align", ["<", "^"])
def test_zeros_go_to_the_left_only(align: Align) -> None:
    # To the right of a number they would change it.
    text = refusal(ValueError, lambda: DecimalHeader(align=align, fill="0"))
    assert "fill '0'" in text
    assert "align '>'" in text


@pytest.mark.parametrize("width", [1, 10, 16, 4096])
def test_an_int_is_short_for_one(width: int) -> None:
    header = DecimalHeader(width)
    assert framing.FrameEncoder(width).header == header
    assert framing.FrameDecoder(width).header == header
    assert repr(framing.FrameEncoder(width)) == repr(framing.FrameEncoder(header))
    assert repr(framing.FrameDecoder(width)) == repr(framing.FrameDecoder(header))
    wire = framing.encode("hello", width)
    assert wire == framing.encode("hello", header)
    assert framing.decode(wire, width) == framing.decode(wire, header) == [b"hello"]


@pytest.mark.parametrize(("align", "fill"), PADDINGS)
def test_strict_reads_the_decimal_that_it_writes_and_nothing_else(align: Align, fill: Fill) -> None:
    strict = DecimalHeader(5, align=align, fill=fill, strict=True)
    lenient = DecimalHeader(5, align=align, fill=fill)
    forms = [b"7    ", b"    7", b"  7  ", b"00007", b" 7   ", b"07   "]
    own = format(7, f"{fill}{align}5").encode()
    assert own in forms
    for form in forms:
        assert framing.decode(form + b"payload", lenient) == [b"payload"]
        if form == own:
            assert framing.decode(form + b"payload", strict) == [b"payload"]
        else:
            with pytest.raises(framing.InvalidHeader):
                framing.decode(form + b"payload", strict)


# Binary


@pytest.mark.parametrize(("size", "offset"), [*itertools.product((1, 4, 8), (0, 1, 4088))])
def test_by_default_it_ends_with_the_length(size: int, offset: int) -> None:
    header = BinaryHeader(size, length_offset=offset)
    assert header.size == offset + size
    assert header == BinaryHeader(size, length_offset=offset, size=offset + size)
    assert header == BinaryHeader(size, length_offset=offset, size=None)


def test_the_length_ends_within_the_header() -> None:
    text = refusal(ValueError, lambda: BinaryHeader(2, length_offset=3, size=4))
    assert "size must be between 5 and 4096, not 4" in text
    text = refusal(ValueError, lambda: BinaryHeader(8, length_offset=4089))
    assert "length_offset must be between 0 and 4088, not 4089" in text


class Three:
    def __index__(self) -> int:
        return 3


def test_any_integer_is_a_place_or_an_adjustment() -> None:
    header = BinaryHeader(Three(), length_offset=Three(), length_adjustment=Three(), size=9)
    assert header == BinaryHeader(3, length_offset=3, length_adjustment=3, size=9)


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


def test_what_is_around_the_length_is_of_no_concern_to_who_reads() -> None:
    for example in Binary.examples():
        head = example.write(9, b"\xff" * example.fields_size)
        wire = head + b"123456789"
        assert framing.decode(wire, example.library()) == [b"123456789"]
        assert framing.decode(wire, example.library(), keep_header=True) == [wire]


# Varint


@pytest.mark.parametrize("zeros", range(1, 10))
@pytest.mark.parametrize("length", [0, 5, 127])
def test_strict_reads_the_varint_that_it_writes_and_nothing_else(length: int, zeros: int) -> None:
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


# Netstring


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
