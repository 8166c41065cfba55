"""The header classes as objects: how they are made, compared, shown and copied; and what they write and can express."""

from __future__ import annotations

import copy
import itertools
import sys
from functools import partial
from typing import Any

import framing
import pytest
from framing import (
    BinaryHeader,
    DecimalHeader,
    FrameDecoder,
    FrameEncoder,
    NetstringHeader,
    VarintHeader,
)
from support.copies import COPIES
from support.headers import Binary, Decimal, Header, LibraryHeader, Netstring, Varint
from support.refusal import refusal

# Each class's description, and what a header without arguments shows.
DEFAULTS: dict[type[Header], dict[str, object]] = {
    Decimal: {
        "width": 10,
        "align": "<",
        "fill": " ",
        "unit": "bytes",
        "strict": False,
        "length_offset": 0,
        "size": 10,
        "fields": None,
    },
    Binary: {
        "length_size": 4,
        "byteorder": "big",
        "length_offset": 0,
        "length_adjustment": 0,
        "size": 4,
        "fields": None,
    },
    Varint: {"max_bytes": 10, "strict": False},
    Netstring: {"max_digits": 10},
}
EXAMPLES = [example for kind in DEFAULTS for example in kind.examples()]

each_kind = pytest.mark.parametrize("kind", DEFAULTS, ids=lambda kind: kind.__name__)
each_example = pytest.mark.parametrize("example", EXAMPLES, ids=lambda it: repr(it.library()))


def made(kind: type[Header]) -> Any:
    """The library's class that a description is of."""
    return type(kind().library())


def shown(header: LibraryHeader, names: Any) -> dict[str, object]:
    """What these attributes of a header are."""
    return {name: getattr(header, name) for name in names}


class Three:
    def __index__(self) -> int:
        return 3


# Making one


@each_kind
def test_defaults(kind: type[Header]) -> None:
    header, values = made(kind)(), DEFAULTS[kind]
    assert shown(header, values) == values
    (first, value), *_ = values.items()
    assert header == kind().library() == made(kind)(value) == made(kind)(**{first: value})
    assert header == made(kind)(**values)


def test_the_default_of_all() -> None:
    assert framing.FrameEncoder().header == DecimalHeader()
    assert framing.HEADER_SIZE == 10


@each_example
def test_an_attribute_is_what_was_given(example: Header) -> None:
    header = example.library()
    assert set(example.arguments) == set(DEFAULTS[type(example)])
    for name, value in example.arguments.items():
        assert getattr(header, name) == value
        assert type(getattr(header, name)) is type(value)


@pytest.mark.parametrize("kind", [DecimalHeader, BinaryHeader, VarintHeader, NetstringHeader])
def test_any_integer_is_a_number(kind: Any) -> None:
    assert kind(Three()) == kind(3)


@each_kind
def test_options_are_keywords(kind: type[Header]) -> None:
    first, *others = DEFAULTS[kind].values()
    assert "positional" in refusal(TypeError, lambda: made(kind)(first, *others or [True]))
    assert "'colour'" in refusal(TypeError, lambda: made(kind)(colour=4))


# Being one


@each_example
def test_repr_evaluates_back(example: Header) -> None:
    header = example.library()
    assert eval(repr(header), {type(header).__name__: type(header)}) == header


@pytest.mark.parametrize(
    ("header", "text"),
    [
        (DecimalHeader(), "DecimalHeader(10)"),
        (DecimalHeader(8, align=">", fill="0"), "DecimalHeader(8, align='>', fill='0')"),
        (DecimalHeader(unit="chars", strict=True), "DecimalHeader(10, unit='chars', strict=True)"),
        (BinaryHeader(), "BinaryHeader(4)"),
        (BinaryHeader(2, size=2), "BinaryHeader(2)"),
        (BinaryHeader(2, byteorder="little"), "BinaryHeader(2, byteorder='little')"),
        (BinaryHeader(4, length_offset=1, size=5), "BinaryHeader(4, length_offset=1)"),
        (BinaryHeader(3, size=9), "BinaryHeader(3, size=9)"),
        (
            BinaryHeader(4, length_offset=1, length_adjustment=-4, size=6),
            "BinaryHeader(4, length_offset=1, length_adjustment=-4, size=6)",
        ),
        (VarintHeader(), "VarintHeader(10)"),
        (VarintHeader(5), "VarintHeader(5)"),
        (VarintHeader(5, strict=True), "VarintHeader(5, strict=True)"),
        (NetstringHeader(), "NetstringHeader(10)"),
    ],
    ids=lambda it: it if isinstance(it, str) else "",
)
def test_repr_is_short(header: LibraryHeader, text: str) -> None:
    assert repr(header) == text


@each_example
def test_a_copy_is_equal(example: Header) -> None:
    header = example.library()
    for copied in COPIES.values():
        twin = copied(header)
        assert type(twin) is type(header)
        assert twin == header
        assert hash(twin) == hash(header)
        assert shown(twin, example.arguments) == example.arguments


def test_only_equal_ones_are_equal() -> None:
    # Numbers that the formats have in common, so that nothing but the class tells some of them apart.
    examples = [*EXAMPLES, *(kind(number) for kind in DEFAULTS for number in (2, 3))]  # type: ignore[call-arg]
    examples = list(dict.fromkeys(examples))
    headers = [example.library() for example in examples]
    assert len(set(headers)) == len(headers)
    for (at, one), (place, other) in itertools.product(enumerate(headers), repeat=2):
        assert (one == other) is (at == place)
        assert (one != other) is (at != place)


@each_kind
def test_nothing_else_is_equal(kind: type[Header]) -> None:
    header: object = made(kind)()
    for other in (*DEFAULTS[kind].values(), tuple(DEFAULTS[kind].values()), repr(header), None):
        assert header != other
        assert other != header


@each_kind
def test_there_is_no_order(kind: type[Header]) -> None:
    with pytest.raises(TypeError, match="'<' not supported"):
        assert made(kind)(1) < made(kind)(2)


def test_a_key_of_a_dict() -> None:
    headers = [example.library() for example in EXAMPLES]
    codecs = {header: FrameEncoder(header) for header in headers}
    for header in headers:
        assert codecs[copy.deepcopy(header)] is codecs[header]
        assert codecs[header].header == header
    assert DecimalHeader(11) not in codecs


@each_kind
def test_immutable(kind: type[Header]) -> None:
    header = made(kind)()
    for name in (*DEFAULTS[kind], "colour"):
        with pytest.raises(AttributeError, match=name):
            setattr(header, name, 5)
        with pytest.raises(AttributeError, match=name):
            delattr(header, name)
    assert shown(header, DEFAULTS[kind]) == DEFAULTS[kind]
    assert not hasattr(header, "__dict__")


# Using one


@each_example
def test_both_sides_show_it(example: Header) -> None:
    header = example.library()
    for codec in (FrameEncoder(header), FrameDecoder(header)):
        assert codec.header == header
        assert codec.max_frame_size == min(example.most, framing.DEFAULT_MAX_FRAME_SIZE)
        assert repr(header) in repr(codec)


@each_example
def test_a_limit_that_it_cannot_express(example: Header) -> None:
    least, highest = example.least, min(example.most, sys.maxsize)
    for codec in (FrameEncoder, FrameDecoder):
        for limit in (least, highest):
            assert codec(example.library(), max_frame_size=limit).max_frame_size == limit
        for limit in (least - 1, highest + 1):
            text = refusal(ValueError, partial(codec, example.library(), max_frame_size=limit))
            assert f"max_frame_size must be between {least} and {highest}" in text
            assert f"not {limit}" in text


# Around what a digit, a byte, or a group of seven bits more is needed for.
LENGTHS = [
    *(0, 1, 3, 7, 8, 9, 10, 99, 100, 127, 128, 129, 255, 256, 262, 263, 300),
    *(12_345, 16_383, 16_384, 65_535, 65_536, 70_000),
]
MORE_LENGTHS = [999_999, 1_000_000, 2**21 - 1, 2**21]


@each_example
def test_what_is_written_and_read(example: Header) -> None:
    header = example.library()
    encoder = FrameEncoder(header)
    for length in LENGTHS + (MORE_LENGTHS if isinstance(example, Varint | Netstring) else []):
        # Two bytes a character: what the header counts makes a difference.
        payload = "é" * length if example.unit == "chars" else b"\xe9" * length
        if length > example.most:
            for call in (encoder.encode, encoder.header_for):
                with pytest.raises(framing.FrameTooLarge) as caught:
                    call(payload)
                assert caught.value == framing.FrameTooLarge(length, example.most)
            continue
        if length < example.least:
            with pytest.raises(framing.InvalidPayload) as refused:
                encoder.header_for(payload)
            assert refused.value.offset is None
            assert all(f"{number}" in refused.value.reason for number in (length, example.least))
            continue
        body = payload.encode() if isinstance(payload, str) else payload
        wire = example.frame(body, length)
        # What stands behind the payload is for the caller of this one.
        assert encoder.header_for(payload) == example.write(length)
        assert encoder.encode(payload) == wire
        assert framing.decode(wire * 2, header) == [body] * 2
        assert framing.decode(wire * 2, header, keep_header=True) == [wire] * 2
