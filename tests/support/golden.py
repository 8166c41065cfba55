"""The vectors of tests/vectors, read as its README.md says."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.headers import Binary, Decimal, Header, Netstring, Varint
from support.model import Outcome

DIRECTORY = Path(__file__).parents[1] / "vectors"


@dataclass(frozen=True)
class Vector:
    name: str
    header: Header
    max_frame_size: int | None
    keep_header: bool
    stream: bytes
    outcome: Outcome
    left: bytes
    hints: tuple[str | None, ...]
    """The phrase that the hint contains, or None where there is none; empty where nothing is said."""


def load() -> list[Vector]:
    vectors = [
        _vector(**fields)
        for path in sorted(DIRECTORY.glob("*.json"))
        for fields in json.loads(path.read_text(encoding="utf-8"))
    ]
    assert len(vectors) >= 600, "vectors are missing"
    assert len({vector.name for vector in vectors}) == len(vectors), "two vectors have the same name"
    return vectors


def _vector(
    *,
    name: str,
    stream: Any,
    frames: list[Any],
    end: Any,
    header: dict[str, Any] | None = None,
    max_frame_size: int | None = None,
    keep_header: bool = False,
    left: Any = (),
) -> Vector:
    wire, rest, format_ = _bytes(stream), _bytes(left), _header(header or {})
    kind, facts, needed = "clean", {}, format_.lacking(b"")
    offset = len(wire) - len(rest)
    hints: tuple[str | None, ...] = ()
    if end != "clean":
        [(how, facts)] = end.items()
        if "hint" in facts:
            hints = (facts.pop("hint"),)
        if how == "truncated":
            kind, needed = "TruncatedFrame", facts["expected"] - facts["received"]
        else:
            assert how == "error", f"{name}: no such end"
            kind, needed, offset = facts.pop("kind"), 0, facts.pop("offset")
            if "header" in facts:
                facts["header"] = _bytes(facts["header"])
            if "length" in facts:
                facts["length"] = int(facts["length"])
    outcome = Outcome([_bytes(frame) for frame in frames], kind, facts, offset, needed)
    return Vector(name, format_, max_frame_size, keep_header, wire, outcome, rest, hints)


def _header(value: dict[str, Any]) -> Header:
    match value:
        case {"binary": dict(arguments), **rest} if not rest:
            return Binary(**_with_fields(arguments))
        case {"varint": dict(arguments), **rest} if not rest:
            return Varint(**arguments)
        case {"netstring": dict(arguments), **rest} if not rest:
            return Netstring(**arguments)
    return Decimal(**_with_fields(value))


def _with_fields(arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a model, whose `fields` is a method."""
    arguments = dict(arguments)
    if "fields" in arguments:
        arguments["default_fields"] = _bytes(arguments.pop("fields"))
    return arguments


def _bytes(value: Any) -> bytes:
    match value:
        case {"text": str(text), **rest} if not rest:
            return text.encode()
        case {"hex": str(digits), **rest} if not rest:
            return bytes.fromhex(digits)
        case {"repeat": str(text), "count": int(count), **rest} if not rest:
            return text.encode() * count
        case list() | tuple():
            return b"".join(map(_bytes, value))
    raise ValueError(f"not bytes: {value!r}")
