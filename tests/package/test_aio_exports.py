"""The public names of `framing.aio`: which there are, and what they say of themselves."""

from __future__ import annotations

import inspect
import subprocess
import sys
import types
from typing import Any

import pytest
from framing import aio

OBJECTS = {name: getattr(aio, name) for name in aio.__all__}

FRAMING = "header=10, *, max_frame_size=None, keep_header=False"
OPTIONS = "frame_timeout header keep_header max_consecutive_empty max_frame_size max_skip on_oversize send_header"

SIGNATURES = {
    "FramedProtocol": "(header=10, **options)",
    "FramedProtocol.abort": "(self)",
    "FramedProtocol.buffer_updated": "(self, /, nbytes)",
    "FramedProtocol.close": "(self)",
    "FramedProtocol.connection_lost": "(self, exc)",
    "FramedProtocol.connection_made": "(self, transport)",
    "FramedProtocol.eof_received": "(self)",
    "FramedProtocol.error_received": "(self, exc)",
    "FramedProtocol.frame_received": "(self, frame)",
    "FramedProtocol.frames_received": "(self, /, frames)",
    "FramedProtocol.get_buffer": "(self, /, sizehint)",
    "FramedProtocol.is_closing": "(self)",
    "FramedProtocol.pause_writing": "(self)",
    "FramedProtocol.resume_writing": "(self)",
    "FramedProtocol.send": "(self, /, payload, *, fields=None)",
    "FramedProtocol.send_encoded": "(self, wire)",
    "FramedProtocol.send_many": "(self, payloads, *, fields=None)",
    "FramedProtocol.write_eof": "(self)",
    "FramedServer": "(*_args, **_options)",
    "FramedServer.abort_clients": "(self)",
    "FramedServer.close": "(self)",
    "FramedServer.close_clients": "(self)",
    "FramedServer.get_loop": "(self)",
    "FramedServer.is_serving": "(self)",
    "FramedServer.serve_forever": "(self)",
    "FramedServer.start_serving": "(self)",
    "FramedServer.wait_closed": "(self)",
    "FramedStream": "(*_args, **_options)",
    "FramedStream.abort": "(self)",
    "FramedStream.close": "(self)",
    "FramedStream.detach": "(self)",
    "FramedStream.drain": "(self)",
    "FramedStream.get_extra_info": "(self, name, default=None)",
    "FramedStream.is_closing": "(self)",
    "FramedStream.recv": "(self)",
    "FramedStream.recv_many": "(self, max_frames=None)",
    "FramedStream.send": "(self, payload, *, fields=None)",
    "FramedStream.send_encoded": "(self, wire)",
    "FramedStream.send_many": "(self, payloads, *, fields=None)",
    "FramedStream.send_nowait": "(self, payload, *, fields=None)",
    "FramedStream.wait_closed": "(self)",
    "FramedStream.write_eof": "(self)",
    "open_connection": "(host=None, port=None, **options)",
    "open_unix_connection": "(path=None, **options)",
    "read_frame": f"(reader, {FRAMING})",
    "start_server": "(handler, host=None, port=None, *, grace=5.0, **options)",
    "start_unix_server": "(handler, path=None, *, grace=5.0, **options)",
    "write_frame": "(writer, payload, header=10, *, max_frame_size=None, fields=None)",
}

PROPERTIES = {
    "FramedProtocol": f"{OPTIONS} stats",
    "FramedServer": f"{OPTIONS} sockets",
    "FramedStream": f"{OPTIONS} local_address remote_address stats transport",
}


def members(thing: type) -> dict[str, Any]:
    """What a class has of ours."""
    return {
        name: inspect.getattr_static(thing, name) for name in dir(thing) if not name.startswith("_")
    }


ROUTINES = {
    f"{name}.{member}": attribute
    for name, thing in OBJECTS.items()
    if isinstance(thing, type)
    for member, attribute in members(thing).items()
    if inspect.isroutine(attribute)
}


def test_all_is_complete() -> None:
    public = {
        name
        for name, thing in vars(aio).items()
        if not name.startswith("_") and not isinstance(thing, types.ModuleType)
    }
    assert aio.__all__ == sorted(public - {"annotations"}, key=lambda name: (name.islower(), name))


@pytest.mark.parametrize("name", OBJECTS)
def test_everything_says_it_is_from_framing_aio(name: str) -> None:
    assert OBJECTS[name].__module__ == "framing.aio"
    assert OBJECTS[name].__name__ == OBJECTS[name].__qualname__ == name


def test_every_callable_has_its_signature_tested() -> None:
    assert SIGNATURES.keys() == OBJECTS.keys() | ROUTINES.keys()


@pytest.mark.parametrize(("name", "expected"), SIGNATURES.items(), ids=SIGNATURES)
def test_a_signature(name: str, expected: str) -> None:
    thing: Any = aio
    for part in name.split("."):
        thing = getattr(thing, part)
    parameters = inspect.signature(thing).parameters.values()
    bare = [parameter.replace(annotation=inspect.Parameter.empty) for parameter in parameters]
    assert str(inspect.Signature(bare)) == expected


@pytest.mark.parametrize(("name", "expected"), PROPERTIES.items(), ids=PROPERTIES)
def test_properties(name: str, expected: str) -> None:
    found = {
        member
        for member, attribute in members(OBJECTS[name]).items()
        if inspect.isdatadescriptor(attribute)
    }
    assert found == set(expected.split())


@pytest.mark.parametrize("name", [*OBJECTS, *ROUTINES])
def test_a_docstring(name: str) -> None:
    thing = OBJECTS.get(name) or ROUTINES[name]
    text = inspect.cleandoc(thing.__doc__ or "")
    assert text, "it has none of its own"
    assert text.split("\n\n")[0].endswith((".", ":", "`:")), "a sentence"


@pytest.mark.slow
def test_asyncio_is_imported_only_where_it_is_wanted() -> None:
    script = "import sys, framing; sys.exit('asyncio' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
