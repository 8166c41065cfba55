"""docs/formats.md: its examples run, and what its tables say is so."""

from __future__ import annotations

import contextlib
import doctest
import inspect
import multiprocessing.connection
import re
import socket
import struct
import sys
from typing import TYPE_CHECKING, Any

import framing
import pytest
from framing import aio, presets
from framing._header import Header
from support import formats_page
from support.formats_page import BLOCKS, PAGE, TEXT, boxes, code, header, tables, value
from support.pairs import begin
from support.processes import TIMEOUT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SIZES = (0, 1, 127, 128, 255, 256, 300, 70_000)

PEERS: list[tuple[str, Callable[[int], bytes]]] = [
    ("sockets tutorial", lambda size: f"{size:<10}".encode()),
    ('struct.pack("!I"', lambda size: struct.pack("!I", size)),
    ('struct.pack("<I"', lambda size: struct.pack("<I", size)),
    ('struct.pack("<Q"', lambda size: struct.pack("<Q", size)),
    ("counts itself", lambda size: struct.pack(">I", size + 4)),
    ("{packet, 1}", lambda size: struct.pack("!B", size)),
    ("{packet, 2}", lambda size: struct.pack("!H", size)),
    ("{packet, 4}", lambda size: struct.pack("!I", size)),
    ("netstrings", lambda size: b"%d:" % size),
    ("tokio-util", lambda size: size.to_bytes(4, "big")),
    ("LengthFieldPrepender(4)", lambda size: size.to_bytes(4, "big")),
    ("protobuf", lambda size: varint(size)),
    # The flag, then the length.
    ("gRPC", lambda size: b"\0" + struct.pack(">I", size)),
    # The length counts itself, not the type.
    ("the first message", lambda size: struct.pack("!i", size + 4)),
    ("after that", lambda size: b"\0" + struct.pack("!i", size + 4)),
    # ContentType, ProtocolVersion, uint16.
    ("TLS", lambda size: b"\0\0\0" + struct.pack("!H", size)),
    # Length (24), Type (8), Flags (8), Reserved (1) and Stream Identifier (31).
    ("HTTP/2", lambda size: size.to_bytes(3, "big") + bytes(6)),
    # int<3>, and a sequence number.
    ("MySQL", lambda size: size.to_bytes(3, "little") + b"\0"),
    # messageLength with all of the header, requestID, responseTo, opCode.
    ("MongoDB", lambda size: struct.pack("<iiii", size + 16, 0, 0, 0)),
    ("multiprocessing", lambda size: struct.pack("!i", size)),
]


def varint(number: int) -> bytes:
    groups = [number & 0x7F]
    while number := number >> 7:
        groups.append(number & 0x7F)
    return bytes([*(group | 0x80 for group in groups[:-1]), groups[-1]])


def test_sessions() -> None:
    sessions = [block for block in BLOCKS if block.startswith(">>>")]
    # One after the other, as they are read: later ones use what earlier ones imported.
    test = doctest.DocTestParser().get_doctest("\n".join(sessions), {}, PAGE.name, str(PAGE), 0)
    report: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    assert runner.run(test, out=report.append).failed == 0, "".join(report)
    assert runner.tries >= 12


# Who speaks what


@pytest.mark.parametrize(
    ("row", "peer"),
    list(zip(tables("I have to talk to...")[0], PEERS, strict=True)),
    ids=[name for name, _ in PEERS],
)
def test_a_peer_is_understood_and_understands(
    row: list[str], peer: tuple[str, Callable[[int], bytes]]
) -> None:
    name, header_of = peer
    assert name in row[0]
    ours = header(row[1])
    trailer = b"," if ours == presets.NETSTRING else b""
    most = framing.FrameEncoder(ours).max_frame_size
    payloads = [b"x" * size for size in SIZES if size <= most]
    assert len(payloads) >= 5
    wire = b"".join(header_of(len(payload)) + payload + trailer for payload in payloads)
    assert framing.decode(wire, ours) == payloads
    assert framing.FrameEncoder(ours).encode_many(payloads) == wire


def test_the_limits_that_are_named_can_be_set() -> None:
    rows = [row for row in tables("I have to talk to...")[0] if "max_frame_size" in row[2]]
    assert len(rows) == 2
    for row in rows:
        [limit] = re.findall(r"`max_frame_size=([^`]+)`", row[2])
        framing.FrameDecoder(header(row[1]), max_frame_size=value(limit))


@pytest.fixture
def link() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(TIMEOUT)
        theirs.settimeout(TIMEOUT)
        yield ours, theirs


def test_the_body_of_an_scgi_request_stays_in_the_socket(
    link: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = link
    headers = b"CONTENT_LENGTH\x004\x00SCGI\x001\x00"
    theirs.sendall(b"%d:%b,body" % (len(headers), headers))
    assert framing.recv_frame(ours, presets.NETSTRING) == headers
    assert ours.recv(100) == b"body"


@pytest.mark.skipif(sys.platform == "win32", reason="a descriptor is no handle")
def test_both_ways_with_multiprocessing_connection(link: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = link
    # Its reads know no timeout of Python's.
    theirs.settimeout(None)
    with (
        multiprocessing.connection.Connection(theirs.detach()) as connection,
        framing.FramedSocket(ours, framing.BinaryHeader(4), max_frame_size=0x7FFFFFFF) as framed,
    ):
        for payload in (b"", b"hello", bytes(20_000)):
            connection.send_bytes(payload)
            assert framed.recv() == payload
            framed.send(payload)
            assert connection.recv_bytes() == payload


def test_what_multiprocessing_sends_above_2_gib_is_refused() -> None:
    decoder = framing.FrameDecoder(framing.BinaryHeader(4), max_frame_size=0x7FFFFFFF)
    with pytest.raises(framing.FrameTooLarge):
        decoder.feed(struct.pack("!i", -1) + struct.pack("!Q", 1 << 31))


def test_postgres() -> None:
    [source] = (block for block in BLOCKS if block.startswith("# postgres.py\n"))
    script: dict[str, Any] = {}
    exec(compile(source, "postgres.py", "exec"), script)

    def serve(listener: socket.socket) -> tuple[bytes, bytes]:
        client, _ = listener.accept()
        with client:
            client.settimeout(TIMEOUT)
            size = int.from_bytes(client.recv(4, socket.MSG_WAITALL), "big")
            startup = client.recv(size - 4, socket.MSG_WAITALL)
            # AuthenticationOk, ReadyForQuery.
            client.sendall(b"R\0\0\0\x08\0\0\0\0" + b"Z\0\0\0\x05I")
            return startup, b"".join(iter(lambda: client.recv(100), b""))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        serving = begin(serve, listener)
        with script["start"](listener.getsockname(), "ann") as connection:
            messages = script["messages"](connection)
            assert next(messages) == (b"R", b"\0\0\0\0")
            assert next(messages) == (b"Z", b"I")
            connection.send(b"select 1\0", fields=b"Q")
        startup, query = serving.result()
    # Protocol 3.0, and pairs of names and values up to an empty name.
    assert startup == struct.pack("!HH", 3, 0) + b"user\0ann\0" + b"\0"
    assert query == b"Q" + struct.pack("!i", 4 + 9) + b"select 1\0"


def test_what_is_said_to_take_fields_does() -> None:
    said = formats_page.section("Fields: the rest of a header").partition("all take them")[0]
    named = set(re.findall(r"`([\w.]+)`", said.partition("zeros.")[2]))
    takes = {
        name
        for owner in (framing, framing.FrameEncoder, framing.FramedSocket, aio.FramedStream, aio)
        for name, member in vars(owner).items()
        if callable(member) and not isinstance(member, type)
        if name[0] != "_" and "fields" in inspect.signature(member).parameters
    }
    assert {name.removeprefix("aio.") for name in named} == takes


# The drawings and the presets


def test_what_is_drawn_is_so() -> None:
    unnamed: Iterator[Header] = iter(
        [presets.PROTOBUF_DELIMITED, presets.PROTOBUF_DELIMITED, presets.NETSTRING]
    )
    frames = [framing.decode(wire, value(title) if title else next(unnamed)) for title, wire in boxes()]
    assert frames == [[b"hello"]] * 5 + [[bytes(300)], [b"hello world!"]]


def test_the_presets_are_these() -> None:
    [rows] = tables("Presets")
    assert sorted(code(name) for name, _, _ in rows) == sorted(presets.__all__)
    for name, expression, _ in rows:
        assert getattr(presets, code(name)) == header(expression)


def test_the_classes_have_the_arguments_that_are_shown() -> None:
    for name in ("DecimalHeader", "BinaryHeader", "VarintHeader", "NetstringHeader"):
        signature = getattr(framing, name).__text_signature__.replace("'", '"')
        assert f"`{name}{signature}`" in formats_page.section(f"`{name}`")


# What is refused


@pytest.mark.parametrize("row", tables("What is refused")[0], ids=lambda row: f"{row[0]} {row[1]}")
@pytest.mark.parametrize("tail", [b"", b"0123456789"])
def test_what_is_refused(row: list[str], tail: bytes) -> None:
    limit = re.search(r"`max_frame_size=(\d+)`", row[0])
    stream: bytes = value(code(row[1]))
    error = refused(row, [stream + tail], int(limit[1]) if limit else None)
    assert repr(error) == code(row[2])


@pytest.mark.parametrize("row", tables("What is refused")[0], ids=lambda row: f"{row[0]} {row[1]}")
def test_what_is_refused_is_refused_at_its_first_wrong_byte(row: list[str]) -> None:
    limit = re.search(r"`max_frame_size=(\d+)`", row[0])
    stream: bytes = value(code(row[1]))
    error = refused(row, [bytes([byte]) for byte in stream], int(limit[1]) if limit else None)
    # A hint looks at more than one byte.
    assert without_hint(repr(error)) == without_hint(code(row[2]))


def refused(row: list[str], chunks: list[bytes], limit: int | None) -> object:
    decoder = framing.FrameDecoder(header(row[0]), max_frame_size=limit)
    for chunk in chunks:
        with contextlib.suppress(framing.FramingError):
            decoder.feed(chunk)
        if decoder.error is not None:
            break
    return decoder.error


def without_hint(text: str) -> str:
    return re.sub(r", hint=.*\)", ")", text)


def test_strangers_to_a_binary_header() -> None:
    said = " ".join(TEXT.split())
    assert f"`GET ` is a length of {int.from_bytes(b'GET ', 'big'):,}" in said
    assert "one of some 369,000,000" in said
    # A handshake, of a version of TLS, whose record has less than 2**14 bytes.
    for record in (b"\x16\x03\x01\x00", b"\x16\x03\x03\x3f"):
        assert round(int.from_bytes(record, "big") / 1_000_000) == 369
        decoder = framing.FrameDecoder(presets.ERLANG_PACKET_4)
        assert decoder.feed(record) == []
        assert decoder.error is None
        with pytest.raises(framing.FrameTooLarge):
            framing.decode(record, presets.ERLANG_PACKET_4, max_frame_size=1 << 20)


def test_what_a_header_cannot_announce_is_not_sent() -> None:
    with pytest.raises(framing.FrameTooLarge):
        framing.encode(bytes(256), framing.BinaryHeader(1))
    adjusted = framing.BinaryHeader(1, length_adjustment=2)
    with pytest.raises(framing.InvalidPayload):
        framing.encode(b"x", adjusted)
    assert framing.encode(b"xx", adjusted) == b"\0xx"


# Limits


def number(cell: str) -> int:
    return int(cell.replace(",", ""))


@pytest.mark.parametrize("row", tables("Limits")[0], ids=lambda row: row[0])
def test_the_limits_are_these(row: list[str]) -> None:
    ours, default, highest = header(row[0]), number(row[1]), number(row[2])
    for kind in (framing.FrameEncoder, framing.FrameDecoder):
        assert kind(ours).max_frame_size == default
        assert kind(ours, max_frame_size=highest).max_frame_size == highest
        with pytest.raises(ValueError, match="max_frame_size"):
            kind(ours, max_frame_size=highest + 1)


@pytest.mark.parametrize("keep_header", [False, True])
@pytest.mark.parametrize("name", presets.__all__)
def test_a_limit_counts_the_payload_alone(name: str, keep_header: bool) -> None:
    ours = getattr(presets, name)
    longer = framing.encode(b"123456", ours)
    decoder = framing.FrameDecoder(ours, max_frame_size=5, keep_header=keep_header)
    assert len(decoder.feed(framing.encode(b"12345", ours))) == 1
    for refuse in (
        lambda: decoder.feed(longer),
        lambda: framing.encode(b"123456", ours, max_frame_size=5),
    ):
        with pytest.raises(framing.FrameTooLarge) as caught:
            refuse()
        assert (caught.value.length, caught.value.limit) == (6, 5)


# The rest of the page


def test_links_lead_somewhere() -> None:
    links = [link for link in re.findall(r"\]\(([^)]+)\)", TEXT) if not link.startswith("https:")]
    assert len(links) >= 5
    for link in links:
        path, _, heading = link.partition("#")
        target = PAGE.parent / path if path else PAGE
        assert target.exists()
        if heading:
            titles = re.findall(r"^#+ (.*)$", target.read_text(encoding="utf-8"), re.MULTILINE)
            assert heading in {re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in titles}
