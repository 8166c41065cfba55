"""Every contiguous buffer is accepted, also where the C API leaves its shape or its strides null."""

from __future__ import annotations

import array
import ctypes
import importlib.util
from typing import TYPE_CHECKING, Any

import framing
import pytest
from framing import FrameDecoder, FramedSocket, FrameEncoder
from support.pairs import framed
from support.refusal import refusal

if TYPE_CHECKING:
    from collections.abc import Callable


# Where it is installed.
numpy: Any = importlib.import_module("numpy") if importlib.util.find_spec("numpy") else None


class Point(ctypes.Structure):
    """Eight bytes."""

    _fields_ = (("x", ctypes.c_int32), ("y", ctypes.c_int32))


class Either(ctypes.Union):
    """Four bytes, in one of two ways."""

    _fields_ = (("number", ctypes.c_int32), ("text", ctypes.c_char * 4))


MADE: dict[str, Callable[[], Any]] = {
    "array": lambda: (ctypes.c_char * 5).from_buffer_copy(b"hello"),
    "array of numbers": lambda: (ctypes.c_uint16 * 3)(1, 2, 3),
    "array of arrays": lambda: ((ctypes.c_uint8 * 2) * 3).from_buffer_copy(b"123456"),
    "array of structures": lambda: (Point * 2)(Point(1, 2), Point(3, 4)),
    "empty array": lambda: (ctypes.c_char * 0)(),
    "structure": lambda: Point(1, 2),
    "union": lambda: Either(number=7),
    "simple": lambda: ctypes.c_int32(7),
    "double": lambda: ctypes.c_double(0.5),
    "string buffer": lambda: ctypes.create_string_buffer(b"hello"),
    "array.array": lambda: array.array("I", [1, 2, 3]),
    "bytearray": lambda: bytearray(b"hello"),
    "cast": lambda: memoryview(bytearray(b"hello, world")).cast("I", (3, 1)),
    "cast to nothing": lambda: memoryview(bytearray(b"four")).cast("I").cast("B").cast("I", ()),
}
if numpy is not None:
    MADE |= {
        "numpy 0-d": lambda: numpy.array(7, "i4"),
        "numpy": lambda: numpy.arange(6, dtype="u2").reshape(2, 3),
        "numpy empty": lambda: numpy.zeros((0, 3)),
        "numpy structured": lambda: numpy.zeros(3, [("a", "u1"), ("b", "u4")]),
    }

each_object = pytest.mark.parametrize("make", MADE.values(), ids=MADE)
each_form = pytest.mark.parametrize("form", [lambda it: it, memoryview], ids=["itself", "memoryview"])


@each_object
@each_form
def test_to_be_read(make: Callable[[], Any], form: Callable[[Any], Any]) -> None:
    thing = form(make())
    payload = bytes(memoryview(thing).cast("B")) if memoryview(thing).nbytes else b""
    wire = framing.encode(payload)
    encoder = FrameEncoder()
    assert framing.encode(thing) == wire
    assert encoder.encode(thing) == wire
    assert encoder.encode_many([thing, thing]) == wire * 2
    assert encoder.header_for(thing) + payload == wire
    buffer = bytearray(100)
    assert encoder.encode_into(thing, buffer) == len(wire)
    assert buffer.startswith(wire)
    with framed() as (fs, peer):
        fs.send(thing)
        fs.send_many([thing])
        assert FramedSocket(peer).recv_many() in ([payload], [payload] * 2)


@each_form
def test_received_bytes(form: Callable[[Any], Any]) -> None:
    wire = framing.encode("hello")
    for kind in (ctypes.c_char, ctypes.c_uint8):
        thing = form((kind * len(wire)).from_buffer_copy(wire))
        assert FrameDecoder().feed(thing) == [b"hello"]
        assert framing.decode(thing) == [b"hello"]
        with framed() as (fs, peer):
            fs.send_encoded(thing)
            assert peer.recv(100) == wire


@each_object
@each_form
def test_to_be_written_to(make: Callable[[], Any], form: Callable[[Any], Any]) -> None:
    thing = form(make())
    size = memoryview(thing).nbytes
    if not size:
        return
    payload = bytes(range(1, size + 1))
    with framed() as (fs, peer):
        peer.sendall(framing.encode(payload) * 2)
        assert fs.recv_into(thing) == size
        assert bytes(memoryview(thing).cast("B")) == payload
        short = framing.BinaryHeader(1)
        if size > 1:
            assert framing.FrameEncoder(short).encode_into(b"x" * (size - 1), thing) == size
            assert bytes(memoryview(thing).cast("B")) == bytes([size - 1]) + b"x" * (size - 1)


# What is not contiguous

SCATTERED: dict[str, Callable[[], Any]] = {
    "steps": lambda: memoryview(bytearray(10))[::2],
    "backwards": lambda: memoryview(bytearray(10))[::-1],
    "of a ctypes array": lambda: memoryview((ctypes.c_uint8 * 10)())[::3],
}
if numpy is not None:
    SCATTERED |= {
        "numpy steps": lambda: numpy.zeros((4, 4))[:, :2],
        "Fortran's order": lambda: numpy.zeros((4, 4), order="F"),
    }


@pytest.mark.parametrize("make", SCATTERED.values(), ids=SCATTERED)
def test_what_is_scattered_is_refused_in_true_words(make: Callable[[], Any]) -> None:
    thing = make()
    kind = type(thing).__name__
    said = refusal(TypeError, lambda: framing.encode(thing))
    assert f"payload must be contiguous in memory, this '{kind}' is not; copy it" in said
    said = refusal(TypeError, lambda: FrameDecoder().feed(thing))
    assert f"data must be contiguous in memory, this '{kind}' is not; copy it" in said
    said = refusal(TypeError, lambda: FrameEncoder().encode_into(b"", thing))
    assert f"buffer must be contiguous in memory, this '{kind}' is not" in said
    assert "copy" not in said


def test_what_has_no_buffer_is_refused_in_other_words() -> None:
    assert "payload must be a str or a bytes-like object, not 'int'" in refusal(
        TypeError,
        lambda: framing.encode(5),  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("readonly", [b"hello", memoryview(b"hello"), memoryview(b"hello")[::2]])
def test_what_cannot_be_written_to(readonly: Any) -> None:
    said = refusal(TypeError, lambda: FrameEncoder().encode_into(b"", readonly))
    assert "buffer must be a writable bytes-like object" in said


def test_what_its_exporter_raises_comes_through() -> None:
    view = memoryview(bytearray(5))
    view.release()
    with pytest.raises(ValueError, match="released"):
        framing.encode(view)


@each_object
def test_it_is_let_go(make: Callable[[], Any]) -> None:
    """An export that is kept would be a `BufferError` here."""
    view = memoryview(make())
    framing.encode(view)
    if not view.readonly:
        with pytest.raises(framing.BufferTooSmall):
            FrameEncoder().encode_into(b"x" * 100, view)
    view.release()
    owner = bytearray(b"hello")
    framing.encode(owner)
    owner.append(0)
