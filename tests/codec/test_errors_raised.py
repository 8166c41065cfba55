"""The exceptions as the codec raises them: which, when, with what facts, and what becomes of the bytes."""

from __future__ import annotations

import copy
import pickle
from typing import TYPE_CHECKING, Any

import framing
import pytest
from framing import (
    BufferTooSmall,
    DecimalHeader,
    FrameDecoder,
    FrameEncoder,
    FrameTooLarge,
    FramingError,
    InvalidHeader,
    InvalidPayload,
    TruncatedFrame,
)

if TYPE_CHECKING:
    from collections.abc import Callable

GOOD = b"5         hello0         "
FRAMES = [b"hello", b""]
CHARS = DecimalHeader(unit="chars")

# What a peer may send, and the header's bytes up to the first that cannot be there.
BAD_HEADERS = [
    (b"hello", b"h"),
    (b"-5        hello", b"-"),
    (b"+5        hello", b"+"),
    (b"1_0       0123456789", b"1_"),
    (b"5\t        hello", b"5\t"),
    (b"5\n", b"5\n"),
    (b"5\0\0\0\0\0\0\0\0\0hello", b"5\0"),
    (b"5 5       hello", b"5 5"),
    (b"    5    5", b"    5    5"),
    (b"5.0       hello", b"5."),
    (b"5        x", b"5        x"),
    ("٣         ".encode(), b"\xd9"),
    (b"          hello", b"          "),
]

TEXT_WORD, BINARY_WORD = "payload", "binary"
HINTS = [
    *[(f"{verb} / HTTP/1.1\r\nHost: a\r\n\r\n".encode(), "HTTP") for verb in ("GET", "POST", "HEAD")],
    (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP"),
    (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "TLS"),
    (b"\0\0\0\x05hello", BINARY_WORD),
    (b"\0\x05hello", BINARY_WORD),
    (b"\0\0\0\0\0\0\0\x05hello", BINARY_WORD),
    (b"o the server!29        Next", TEXT_WORD),
    (b"5 apples and 3 pears", TEXT_WORD),
    ("größer als".encode(), TEXT_WORD),
    (b"\0\0\0\0\0\0\0\0", None),
    (b"\xff\xd8\xff\xe0\x00\x10JFIF", None),
    (b"J\0\0\0\n8.0.2", None),
    (b"          ", None),
    (b"%", None),
]


def too_large() -> tuple[FrameDecoder, bytes, FramingError]:
    return FrameDecoder(max_frame_size=9), b"10        0123", FrameTooLarge(10, 9, len(GOOD))


def invalid_header() -> tuple[FrameDecoder, bytes, FramingError]:
    return FrameDecoder(), b"12\xff rest", InvalidHeader(b"12\xff", len(GOOD))


def invalid_payload() -> tuple[FrameDecoder, bytes, FramingError]:
    reason = "byte 0xff at index 2 is not valid UTF-8 there"
    return FrameDecoder(CHARS), b"3         ab\xff rest", InvalidPayload(len(GOOD), reason)


Deadly = tuple[FrameDecoder, bytes, FramingError]
each_end = pytest.mark.parametrize("deadly", [too_large, invalid_header, invalid_payload])


def by_feed(decoder: FrameDecoder, data: bytes) -> list[bytes]:
    return decoder.feed(data)


def by_view(decoder: FrameDecoder, data: bytes) -> list[bytes]:
    decoder.get_buffer()[: len(data)] = data
    return decoder.buffer_updated(len(data))


each_way = pytest.mark.parametrize("give", [by_feed, by_view])


def refused(call: Callable[[], object]) -> FramingError:
    with pytest.raises(FramingError) as caught:
        call()
    return caught.value


# Bad headers


@pytest.mark.parametrize(("data", "header"), BAD_HEADERS)
def test_invalid_header(data: bytes, header: bytes) -> None:
    for error in (
        refused(lambda: FrameDecoder().feed(data)),
        refused(lambda: framing.decode(data)),
    ):
        assert isinstance(error, InvalidHeader)
        assert (error.header, error.offset) == (header, 0)
        assert f"byte {header[-1:]!r}" in str(error)
    # As soon as the byte has come, and not before.
    decoder = FrameDecoder()
    decoder.feed(GOOD)
    assert decoder.feed(header[:-1]) == []
    late = refused(lambda: decoder.feed(header[-1:]))
    assert isinstance(late, InvalidHeader)
    assert (late.header, late.offset) == (header, len(GOOD))
    assert f"offset {len(GOOD)}" in str(late)


def test_a_byte_that_strict_refuses_is_named() -> None:
    # The header is not blank: nine more bytes were to come.
    error = refused(lambda: FrameDecoder(DecimalHeader(strict=True)).feed(b" 5        "))
    assert isinstance(error, InvalidHeader)
    assert error.header == b" "
    assert "byte b' '" in str(error)
    assert "blank" not in str(error)


@pytest.mark.parametrize(("data", "word"), HINTS)
def test_a_hint(data: bytes, word: str | None) -> None:
    error = refused(lambda: FrameDecoder().feed(data))
    assert isinstance(error, InvalidHeader)
    if word is None:
        assert error.hint is None
    else:
        assert error.hint is not None
        assert word in error.hint
        assert error.hint in str(error)
        assert len(error.hint.split()) > 3, "a sentence"


def test_a_wide_header_is_shown_in_part() -> None:
    error = refused(lambda: FrameDecoder(4096).feed(b"7" * 4000 + b"\xff"))
    assert isinstance(error, InvalidHeader)
    assert error.header == b"7" * 4000 + b"\xff"
    for text in (str(error), repr(error)):
        assert text.count("7") < 48
    assert r"\xff" in str(error)


# Too large


@pytest.mark.parametrize(
    "digits",
    [
        "10",
        "18446744073709551614",
        "18446744073709551615",
        "18446744073709551616",
        "9" * 39,
        "9" * 4096,
    ],
    ids=len,
)
def test_a_claimed_length_is_exact(digits: str) -> None:
    header = f"{digits:>04096}".encode()
    decoder = FrameDecoder(4096, max_frame_size=9)
    assert decoder.feed(header[:-1]) == []
    error = refused(lambda: decoder.feed(header[-1:]))
    assert error == FrameTooLarge(int(digits), 9, 0)
    assert decoder.take_buffered() == header
    assert refused(lambda: framing.decode(header, 4096, max_frame_size=9)) == error
    assert len(str(error)) < 200


def test_a_length_is_judged_on_the_header_alone() -> None:
    decoder = FrameDecoder(max_frame_size=5)
    assert decoder.feed(b"5         hello6        ") == [b"hello"]
    error = refused(lambda: decoder.feed(b" "))
    assert error == FrameTooLarge(6, 5, 15)
    assert all(part in str(error) for part in ("6", "5", "max_frame_size", "offset 15"))


def test_a_limit_of_nothing() -> None:
    decoder = FrameDecoder(max_frame_size=0)
    assert decoder.feed(b"0         ") == [b""]
    assert refused(lambda: decoder.feed(b"1         ")) == FrameTooLarge(1, 0, 10)


def test_a_limit_is_in_the_unit_of_the_header() -> None:
    wire = framing.encode("äöü", CHARS, max_frame_size=3)
    assert framing.decode(wire, CHARS, max_frame_size=3) == ["äöü".encode()]
    assert refused(lambda: framing.decode(wire, CHARS, max_frame_size=2)) == FrameTooLarge(3, 2, 0)
    assert refused(lambda: framing.encode("äöü", CHARS, max_frame_size=2)) == FrameTooLarge(3, 2)
    assert refused(lambda: framing.encode("äöü", max_frame_size=3)) == FrameTooLarge(6, 3)


# The end of a stream's usefulness


@each_way
@each_end
def test_good_frames_come_first(
    deadly: Callable[[], Deadly], give: Callable[[FrameDecoder, bytes], list[bytes]]
) -> None:
    decoder, bad, expected = deadly()
    assert give(decoder, GOOD + bad) == FRAMES
    assert decoder.error == expected
    assert refused(lambda: give(decoder, b"")) == expected
    assert decoder.stats.frames == 2


@each_way
@each_end
def test_dead_until_reset(
    deadly: Callable[[], Deadly], give: Callable[[FrameDecoder, bytes], list[bytes]]
) -> None:
    decoder, bad, expected = deadly()
    give(decoder, GOOD)
    assert decoder.error is None
    errors = [refused(lambda: give(decoder, bad))]
    calls: list[Callable[[], object]] = [
        lambda: decoder.feed(GOOD),
        lambda: decoder.feed(b""),
        decoder.feed_eof,
        lambda: decoder.buffer_updated(0),
        lambda: by_view(decoder, GOOD),
    ]
    errors += [refused(call) for call in calls * 2]
    kept: Any = decoder.error
    errors.append(kept)
    assert errors == [expected] * len(errors)
    assert len({id(error) for error in errors}) == len(errors), "an instance of its own each time"
    assert (decoder.buffered, decoder.needed, decoder.offset) == (len(bad), 0, len(GOOD))

    decoder.reset()
    assert (decoder.error, decoder.offset, decoder.buffered) == (None, 0, 0)
    assert decoder.feed(GOOD) == FRAMES
    decoder.feed_eof()


@each_end
@pytest.mark.parametrize("cut", [0, 1, 2])
def test_take_buffered_gives_everything_from_the_refused_frame_on(
    deadly: Callable[[], Deadly], cut: int
) -> None:
    decoder, bad, expected = deadly()
    decoder.feed(GOOD + bad[:cut])
    error = refused(lambda: decoder.feed(bad[cut:]))
    assert decoder.take_buffered() == bad
    assert decoder.take_buffered() == b""
    assert error == expected
    # To take the bytes is not to revive it.
    assert refused(lambda: decoder.feed(GOOD)) == decoder.error == expected
    assert decoder.take_buffered() == b""


@each_end
def test_an_error_as_raised_can_be_copied(deadly: Callable[[], Deadly]) -> None:
    decoder, bad, expected = deadly()
    error = refused(lambda: framing.decode(GOOD + bad, decoder.header, max_frame_size=9))
    assert error == expected
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(error, protocol)) == error
    assert copy.copy(error) == copy.deepcopy(error) == error


# The end of a stream

TRUNCATED: list[tuple[bytes, int | DecimalHeader, tuple[Any, ...]]] = [
    (b"5", 10, ("header", 10, 1)),
    (b"5        ", 10, ("header", 10, 9)),
    (b"5         ", 10, ("payload", 5, 0)),
    (b"5         hell", 10, ("payload", 5, 4)),
    (b" ", 4096, ("header", 4096, 1)),
    (b"3         \xc3\xa9", CHARS, ("payload", 4, 2)),
    (b"3         \xc3\xa9\xe2", CHARS, ("payload", 6, 3)),
]


@pytest.mark.parametrize("keep_header", [False, True])
@pytest.mark.parametrize(("data", "header", "facts"), TRUNCATED)
def test_truncated_frame(
    data: bytes, header: int | DecimalHeader, facts: tuple[Any, ...], keep_header: bool
) -> None:
    decoder = FrameDecoder(header, keep_header=keep_header)
    decoder.feed(data)
    error = refused(decoder.feed_eof)
    assert isinstance(error, TruncatedFrame)
    assert (error.stage, error.expected, error.received, error.partial) == (*facts, data)
    assert f"{facts[2]} of {facts[1]} bytes" in str(error)
    assert refused(lambda: framing.decode(data, header, keep_header=keep_header)) == error
    # It may be said again, and nothing is lost by it.
    assert refused(decoder.feed_eof) == error
    assert decoder.error is None
    assert (decoder.buffered, decoder.take_buffered()) == (len(data), data)


@pytest.mark.parametrize("size", [5, 70_000, 3_000_000])
@pytest.mark.parametrize("missing", [1, 4])
def test_partial_resumes_in_another_decoder(size: int, missing: int) -> None:
    payload = bytes(range(250)) * (size // 250 + 1)
    wire = framing.encode(payload[:size])
    head, tail = wire[:-missing], wire[-missing:]
    decoder = FrameDecoder()
    for at in range(0, len(head), 65_536):
        assert decoder.feed(head[at : at + 65_536]) == []
    error = refused(decoder.feed_eof)
    # Nobody has asked for `partial` yet; what happens now must not reach it.
    assert decoder.feed(tail + GOOD + b"9") == [payload[:size], *FRAMES]
    assert isinstance(error, TruncatedFrame)
    assert error.partial == head
    heir = FrameDecoder()
    assert heir.feed(error.partial) == []
    assert heir.feed(tail) == [payload[:size]]
    assert pickle.loads(pickle.dumps(error)) == error


def test_feed_after_a_clean_end() -> None:
    decoder = FrameDecoder()
    for _ in range(2):
        decoder.feed_eof()
        decoder.feed_eof()
        assert decoder.feed(GOOD) == FRAMES
        decoder.feed_eof()


def test_a_zero_length_frame_is_no_truncated_one() -> None:
    assert framing.decode(b"0         ") == [b""]
    assert framing.decode(b"") == []


# The sending side


def encodings(encoder: FrameEncoder, payload: str | bytes) -> list[Callable[[], object]]:
    header, limit = encoder.header, encoder.max_frame_size
    return [
        lambda: encoder.encode(payload),
        lambda: encoder.encode_many([payload]),
        lambda: encoder.encode_into(payload, bytearray(100)),
        lambda: encoder.header_for(payload),
        lambda: framing.encode(payload, header, max_frame_size=limit),
    ]


@pytest.mark.parametrize(
    ("encoder", "payload", "expected"),
    [
        (FrameEncoder(max_frame_size=4), b"hello", FrameTooLarge(5, 4)),
        (FrameEncoder(1), b"0123456789", FrameTooLarge(10, 9)),
        (FrameEncoder(CHARS, max_frame_size=2), "äöü", FrameTooLarge(3, 2)),
        (
            FrameEncoder(CHARS),
            b"ab\xff",
            InvalidPayload(None, "byte 0xff at index 2 is not valid UTF-8 there"),
        ),
    ],
)
def test_an_encoder_refuses(
    encoder: FrameEncoder, payload: str | bytes, expected: FramingError
) -> None:
    for call in encodings(encoder, payload):
        assert refused(call) == expected
    assert "offset" not in str(expected)


def test_a_buffer_too_small() -> None:
    error = refused(lambda: FrameEncoder().encode_into("hello", bytearray(20), 6))
    assert error == BufferTooSmall(15, 14)


@pytest.mark.parametrize(
    ("kind", "call"),
    [
        (ValueError, lambda: framing.decode(b"hello")),
        (ValueError, lambda: framing.decode(b"6         ", max_frame_size=5)),
        (ValueError, lambda: framing.decode(b"1         \xff", CHARS)),
        (ValueError, lambda: FrameEncoder().encode_into(b"", bytearray(9))),
        (EOFError, lambda: framing.decode(b"6         hello")),
    ],
)
def test_what_a_python_user_would_catch(kind: type[Exception], call: Callable[[], object]) -> None:
    with pytest.raises(kind) as caught:
        call()
    assert isinstance(caught.value, FramingError)
