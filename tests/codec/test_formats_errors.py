"""What is said of bad bytes, for each header format: which exception, of which bytes, where, and in which words."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable

import framing
import pytest
from framing import (
    BinaryHeader,
    FrameDecoder,
    FrameTooLarge,
    FramingError,
    InvalidHeader,
    InvalidPayload,
    NetstringHeader,
    TruncatedFrame,
    VarintHeader,
    presets,
)
from support.formats import (
    NETSTRING,
    POSTGRES,
    VARINT,
    Format,
    each_few,
    each_format,
    stream_of,
)
from support.headers import LibraryHeader

# What a peer may send that is no header, and its bytes up to the first that cannot be there.
BAD_HEADERS: list[tuple[LibraryHeader, bytes, bytes]] = [
    # A sum below zero, seen as soon as nothing behind could make up for it.
    (presets.POSTGRES, b"D\0\0\0\x03rest", b"D\0\0\0\x03"),
    (presets.POSTGRES, b"D\0\0\0\0", b"D\0\0\0\0"),
    (BinaryHeader(1, length_adjustment=-1), b"\0\x05", b"\0"),
    (BinaryHeader(1, length_adjustment=-33), b"     ", b" "),
    (BinaryHeader(2, length_adjustment=-257), b"\0\xff", b"\0"),
    (BinaryHeader(2, length_adjustment=-257), b"\x01\0", b"\x01\0"),
    (BinaryHeader(2, byteorder="little", length_adjustment=-257), b"\xff\0", b"\xff\0"),
    (BinaryHeader(2, byteorder="little", length_adjustment=-513), b"\0\x02", b"\0\x02"),
    (BinaryHeader(8, length_adjustment=-(2**56)), b"\0rest of it", b"\0"),
    (BinaryHeader(3, size=9, length_adjustment=-9), b"\0\0\x08behind", b"\0\0\x08"),
    (BinaryHeader(2, length_offset=3, length_adjustment=-1), b"\x16\x03\x04\0\0", b"\x16\x03\x04\0\0"),
    # More than 64 bits, or than were agreed on; and what strict does not take.
    (VarintHeader(), b"\x80" * 12, b"\x80" * 10),
    (VarintHeader(), b"\xff" * 9 + b"\x02rest", b"\xff" * 9 + b"\x02"),
    (VarintHeader(1), b"\x80\x01", b"\x80"),
    (VarintHeader(3), b"\x80\x80\x80\0", b"\x80\x80\x80"),
    (VarintHeader(9), b"\x80" * 9 + b"\x01", b"\x80" * 9),
    (VarintHeader(strict=True), b"\x80\0", b"\x80\0"),
    (VarintHeader(strict=True), b"\x85\x80\0hello", b"\x85\x80\0"),
    # Not one to ten digits and a colon, or a zero before other digits.
    (NetstringHeader(), b"01:x,", b"01"),
    (NetstringHeader(), b"00:,", b"00"),
    (NetstringHeader(), b":,", b":"),
    (NetstringHeader(), b" 5:hello,", b" "),
    (NetstringHeader(), b"5 :hello,", b"5 "),
    (NetstringHeader(), b"-5:hello,", b"-"),
    (NetstringHeader(), b"+5:hello,", b"+"),
    (NetstringHeader(), b"1_0:0123456789,", b"1_"),
    (NetstringHeader(), b"5\n:hello,", b"5\n"),
    (NetstringHeader(), b"5,hello", b"5,"),
    (NetstringHeader(), b"5/", b"5/"),
    (NetstringHeader(), b"5;", b"5;"),
    (NetstringHeader(), "٣:abc,".encode(), b"\xd9"),
    (NetstringHeader(), b"12345678901:", b"12345678901"),
    (NetstringHeader(1), b"10:0123456789,", b"10"),
    (NetstringHeader(19), b"1" * 20 + b":", b"1" * 20),
]


def refused(call: Callable[[], object]) -> FramingError:
    with pytest.raises(FramingError) as caught:
        call()
    return caught.value


def good(header: LibraryHeader) -> tuple[bytes, list[bytes]]:
    """Two good frames, and what becomes of them."""
    payloads = [b"hello", b"x" * 10]
    try:
        return framing.FrameEncoder(header).encode_many(payloads), payloads
    except FrameTooLarge:
        payloads = [b"hello", b""]
        return framing.FrameEncoder(header).encode_many(payloads), payloads


# Headers


@pytest.mark.parametrize(("header", "wire", "bad"), BAD_HEADERS)
def test_invalid_header(header: LibraryHeader, wire: bytes, bad: bytes) -> None:
    for error in (
        refused(lambda: framing.decode(wire, header)),
        refused(lambda: FrameDecoder(header).feed(wire)),
    ):
        assert isinstance(error, InvalidHeader)
        assert (error.header, error.offset) == (bad, 0)
    before, frames = good(header)
    # As soon as the byte has come, and not before; and the good ones first.
    for last in (bad[-1:], wire[len(bad) - 1 :]):
        decoder = FrameDecoder(header)
        assert decoder.feed(before) == frames
        for index in range(len(bad) - 1):
            assert decoder.feed(bad[index : index + 1]) == []
        error = refused(lambda decoder=decoder, last=last: decoder.feed(last))  # type: ignore[misc]
        assert isinstance(error, InvalidHeader)
        assert (error.header, error.offset) == (bad, len(before))
        # What is dead says it again, and takes nothing.
        assert refused(decoder.feed_eof) == error
        assert decoder.take_buffered() == bad[:-1] + last
    together = FrameDecoder(header)
    assert together.feed(before + wire) == frames
    assert isinstance(together.error, InvalidHeader)
    assert (together.error.header, together.error.offset) == (bad, len(before))


@pytest.mark.parametrize(("header", "wire", "bad"), BAD_HEADERS)
def test_the_words_for_a_bad_header(header: LibraryHeader, wire: bytes, bad: bytes) -> None:
    before, _ = good(header)
    text = str(refused(lambda: framing.decode(before + wire, header)))
    assert f"invalid header {bad!r}" in text
    assert f"at stream offset {len(before)}" in text
    assert f"byte {bad[-1:]!r} at index {len(bad) - 1} cannot be there" in text
    # That is said of blank decimal headers.
    assert "digit" not in text
    assert len(text) < 300


@pytest.mark.parametrize(
    ("header", "wire", "word"),
    [
        (NetstringHeader(), b"GET / HTTP/1.1\r\n\r\n", "HTTP"),
        (NetstringHeader(), b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc", "TLS"),
        (NetstringHeader(), b"\0\0\0\x05hello", "binary"),
        (NetstringHeader(), b"o the server!,12:and more", "payload"),
        (NetstringHeader(), b"%", None),
        # It is nothing strange there that a header is no text, or a binary number of another kind.
        (BinaryHeader(2, length_adjustment=-0x5000), b"GET / HTTP/1.1\r\n\r\n", "HTTP"),
        (BinaryHeader(2, length_adjustment=-0x2000), b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc", "TLS"),
        (BinaryHeader(2, length_adjustment=-9), b"\0\0\0\x05hello", None),
        (BinaryHeader(2, length_adjustment=-0x7000), b"hello, and more text", None),
        (VarintHeader(1), "ßß größer als".encode(), None),
        (VarintHeader(1), b"\xff\0\0\x05hello", None),
    ],
)
def test_a_hint(header: LibraryHeader, wire: bytes, word: str | None) -> None:
    error = refused(lambda: framing.decode(wire, header))
    assert isinstance(error, InvalidHeader)
    if word is None:
        assert error.hint is None
    else:
        assert error.hint is not None
        assert word in error.hint
        assert error.hint in str(error)


# Lengths


@pytest.mark.parametrize(
    ("header", "wire", "length"),
    [
        (BinaryHeader(4), b"\xff" * 4, 2**32 - 1),
        (BinaryHeader(4, byteorder="little"), b"\x01\0\0\x80", 2**31 + 1),
        (BinaryHeader(5), b"\x01\0\0\0\0", 2**32),
        (BinaryHeader(8), b"\xff" * 8, 2**64 - 1),
        (BinaryHeader(8), b"\x80" + bytes(7), 2**63),
        (BinaryHeader(8, length_adjustment=-4), b"\xff" * 8, 2**64 - 5),
        (BinaryHeader(8, length_adjustment=1), b"\xff" * 8, 2**64),
        (BinaryHeader(8, length_adjustment=2**63 - 1), b"\xff" * 8, 2**64 + 2**63 - 2),
        (BinaryHeader(8, length_adjustment=-(2**63)), b"\xff" * 8, 2**63 - 1),
        (BinaryHeader(8, length_offset=2, size=11), b"ab" + b"\xff" * 8 + b"c", 2**64 - 1),
        (VarintHeader(), b"\xff" * 9 + b"\x01", 2**64 - 1),
        (VarintHeader(), b"\x80" * 9 + b"\x01", 2**63),
        (VarintHeader(5), b"\xff" * 4 + b"\x7f", 2**35 - 1),
        (NetstringHeader(), b"9999999999:", 10**10 - 1),
        (NetstringHeader(), b"1000000001:", 10**9 + 1),
        (NetstringHeader(19), b"9999999999999999999:", 10**19 - 1),
    ],
)
@pytest.mark.parametrize("limit", [None, 20])
def test_a_claimed_length_is_exact(
    header: LibraryHeader, wire: bytes, length: int, limit: int | None
) -> None:
    if isinstance(header, BinaryHeader) and header.length_adjustment > 20:
        limit = header.length_adjustment
        shown = limit
    else:
        shown = limit or 10**9
    before, frames = (b"", []) if shown > 10**10 else good(header)
    decoder = FrameDecoder(header, max_frame_size=limit)
    assert decoder.feed(before + wire[:-1]) == frames
    error = refused(lambda: decoder.feed(wire[-1:]))
    assert isinstance(error, FrameTooLarge)
    # A number that is small when it is read from its other end has a likely cause.
    swapped = isinstance(header, BinaryHeader) and wire in (b"\x01\0\0\0\0", b"\x80" + bytes(7))
    assert ("byte order" in (error.hint or "")) is swapped
    assert error == FrameTooLarge(length, shown, len(before), hint=error.hint)
    for part in (str(length), str(shown), "max_frame_size", f"offset {len(before)}"):
        assert part in str(error)
    assert decoder.take_buffered() == wire


@each_format
def test_a_limit_of_a_byte(kind: Format) -> None:
    wire = kind.wire(b"x") + kind.head(2)
    decoder = FrameDecoder(kind.header, max_frame_size=1)
    assert decoder.feed(wire + b"ab") == [b"x"]
    assert decoder.error == FrameTooLarge(2, 1, len(kind.wire(b"x")))


# Payloads


@pytest.mark.parametrize("byte", [b";", b"\n", b"\0", b"\xff", b" "])
@pytest.mark.parametrize("size", [0, 5, 70_000])
@pytest.mark.parametrize("keep_header", [False, True])
def test_a_comma_that_is_missing(keep_header: bool, size: int, byte: bytes) -> None:
    wire = NETSTRING.wire(b",:" * size)[:-1] + byte + b"more"
    reason = f"byte 0x{byte[0]:02x} stands where the frame must end in 0x2c"
    for piece in (1 + size // 20, len(wire)):
        decoder = FrameDecoder(NETSTRING.header, keep_header=keep_header)
        decoder.feed(b"2:ab,")
        got: list[bytes] = []
        at = 0
        while decoder.error is None:
            try:
                got += decoder.feed(wire[at : at + piece])
            except InvalidPayload as error:
                assert error == InvalidPayload(5, reason)
                assert "invalid payload of the frame at stream offset 5" in str(error)
                assert reason in str(error)
            at += piece
        assert got == []
        assert decoder.error == InvalidPayload(5, reason)
        assert decoder.take_buffered() == wire[:at]


def test_a_frame_that_lacks_only_its_comma_is_not_whole() -> None:
    decoder = FrameDecoder(NETSTRING.header)
    assert decoder.feed(b"5:hello") == []
    assert (decoder.needed, decoder.buffered) == (1, 7)
    error = refused(decoder.feed_eof)
    assert error == TruncatedFrame("payload", 6, 5, b"5:hello")
    assert decoder.feed(b",") == [b"hello"]
    assert (decoder.needed, decoder.buffered, decoder.offset) == (2, 0, 8)


# Ends


@pytest.mark.parametrize("keep_header", [False, True])
@each_format
def test_truncated_at_every_byte(kind: Format, keep_header: bool) -> None:
    stream = stream_of(kind)
    for cut in range(1, len(stream.wire)):
        decoder = FrameDecoder(kind.header, keep_header=keep_header)
        decoder.feed(stream.wire[:cut])
        if cut in stream.ends:
            decoder.feed_eof()
            continue
        (stage, expected, received), part = stream.unfinished(cut)
        error = refused(decoder.feed_eof)
        assert isinstance(error, TruncatedFrame)
        assert (error.stage, error.expected, error.received) == (stage, expected, received)
        assert error.partial == part
        assert f"{received} of {expected} bytes of the {stage}" in str(error)
        assert refused(lambda cut=cut: framing.decode(stream.wire[:cut], kind.header)) == error  # type: ignore[misc]


@each_few
def test_an_error_as_raised_can_be_copied(kind: Format) -> None:
    bad = {"tutorial": b"x", "PostgreSQL": b"D\0\0\0\0", "varint": b"\xff" * 10, "netstring": b"0:x"}
    wire = kind.wire(b"hello")
    errors = [
        refused(lambda: framing.decode(wire + bad[kind.name], kind.header)),
        refused(lambda: framing.decode(wire + wire[:-1], kind.header)),
        refused(lambda: framing.decode(wire, kind.header, max_frame_size=4)),
    ]
    for error in errors:
        assert copy.copy(error) == copy.deepcopy(error) == pickle.loads(pickle.dumps(error)) == error


# The sending side


def encodings(header: LibraryHeader, payload: bytes, limit: int | None) -> list[Callable[[], object]]:
    encoder = framing.FrameEncoder(header, max_frame_size=limit)
    return [
        lambda: encoder.encode(payload),
        lambda: encoder.encode_many([payload]),
        lambda: encoder.encode_into(payload, bytearray(1000)),
        lambda: encoder.header_for(payload),
        lambda: framing.encode(payload, header, max_frame_size=limit),
    ]


@pytest.mark.parametrize(
    ("header", "limit", "size", "most"),
    [
        (BinaryHeader(1), None, 256, 255),
        (BinaryHeader(1, length_adjustment=-4), None, 252, 251),
        (BinaryHeader(1, length_adjustment=4), None, 260, 259),
        (POSTGRES.header, 100, 101, 100),
        (VarintHeader(1), None, 128, 127),
        (VARINT.header, 100, 101, 100),
        (NetstringHeader(2), None, 100, 99),
        (NETSTRING.header, 99, 100, 99),
    ],
)
def test_an_encoder_refuses_what_is_too_large(
    header: LibraryHeader, limit: int | None, size: int, most: int
) -> None:
    for call in encodings(header, bytes(size), limit):
        error = refused(call)
        assert error == FrameTooLarge(size, most)
        assert "offset" not in str(error)
    for call in encodings(header, bytes(most), limit):
        assert call()


def test_an_encoder_refuses_what_no_length_is_small_enough_for() -> None:
    header = BinaryHeader(2, length_adjustment=3)
    for size in (0, 2):
        for call in encodings(header, bytes(size), None):
            error = refused(call)
            assert isinstance(error, InvalidPayload)
            assert error.offset is None
            assert all(f"{number}" in error.reason for number in (size, 3))
            assert str(error) == f"invalid payload: {error.reason}"
    assert framing.encode(b"abc", header) == b"\0\0abc"
