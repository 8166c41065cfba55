"""Against a PostgreSQL server: the start-up, queries with rows, errors, and the end."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator

import framing
import pytest
from framing import FramedSocket, FrameTooLarge
from framing.presets import POSTGRES
from support.interop_ends import SIZES, Layer, each_layer, ended, is_clean
from support.interop_postgres import (
    STARTUP,
    Message,
    column,
    connected,
    message,
    reported,
    server,
    startup,
    until_ready,
)
from support.processes import TIMEOUT

pytestmark = pytest.mark.slow


READY = Message(b"Z", b"I")

# Below, nothing but an empty query has room.
LEAST = 127


@pytest.fixture(scope="module")
def path() -> Iterator[str]:
    """The path of a server's socket."""
    with server() as path:
        yield path


def query(text: str, size: int = 0) -> bytes:
    """A query of so many bytes at least."""
    return text.encode().ljust(size - 1) + b"\0"


@each_layer
def test_the_start_up(layer: Layer, path: str) -> None:
    with layer.connected(path, header=POSTGRES, keep_header=True) as end:
        end.send_encoded(startup())
        first, *statuses, key, ready = until_ready(end)
        assert first == (b"R", struct.pack("!I", 0))
        assert {status.type for status in statuses} == {b"S"}
        pairs = dict(status.body.decode().split("\0")[:2] for status in statuses)
        assert pairs["server_encoding"] == "UTF8"
        assert (key.type, len(key.body)) == (b"K", 8)
        assert ready == READY
        end.send(b"", fields=b"X")
        assert is_clean(ended(end))


def test_the_start_up_as_our_documentation_has_it(path: str) -> None:
    """A socket first, whose first message has another header, and an answer without any."""
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(TIMEOUT)
        sock.connect(path)
        # "May we have TLS?"
        framing.send_frame(sock, struct.pack("!HH", 1234, 5679), STARTUP)
        assert sock.recv(100) == b"N"
        sock.sendall(startup())
        first = framing.recv_frame(sock, POSTGRES, keep_header=True)
        assert message(first) == (b"R", struct.pack("!I", 0))
        with FramedSocket(sock, POSTGRES, keep_header=True) as fs:
            types = [frame[:1] for frame in iter(fs.recv, b"Z\0\0\0\x05I")]
            assert set(types) == {b"S", b"K"}


@each_layer
def test_messages_of_every_size_to_the_server(layer: Layer, path: str) -> None:
    with connected(layer, path) as end:
        # The empty one: "I will send no more for now".
        end.send(b"", fields=b"S")
        assert until_ready(end) == [READY]
        # Its answer is empty, and the one byte of the next is "idle".
        end.send(b"\0", fields=b"Q")
        assert until_ready(end) == [Message(b"I", b""), READY]
        for size in SIZES:
            if size < LEAST:
                continue
            payload = query(f"select {size}", size)
            assert len(payload) == size
            end.send(payload, fields=b"Q")
            _, row, complete, ready = until_ready(end)
            assert column(row) == str(size).encode()
            assert complete == (b"C", b"SELECT 1\0")
            assert ready == READY


@each_layer
def test_messages_of_every_size_from_the_server(layer: Layer, path: str) -> None:
    # A row has six bytes beside its only column.
    values = [max(size, LEAST) - 6 for size in SIZES]
    with connected(layer, path) as end:
        sizes = ", ".join(f"({size})" for size in values)
        end.send(query(f"select repeat('x', n) from (values {sizes}) v(n)"), fields=b"Q")
        description, *rows, complete, ready = until_ready(end)
        assert description.type == b"T"
        assert [column(row) for row in rows] == [b"x" * size for size in values]
        assert (complete, ready) == ((b"C", f"SELECT {len(values)}\0".encode()), READY)


@each_layer
def test_many_queries_in_one_burst(layer: Layer, path: str) -> None:
    count = 200
    with connected(layer, path) as end:
        queries = [query(f"select {number}") for number in range(count)]
        # Each is answered by four messages: the description, the row, what was done, and "ready".
        frames = end.exchange(4 * count, "send_many", queries, fields=b"Q")
        messages = [message(frame) for frame in frames]
        assert [answer.type for answer in messages] == [b"T", b"D", b"C", b"Z"] * count
        assert [column(row) for row in messages[1::4]] == [b"%d" % number for number in range(count)]


@each_layer
def test_a_prepared_statement(layer: Layer, path: str) -> None:
    """Messages of several types in one burst, each a frame with a field of its own."""
    text, value = b"select $1::text", "grüße".encode()
    messages = {
        b"P": b"\0" + text + b"\0" + struct.pack("!h", 0),
        b"B": b"\0\0" + struct.pack("!hhi", 0, 1, len(value)) + value + struct.pack("!h", 0),
        b"E": b"\0" + struct.pack("!i", 0),
        b"S": b"",
    }
    with connected(layer, path) as end:
        for kind, body in messages.items():
            end.send(body, fields=kind)
        parsed, bound, row, complete, ready = until_ready(end)
        assert (parsed, bound) == ((b"1", b""), (b"2", b""))
        assert column(row) == value
        assert (complete, ready) == ((b"C", b"SELECT 1\0"), READY)


@each_layer
def test_an_error_and_a_query_after_it(layer: Layer, path: str) -> None:
    with connected(layer, path) as end:
        end.send(query("select 1 / 0"), fields=b"Q")
        *_, error, ready = until_ready(end)
        parts = reported(error)
        assert (parts["V"], parts["C"], parts["M"]) == ("ERROR", "22012", "division by zero")
        assert ready == READY
        end.send(query("select null"), fields=b"Q")
        _, row, _, _ = until_ready(end)
        assert column(row) is None


@pytest.mark.parametrize(
    ("wire", "before", "code"),
    [
        (startup(version=9 << 16), [], "0A000"),
        # Who one is, is settled first.
        (startup(database="nowhere"), [(b"R", struct.pack("!I", 0))], "3D000"),
    ],
    ids=["no such version", "no such database"],
)
@each_layer
def test_a_start_up_that_is_refused(
    layer: Layer, wire: bytes, before: list[Message], code: str, path: str
) -> None:
    with layer.connected(path, header=POSTGRES, keep_header=True) as end:
        end.send_encoded(wire)
        assert [message(end.recv()) for _ in before] == before
        parts = reported(message(end.recv()))
        assert (parts["V"], parts["C"]) == ("FATAL", code)
        assert is_clean(ended(end))


@each_layer
def test_a_type_that_the_server_refuses(layer: Layer, path: str) -> None:
    with connected(layer, path) as end:
        end.send(b"", fields=b"?")
        parts = reported(message(end.recv()))
        assert (parts["V"], parts["C"]) == ("FATAL", "08P01")
        assert is_clean(ended(end))


@pytest.mark.parametrize(
    ("kind", "length"),
    # Less than the length itself has; and more than a message of this type may have.
    [(b"Q", 3), (b"Q", 2**30), (b"S", 10_001)],
    ids=["negative", "a query too long", "a sync too long"],
)
@each_layer
def test_a_length_that_the_server_refuses(layer: Layer, kind: bytes, length: int, path: str) -> None:
    with connected(layer, path) as end:
        end.send_encoded(kind + struct.pack("!I", length))
        # It says so in its log only.
        assert is_clean(ended(end))


@each_layer
def test_a_row_over_our_limit(layer: Layer, path: str) -> None:
    with connected(layer, path, max_frame_size=1000) as end:
        end.send(query("select repeat('x', 994) union all select repeat('x', 995)"), fields=b"Q")
        # The offset is that of the whole stream, of which we do not know all.
        assert message(end.recv()).type == b"T"
        assert column(message(end.recv())) == b"x" * 994
        error = ended(end)
        assert isinstance(error, FrameTooLarge)
        assert (error.length, error.limit) == (1001, 1000)


@each_layer
def test_a_server_that_ends_the_connection(layer: Layer, path: str) -> None:
    with connected(layer, path) as end:
        end.send(query("select pg_terminate_backend(pg_backend_pid())"), fields=b"Q")
        # The description of its answer may come before its last word.
        last = message(end.recv())
        while last.type != b"E":
            last = message(end.recv())
        assert reported(last)["C"] == "57P01"
        assert is_clean(ended(end))
