"""Against pynetstring."""

from __future__ import annotations

import socket
from typing import Any

import framing
import pytest
from framing import FrameDecoder, FrameTooLarge, FramingError, InvalidHeader, TruncatedFrame
from framing.presets import NETSTRING
from support.formats import body
from support.interop_ends import SIZES, Layer, each_layer, ended, is_clean
from support.interop_peers import in_a_thread, package

pytestmark = pytest.mark.slow


pynetstring = package("pynetstring", "pynetstring")

PAYLOADS = [body(size) for size in SIZES]


def answering(sock: socket.socket, limit: int = 0) -> str:
    """Answers each netstring until the stream ends or something is wrong."""
    decoder = pynetstring.Decoder(limit)
    try:
        while chunk := sock.recv(65_536):
            for string in decoder.feed(chunk):
                sock.sendall(pynetstring.encode(string[::-1]))
    except pynetstring.NetstringException as error:
        return type(error).__name__
    return "pending" if decoder.pending() else "clean"


def test_each_reads_what_the_other_writes() -> None:
    wire = b"".join(pynetstring.encode(PAYLOADS))
    assert framing.decode(wire, NETSTRING) == PAYLOADS
    ours = framing.FrameEncoder(NETSTRING).encode_many(PAYLOADS)
    assert ours == wire
    assert pynetstring.decode(ours) == PAYLOADS


def test_both_give_the_same_frames_of_the_same_pieces() -> None:
    payloads = [b"", b"a", b"0:,", b"", b"1:a,", body(12)]
    wire = b"".join(pynetstring.encode(payloads))
    theirs, ours = pynetstring.Decoder(), FrameDecoder(NETSTRING)
    # A byte at a time, and each says what is complete by then.
    pieces = [wire[index : index + 1] for index in range(len(wire))]
    given = [(theirs.feed(piece), ours.feed(piece)) for piece in pieces]
    assert all(one == other for one, other in given)
    assert [frame for frames, _ in given for frame in frames] == payloads


@pytest.mark.parametrize("pace", ["in one burst", "one at a time"])
@each_layer
def test_every_size_there_and_back_and_a_clean_end(layer: Layer, pace: str) -> None:
    with (
        in_a_thread(answering) as (address, peer),
        layer.connected(address, header=NETSTRING) as end,
    ):
        answers = []
        if pace == "in one burst":
            answers = end.exchange(len(PAYLOADS), "send_many", PAYLOADS)
        else:
            for payload in PAYLOADS:
                end.send(payload)
                answers.append(end.recv())
        assert answers == [payload[::-1] for payload in PAYLOADS]
        end.finish()
        assert is_clean(ended(end))
        assert peer.result() == "clean"


@each_layer
def test_a_frame_over_the_limit_of_the_peer(layer: Layer) -> None:
    with (
        in_a_thread(lambda sock: answering(sock, limit=100)) as (address, peer),
        layer.connected(address, header=NETSTRING) as end,
    ):
        end.send(body(100))
        assert end.recv() == body(100)[::-1]
        end.send(body(101))
        assert peer.result() == "TooLong"


@each_layer
def test_a_frame_over_our_limit(layer: Layer) -> None:
    def serve(sock: socket.socket) -> str:
        sock.sendall(pynetstring.encode(body(100)) + pynetstring.encode(body(101)))
        return "sent"

    with (
        in_a_thread(serve) as (address, peer),
        layer.connected(address, header=NETSTRING, max_frame_size=100) as end,
    ):
        assert end.recv() == body(100)
        assert ended(end) == FrameTooLarge(101, 100, len(b"100:") + 100 + len(b","))
        assert peer.result() == "sent"


@pytest.mark.parametrize("part", [b"5", b"5:", b"5:hell", b"5:hello"])
@each_layer
def test_a_stream_that_ends_inside_a_frame(layer: Layer, part: bytes) -> None:
    with pytest.raises(TruncatedFrame):
        framing.decode(part, NETSTRING)
    with (
        in_a_thread(answering) as (address, peer),
        layer.connected(address, header=NETSTRING) as end,
    ):
        end.send_encoded(part)
        end.finish()
        assert is_clean(ended(end))
        assert peer.result() == "pending"


@pytest.mark.parametrize("wire", [b":,", b"+1:a,", b" 1:a,", b"1 :a,", b"a", b"1:ab", b"1:a;"])
def test_what_both_refuse(wire: bytes) -> None:
    with pytest.raises(pynetstring.NetstringException):
        pynetstring.decode(wire)
    with pytest.raises(FramingError):
        framing.decode(wire, NETSTRING)


@pytest.mark.parametrize(("wire", "strings"), [(b"01:a,", [b"a"]), (b"00:,", [b""])])
def test_zeros_in_front_are_read_by_pynetstring_only(wire: bytes, strings: list[Any]) -> None:
    assert pynetstring.decode(wire) == strings
    with pytest.raises(InvalidHeader):
        framing.decode(wire, NETSTRING)
