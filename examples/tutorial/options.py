"""The command lines of the tutorial's scripts: what they share that has nothing to do with sockets."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_DAY = 24 * 60 * 60
_MANY = 10**9


def server_options(doc: str | None) -> argparse.Namespace:
    """Parse the options of a server; `doc` is its module's docstring, which `--help` shows."""
    parser = _parser(doc)
    parser.add_argument("--port", type=_port, default=1243, help="0 for any free one (default: 1243)")
    parser.add_argument(
        "--count", type=_many, default=0, help="messages per client (default: 0, no end)"
    )
    parser.add_argument(
        "--clients", type=_many, default=0, help="stop after so many (default: 0, never)"
    )
    parser.add_argument(
        "--interval", type=_seconds, default=3.0, help="seconds between two messages (default: 3)"
    )
    parser.add_argument(
        "--message",
        type=_text,
        action="append",
        metavar="TEXT",
        default=[],
        help="send this instead of greeting and time; several are sent in turn, over and over",
    )
    return parser.parse_args()


def client_options(doc: str | None) -> argparse.Namespace:
    """Parse the options of a client; `doc` is its module's docstring, which `--help` shows."""
    parser = _parser(doc)
    parser.add_argument("--port", type=_port, default=1243, help="the server's (default: 1243)")
    parser.add_argument(
        "--count",
        type=_many,
        default=0,
        help="stop after so many messages (default: 0, when the server closes)",
    )
    return parser.parse_args()


def _parser(doc: str | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=doc, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("--host", default="127.0.0.1", help="default: 127.0.0.1, this machine only")
    return parser


def _between(low: int, high: int, kind: type[int | float]) -> Callable[[str], float]:
    def parse(text: str) -> float:
        value = kind(text)
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{text} is not between {low} and {high}")
        return value

    # argparse names the type it could not make of the text.
    parse.__name__ = kind.__name__
    return parse


def _text(text: str) -> str:
    # A terminal can pass bytes that are no text, and Python carries them along as lone surrogates.
    try:
        text.encode()
    except UnicodeEncodeError:
        raise argparse.ArgumentTypeError(f"{text!r} is not text") from None
    return text


_port = _between(0, 65535, int)
_many = _between(0, _MANY, int)
_seconds = _between(0, _DAY, float)
