"""What other libraries' tests say and no vector can: limits, what is not written, and where we differ.

The name of each such test stands beside ours. docs/peers.md has them all.
"""

from __future__ import annotations

import socket
import sys
from typing import Literal

import framing
import pytest
from framing import BinaryHeader, FrameDecoder, FrameEncoder, NetstringHeader, VarintHeader
from support.pairs import pair, receive

FOUR = BinaryHeader(4)
WIRE = b"\0\0\0\x09abcdefghi"


# tokio-util


def test_a_payload_over_the_limit_is_not_written() -> None:
    """write_max_frame_len"""
    with pytest.raises(framing.FrameTooLarge) as caught:
        FrameEncoder(FOUR, max_frame_size=5).encode(b"abcdef")
    assert (caught.value.length, caught.value.limit) == (6, 5)


@pytest.mark.parametrize(("adjustment", "most"), [(-1, 254), (0, 255), (1, 256)])
def test_what_a_length_can_say_is_the_limit(adjustment: int, most: int) -> None:
    """neg_adjusted_frame_does_not_fit, pos_adjusted_frame_does_not_fit,
    runtime_max_frame_len_respects_length_field
    """
    header = BinaryHeader(1, length_adjustment=adjustment)
    assert FrameDecoder(header).max_frame_size == most
    encoder = FrameEncoder(header)
    assert encoder.max_frame_size == most
    assert encoder.encode(bytes(most)) == b"\xff" + bytes(most)
    buffer = bytearray(b"prefix") + bytes(most + 2)
    with pytest.raises(framing.FrameTooLarge):
        encoder.encode_into(bytes(most + 1), buffer, len(b"prefix"))
    assert buffer == b"prefix" + bytes(most + 2)
    # Theirs becomes `most`.
    for kind in (FrameDecoder, FrameEncoder):
        with pytest.raises(ValueError, match="max_frame_size"):
            kind(header, max_frame_size=1000)


def test_a_limit_that_no_length_can_say_is_refused() -> None:
    """frame_does_not_fit, max_allowed_frame_fits, max_allowed_length_field"""
    for kind in (FrameDecoder, FrameEncoder):
        with pytest.raises(ValueError, match="max_frame_size"):
            kind(BinaryHeader(1), max_frame_size=256)
        with pytest.raises(ValueError, match="max_frame_size"):
            kind(BinaryHeader(8), max_frame_size=2**64 - 1)
        assert kind(BinaryHeader(8), max_frame_size=sys.maxsize).max_frame_size == sys.maxsize


def test_a_limit_is_for_good() -> None:
    """read_update_max_frame_len_at_rest, write_update_max_frame_len_at_rest,
    write_update_max_frame_len_in_flight
    """
    encoder, decoder = FrameEncoder(FOUR), FrameDecoder(FOUR)
    for one in (encoder, decoder):
        with pytest.raises(AttributeError):
            one.max_frame_size = 5  # type: ignore[misc]
    assert encoder.encode(b"abcdef") == b"\0\0\0\x06abcdef"
    with pytest.raises(framing.FrameTooLarge):
        FrameEncoder(FOUR, max_frame_size=5).encode(b"abcdef")
    assert decoder.feed(WIRE) == [b"abcdefghi"]
    with pytest.raises(framing.FrameTooLarge):
        FrameDecoder(FOUR, max_frame_size=5).feed(decoder.take_buffered() + WIRE)


def test_a_new_limit_holds_for_the_frame_that_has_begun() -> None:
    """read_update_max_frame_len_in_flight"""
    decoder = FrameDecoder(FOUR)
    assert decoder.feed(WIRE[:8]) == []
    with pytest.raises(framing.FrameTooLarge):
        FrameDecoder(FOUR, max_frame_size=5).feed(decoder.take_buffered())


def test_a_full_buffer_is_not_made_larger() -> None:
    """encode_overflow"""
    buffer = bytearray(b"a" * 1024)
    with pytest.raises(framing.BufferTooSmall):
        FrameEncoder(FOUR).encode_into(b"hello", buffer, 1024)
    assert buffer == b"a" * 1024


def test_an_end_behind_a_header_is_inside_a_frame() -> None:
    decoder = FrameDecoder(FOUR)
    decoder.feed(WIRE[:4])
    with pytest.raises(framing.TruncatedFrame) as caught:
        decoder.feed_eof()
    assert (caught.value.stage, caught.value.expected, caught.value.received) == ("payload", 9, 0)


def test_a_frame_that_would_end_inside_its_header_is_refused() -> None:
    # Of tokio-util's `length_field_length(2).num_skip(0)`, after docs/formats.md.
    decoder = FrameDecoder(BinaryHeader(2, length_adjustment=-2), keep_header=True)
    assert decoder.feed(b"\0\x02") == [b"\0\x02"]
    with pytest.raises(framing.InvalidHeader) as caught:
        decoder.feed(b"\0\x01")
    assert (caught.value.header, caught.value.offset) == (b"\0\x01", 2)


# Netty


def test_a_length_below_zero_is_not_written() -> None:
    """testAdjustedLengthLessThanZero"""
    with pytest.raises(framing.InvalidPayload):
        framing.encode(b"A", BinaryHeader(4, length_adjustment=2))


def test_a_varint_of_four_bytes() -> None:
    """testSize4Varint"""
    payload = b"\x01" * 0x200000
    wire = b"\x80\x80\x80\x01" + payload
    assert framing.encode(payload, VarintHeader()) == wire
    assert framing.decode(wire, VarintHeader()) == [payload]


def test_no_length_is_negative() -> None:
    with pytest.raises(framing.FrameTooLarge) as caught:
        FrameDecoder(BinaryHeader(8)).feed(b"\xff" * 8)
    assert caught.value.length == 2**64 - 1


@pytest.mark.parametrize("on_oversize", ["error", "skip"])
def test_nothing_comes_after_a_length_that_cannot_be(on_oversize: Literal["error", "skip"]) -> None:
    header = BinaryHeader(4, length_adjustment=-4)
    decoder = FrameDecoder(header, on_oversize=on_oversize)
    good = framing.encode(b"A", header)
    assert decoder.feed(good + b"\0\0\0\x03" + good) == [b"A"]
    with pytest.raises(framing.InvalidHeader):
        decoder.feed(good)


def test_a_varint_of_five_bytes_may_be_cut_before_its_last() -> None:
    decoder = FrameDecoder(VarintHeader(5))
    assert decoder.feed(b"\xff\xff\xff\xff") == []
    assert decoder.error is None
    assert decoder.feed(b"\x00") == []
    assert decoder.needed == 2**28 - 1


def test_a_varint_has_a_limit() -> None:
    wire = b"\xff\xff\xff\xff\x0f"
    with pytest.raises(framing.FrameTooLarge) as caught:
        framing.decode(wire, VarintHeader())
    assert caught.value.length == 2**32 - 1


# Twisted


@pytest.mark.parametrize("size", [1, 2])
def test_a_string_that_is_too_long_for_its_length_is_not_written(size: int) -> None:
    """Int8Tests.test_tooLongSend, Int16Tests.test_tooLongSend"""
    with pytest.raises(framing.FrameTooLarge):
        framing.encode(b"b" * (2 ** (8 * size) + 1), BinaryHeader(size))


@pytest.mark.parametrize("size", [1, 2, 4])
def test_what_was_fed_is_not_replaced(size: int) -> None:
    """Int8Tests.test_recvdChanged, Int16Tests.test_recvdChanged, Int32Tests.test_recvdChanged"""
    header = BinaryHeader(size)
    decoder = FrameDecoder(header)
    first, second, third = (framing.encode(text * 5, header) for text in "abc")
    assert decoder.feed(first + second) == [b"aaaaa", b"bbbbb"]
    assert decoder.feed(third) == [b"ccccc"]
    # What is no frame yet can be.
    assert decoder.feed(first + second[:-1]) == [b"aaaaa"]
    assert decoder.take_buffered() == second[:-1]
    assert decoder.feed(third) == [b"ccccc"]


@pytest.mark.parametrize("size", [1, 2, 4])
def test_what_is_between_frames_is_read_from_the_socket(size: int) -> None:
    """Int8Tests.test_switching, Int16Tests.test_switching, Int32Tests.test_switching"""
    header, switch = BinaryHeader(size), bytes(4)
    strings = [b"a", b"b" * 16]
    stream = b"".join(framing.encode(string, header) + switch for string in strings)
    with pair() as (ours, theirs):
        theirs.sendall(stream + b"\x01")
        for string in strings:
            assert framing.recv_frame(ours, header) == string
            assert receive(ours, len(switch)) == switch
        theirs.shutdown(socket.SHUT_WR)
        assert ours.recv(100) == b"\x01"
    # A decoder that is fed everything sees empty frames.
    empty = [b""] * (len(switch) // size)
    assert framing.decode(stream, header) == [strings[0], *empty, strings[1], *empty]


def test_a_limit_is_held_against_a_whole_number() -> None:
    decoder = FrameDecoder(NetstringHeader(), max_frame_size=50)
    assert decoder.feed(b"99") == []
    with pytest.raises(framing.FrameTooLarge) as caught:
        decoder.feed(b":")
    assert caught.value.length == 99
    # Whoever would not wait for more digits than the limit has says so.
    with pytest.raises(framing.InvalidHeader):
        FrameDecoder(NetstringHeader(2), max_frame_size=50).feed(b"100")


@pytest.mark.parametrize("header", [FOUR, NetstringHeader()], ids=repr)
def test_a_limit_holds_for_what_is_sent_too(header: BinaryHeader | NetstringHeader) -> None:
    with pytest.raises(framing.FrameTooLarge):
        framing.encode(b"x" * 51, header, max_frame_size=50)
    assert FrameDecoder(header).max_frame_size == 1_000_000_000


@pytest.mark.parametrize("header", [FOUR, NetstringHeader()], ids=repr)
def test_an_end_inside_a_frame_is_told(header: BinaryHeader | NetstringHeader) -> None:
    wire = framing.encode(b"hello", header)
    for size in range(1, len(wire)):
        decoder = FrameDecoder(header)
        decoder.feed(wire[:size])
        with pytest.raises(framing.TruncatedFrame):
            decoder.feed_eof()
