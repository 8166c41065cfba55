"""Headers of every format, payloads, streams good and damaged, and ways of cutting them."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from typing import TypeAlias

from hypothesis import strategies as st
from support.headers import BYTE_ORDERS, PADDINGS, UNITS, Binary, Decimal, Header, Netstring, Varint

Payload: TypeAlias = "str | bytes | bytearray | memoryview | array[int]"

# Widths that scripts use, and all up to the width of any number that can be a length.
WIDTHS = st.sampled_from([10, 16, 64]) | st.integers(1, 24)
# Bytes of a length: those of the usual integers, and all others.
SIZES = st.sampled_from([1, 2, 4, 8]) | st.integers(1, 8)

# More often near the ends of each encoded size than chance would have it.
TEXT = st.text(
    st.sampled_from("az \n\0\x7f\x80é\u07ff\u0800€\ud7ff\ue000\uffff\U00010000😀\U0010ffff")
    | st.characters(codec="utf-8"),
    max_size=24,
)

# What a bit of bad luck, or of bad will, puts into a stream.
JUNK = (
    st.sampled_from(
        [b"0", b" ", b"5", b"-", b":", b",", b"\0", b"\t", b"\x80", b"\xc3", b"\xed\xa0", b"\xff"]
    )
    # Lengths that are too small for some headers, and lengths without an end.
    | st.sampled_from([bytes(8), b"\x80" * 9, b"\xff" * 10])
    | st.binary(min_size=1, max_size=3)
)

# No payload from `bodies` is longer, in any unit.
LONGEST_BODY = 120


@dataclass(frozen=True)
class Case:
    """A stream, and the decoder that is to read it."""

    header: Header
    limit: int | None
    keep_header: bool
    stream: bytes


@st.composite
def decimals(draw: st.DrawFn) -> Header:
    align, fill = draw(st.sampled_from(PADDINGS))
    return Decimal(draw(WIDTHS), align, fill, draw(st.sampled_from(UNITS)), draw(st.booleans()))


@st.composite
def binaries(draw: st.DrawFn, sizes: st.SearchStrategy[int] = SIZES) -> Header:
    size = draw(sizes)
    order = draw(st.sampled_from(BYTE_ORDERS))
    offset, behind = draw(st.just((0, 0)) | st.tuples(st.integers(0, 4), st.integers(0, 4)))
    whole = offset + size + behind
    # Nothing, what counts itself, and what makes many lengths hopeless.
    adjustment = draw(st.sampled_from([0, -size, -whole]) | st.integers(-300, 20))
    return Binary(size, order, offset, max(adjustment, 1 - 256**size), whole if behind else None)


def varints(most: int = 10) -> st.SearchStrategy[Header]:
    return st.builds(Varint, st.just(most) | st.integers(1, most), st.booleans())


def netstrings(most: int = 19) -> st.SearchStrategy[Header]:
    return st.builds(Netstring, st.just(min(10, most)) | st.integers(1, most))


def headers() -> st.SearchStrategy[Header]:
    return decimals() | binaries() | varints() | netstrings()


@st.composite
def narrow_headers(draw: st.DrawFn) -> Header:
    """Headers that cannot announce what is easily made."""
    align, fill = draw(st.sampled_from(PADDINGS))
    narrow = st.integers(1, 3)
    decimal = st.builds(Decimal, narrow, st.just(align), st.just(fill), st.sampled_from(UNITS))
    return draw(decimal | binaries(st.integers(1, 2)) | varints(2) | netstrings(3))


def bodies(header: Header) -> st.SearchStrategy[tuple[bytes, int]]:
    """Payloads that the header can announce, with their lengths in its unit."""
    least, most = header.least, header.limit(None)
    if header.unit == "chars":
        return TEXT.map(lambda text: (text[:most].encode(), len(text[:most])))
    plain = st.binary(min_size=least, max_size=max(least, min(most, 40)))
    text = TEXT.map(lambda text: text.encode()[:most].ljust(least, b"."))
    return (plain | text).map(lambda body: (body, len(body)))


def fields(header: Header) -> st.SearchStrategy[bytes]:
    """What a sender may put into the header beside the length."""
    return st.binary(min_size=header.fields_size, max_size=header.fields_size)


def written(header: Header) -> st.SearchStrategy[Callable[[int], bytes]]:
    """How a peer may write a length: as `header` does or, where that is not strict, in any other form."""
    own = st.just(header.write)
    match header:
        case Decimal(strict=False, width=width):
            other = st.sampled_from(PADDINGS).map(
                lambda it: replace(header, align=it[0], fill=it[1]).write
            )
            return own | other | st.integers(0, width).map(lambda zeros: _zeros(header, zeros))
        case Varint(strict=False, max_bytes=most):
            return own | st.integers(1, most).map(lambda size: partial(header.padded, size=size))
        case Binary():
            return own | fields(header).map(lambda it: partial(header.write, fields=it))
    return own


def frames(header: Header) -> st.SearchStrategy[bytes]:
    """Good frames, as they are on the wire."""
    parts = st.tuples(bodies(header), written(header))
    return parts.map(lambda it: it[1](it[0][1]) + it[0][0] + header.trailer)


def last_words(header: Header) -> bytes:
    """What no decoder survives whose limit is `LONGEST_BODY`, or all that the header can announce."""
    match header:
        case Varint(max_bytes=most):
            return b"\xff" * most
        case Binary(length_adjustment=adjustment):
            return header.write(adjustment if adjustment < 0 else header.most)
    return b"x"


@st.composite
def good_cases(draw: st.DrawFn) -> Case:
    """Whole frames and nothing else."""
    header = draw(headers())
    stream = b"".join(draw(st.lists(frames(header), max_size=6)))
    return Case(header, None, draw(st.booleans()), stream)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Streams of every kind: good, cut off, damaged, over a limit, or never meant to be one."""
    good = draw(good_cases())
    least = good.header.least
    limit = draw(st.none() | st.integers(least, max(least, min(30, good.header.limit(None)))))
    spoil = draw(st.sampled_from([_as_it_is, _cut_off, _damaged, _damaged, _noise]))
    return replace(good, limit=limit, stream=draw(spoil(good.stream)))


def cuts(stream: bytes) -> st.SearchStrategy[list[bytes]]:
    """The stream in pieces, some of them perhaps empty."""

    def split(places: list[int]) -> list[bytes]:
        edges = [0, *sorted(places), len(stream)]
        return [stream[start:end] for start, end in pairwise(edges)]

    return st.lists(st.integers(0, len(stream)), max_size=12).map(split)


def payload_objects(header: Header) -> st.SearchStrategy[tuple[Payload, bytes, int]]:
    """Payloads as callers have them, with the bytes that are to be sent and their length."""

    def as_objects(body: bytes, length: int) -> st.SearchStrategy[tuple[Payload, bytes, int]]:
        objects: list[Payload] = [
            body,
            bytearray(body),
            memoryview(body),
            memoryview(b"<" + body + b">")[1:-1],
            array("B", body),
        ]
        if len(body) % 2 == 0:
            objects.append(array("H", body))
            objects.append(memoryview(body).cast("H"))
        try:
            objects.append(body.decode())
        except UnicodeDecodeError:
            assert header.unit == "bytes"
        # By index: some of them have no hash.
        return st.integers(0, len(objects) - 1).map(lambda index: (objects[index], body, length))

    return bodies(header).flatmap(lambda it: as_objects(*it))


def _zeros(header: Decimal, zeros: int) -> Callable[[int], bytes]:
    return lambda length: format(f"{length:0{zeros}}", f"{header.align}{header.width}").encode()


def _as_it_is(stream: bytes) -> st.SearchStrategy[bytes]:
    return st.just(stream)


def _cut_off(stream: bytes) -> st.SearchStrategy[bytes]:
    return st.integers(0, len(stream)).map(lambda end: stream[:end])


def _noise(_: bytes) -> st.SearchStrategy[bytes]:
    digits = st.text("0123456789 :,", max_size=60).map(str.encode)
    return digits | st.binary(max_size=60) | st.lists(JUNK, max_size=30).map(b"".join)


def _damaged(stream: bytes) -> st.SearchStrategy[bytes]:
    """One to three bytes flipped, put in or taken out."""
    place = st.integers(0, max(0, len(stream) - 1))
    change = st.tuples(place, st.sampled_from([0, 1]), st.just(b"") | JUNK)

    def spoil(changes: list[tuple[int, int, bytes]]) -> bytes:
        spoiled = stream
        for at, dropped, put in changes:
            spoiled = spoiled[:at] + put + spoiled[at + dropped :]
        return spoiled

    return st.lists(change, min_size=1, max_size=3).map(spoil)
