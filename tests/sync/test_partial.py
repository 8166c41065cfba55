"""What functions that keep nothing refuse: every byte they have taken is in `partial`."""

from __future__ import annotations

import asyncio
from typing import Any

import framing
import pytest
from framing import (
    BinaryHeader,
    DecimalHeader,
    FramedSocket,
    FrameTooLarge,
    FramingError,
    InvalidHeader,
    InvalidPayload,
    NetstringHeader,
    TruncatedFrame,
    aio,
    decode,
    recv_frame,
)
from support.copies import Copy, each_copy
from support.pairs import begin, framed, own_methods, pair

CHARS = DecimalHeader(4, unit="chars")

# The header, what arrives, its refusal, and how many bytes of it are taken.
REFUSED: dict[str, tuple[Any, dict[str, Any], bytes, type[FramingError], int]] = {
    "a sign": (10, {}, b"-1        6         al bob", InvalidHeader, 10),
    "blank": (10, {}, b"          hello", InvalidHeader, 10),
    "too large": (10, {"max_frame_size": 4}, b"5         hello", FrameTooLarge, 10),
    "binary": (BinaryHeader(4), {"max_frame_size": 4}, b"\0\0\0\5hello", FrameTooLarge, 4),
    "not UTF-8": (CHARS, {}, b"3   a\xffbc", InvalidPayload, 7),
    "kept": (CHARS, {"keep_header": True}, b"3   a\xffbc", InvalidPayload, 7),
    "no comma": (NetstringHeader(), {}, b"5:hello;more", InvalidPayload, 8),
    "no comma, kept": (NetstringHeader(), {"keep_header": True}, b"5:hello;more", InvalidPayload, 8),
    "large": (NetstringHeader(), {}, b"300000:" + b"x" * 300_000 + b";more", InvalidPayload, 300_008),
}
each_refused = pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)


@each_refused
@pytest.mark.parametrize("link", [pair, own_methods], ids=lambda link: link.__name__)
def test_recv_frame(case: Any, link: Any) -> None:
    header, options, wire, kind, taken = case
    with link() as (ours, peer):
        sending = begin(peer.sendall, wire)
        with pytest.raises(kind) as caught:
            recv_frame(ours, header, **options)
        assert caught.value.partial == wire[:taken]
        # The others are still in the socket.
        sending.result()
        rest = wire[taken:]
        assert ours.recv(len(rest) + 1) == rest


@each_refused
def test_read_frame(case: Any) -> None:
    header, options, wire, kind, taken = case

    async def main() -> None:
        reader = asyncio.StreamReader()
        reader.feed_data(wire)
        errors = []
        for _ in range(3):
            with pytest.raises(kind) as caught:
                await aio.read_frame(reader, header, **options)
            errors.append(caught.value)
        for error in errors:
            assert error.partial == wire[:taken]
            assert error == errors[0]
        assert len({id(error) for error in errors}) == len(errors)
        rest = wire[taken:]
        assert await reader.read(len(rest) + 1) == rest

    asyncio.run(main())


def test_who_keeps_them_says_nothing() -> None:
    with framed() as (fs, peer):
        peer.sendall(b"-1        6         al bob")
        with pytest.raises(InvalidHeader) as caught:
            fs.recv()
        assert caught.value.partial is None
        assert fs.detach()[1] == b"-1        6         al bob"
    decoder = framing.FrameDecoder()
    with pytest.raises(InvalidHeader) as caught:
        decoder.feed(b"-1")
    assert caught.value.partial is None
    assert FramedSocket.recv is not None


# The good frames of a damaged capture

GOOD = [b"hello", b"", b"x" * 100]
CAPTURE = framing.FrameEncoder().encode_many(GOOD)

DAMAGED: dict[str, tuple[bytes, type[FramingError]]] = {
    "header": (b"-1", InvalidHeader),
    "length": (b"9999999999", FrameTooLarge),
    "cut": (b"5         hel", TruncatedFrame),
}


@each_copy
@pytest.mark.parametrize(("tail", "kind"), DAMAGED.values(), ids=DAMAGED)
@pytest.mark.parametrize("count", [0, 3])
def test_frames_of_a_damaged_capture(
    copied: Copy[Any], tail: bytes, kind: type[FramingError], count: int
) -> None:
    with pytest.raises(kind) as caught:
        decode((CAPTURE if count else b"") + tail)
    assert caught.value.frames == GOOD[:count]
    assert copied(caught.value).frames == GOOD[:count]


def test_frames_before_a_bad_payload() -> None:
    with pytest.raises(InvalidPayload) as caught:
        decode(b"2   ab3   a\xffb", CHARS)
    assert caught.value.frames == [b"ab"]


def test_frames_are_of_decode_alone() -> None:
    decoder = framing.FrameDecoder()
    with pytest.raises(InvalidHeader) as caught:
        decoder.feed(b"-1")
    assert caught.value.frames is None
