"""`framing.presets`: the names that people look for, and frames as the peers of that name write them."""

from __future__ import annotations

import inspect
import struct

import framing
import pytest
from framing import BinaryHeader, DecimalHeader, NetstringHeader, VarintHeader, presets

HEADERS = {
    "TUTORIAL": DecimalHeader(10),
    "ERLANG_PACKET_4": BinaryHeader(4),
    "POSTGRES": BinaryHeader(4, length_offset=1, length_adjustment=-4, size=5),
    "GRPC": BinaryHeader(4, length_offset=1, size=5),
    "PROTOBUF_DELIMITED": VarintHeader(10),
    "NETSTRING": NetstringHeader(10),
}

# What these peers send: written down from their documentation, and the payload, and the header's other bytes.
WIRES = {
    "TUTORIAL": [(f"{22:<10}Welcome to the server!".encode(), b"Welcome to the server!", b"")],
    "ERLANG_PACKET_4": [(struct.pack("!I", 5) + b"hello", b"hello", b""), (bytes(4), b"", b"")],
    "POSTGRES": [
        # CommandComplete, ReadyForQuery, and a message that has no body: Sync.
        (b"C\0\0\0\rSELECT 1\0", b"SELECT 1\0", b"C"),
        (b"Z\0\0\0\x05I", b"I", b"Z"),
        (b"S\0\0\0\x04", b"", b"S"),
    ],
    "GRPC": [(b"\0\0\0\0\x03abc", b"abc", b"\0"), (b"\x01\0\0\0\x01z", b"z", b"\x01")],
    "PROTOBUF_DELIMITED": [
        # A message whose first field is the number 150.
        (b"\x03\x08\x96\x01", b"\x08\x96\x01", b""),
        (b"\xac\x02" + b"m" * 300, b"m" * 300, b""),
    ],
    "NETSTRING": [(b"12:hello world!,", b"hello world!", b""), (b"0:,", b"", b"")],
}

each_wire = pytest.mark.parametrize(
    ("name", "wire", "payload", "fields"),
    [(name, *facts) for name, cases in WIRES.items() for facts in cases],
)


def test_the_names() -> None:
    assert presets.__all__ == sorted(HEADERS)
    assert framing.presets is presets
    public = {name for name in vars(presets) if name.isupper()}
    assert public == HEADERS.keys()


@pytest.mark.parametrize("name", HEADERS)
def test_a_header(name: str) -> None:
    header = getattr(presets, name)
    assert type(header) is type(HEADERS[name])
    assert header == HEADERS[name]


@pytest.mark.parametrize("name", HEADERS)
def test_the_table_has_the_header_as_it_is(name: str) -> None:
    [row] = [
        line for line in inspect.cleandoc(presets.__doc__ or "").splitlines() if f"| `{name}` |" in line
    ]
    expression = row.split("|")[2].strip().strip("`")
    names = {kind.__name__: kind for kind in map(type, HEADERS.values())}
    assert eval(expression, names) == HEADERS[name]


@each_wire
def test_what_such_a_peer_sends_and_expects(
    name: str, wire: bytes, payload: bytes, fields: bytes
) -> None:
    header = getattr(presets, name)
    assert framing.decode(wire * 2, header) == [payload] * 2
    assert framing.decode(wire * 2, header, keep_header=True) == [wire] * 2
    assert framing.encode(payload, header, fields=fields) == wire


def test_postgres_start_up_message() -> None:
    """It has no type, as the table says."""
    body = struct.pack("!I", 3 << 16) + b"user\0me\0\0"
    wire = struct.pack("!I", len(body) + 4) + body
    assert "BinaryHeader(4, length_adjustment=-4)" in (presets.__doc__ or "")
    assert framing.decode(wire, BinaryHeader(4, length_adjustment=-4)) == [body]


def test_a_limit_is_the_usual_one() -> None:
    for name in HEADERS:
        assert (
            framing.FrameDecoder(getattr(presets, name)).max_frame_size
            == framing.DEFAULT_MAX_FRAME_SIZE
        )
