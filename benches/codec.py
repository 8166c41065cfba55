"""The codec against floors (what no extension can beat by much) and peers.

    python benches/codec.py [--quick] [--json]

Needs `msgpack` for one row. "Limit" is the ratio the project holds itself to.
"""

from __future__ import annotations

import random
import sys

import by_hand
import codec_formats
import framing
import harness
from streams import CHUNK, cut, feed_all, unpack_all

import memory


def feed_by_hand(chunks: list[bytes]) -> harness.Work:
    return feed_all(chunks, by_hand.HandDecoder())


def unpack_msgpack(size: int, count: int) -> harness.Work | None:
    try:
        import msgpack
    except ImportError:
        print("msgpack is not installed: its row is left out", file=sys.stderr)
        return None
    chunks = cut(msgpack.packb(bytes(size)) * count, CHUNK)
    unpacker = msgpack.Unpacker()

    def work() -> None:
        for chunk in chunks:
            unpacker.feed(chunk)
            list(unpacker)

    return work


def decoding(option: harness.Options) -> None:
    count = 1560 * 8
    small = framing.encode(bytes(range(32))) * count
    others: list[harness.Other] = [
        ('floor: struct "10x32s"*k', unpack_all([32] * count, CHUNK), 1.25),
        ("by hand: bytearray + int()", feed_by_hand(cut(small, CHUNK)), 0.06),
    ]
    if peer := unpack_msgpack(32, count):
        others.append(("list(msgpack.Unpacker)", peer, 0.65))
    chunks = cut(small, CHUNK)
    harness.report(
        option,
        harness.compare(option, "feed 32 B, 64 KiB chunks", feed_all(chunks), others, count=count),
    )

    count = 1560 * 8
    choose = random.Random(1)
    sizes = [choose.randrange(22, 43) for _ in range(count)]
    chunks = cut(b"".join(framing.encode(bytes(size)) for size in sizes), CHUNK)
    floor: harness.Other = ('floor: struct "10x31s10x24s..."', unpack_all(sizes, CHUNK), 1.4)
    hand: harness.Other = ("by hand: bytearray + int()", feed_by_hand(chunks), None)
    rows = harness.compare(
        option, "feed 22 to 42 B, 64 KiB chunks", feed_all(chunks), [floor, hand], count=count
    )
    harness.report(option, rows)

    count = 312 * 8
    medium = framing.encode(bytes(200)) * count
    chunks = cut(medium, CHUNK)
    floor = ('floor: struct "10x200s"*k', unpack_all([200] * count, CHUNK), 1.3)
    harness.report(
        option,
        harness.compare(option, "feed 200 B, 64 KiB chunks", feed_all(chunks), [floor], count=count),
    )

    count = 400
    drops = cut(framing.encode(bytes(32)) * count, 16)
    hand = ("by hand: bytearray + int()", feed_by_hand(drops), 0.3)
    harness.report(
        option,
        harness.compare(option, "feed 32 B, 16-byte chunks", feed_all(drops), [hand], count=count),
    )

    pieces = cut(framing.encode(bytes(1024 * 1024)), CHUNK)
    join = ('floor: b"".join(chunks)', lambda: b"".join(pieces), 1.2)
    harness.report(
        option, harness.compare(option, "feed 1 MiB, 64 KiB chunks", feed_all(pieces), [join], count=1)
    )


def encoding(option: harness.Options) -> None:
    encoder = framing.FrameEncoder()
    payload = bytes(range(32))
    loop = range(1000)

    def ours() -> None:
        encode = encoder.encode
        for _ in loop:
            encode(payload)

    def theirs() -> None:
        for _ in loop:
            b"%-10d%b" % (len(payload), payload)

    rows = harness.compare(
        option, "encode 32 B", ours, [('b"%-10d%b" % (len(p), p)', theirs, 0.4)], count=1000
    )
    harness.report(option, rows)

    payloads = [bytes([byte % 256]) * 32 for byte in range(1000)]
    join = ('floor: b"".join(list)', lambda: b"".join(payloads), 3.5)
    rows = harness.compare(
        option, "encode_many 32 B", lambda: encoder.encode_many(payloads), [join], count=1000
    )
    harness.report(option, rows)


if __name__ == "__main__":
    chosen = harness.options(__doc__ or "")
    harness.pin()
    decoding(chosen)
    encoding(chosen)
    harness.report(chosen, codec_formats.rows(chosen))
    harness.report(chosen, memory.rows(chosen))
