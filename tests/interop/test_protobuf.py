"""Against protobuf's own helpers for messages behind their length: in memory, and over a socket's files."""

from __future__ import annotations

import io
import socket
from typing import Any

import framing
import pytest
from framing import FrameTooLarge, InvalidHeader, TruncatedFrame
from framing.presets import PROTOBUF_DELIMITED
from support.formats import body
from support.interop_ends import SIZES, Layer, each_layer, ended, is_clean
from support.interop_peers import in_a_thread, package

pytestmark = pytest.mark.slow


proto = package("protobuf", "google.protobuf.proto")
BytesValue = package("protobuf", "google.protobuf.wrappers_pb2").BytesValue
DecodeError = package("protobuf", "google.protobuf.message").DecodeError


def message(size: int) -> Any:
    """A message of so many bytes: a tag, a length, and the value."""
    for overhead in (0, 2, 3, 4, 5):
        made = BytesValue(value=body(max(size - overhead, 0)))
        if made.ByteSize() == size:
            return made
    raise AssertionError(f"no message has {size} bytes")


# A single byte is no message of this type.
MESSAGES = [message(size) for size in SIZES if size != 1]
PAYLOADS: list[bytes] = [made.SerializeToString() for made in MESSAGES]


def delimited(*messages: Any) -> bytes:
    """What protobuf writes."""
    file = io.BytesIO()
    for made in messages:
        proto.serialize_length_prefixed(made, file)
    return file.getvalue()


def parsed(wire: bytes) -> list[Any]:
    """What protobuf reads."""
    file = io.BytesIO(wire)
    return list(iter(lambda: proto.parse_length_prefixed(BytesValue, file), None))


def reversed_(made: Any) -> Any:
    return BytesValue(value=made.value[::-1])


def answering(sock: socket.socket) -> str:
    """Answers each message until the stream ends."""
    with sock.makefile("rb") as received, sock.makefile("wb") as sent:
        while (got := proto.parse_length_prefixed(BytesValue, received)) is not None:
            proto.serialize_length_prefixed(reversed_(got), sent)
            sent.flush()
    return "clean"


def test_the_sizes_are_those_of_the_messages() -> None:
    assert [len(payload) for payload in PAYLOADS] == [size for size in SIZES if size != 1]


def test_each_reads_what_the_other_writes() -> None:
    wire = delimited(*MESSAGES)
    assert framing.decode(wire, PROTOBUF_DELIMITED) == PAYLOADS
    ours = framing.FrameEncoder(PROTOBUF_DELIMITED).encode_many(PAYLOADS)
    assert ours == wire
    assert parsed(ours) == MESSAGES


@pytest.mark.parametrize("pace", ["in one burst", "one at a time"])
@each_layer
def test_every_size_there_and_back_and_a_clean_end(layer: Layer, pace: str) -> None:
    with (
        in_a_thread(answering) as (address, peer),
        layer.connected(address, header=PROTOBUF_DELIMITED) as end,
    ):
        answers = []
        if pace == "in one burst":
            answers = end.exchange(len(PAYLOADS), "send_many", PAYLOADS)
        else:
            for payload in PAYLOADS:
                end.send(payload)
                answers.append(end.recv())
        assert [BytesValue.FromString(answer) for answer in answers] == [*map(reversed_, MESSAGES)]
        end.finish()
        assert is_clean(ended(end))
        assert peer.result() == "clean"


@pytest.mark.parametrize(
    ("part", "says"),
    [
        (b"\x80", "Fail to read varint index out of range"),
        (b"\x05", "Truncated message .* Expected 5 bytes but only 0 bytes"),
        (b"\x05\x0a", "Error parsing message"),
    ],
)
@each_layer
def test_a_stream_that_ends_inside_a_frame(layer: Layer, part: bytes, says: str) -> None:
    with pytest.raises(TruncatedFrame):
        framing.decode(part, PROTOBUF_DELIMITED)

    def serve(sock: socket.socket) -> str:
        with sock.makefile("rb") as file, pytest.raises((ValueError, DecodeError), match=says):
            proto.parse_length_prefixed(BytesValue, file)
        return "refused"

    with (
        in_a_thread(serve) as (address, peer),
        layer.connected(address, header=PROTOBUF_DELIMITED) as end,
    ):
        end.send_encoded(part)
        end.finish()
        assert peer.result() == "refused"
        assert is_clean(ended(end))


@each_layer
def test_a_frame_over_our_limit(layer: Layer) -> None:
    def serve(sock: socket.socket) -> str:
        sock.sendall(delimited(message(100), message(101)))
        return "sent"

    with (
        in_a_thread(serve) as (address, peer),
        layer.connected(address, header=PROTOBUF_DELIMITED, max_frame_size=100) as end,
    ):
        assert end.recv() == message(100).SerializeToString()
        assert ended(end) == FrameTooLarge(101, 100, 101)
        assert peer.result() == "sent"


def test_lengths_that_are_longer_than_they_must_be_are_read_by_both() -> None:
    wire = b"\x87\x80\x80\x00\x0a\x05hello"
    assert parsed(wire) == [BytesValue(value=b"hello")]
    assert framing.decode(wire, PROTOBUF_DELIMITED) == [b"\x0a\x05hello"]


def test_lengths_that_go_on_for_too_long_are_refused_by_both() -> None:
    wire = b"\x80" * 10 + b"\x01"
    with pytest.raises(DecodeError, match="Too many bytes"):
        parsed(wire)
    with pytest.raises(InvalidHeader) as caught:
        framing.decode(wire, PROTOBUF_DELIMITED)
    assert caught.value.header == b"\x80" * 10


def test_protobuf_drops_bits_beyond_the_sixty_fourth_and_we_refuse_them() -> None:
    # 2^64 + 2, in ten bytes.
    wire = b"\x82" + b"\x80" * 8 + b"\x02" + b"\x0a\x00"
    assert parsed(wire) == [BytesValue()]
    with pytest.raises(InvalidHeader):
        framing.decode(wire, PROTOBUF_DELIMITED)
