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
POLICY = "on_oversize='error', max_skip=None, max_consecutive_empty=None"
OPTIONS = (
    f"header=10, max_frame_size=None, keep_header=False, frame_timeout=None, {POLICY}, "
    "limit=65536, write_limit=65536"
)

SIGNATURES = {
    "FrameProtocol": f"({FRAMING}, frame_timeout=None, {POLICY})",
    "FrameProtocol.abort": "(self)",
    "FrameProtocol.buffer_updated": "(self, /, nbytes)",
    "FrameProtocol.close": "(self)",
    "FrameProtocol.connection_lost": "(self, exc)",
    "FrameProtocol.connection_made": "(self, transport)",
    "FrameProtocol.eof_received": "(self)",
    "FrameProtocol.error_received": "(self, exc)",
    "FrameProtocol.frame_received": "(self, frame)",
    "FrameProtocol.frames_received": "(self, /, frames)",
    "FrameProtocol.get_buffer": "(self, /, sizehint)",
    "FrameProtocol.is_closing": "(self)",
    "FrameProtocol.pause_writing": "(self)",
    "FrameProtocol.resume_writing": "(self)",
    "FrameProtocol.send": "(self, /, payload, *, fields=None)",
    "FrameProtocol.send_encoded": "(self, wire)",
    "FrameProtocol.send_many": "(self, payloads, *, fields=None)",
    "FrameProtocol.write_eof": "(self)",
    "FrameServer": "(handler, chosen, grace)",
    "FrameServer.abort_clients": "(self)",
    "FrameServer.close": "(self)",
    "FrameServer.close_clients": "(self)",
    "FrameServer.get_loop": "(self)",
    "FrameServer.is_serving": "(self)",
    "FrameServer.serve_forever": "(self)",
    "FrameServer.start_serving": "(self)",
    "FrameServer.wait_closed": "(self)",
    "FrameStream": "(channel)",
    "FrameStream.abort": "(self)",
    "FrameStream.close": "(self)",
    "FrameStream.detach": "(self)",
    "FrameStream.drain": "(self)",
    "FrameStream.get_extra_info": "(self, name, default=None)",
    "FrameStream.is_closing": "(self)",
    "FrameStream.recv": "(self)",
    "FrameStream.recv_many": "(self, max_frames=None)",
    "FrameStream.send": "(self, payload, *, fields=None)",
    "FrameStream.send_encoded": "(self, wire)",
    "FrameStream.send_many": "(self, payloads, *, fields=None)",
    "FrameStream.send_nowait": "(self, payload, *, fields=None)",
    "FrameStream.wait_closed": "(self)",
    "FrameStream.write_eof": "(self)",
    "open_connection": f"(host=None, port=None, *, {OPTIONS}, **connect_options)",
    "open_unix_connection": f"(path=None, *, {OPTIONS}, **connect_options)",
    "read_frame": f"(reader, {FRAMING})",
    "start_server": f"(handler, host=None, port=None, *, grace=5.0, {OPTIONS}, **server_options)",
    "start_unix_server": f"(handler, path=None, *, grace=5.0, {OPTIONS}, **server_options)",
    "write_frame": "(writer, payload, header=10, *, max_frame_size=None, fields=None)",
}

PROPERTIES = {
    "FrameProtocol": "frame_timeout header keep_header max_frame_size stats",
    "FrameServer": "sockets",
    "FrameStream": "frame_timeout header keep_header max_frame_size on_oversize stats transport",
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
    assert sorted(found) == expected.split()


@pytest.mark.parametrize("name", [*OBJECTS, *ROUTINES])
def test_a_docstring(name: str) -> None:
    thing = OBJECTS.get(name) or ROUTINES[name]
    text = inspect.cleandoc(thing.__doc__ or "")
    assert text, "it has none of its own"
    assert text.split("\n\n")[0].endswith((".", ":", "`:")), "a sentence"


def test_asyncio_is_imported_only_where_it_is_wanted() -> None:
    script = "import sys, framing; sys.exit('asyncio' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
