"""The exceptions: the tree, what each carries and says, and how it is copied. Who raises what is in
test_errors_raised.py.
"""

from __future__ import annotations

import copy
import errno
import pickle
import re
import sys
from typing import TYPE_CHECKING, Any

import framing
import pytest
from framing import (
    BufferTooSmall,
    ConcurrencyError,
    ConnectionClosed,
    FrameStalled,
    FrameTimeout,
    FrameTooLarge,
    FrameWouldBlock,
    FramingError,
    IncompleteFrame,
    InvalidHeader,
    InvalidPayload,
    SendIncomplete,
    SendTimeout,
    SendWouldBlock,
    TruncatedFrame,
)
from support.copies import PROTOCOLS, Copy, each_copy

if TYPE_CHECKING:
    from collections.abc import Iterator

TREE: dict[type[Exception], tuple[type, ...]] = {
    FramingError: (Exception,),
    InvalidHeader: (FramingError, ValueError),
    InvalidPayload: (FramingError, ValueError),
    FrameTooLarge: (FramingError, ValueError),
    BufferTooSmall: (FramingError, ValueError),
    ConnectionClosed: (FramingError, EOFError),
    IncompleteFrame: (FramingError,),
    TruncatedFrame: (IncompleteFrame, EOFError),
    FrameTimeout: (IncompleteFrame, TimeoutError),
    FrameWouldBlock: (IncompleteFrame, BlockingIOError),
    FrameStalled: (IncompleteFrame, ConnectionAbortedError),
    SendTimeout: (FramingError, TimeoutError),
    SendWouldBlock: (FramingError, BlockingIOError),
    SendIncomplete: (FramingError,),
    ConcurrencyError: (FramingError, RuntimeError),
}

INCOMPLETE = ("stage", "expected", "received", "partial", "hint")
FACTS: dict[type[Exception], tuple[str, ...]] = {
    InvalidHeader: ("header", "offset", "hint", "partial"),
    InvalidPayload: ("offset", "reason", "partial"),
    FrameTooLarge: ("length", "limit", "offset", "hint", "partial"),
    BufferTooSmall: ("needed", "available"),
    ConnectionClosed: ("local",),
    IncompleteFrame: INCOMPLETE,
    TruncatedFrame: INCOMPLETE,
    FrameTimeout: INCOMPLETE,
    FrameWouldBlock: INCOMPLETE,
    FrameStalled: INCOMPLETE,
    SendTimeout: (),
    SendWouldBlock: (),
    SendIncomplete: ("sent", "remaining"),
}

# The class, its facts, and what a user must find in the message.
Row = tuple[type[FramingError], tuple[Any, ...], tuple[str, ...]]
ROWS: list[Row] = [
    (FramingError, ("in short",), ("in short",)),
    (InvalidHeader, (b"12x", 70, "a hint", b"12xy"), ("b'12x'", "offset 70", "byte b'x'", "a hint")),
    (InvalidHeader, (b"\xd9", 0, None, None), (r"b'\xd9'", "offset 0")),
    (InvalidHeader, (b"          ", 5, None, None), ("b'          '", "offset 5")),
    (InvalidPayload, (70, "byte 0xff at index 3", b"3"), ("offset 70", "byte 0xff at index 3")),
    (InvalidPayload, (None, "byte 0xff at index 3", None), ("byte 0xff at index 3",)),
    (
        FrameTooLarge,
        (123, 99, 70, "a hint", b"123"),
        ("123", "99", "max_frame_size", "offset 70", "a hint"),
    ),
    (FrameTooLarge, (123, 99, None, None, None), ("123", "99", "max_frame_size")),
    (BufferTooSmall, (13, 12), ("13 bytes", "12")),
    (ConnectionClosed, (False,), ("the peer closed",)),
    (ConnectionClosed, (True,), ("this side",)),
    (IncompleteFrame, ("header", 10, 3, None, None), ("3 of 10 bytes", "header")),
    (TruncatedFrame, ("header", 10, 3, b"12 ", None), ("ended", "3 of 10 bytes", "header")),
    (
        TruncatedFrame,
        ("payload", 5, 0, b"5         ", "a hint"),
        ("ended", "0 of 5 bytes", "payload", "a hint"),
    ),
    (
        FrameTimeout,
        ("payload", 5, 2, None, "a hint"),
        ("timed out", "2 of 5 bytes", "payload", "a hint"),
    ),
    (FrameWouldBlock, ("header", 10, 0, None, None), ("not block", "0 of 10 bytes", "header")),
    (FrameStalled, ("header", 10, 1, b"5", None), ("frame_timeout", "1 of 10 bytes", "header")),
    (SendTimeout, (), ("timed out", "nothing of it was taken")),
    (SendWouldBlock, (), ("no room", "nothing of it was taken")),
    (SendIncomplete, (3, None), ("3 bytes", "kept")),
    (SendIncomplete, (3, b"rest"), ("3 bytes", "4")),
    (ConcurrencyError, ("two at once",), ("two at once",)),
]
EXAMPLES = [cls(*facts) for cls, facts, _ in ROWS]
each_error = pytest.mark.parametrize("error", EXAMPLES, ids=repr)


class OutOfSeats(FramingError):
    """Somebody's own."""


class BadGreeting(InvalidHeader):
    """Somebody's own, with the facts of another."""


def facts(error: FramingError) -> dict[str, object]:
    cls = next(cls for cls in type(error).__mro__ if cls in FACTS)
    return {name: getattr(error, name) for name in FACTS[cls]}


# The tree


def test_the_tree_is_whole() -> None:
    exported = [getattr(framing, name) for name in framing.__all__]
    classes = {cls for cls in exported if isinstance(cls, type) and issubclass(cls, BaseException)}
    assert classes == TREE.keys() == {cls for cls, _, _ in ROWS}


@pytest.mark.parametrize(("cls", "bases"), TREE.items(), ids=lambda it: getattr(it, "__name__", ""))
def test_bases(cls: type[Exception], bases: tuple[type, ...]) -> None:
    assert cls.__bases__ == bases


@each_error
def test_every_base_catches(error: FramingError) -> None:
    base: Any
    for base in (FramingError, *TREE[type(error)]):
        try:
            raise error
        except base as caught:
            assert caught is error


def test_an_os_error_is_one_only_where_the_tree_says_so() -> None:
    blocking = FrameWouldBlock("header", 10, 0)
    system = [cls.__name__ for cls in TREE if issubclass(cls, OSError)]
    assert system == [
        "FrameTimeout",
        "FrameWouldBlock",
        "FrameStalled",
        "SendTimeout",
        "SendWouldBlock",
    ]
    # What a script of the tutorial looks at.
    assert (blocking.errno, blocking.args[0]) == (errno.EAGAIN, errno.EAGAIN)
    assert FrameStalled("header", 10, 0).errno == errno.ECONNABORTED
    assert (SendWouldBlock().errno, SendWouldBlock().args[0]) == (errno.EAGAIN, errno.EAGAIN)
    assert SendTimeout().errno in (None, errno.ETIMEDOUT)
    assert FrameTimeout("header", 10, 0).errno in (None, errno.ETIMEDOUT)


# What they carry and say


@pytest.mark.parametrize(("cls", "values", "said"), ROWS, ids=lambda it: getattr(it, "__name__", None))
def test_facts_and_message(cls: type[FramingError], values: tuple[Any, ...], said: tuple[str]) -> None:
    error = cls(*values)
    if cls in FACTS:
        assert facts(error) == dict(zip(FACTS[cls], values, strict=True))
        assert facts(cls(**facts(error))) == facts(error)
    for text in said:
        assert text in str(error)
    assert "None" not in str(error)


def test_an_error_without_a_text() -> None:
    assert str(FramingError()) == str(ConcurrencyError()) == ""


@each_error
def test_repr_evaluates_back(error: FramingError) -> None:
    assert eval(repr(error), vars(framing)) == error
    assert repr(error).startswith(f"{type(error).__name__}(")


@pytest.mark.parametrize(
    "error",
    [
        InvalidHeader(b"\xfe" * 4096, 0),
        TruncatedFrame("payload", 10_000, 4096, b"\xfe" * 4096),
        FrameStalled("header", 4096, 4095, (b"\xfe" * 2000, memoryview(b"\xfe" * 2095))),
        InvalidHeader(b"\xfe", 0, None, (b"\xfe" * 2000, memoryview(b"\xfe" * 2095))),
        InvalidPayload(0, "byte 0xfe at index 0", b"\xfe" * 4096),
        FrameTooLarge(123, 99, 0, None, b"\xfe" * 4096),
        SendIncomplete(4096, b"\xfe" * 4096),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_peer_does_not_fill_the_log(error: FramingError) -> None:
    for text in (str(error), repr(error)):
        assert text.count(r"\xfe") <= 48
        assert len(text) < 400


def test_the_offending_byte_is_shown_however_wide_the_header() -> None:
    text = str(InvalidHeader(b"5" * 4000 + b"x", 70))
    assert "5x'" in text
    assert "offset 70" in text
    assert text.count("5") < 48


@pytest.fixture(params=[None, 640], ids=["usual digits", "640 digits"])
def digits_allowed(request: pytest.FixtureRequest) -> Iterator[int | None]:
    """What Python refuses to convert between `int` and `str`; 640 is the strictest it can be told."""
    before = sys.get_int_max_str_digits()
    if request.param is not None:
        sys.set_int_max_str_digits(request.param)
    yield request.param
    sys.set_int_max_str_digits(before)


@pytest.mark.parametrize("digits", [20, 39, 40, 100, 641, 4096])
def test_a_length_of_many_digits(digits: int, digits_allowed: int | None) -> None:
    for length in (10**digits - 1, 10 ** (digits - 1)):
        error = FrameTooLarge(length, 5, 0)
        assert error.length == length
        assert error == FrameTooLarge(length, 5, 0)
        assert error != FrameTooLarge(length - 1, 5, 0)
        for text in (str(error), repr(error)):
            assert len(text) < 200
            # How long it says the number is, is right.
            assert set(re.findall(r"(\d+) digits", text)) <= {str(digits)}
            assert set(re.findall(r"1e(\d+)", text)) <= {str(digits - 1), str(digits)}
        # Below protocol 2, pickle writes numbers as text.
        for protocol in PROTOCOLS if digits_allowed is None else PROTOCOLS[2:]:
            assert pickle.loads(pickle.dumps(error, protocol)) == error
        assert copy.copy(error) == copy.deepcopy(error) == error


# Copies


@each_copy
@each_error
def test_a_copy_is_equal(error: FramingError, copied: Copy[Any]) -> None:
    twin = copied(error)
    assert twin is not error
    assert type(twin) is type(error)
    assert twin == error
    assert hash(twin) == hash(error)
    assert (str(twin), repr(twin), twin.args) == (str(error), repr(error), error.args)
    if type(error) in FACTS:
        assert facts(twin) == facts(error)
    assert getattr(twin, "errno", None) == getattr(error, "errno", None)


def test_only_equal_ones_are_equal() -> None:
    assert len(set(EXAMPLES)) == len(EXAMPLES)
    for error in EXAMPLES:
        assert [other for other in EXAMPLES if other == error] == [error]
        assert error != str(error)
        assert error != None  # noqa: E711
    # The same facts in another class are another error.
    assert TruncatedFrame("header", 10, 3) != FrameTimeout("header", 10, 3)


@each_copy
@each_error
def test_what_was_added_survives(error: FramingError, copied: Copy[Any]) -> None:
    noted: Any = copy.copy(error)
    noted.add_note("while talking to 192.0.2.7")
    noted.peer = ("192.0.2.7", 5000)
    assert noted == error
    twin = copied(noted)
    assert twin == noted
    assert twin.__notes__ == ["while talking to 192.0.2.7"]
    assert twin.peer == ("192.0.2.7", 5000)
    assert not hasattr(error, "__notes__")


@each_copy
def test_the_cause_is_what_python_makes_of_it(copied: Copy[Any]) -> None:
    reason = OSError(errno.ENETDOWN, "the network is down")

    def raised(error: Exception) -> Exception:
        with pytest.raises(type(error)) as caught:
            raise error from reason
        return caught.value

    ours, builtin = raised(FrameTimeout("header", 10, 3)), raised(TimeoutError("late"))
    assert ours.__cause__ is builtin.__cause__ is reason
    assert ours == FrameTimeout("header", 10, 3)
    twin, other = copied(ours), copied(builtin)
    assert twin == ours
    assert (twin.__cause__, twin.__suppress_context__) == (other.__cause__, other.__suppress_context__)


@each_copy
@pytest.mark.parametrize(
    "error", [OutOfSeats("all 12 taken"), BadGreeting(b"x", 7, "a hint")], ids=repr
)
def test_classes_of_others(error: FramingError, copied: Copy[Any]) -> None:
    twin = copied(error)
    assert type(twin) is type(error)
    assert twin == error
    assert str(twin) == str(error)


# `partial`

PARTS = (b"5         ", memoryview(b"hello world")[:2], b"l")


@pytest.mark.parametrize(
    "parts", [PARTS, list(PARTS), b"5         hel"], ids=["tuple", "list", "bytes"]
)
@pytest.mark.parametrize("cls", [TruncatedFrame, FrameTimeout, FrameWouldBlock, FrameStalled])
def test_partial_is_one_bytes(cls: type[IncompleteFrame], parts: Any) -> None:
    error = cls("payload", 5, 3, parts)
    assert error.partial == b"5         hel"
    assert type(error.partial) is bytes
    assert error.partial is error.partial, "put together once"
    assert error == cls("payload", 5, 3, b"5         hel")


@each_copy
def test_partial_of_parts_in_a_copy(copied: Copy[Any]) -> None:
    # Nobody has asked for it before the copy is made, and a memoryview cannot be pickled.
    error = TruncatedFrame("payload", 5, 3, PARTS)
    twin = copied(error)
    assert twin.partial == b"5         hel"
    assert twin == error
    assert hash(twin) == hash(error)


def test_partial_is_not_put_together_before_it_is_asked_for() -> None:
    class Parts(tuple[bytes, ...]):
        asked = 0

        def __iter__(self) -> Iterator[bytes]:
            Parts.asked += 1
            return super().__iter__()

    error = TruncatedFrame("payload", 5, 3, Parts((b"5         ", b"hel")))
    assert "3 of 5 bytes" in str(error)
    assert Parts.asked == 0
    assert error.partial == b"5         hel"
    assert Parts.asked == 1


def test_no_partial_where_the_object_keeps_it() -> None:
    assert FrameTimeout("payload", 5, 3).partial is None
    assert TruncatedFrame("payload", 5, 3, ()).partial == b""
