"""One set of options for everything that has a connection: taken alike, refused alike, and said alike."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable
from typing import Any

import framing
import pytest
from framing import BinaryHeader, DecimalHeader, FramedSocket, FrameOptions, VarintHeader, aio

OPTIONS: dict[str, Any] = {
    "header": BinaryHeader(4),
    "send_header": DecimalHeader(10),
    "max_frame_size": 1000,
    "keep_header": True,
    "on_oversize": "skip",
    "max_skip": 5000,
    "max_consecutive_empty": 7,
    "frame_timeout": 12.5,
}

DEFAULTS: dict[str, Any] = {
    "header": DecimalHeader(10),
    "send_header": DecimalHeader(10),
    "max_frame_size": framing.DEFAULT_MAX_FRAME_SIZE,
    "keep_header": False,
    "on_oversize": "error",
    "max_skip": None,
    "max_consecutive_empty": None,
    "frame_timeout": None,
}


def of_socket(**options: Any) -> dict[str, Any]:
    with contextlib.ExitStack() as stack:
        ours, theirs = socket.socketpair()
        stack.callback(theirs.close)
        stack.callback(ours.close)
        return attributes(stack.enter_context(FramedSocket(ours, **options)))


def of_connect(**options: Any) -> dict[str, Any]:
    with (
        framing.listen(("127.0.0.1", 0)) as listener,
        framing.connect(listener.address, **options) as client,
    ):
        return attributes(client)


def of_listener(**options: Any) -> dict[str, Any]:
    with framing.listen(("127.0.0.1", 0), **options) as listener:
        return attributes(listener)


def of_accepted(**options: Any) -> dict[str, Any]:
    with (
        framing.listen(("127.0.0.1", 0), **options) as listener,
        framing.connect(listener.address),
        listener.accept()[0] as server,
    ):
        return attributes(server)


def of_stream(**options: Any) -> dict[str, Any]:
    async def main() -> dict[str, Any]:
        ours, theirs = socket.socketpair()
        with ours, theirs:
            async with await aio.open_connection(sock=ours, **options) as stream:
                return attributes(stream)

    return asyncio.run(main())


def of_server(**options: Any) -> dict[str, Any]:
    async def main() -> dict[str, Any]:
        async def handler(_: aio.FramedStream) -> None: ...

        async with await aio.start_server(handler, "127.0.0.1", 0, **options) as server:
            return attributes(server)

    return asyncio.run(main())


def of_protocol(**options: Any) -> dict[str, Any]:
    return attributes(aio.FramedProtocol(**options))


def attributes(thing: Any) -> dict[str, Any]:
    """What it says of its options, all of which are read-only."""
    for name in OPTIONS:
        with pytest.raises(AttributeError):
            setattr(thing, name, None)
    return {name: getattr(thing, name) for name in OPTIONS}


WAYS: list[Callable[..., dict[str, Any]]] = [
    of_socket,
    of_connect,
    of_listener,
    of_accepted,
    of_stream,
    of_server,
    of_protocol,
]
each_way = pytest.mark.parametrize("way", WAYS, ids=[way.__name__[3:] for way in WAYS])


@each_way
def test_each_option_is_an_attribute(way: Callable[..., dict[str, Any]]) -> None:
    assert way(**OPTIONS) == OPTIONS


@each_way
def test_the_defaults(way: Callable[..., dict[str, Any]]) -> None:
    assert way() == DEFAULTS


@each_way
def test_a_width_is_a_header_and_sends_too(way: Callable[..., dict[str, Any]]) -> None:
    expected = DEFAULTS | {
        "header": DecimalHeader(4),
        "send_header": DecimalHeader(4),
        "max_frame_size": 9999,
    }
    assert way(header=4) == expected


REFUSED: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"header": "10"}, TypeError, r"header must be an int \(its width\) or a header object, not 'str'"),
    ({"send_header": "10"}, TypeError, r"must be an int \(its width\) or a header object, not 'str'"),
    ({"max_frame_size": 1.5}, TypeError, "max_frame_size must be an integer or None, not 'float'"),
    ({"max_frame_size": -1}, ValueError, "max_frame_size must be between 0 and"),
    ({"header": 2, "max_frame_size": 100}, ValueError, "max_frame_size must be between 0 and 99"),
    ({"send_header": 2, "max_frame_size": 100}, ValueError, "max_frame_size must be between 0 and 99"),
    ({"keep_header": 1}, TypeError, "keep_header must be a bool, not 'int'"),
    ({"on_oversize": "skipp"}, ValueError, "on_oversize must be 'error' or 'skip', not \"skipp\""),
    ({"on_oversize": None}, TypeError, "on_oversize must be a str, not 'NoneType'"),
    ({"max_skip": 5}, ValueError, "max_skip is for on_oversize='skip'"),
    ({"on_oversize": "skip", "max_skip": 5}, ValueError, "max_skip must be at least 1000000000"),
    ({"max_consecutive_empty": -1}, ValueError, "max_consecutive_empty must be between 0 and"),
    (
        {"frame_timeout": 0},
        ValueError,
        "frame_timeout must be more than 0 seconds, or None for no limit",
    ),
    ({"frame_timeout": "1"}, TypeError, "frame_timeout must be a number of seconds or None, not 'str'"),
]


@pytest.mark.parametrize(("options", "kind", "message"), REFUSED, ids=[repr(row[0]) for row in REFUSED])
@each_way
def test_a_wrong_one_is_refused_alike(
    way: Callable[..., dict[str, Any]], options: dict[str, Any], kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind, match=message):
        way(**options)


@each_way
def test_an_option_that_does_not_exist(way: Callable[..., dict[str, Any]]) -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'hedaer'"):
        way(hedaer=10)


@pytest.fixture
def no_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("a socket was opened to judge the arguments")

    monkeypatch.setattr(socket, "socket", refuse)


@pytest.mark.usefixtures("no_sockets")
@pytest.mark.parametrize("call", [framing.connect, framing.listen], ids=["connect", "listen"])
def test_nothing_is_opened_for_a_wrong_one(call: Callable[..., Any]) -> None:
    with pytest.raises(TypeError, match="keep_header"):
        call(("127.0.0.1", 0), keep_header=1)


def test_the_typed_dictionary_names_them_all() -> None:
    assert FrameOptions.__annotations__.keys() == OPTIONS.keys() == DEFAULTS.keys()
    assert FrameOptions.__doc__ is not None
    for name in OPTIONS:
        assert f"{name}: " in FrameOptions.__doc__


# A header for each direction


def test_frames_are_sent_with_the_one_and_received_with_the_other() -> None:
    chars = DecimalHeader(10, unit="chars")
    ours, theirs = socket.socketpair()
    # One peer in six counts characters when it sends, and bytes when it reads.
    with theirs, FramedSocket(ours, chars, send_header=10) as fs:
        theirs.sendall(framing.encode("größe", chars))
        assert fs.recv().decode() == "größe"
        fs.send("größe")
        fs.send_many(["ß", ""])
        expected = framing.encode("größe") + framing.encode("ß") + framing.encode("")
        assert theirs.recv(1000) == expected


def test_the_limit_is_that_of_each_header() -> None:
    ours, theirs = socket.socketpair()
    with theirs, FramedSocket(ours, 10, send_header=2) as fs:
        with pytest.raises(framing.FrameTooLarge) as caught:
            fs.send(bytes(100))
        assert (caught.value.length, caught.value.limit) == (100, 99)
        theirs.sendall(framing.encode(bytes(100)))
        assert fs.recv() == bytes(100)


def test_fields_are_those_of_the_header_that_is_sent() -> None:
    ours, theirs = socket.socketpair()
    with theirs, FramedSocket(ours, send_header=BinaryHeader(2, size=3)) as fs:
        fs.send("x", fields=b"!")
        assert theirs.recv(100) == b"\0\1!x"


def test_a_stream_of_asyncio_has_one_for_each_direction() -> None:
    async def main() -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            async with await aio.open_connection(
                sock=ours, header=10, send_header=VarintHeader()
            ) as stream:
                theirs.sendall(framing.encode("in"))
                assert await stream.recv() == b"in"
                await stream.send("out")
                await stream.send_many(["1", "2"])
                stream.send_nowait("3")
                await stream.drain()
                await asyncio.sleep(0)
                assert theirs.recv(100) == b"\x03out\x011\x012\x013"

    asyncio.run(main())


def test_a_protocol_of_asyncio_has_one_for_each_direction() -> None:
    class Upper(aio.FramedProtocol):
        def __init__(self) -> None:
            super().__init__(10, send_header=4)

        def frame_received(self, frame: bytes) -> None:
            self.send(frame.upper())

    async def main() -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            loop = asyncio.get_running_loop()
            transport, _ = await loop.create_connection(Upper, sock=ours)
            theirs.sendall(framing.encode("in"))
            theirs.setblocking(False)
            assert await loop.sock_recv(theirs, 100) == b"2   IN"
            transport.close()
            await asyncio.sleep(0)

    asyncio.run(main())
