"""The public names: which there are, what they say of themselves, and that their examples are true."""

from __future__ import annotations

import doctest
import importlib.metadata
import importlib.resources
import inspect
import types
from typing import TYPE_CHECKING, Any

import framing
import pytest
from framing import _connect, _errors, _framing, _listener, _options, _stats, _wait, presets

if TYPE_CHECKING:
    from collections.abc import Iterator

OBJECTS = {name: getattr(framing, name) for name in framing.__all__}
CLASSES = {name: thing for name, thing in OBJECTS.items() if isinstance(thing, type)}
FUNCTIONS = {name: thing for name, thing in OBJECTS.items() if inspect.isroutine(thing)}
MODULES = {name: thing for name, thing in OBJECTS.items() if isinstance(thing, types.ModuleType)}
CONSTANTS = {
    name: OBJECTS[name] for name in OBJECTS.keys() - CLASSES.keys() - FUNCTIONS.keys() - MODULES.keys()
}

MEMBERS = {
    "BinaryHeader": "byteorder fields length_adjustment length_offset length_size size",
    "DecimalHeader": "align fields fill length_offset size strict unit width",
    "FrameEncoder": "encode encode_into encode_many header header_for max_frame_size",
    "FrameDecoder": (
        "buffer_updated buffered error feed feed_eof get_buffer header keep_header max_consecutive_empty "
        "max_frame_size max_skip needed offset on_oversize reset stats take_buffered"
    ),
    "FramedListener": "accept address close closed fileno gettimeout settimeout socket",
    "FrameOptions": "",
    "FramedSocket": (
        "close closed detach fileno flush frame_timeout gettimeout header keep_header local_address "
        "max_consecutive_empty max_frame_size max_skip on_oversize pending_send recv recv_into recv_many "
        "remote_address send send_encoded send_header send_many setblocking settimeout shutdown socket stats"
    ),
    "NetstringHeader": "max_digits",
    "VarintHeader": "max_bytes strict",
    "FrameStats": "buffered frames largest_frame payload_bytes skipped_bytes skipped_frames wire_bytes",
}

POLICY = "on_oversize='error', max_skip=None, max_consecutive_empty=None"

SIGNATURES = {
    "BinaryHeader": (
        "(length_size=4, *, byteorder='big', length_offset=0, length_adjustment=0, size=None, fields=None)"
    ),
    "NetstringHeader": "(max_digits=10)",
    "VarintHeader": "(max_bytes=10, *, strict=False)",
    "DecimalHeader": (
        "(width=10, *, align='<', fill=' ', unit='bytes', strict=False, length_offset=0, size=None, fields=None)"
    ),
    "FrameEncoder": "(header=10, *, max_frame_size=None)",
    "FrameEncoder.encode": "(self, /, payload, *, fields=None)",
    "FrameEncoder.encode_into": "(self, /, payload, buffer, offset=0, *, fields=None)",
    "FrameEncoder.encode_many": "(self, /, payloads, *, fields=None)",
    "FrameEncoder.header_for": "(self, /, payload, *, fields=None)",
    "FrameDecoder": f"(header=10, *, max_frame_size=None, keep_header=False, {POLICY})",
    "FrameDecoder.buffer_updated": "(self, /, nbytes)",
    "FrameDecoder.feed": "(self, /, data)",
    "FrameDecoder.feed_eof": "(self, /)",
    "FrameDecoder.get_buffer": "(self, /, sizehint=-1)",
    "FrameDecoder.reset": "(self, /)",
    "FrameDecoder.take_buffered": "(self, /)",
    "FramedListener": "(*_args, **_options)",
    "FramedListener.accept": "(self, *, timeout='default')",
    "FramedListener.close": "(self)",
    "FramedListener.fileno": "(self)",
    "FramedListener.gettimeout": "(self)",
    "FramedListener.settimeout": "(self, timeout)",
    "FramedSocket": "(sock, header=10, **options)",
    "FramedSocket.close": "(self, /)",
    "FramedSocket.detach": "(self, /)",
    "FramedSocket.fileno": "(self, /)",
    "FramedSocket.gettimeout": "(self, /)",
    "FramedSocket.setblocking": "(self, /, flag)",
    "FramedSocket.settimeout": "(self, /, timeout)",
    "FramedSocket.flush": "(self, /, *, timeout='default')",
    "FramedSocket.recv": "(self, /, *, timeout='default')",
    "FramedSocket.recv_into": "(self, /, buffer, *, timeout='default')",
    "FramedSocket.recv_many": "(self, /, max_frames=None, *, timeout='default')",
    "FramedSocket.send": "(self, /, payload, *, fields=None, timeout='default')",
    "FramedSocket.send_encoded": "(self, /, wire, *, timeout='default')",
    "FramedSocket.send_many": "(self, /, payloads, *, fields=None, timeout='default')",
    "FramedSocket.shutdown": "(self, /, how=1)",
    "encode": "(payload, header=10, *, max_frame_size=None, fields=None)",
    "connect": (
        "(address, *, timeout='default', ssl=None, server_hostname=None, source_address=None, **options)"
    ),
    "decode": "(data, header=10, *, max_frame_size=None, keep_header=False)",
    "listen": "(address, *, backlog=128, reuse_port=False, ssl=None, **options)",
    "recv_frame": "(sock, header=10, *, max_frame_size=None, keep_header=False, timeout='default')",
    "send_frame": (
        "(sock, payload, header=10, *, max_frame_size=None, fields=None, timeout='default')"
    ),
    "wait": "(objects, timeout=None)",
}


def public(thing: object) -> set[str]:
    return {name for name in vars(thing) if not name.startswith("_")}


def documented() -> Iterator[tuple[str, str | None]]:
    """Every docstring of ours, by the name of what it is about."""
    for module in (framing, presets, _connect, _errors, _framing, _listener, _options, _stats, _wait):
        yield module.__name__, module.__doc__
    for name, thing in (CLASSES | FUNCTIONS).items():
        yield name, vars(thing).get("__doc__") if isinstance(thing, type) else thing.__doc__
        for member in sorted(public(thing)) if isinstance(thing, type) else ():
            attribute = inspect.getattr_static(thing, member)
            if inspect.isroutine(attribute) or inspect.isdatadescriptor(attribute):
                yield f"{name}.{member}", attribute.__doc__


DOCSTRINGS = dict(documented())
EXAMPLES = {name: text for name, text in DOCSTRINGS.items() if text and ">>>" in text}


# The names


def test_all_is_complete() -> None:
    modules = {name for name, thing in vars(framing).items() if isinstance(thing, types.ModuleType)}
    # What `from __future__ import annotations` leaves behind is no name of ours.
    assert (
        set(framing.__all__)
        == public(framing) - modules - {"annotations"} | {"__version__"} | MODULES.keys()
    )
    for part in (_connect, _errors, _framing, _listener, _stats, _wait):
        ours = {name for name in part.__all__ if not name.startswith("_") or name == "__version__"}
        assert ours <= set(framing.__all__)
    assert {"presets": presets} == MODULES
    assert {"DecimalHeader", "FrameEncoder", "FrameDecoder", "FrameStats"} <= CLASSES.keys()
    assert {"encode", "decode"} <= FUNCTIONS.keys()


def test_all_is_sorted() -> None:
    def place(name: str) -> tuple[int, str]:
        """Constants, classes, functions: as the linter sorts them."""
        return (0 if name.isupper() else 1 if name[0].isupper() else 2), name

    assert framing.__all__ == sorted(set(framing.__all__), key=place)


def test_dir_and_star() -> None:
    assert set(framing.__all__) <= set(dir(framing))
    names: dict[str, object] = {}
    exec("from framing import *", names)
    assert OBJECTS.items() <= names.items()


@pytest.mark.parametrize("name", MEMBERS)
def test_members(name: str) -> None:
    assert sorted(public(CLASSES[name])) == MEMBERS[name].split()


@pytest.mark.parametrize("name", sorted(CLASSES | FUNCTIONS))
def test_everything_says_it_is_from_framing(name: str) -> None:
    assert OBJECTS[name].__module__ == "framing"
    assert OBJECTS[name].__name__ == OBJECTS[name].__qualname__ == name
    assert "framing._" not in repr(OBJECTS[name])


def test_constants() -> None:
    assert CONSTANTS.keys() == {"HEADER_SIZE", "DEFAULT_MAX_FRAME_SIZE", "__version__"}
    assert framing.HEADER_SIZE == 10
    assert framing.DEFAULT_MAX_FRAME_SIZE == 1_000_000_000


# What they say of themselves


@pytest.mark.parametrize("name", DOCSTRINGS)
def test_a_docstring(name: str) -> None:
    text = inspect.cleandoc(DOCSTRINGS[name] or "")
    assert text, "it has none of its own"
    first, *_ = text.split("\n\n")
    assert first.endswith((".", ":")), "a sentence"


@pytest.mark.parametrize("name", sorted(CLASSES.keys() & _framing.__all__) + sorted(FUNCTIONS))
def test_a_docstring_names_every_argument(name: str) -> None:
    for argument in inspect.signature(OBJECTS[name]).parameters:
        assert argument in (OBJECTS[name].__doc__ or "")


@pytest.mark.parametrize("name", _errors.__all__)
def test_an_error_describes_its_facts(name: str) -> None:
    described = " ".join(
        cls.__doc__ or "" for cls in CLASSES[name].__mro__ if cls.__module__ == "framing"
    )
    for fact in getattr(_errors, name)._facts or ():
        assert f"{fact}: " in described


@pytest.mark.parametrize(("name", "expected"), SIGNATURES.items(), ids=SIGNATURES)
def test_a_signature(name: str, expected: str) -> None:
    thing: Any = framing
    for part in name.split("."):
        thing = getattr(thing, part)
    signature = inspect.signature(thing)
    bare = [
        parameter.replace(annotation=inspect.Parameter.empty)
        for parameter in signature.parameters.values()
    ]
    assert str(inspect.Signature(bare)) == expected


def test_every_callable_has_its_signature_tested() -> None:
    methods = {
        f"{name}.{member}"
        for name in MEMBERS
        for member in public(CLASSES[name])
        if inspect.isroutine(inspect.getattr_static(CLASSES[name], member))
    }
    ours = {name for name, thing in CLASSES.items() if not issubclass(thing, Exception)} - {
        "FrameOptions",
        "FrameStats",
    }
    assert SIGNATURES.keys() == methods | ours | FUNCTIONS.keys()


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_of_a_docstring(name: str) -> None:
    test = doctest.DocTestParser().get_doctest(EXAMPLES[name], dict(OBJECTS), name, None, None)
    assert test.examples
    said: list[str] = []
    results = doctest.DocTestRunner(optionflags=doctest.FAIL_FAST).run(test, out=said.append)
    assert results.failed == 0, "".join(said)
    assert results.attempted == len(test.examples)


def test_the_main_names_have_examples() -> None:
    assert EXAMPLES.keys() >= {
        "framing",
        "BinaryHeader",
        "DecimalHeader",
        "NetstringHeader",
        "VarintHeader",
        "FrameEncoder",
        "FrameDecoder",
        "FramedSocket",
        "encode",
        "decode",
        "listen",
    }


# The distribution


def test_the_version_is_the_distributions() -> None:
    assert framing.__version__ == importlib.metadata.version("framing")


@pytest.mark.parametrize("name", ["py.typed", "_framing.pyi"])
def test_types_are_shipped(name: str) -> None:
    assert (importlib.resources.files("framing") / name).is_file()
