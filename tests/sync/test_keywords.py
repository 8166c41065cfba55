"""Timeouts are always given by name: `recv(16)` is the old script's line, and no timeout of 16 seconds."""

from __future__ import annotations

import inspect
import pydoc
from typing import TYPE_CHECKING, Any

import framing
import pytest
from framing import FramedListener, FramedSocket, recv_frame, send_frame
from support.pairs import framed
from support.refusal import refusal

if TYPE_CHECKING:
    from collections.abc import Callable

CALLS: dict[str, Callable[[Any], object]] = {
    "recv": lambda fs: fs.recv(16),
    "recv_many": lambda fs: fs.recv_many(16, 5),
    "recv_into": lambda fs: fs.recv_into(bytearray(16), 5),
    "send": lambda fs: fs.send(b"x", 5),
    "send_many": lambda fs: fs.send_many([b"x"], 5),
    "send_encoded": lambda fs: fs.send_encoded(b"x", 5),
    "flush": lambda fs: fs.flush(5),
    "send_frame": lambda fs: send_frame(fs.socket, b"x", 10, 5),  # type: ignore[call-arg]
    "recv_frame": lambda fs: recv_frame(fs.socket, 10, 5),  # type: ignore[call-arg]
}

WITH_TIMEOUT: list[Any] = [
    *(getattr(FramedSocket, name) for name in CALLS if hasattr(FramedSocket, name)),
    FramedListener.accept,
    framing.connect,
    send_frame,
    recv_frame,
]


@pytest.mark.parametrize("name", CALLS)
def test_a_timeout_is_not_given_by_its_place(name: str) -> None:
    with framed() as (fs, peer):
        peer.sendall(framing.encode("hello"))
        assert "positional argument" in refusal(TypeError, lambda: CALLS[name](fs))
        assert fs.recv() == b"hello"
        peer.setblocking(False)
        with pytest.raises(BlockingIOError):
            peer.recv(1)


def test_a_listeners_timeout_is_not_given_by_its_place() -> None:
    listener: Any
    with framing.listen(("127.0.0.1", 0)) as listener:
        assert "positional argument" in refusal(
            TypeError,
            lambda: listener.accept(5),
        )


@pytest.mark.parametrize("function", WITH_TIMEOUT, ids=lambda function: function.__qualname__)
def test_help_shows_the_default(function: Any) -> None:
    timeout = inspect.signature(function).parameters["timeout"]
    assert timeout.kind is inspect.Parameter.KEYWORD_ONLY
    assert timeout.default == "default"
    text = pydoc.plain(pydoc.render_doc(function))
    assert "timeout='default'" in text or "= 'default'" in text
    assert "Ellipsis" not in text


@pytest.mark.parametrize("wrong", ["", "Default", "socket", ..., "1", b"default"])
def test_other_words_are_refused(wrong: Any) -> None:
    with framed() as (fs, peer):
        peer.sendall(framing.encode("hello"))
        said = refusal(TypeError, lambda: fs.recv(timeout=wrong))
        assert "timeout must be a number of seconds, None, or 'default' for the socket's own" in said
        assert fs.recv(timeout="default") == b"hello"
