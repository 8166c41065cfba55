"""The header formats against floors, the tutorial's header, and Python by hand. `codec.py` prints these rows too.

python benches/codec_formats.py [--quick] [--json]
"""

from __future__ import annotations

import random
import struct
import sys
import timeit
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import by_hand_formats as by_hand
import framing
import harness
from streams import CHUNK, cut, feed_all, unpack_all

# The formats are described where the tests have them.
sys.path.append(str(Path(__file__).parents[1] / "tests"))
from support.headers import Binary, Netstring, Varint

if TYPE_CHECKING:
    from collections.abc import Callable

    from streams import Decoder
    from support.headers import Header as Description
    from support.headers import LibraryHeader


@dataclass(frozen=True)
class Format:
    """A header, with what it is compared with for payloads of 22 to 42 bytes."""

    name: str
    description: Description
    decoder: Callable[[], Decoder]
    written_by_hand: str
    """An expression for the frame of such a payload, `p`."""
    limit: float | None = None
    """What feeding it is held to, against the tutorial's header."""

    @property
    def header(self) -> LibraryHeader:
        """The library's."""
        return self.description.library()

    @property
    def before(self) -> int:
        """Bytes of the header of such a payload."""
        return len(self.description.write(22))

    @property
    def behind(self) -> int:
        """Bytes behind it."""
        return len(self.description.trailer)


FORMATS = [
    Format(
        "BinaryHeader(4)",
        Binary(4),
        decoder=by_hand.BinaryDecoder,
        written_by_hand='struct.pack(">I", len(p)) + p',
        limit=1.0,
    ),
    Format(
        "little-endian",
        Binary(4, "little"),
        decoder=lambda: by_hand.BinaryDecoder(struct.Struct("<I")),
        written_by_hand='struct.pack("<I", len(p)) + p',
    ),
    Format(
        "POSTGRES",
        Binary(4, length_offset=1, length_adjustment=-4),
        decoder=lambda: by_hand.BinaryDecoder(struct.Struct(">xI"), adjustment=-4),
        written_by_hand='struct.pack(">xI", len(p) + 4) + p',
    ),
    Format(
        "VarintHeader()",
        Varint(),
        decoder=by_hand.VarintDecoder,
        written_by_hand="bytes([len(p)]) + p",
    ),
    Format(
        "NetstringHeader()",
        Netstring(),
        decoder=by_hand.NetstringDecoder,
        written_by_hand='b"%d:%b," % (len(p), p)',
    ),
]


def rows(option: harness.Options) -> list[harness.Row]:
    count = 1820 * 8
    choose = random.Random(1)
    mixed = [choose.randrange(22, 43) for _ in range(count)]
    found = []
    for one in FORMATS:
        found += feeding_small(option, one, "32 B", [32] * count)
        found += feeding_small(option, one, "22 to 42 B", mixed)
        found += feeding_large(option, one)
        found += encoding(option, one)
    return found


def feeding_small(
    option: harness.Options, one: Format, title: str, sizes: list[int]
) -> list[harness.Row]:
    payloads = [bytes(size) for size in sizes]
    chunks = cut(framing.FrameEncoder(one.header).encode_many(payloads), CHUNK)
    tutorials = cut(framing.FrameEncoder().encode_many(payloads), CHUNK)
    assert sum(map(len, chunks)) == sum(sizes) + len(sizes) * (one.before + one.behind)
    return harness.compare(
        # Against the tutorial's header a few hundredths decide.
        option if one.limit is None else option.finer(),
        f"feed {title}, {one.name}",
        feed_all(chunks, framing.FrameDecoder(one.header)),
        [
            ("floor: struct", unpack_all(sizes, CHUNK, one.before, one.behind), None),
            ("the same, DecimalHeader(10)", feed_all(tutorials), one.limit),
            ("by hand", feed_all(chunks, one.decoder()), None),
        ],
        count=len(sizes),
    )


def feeding_large(option: harness.Options, one: Format) -> list[harness.Row]:
    payload = bytes(1024 * 1024)
    pieces = cut(framing.encode(payload, one.header), CHUNK)
    tutorials = cut(framing.encode(payload), CHUNK)
    return harness.compare(
        option,
        f"feed 1 MiB, {one.name}",
        feed_all(pieces, framing.FrameDecoder(one.header)),
        [
            ('floor: b"".join(chunks)', lambda: b"".join(pieces), None),
            ("the same, DecimalHeader(10)", feed_all(tutorials), None),
        ],
        count=1,
    )


def encoding(option: harness.Options, one: Format) -> list[harness.Row]:
    encode = framing.FrameEncoder(one.header).encode
    names = {"p": bytes(range(32)), "encode": encode, "struct": struct}
    expressions = ("encode(p)", one.written_by_hand)
    ours, theirs = (partial(timeit.Timer(each, globals=names).timeit, 1000) for each in expressions)
    assert eval(expressions[0], names) == eval(expressions[1], names)
    return harness.compare(
        option, f"encode 32 B, {one.name}", ours, [(one.written_by_hand, theirs, None)], count=1000
    )


if __name__ == "__main__":
    chosen = harness.options(__doc__ or "")
    harness.pin()
    harness.report(chosen, rows(chosen))
