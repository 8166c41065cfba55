"""`DecimalHeader` as an object: how it is made, compared, shown, copied, and used in place of an `int`."""

from __future__ import annotations

import copy
import itertools
from typing import Any

import framing
import pytest
from framing import DecimalHeader
from support.copies import Copy, each_copy
from support.refusal import refusal, short

PADDINGS = [("<", " "), (">", " "), ("^", " "), (">", "0")]

HEADERS = [
    DecimalHeader(width, align=align, fill=fill, unit=unit, strict=strict)
    for width, (align, fill), unit, strict in itertools.product(
        (1, 10, 4096), PADDINGS, ("bytes", "chars"), (False, True)
    )
]
each_header = pytest.mark.parametrize("header", HEADERS, ids=repr)

PROPERTIES = ("width", "align", "fill", "unit", "strict")
DEFAULTS = (10, "<", " ", "bytes", False)


class Width:
    def __index__(self) -> int:
        return 16


def facts(header: DecimalHeader) -> tuple[object, ...]:
    return tuple(getattr(header, name) for name in PROPERTIES)


# Making one


def test_defaults() -> None:
    assert facts(DecimalHeader()) == DEFAULTS
    assert DecimalHeader() == DecimalHeader(10) == DecimalHeader(width=10)
    assert framing.HEADER_SIZE == 10


@pytest.mark.parametrize(
    ("name", "value"),
    [("width", 16), ("align", ">"), ("fill", "0"), ("unit", "chars"), ("strict", True)],
)
def test_a_property_is_what_was_given(name: str, value: object) -> None:
    options: dict[str, Any] = {"align": ">", name: value}
    expected = dict(zip(PROPERTIES, DEFAULTS, strict=True)) | options
    assert facts(DecimalHeader(**options)) == tuple(expected.values())
    assert type(getattr(DecimalHeader(**options), name)) is type(value)


def test_any_integer_is_a_width() -> None:
    assert DecimalHeader(Width()) == DecimalHeader(16)


@pytest.mark.parametrize(
    ("name", "value", "kind", "allowed"),
    [
        ("width", 0, ValueError, "between 1 and 4096, not 0"),
        ("width", -1, ValueError, "between 1 and 4096, not -1"),
        ("width", 4097, ValueError, "between 1 and 4096, not 4097"),
        ("width", 2**64, ValueError, "between 1 and 4096, not 18446744073709551616"),
        ("width", 10**5000, ValueError, "between 1 and 4096"),
        ("width", -(10**5000), ValueError, "between 1 and 4096"),
        ("width", "10", TypeError, "integer"),
        ("width", b"10", TypeError, "integer"),
        ("width", 10.0, TypeError, "integer"),
        ("width", None, TypeError, "integer"),
        # As for `header=True`, which is short for this.
        ("width", True, TypeError, "int"),
        ("align", "", ValueError, "'<', '>' or '^'"),
        ("align", "=", ValueError, "'<', '>' or '^'"),
        ("align", "<<", ValueError, "'<', '>' or '^'"),
        ("align", "left", ValueError, "'<', '>' or '^'"),
        ("align", "\0", ValueError, "'<', '>' or '^'"),
        ("align", "\ud800", ValueError, "'<', '>' or '^'"),
        ("align", "x" * 10_000, ValueError, "'<', '>' or '^'"),
        ("align", b"<", TypeError, "a str"),
        ("align", None, TypeError, "a str"),
        ("fill", "", ValueError, "' ' or '0'"),
        ("fill", "_", ValueError, "' ' or '0'"),
        ("fill", "00", ValueError, "' ' or '0'"),
        ("fill", "\t", ValueError, "' ' or '0'"),
        ("fill", 0, TypeError, "a str"),
        ("fill", None, TypeError, "a str"),
        ("unit", "", ValueError, "'bytes' or 'chars'"),
        ("unit", "Bytes", ValueError, "'bytes' or 'chars'"),
        ("unit", "characters", ValueError, "'bytes' or 'chars'"),
        ("unit", bytes, TypeError, "a str"),
        ("unit", None, TypeError, "a str"),
        ("strict", 1, TypeError, "a bool"),
        ("strict", "yes", TypeError, "a bool"),
        ("strict", None, TypeError, "a bool"),
    ],
    ids=short,
)
def test_a_bad_argument(name: str, value: object, kind: type[Exception], allowed: str) -> None:
    arguments: dict[str, Any] = {name: value}
    text = refusal(kind, lambda: DecimalHeader(**arguments))
    assert name in text
    assert allowed in text


@pytest.mark.parametrize("align", ["<", "^"])
def test_zeros_go_to_the_left_only(align: str) -> None:
    # To the right of a number they would change it.
    text = refusal(ValueError, lambda: DecimalHeader(align=align, fill="0"))
    assert "fill '0'" in text
    assert "align '>'" in text


def test_options_are_keywords() -> None:
    positional: Any = DecimalHeader
    assert "positional" in refusal(TypeError, lambda: positional(10, "<"))
    assert "'size'" in refusal(TypeError, lambda: positional(size=10))


# Being one


@each_header
def test_repr_evaluates_back(header: DecimalHeader) -> None:
    assert eval(repr(header), {"DecimalHeader": DecimalHeader}) == header


@pytest.mark.parametrize(
    ("header", "text"),
    [
        (DecimalHeader(), "DecimalHeader(10)"),
        (DecimalHeader(8, align=">", fill="0"), "DecimalHeader(8, align='>', fill='0')"),
        (DecimalHeader(unit="chars", strict=True), "DecimalHeader(10, unit='chars', strict=True)"),
    ],
)
def test_repr_is_short(header: DecimalHeader, text: str) -> None:
    assert repr(header) == text


@each_copy
@each_header
def test_a_copy_is_equal(header: DecimalHeader, copied: Copy[DecimalHeader]) -> None:
    twin = copied(header)
    assert type(twin) is DecimalHeader
    assert twin == header
    assert hash(twin) == hash(header)
    assert facts(twin) == facts(header)


def test_only_equal_ones_are_equal() -> None:
    assert len(set(HEADERS)) == len(HEADERS)
    for one, other in itertools.product(HEADERS, repeat=2):
        assert (one == other) is (facts(one) == facts(other))
        assert (one != other) is (facts(one) != facts(other))


def test_nothing_else_is_equal() -> None:
    for other in (10, "DecimalHeader(10)", None, DEFAULTS):
        assert DecimalHeader() != other
        assert other != DecimalHeader()


def test_there_is_no_order() -> None:
    small: Any = DecimalHeader(1)
    with pytest.raises(TypeError, match="'<' not supported"):
        assert small < DecimalHeader(2)


def test_a_key_of_a_dict() -> None:
    codecs = {header: framing.FrameEncoder(header) for header in HEADERS}
    for header in HEADERS:
        assert codecs[copy.deepcopy(header)] is codecs[header]
        assert codecs[header].header == header
    assert DecimalHeader(11) not in codecs


@pytest.mark.parametrize("name", [*PROPERTIES, "size"])
def test_immutable(name: str) -> None:
    header: Any = DecimalHeader()
    with pytest.raises(AttributeError, match=name):
        setattr(header, name, 5)
    with pytest.raises(AttributeError, match=name):
        delattr(header, name)
    assert facts(header) == DEFAULTS
    assert not hasattr(header, "__dict__")


# Using one


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


@each_header
def test_both_sides_show_it(header: DecimalHeader) -> None:
    limit = min(10**header.width - 1, framing.DEFAULT_MAX_FRAME_SIZE)
    for codec in (framing.FrameEncoder(header), framing.FrameDecoder(header)):
        assert codec.header == header
        assert codec.max_frame_size == limit
        assert repr(header) in repr(codec)


@pytest.mark.parametrize("length", [0, 1, 9, 10, 99, 100, 12_345])
@each_header
def test_what_is_written_is_what_format_writes(header: DecimalHeader, length: int) -> None:
    encoder = framing.FrameEncoder(header)
    # Two bytes a character: what the header counts makes a difference.
    payload = "é" * length if header.unit == "chars" else b"\xe9" * length
    if length >= 10**header.width:
        with pytest.raises(framing.FrameTooLarge) as caught:
            encoder.header_for(payload)
        assert caught.value == framing.FrameTooLarge(length, 10**header.width - 1)
        return
    written = encoder.header_for(payload)
    assert written == format(length, f"{header.fill}{header.align}{header.width}").encode()
    wire = encoder.encode(payload)
    assert wire.startswith(written)
    assert framing.decode(wire, header) == [wire[header.width :]]


@pytest.mark.parametrize(("align", "fill"), PADDINGS)
def test_strict_reads_what_it_writes_and_nothing_else(align: str, fill: str) -> None:
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
