"""docs/formats.md: what it makes of the options of Netty and tokio-util reads what those read.

Both are modelled by the rules of their documentation and their sources, and the page's formulas are what is run.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import framing
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.formats_page import code, header, section, tables, value

NETTY = [
    # The options; what stands before the text when it comes, and when it is handed on.
    ((0, 2, 0, 0), "000C", "000C"),
    ((0, 2, 0, 2), "000C", ""),
    ((0, 2, -2, 0), "000E", "000E"),
    ((2, 3, 0, 0), "CAFE 00000C", "CAFE 00000C"),
    ((0, 3, 2, 0), "00000C CAFE", "00000C CAFE"),
    ((1, 2, 1, 3), "CA 000C FE", "FE"),
    ((1, 2, -3, 3), "CA 0010 FE", "FE"),
]

TOKIO = [
    ((0, 2, 0, 2), "000B", ""),
    ((0, 2, 2, 0), "000B", "000B"),
    ((0, 2, -2, 2), "000D", ""),
    ((0, 3, 3 + 2, 0), "00000B CAFE", "00000B CAFE"),
    ((1, 2, 1, 3), "CA 000B FE", "FE"),
    ((1, 2, -3, 3), "CA 000F FE", "FE"),
    ((0, 3, 0, 4), "00000B FF", ""),
]

NETTY_NAMES = ("lengthFieldOffset", "lengthFieldLength", "lengthAdjustment", "initialBytesToStrip")
TOKIO_NAMES = ("length_field_offset", "length_field_length", "length_adjustment", "num_skip")

READ_BY_NETTY, NETTY_EXAMPLES, WRITTEN_BY_NETTY = tables("From Netty")
READ_BY_TOKIO, TOKIO_EXAMPLES = tables("From tokio-util")


class Mapped(NamedTuple):
    """A decoder of ours, from the options of another one."""

    header: framing.BinaryHeader
    keep_header: bool
    max_frame_size: int

    def decoder(self) -> framing.FrameDecoder:
        return framing.FrameDecoder(
            self.header, max_frame_size=self.max_frame_size, keep_header=self.keep_header
        )


def mapped(formulas: list[list[str]], options: dict[str, int], *, little: bool = False) -> Mapped:
    rules = {code(name): rule for name, rule in formulas}
    assert rules.pop("byteorder").startswith('`"little"`')
    found = {"size": value(code(rules.pop("size")), **options)}
    for name, rule in rules.items():
        # The first thing that is marked as code; another one may be said in words.
        found[name] = value(rule.split("`")[1], **options, size=found["size"])
    keep_header, max_frame_size = found.pop("keep_header"), found.pop("max_frame_size")
    ours = framing.BinaryHeader(**found, byteorder="little" if little else "big")
    return Mapped(ours, keep_header, max_frame_size)


def netty(wire: bytes, options: dict[str, int], *, little: bool) -> bytes | None:
    """The message at the start of a stream, or None where it is refused."""
    start, strip = options["lengthFieldOffset"], options["initialBytesToStrip"]
    end = start + options["lengthFieldLength"]
    behind = (
        int.from_bytes(wire[start:end], "little" if little else "big") + options["lengthAdjustment"]
    )
    if behind < 0 or end + behind > options["maxFrameLength"] or strip > end + behind:
        return None
    return wire[strip : end + behind]


def tokio(wire: bytes, options: dict[str, int], *, little: bool) -> bytes | None:
    start, skip = options["length_field_offset"], options["num_skip"]
    end = start + options["length_field_length"]
    field = int.from_bytes(wire[start:end], "little" if little else "big")
    size = field + options["length_adjustment"]
    # A message that ends inside its own header is one that its decoder hands on before all of the header is used.
    if field > options["max_frame_length"] or size < 0 or skip + size < end:
        return None
    return wire[skip : skip + size]


# The examples


EXAMPLES = [
    *(
        (READ_BY_NETTY, NETTY_NAMES, row, one, b"HELLO, WORLD")
        for row, one in zip(NETTY_EXAMPLES, NETTY, strict=True)
    ),
    *(
        (READ_BY_TOKIO, TOKIO_NAMES, row, one, b"Hello world")
        for row, one in zip(TOKIO_EXAMPLES, TOKIO, strict=True)
    ),
]


@pytest.mark.parametrize(("formulas", "names", "row", "example", "text"), EXAMPLES)
def test_an_example_of_their_documentation(
    formulas: list[list[str]], names: tuple[str, ...], row: list[str], example: Any, text: bytes
) -> None:
    numbers, before, after = example
    wire, message = bytes.fromhex(before) + text, bytes.fromhex(after) + text
    # The page says what their documentation says,
    assert value(code(row[0])) == numbers
    assert bytes.fromhex(code(row[1])) + text == wire
    assert (bytes.fromhex(code(row[2])) if row[2] else b"") + text == message
    # its formulas give its header,
    limits = {"maxFrameLength": 100, "max_frame_length": 100}
    ours = mapped(formulas, dict(zip(names, numbers, strict=True)) | limits)
    assert ours.header == header(row[3])
    # and that reads and writes what it should, however it is cut.
    for cut in range(len(wire)):
        decoder = ours.decoder()
        frames = decoder.feed(wire[:cut]) + decoder.feed(wire[cut:] + wire)
        assert [frame[numbers[3] if ours.keep_header else 0 :] for frame in frames] == [message] * 2
    start, size, length_size = ours.header.length_offset, ours.header.size, ours.header.length_size
    fields = wire[:start] + wire[start + length_size : size]
    assert framing.encode(wire[size:], ours.header, fields=fields) == wire


def test_the_last_of_nettys_examples_with_fields() -> None:
    said = section("From Netty")
    for (_, before, _), (expression, fields) in zip(
        NETTY[-3:],
        [
            ("BinaryHeader(3, size=5)", "CAFE"),
            ("BinaryHeader(2, length_offset=1, size=4)", "CAFE"),
            ("BinaryHeader(2, length_offset=1, length_adjustment=-4, size=4)", "CAFE"),
        ],
        strict=True,
    ):
        assert f"`{expression}`" in said
        wire = bytes.fromhex(before) + b"HELLO, WORLD"
        ours = value(expression)
        assert framing.decode(wire, ours) == [b"HELLO, WORLD"]
        assert framing.encode(b"HELLO, WORLD", ours, fields=bytes.fromhex(fields)) == wire


# Whatever the options


@st.composite
def netty_options(draw: st.DrawFn) -> dict[str, int]:
    offset, length = draw(st.integers(0, 3)), draw(st.sampled_from([1, 2, 3, 4, 8]))
    return {
        "lengthFieldOffset": offset,
        "lengthFieldLength": length,
        "lengthAdjustment": draw(st.integers(-20, 20)),
        "initialBytesToStrip": draw(st.integers(0, 15)),
        "maxFrameLength": draw(st.integers(15, 80)),
    }


@st.composite
def tokio_options(draw: st.DrawFn) -> dict[str, int]:
    offset, length = draw(st.integers(0, 3)), draw(st.integers(1, 8))
    return {
        "length_field_offset": offset,
        "length_field_length": length,
        "length_adjustment": draw(st.integers(-20, 20)),
        "num_skip": draw(st.integers(0, 15)),
        "max_frame_length": draw(st.integers(50, 80)),
    }


@given(netty_options(), st.integers(0, 100), st.binary(min_size=150, max_size=150), st.booleans())
def test_what_netty_reads(options: dict[str, int], field: int, noise: bytes, little: bool) -> None:
    start = options["lengthFieldOffset"]
    end = start + options["lengthFieldLength"]
    wire = noise[:start] + field.to_bytes(end - start, "little" if little else "big") + noise[end:]
    ours = mapped(READ_BY_NETTY, options, little=little)
    assert first(ours, wire, options["initialBytesToStrip"]) == netty(wire, options, little=little)


@given(tokio_options(), st.integers(0, 100), st.binary(min_size=150, max_size=150), st.booleans())
def test_what_tokio_util_reads(options: dict[str, int], field: int, noise: bytes, little: bool) -> None:
    start = options["length_field_offset"]
    end = start + options["length_field_length"]
    wire = noise[:start] + field.to_bytes(end - start, "little" if little else "big") + noise[end:]
    ours = mapped(READ_BY_TOKIO, options, little=little)
    assert first(ours, wire, options["num_skip"]) == tokio(wire, options, little=little)


def first(ours: Mapped, wire: bytes, skipped: int) -> bytes | None:
    """The first message of a stream, or None where that is refused."""
    if ours.max_frame_size < ours.header.length_adjustment:
        # Every frame would be over it.
        with pytest.raises(ValueError, match="max_frame_size must be between"):
            ours.decoder()
        return None
    decoder = ours.decoder()
    try:
        frames = decoder.feed(wire)
    except (framing.InvalidHeader, framing.FrameTooLarge):
        return None
    return frames[0][skipped if ours.keep_header else 0 :]


# What they write


@pytest.mark.parametrize("included", [False, True])
@pytest.mark.parametrize("adjustment", [-3, 0, 2])
@pytest.mark.parametrize("size", [1, 2, 3, 4, 8])
def test_what_netty_writes(size: int, adjustment: int, included: bool) -> None:
    [[name, formula]] = WRITTEN_BY_NETTY
    options = {
        "lengthFieldLength": size,
        "lengthAdjustment": adjustment,
        "lengthIncludesLengthFieldLength": included,
    }
    ours = framing.BinaryHeader(size, **{code(name): value(code(formula), **options)})
    text = b"HELLO, WORLD"
    wire = (len(text) + adjustment + (size if included else 0)).to_bytes(size, "big") + text
    assert framing.decode(wire, ours) == [text]
    assert framing.encode(text, ours) == wire


@pytest.mark.parametrize("adjustment", [-3, 0, 2])
@pytest.mark.parametrize("size", range(1, 9))
def test_what_tokio_util_writes(size: int, adjustment: int) -> None:
    expression = "BinaryHeader(length_field_length, length_adjustment=length_adjustment)"
    assert f"`{expression}`" in section("From tokio-util")
    ours = value(expression, length_field_length=size, length_adjustment=adjustment)
    text = b"hello world"
    wire = (len(text) - adjustment).to_bytes(size, "big") + text
    assert framing.decode(wire, ours) == [text]
    assert framing.encode(text, ours) == wire
