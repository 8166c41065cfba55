"""`framing.listen`: the addresses, what becomes of a path, and what is refused at once."""

from __future__ import annotations

import errno
import os
import socket
import sys
from pathlib import Path
from typing import Any

import framing
import pytest
from framing._address import resolve
from support.listeners import descriptors
from support.processes import TIMEOUT
from support.refusal import refusal

LOOPBACK = ("127.0.0.1", 0)

unix = pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="needs Unix sockets")
ipv6 = pytest.mark.skipif(not socket.has_ipv6, reason="needs IPv6")


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    # Paths of sockets are short, and those of temporary directories are not.
    monkeypatch.chdir(tmp_path)
    return Path("socket")


def greeted(address: Any) -> bool:
    """Whether a client is served there."""
    with (
        framing.listen(address) as listener,
        framing.connect(listener.address) as client,
        listener.accept(timeout=TIMEOUT)[0] as connection,
    ):
        connection.send("hello")
        received: bytes = client.recv(timeout=TIMEOUT)
        return received == b"hello"


# TCP


def test_a_port_that_the_system_chooses() -> None:
    with framing.listen(LOOPBACK) as one, framing.listen(LOOPBACK) as other:
        assert one.address[0] == "127.0.0.1"
        assert one.address[1] != other.address[1]


@pytest.mark.parametrize("host", ["", None])
def test_every_interface(host: Any) -> None:
    with framing.listen((host, 0)) as listener:
        assert listener.address[0] == "0.0.0.0"
        with framing.connect(("127.0.0.1", listener.address[1])):
            listener.accept(timeout=TIMEOUT)[0].close()


@ipv6
@pytest.mark.parametrize("address", [("::1", 0), ("::1", 0, 0, 0), ("::", 0)])
def test_ipv6(address: Any) -> None:
    assert greeted(address)
    with framing.listen(address) as listener:
        assert len(listener.address) == 4
        assert listener.socket.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY)


@ipv6
def test_the_scope_of_an_address() -> None:
    assert resolve(("::1", 5000, 0, 0)) == [(socket.AF_INET6, ("::1", 5000, 0, 0))]
    assert resolve(("::1", 5000, 7, 3)) == [(socket.AF_INET6, ("::1", 5000, 7, 3))]


@ipv6
def test_a_name_with_both_kinds_of_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plain clients use IPv4 unless told otherwise."""
    found = [
        (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("::1", 0, 0, 0)),
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 0)),
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with framing.listen(("some.host", 0)) as listener:
        assert listener.address[0] == "127.0.0.1"
    del found[1]
    with framing.listen(("some.host", 0)) as listener:
        assert listener.address[0] == "::1"


def test_an_address_in_use_is_named() -> None:
    with framing.listen(LOOPBACK) as listener:
        with pytest.raises(OSError, match=f"127.0.0.1.*{listener.address[1]}") as caught:
            framing.listen(listener.address)
        assert caught.value.errno == errno.EADDRINUSE


@pytest.mark.skipif(os.name != "posix", reason="needs no option elsewhere")
def test_a_port_can_be_listened_on_again_at_once() -> None:
    with framing.listen(LOOPBACK) as listener, framing.connect(listener.address) as client:
        # This side closes first, so the system remembers the connection.
        listener.accept(timeout=TIMEOUT)[0].close()
        with pytest.raises(framing.ConnectionClosed):
            client.recv(timeout=TIMEOUT)
    framing.listen(listener.address).close()


@pytest.mark.skipif(not hasattr(socket, "SO_REUSEPORT"), reason="needs SO_REUSEPORT")
def test_several_on_one_port() -> None:
    with framing.listen(LOOPBACK, reuse_port=True) as one:
        with framing.listen(one.address, reuse_port=True) as other:
            assert one.address == other.address
        with pytest.raises(OSError, match="in use"):
            framing.listen(one.address)


# Paths


@unix
@pytest.mark.parametrize("form", [Path, str, os.fsencode])
def test_a_path(path: Path, form: Any) -> None:
    assert greeted(form(path))
    assert not path.exists()


@unix
def test_its_file_is_removed_at_once(path: Path) -> None:
    with framing.listen(path) as listener:
        assert listener.address == "socket"
        assert path.is_socket()
        with pytest.raises(OSError, match="socket") as caught:
            framing.listen(path)
        assert caught.value.errno == errno.EADDRINUSE
        assert path.is_socket()
        listener.close()
        assert not path.exists()
        with framing.listen(path):
            # Another one's.
            listener.close()
            assert path.is_socket()


@unix
def test_its_file_is_removed_from_where_it_was_made(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = path.absolute().parent
    (directory / "elsewhere").mkdir()
    with framing.listen(path):
        monkeypatch.chdir("elsewhere")
    assert not (directory / path).exists()


@unix
def test_a_file_of_somebody_else_stays(path: Path) -> None:
    with framing.listen(path):
        path.unlink()
        path.write_text("mine")
    assert path.read_text() == "mine"


@unix
def test_a_file_that_is_gone(path: Path) -> None:
    with framing.listen(path):
        path.unlink()
    assert not path.exists()


@unix
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has them")
@pytest.mark.parametrize("form", [str, os.fsencode])
def test_an_abstract_address(path: Path, form: Any) -> None:
    assert greeted(form(f"\0framing-{os.getpid()}"))
    assert list(path.absolute().parent.iterdir()) == []


@unix
def test_no_reuse_port_for_a_path(path: Path) -> None:
    assert "reuse_port" in refusal(ValueError, lambda: framing.listen(path, reuse_port=True))
    assert not path.exists()


def test_a_platform_without_unix_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(socket, "AF_UNIX", raising=False)
    for refused in (framing.listen, framing.connect):
        text = refusal(OSError, lambda refused=refused: refused("path"))  # type: ignore[misc]
        assert "no Unix sockets" in text


# What is refused, before there is anything to undo


REFUSED: list[tuple[str, Any, type[Exception], str]] = [
    ("header", 0, ValueError, "between 1 and 4096"),
    ("header", "10", TypeError, "header must be"),
    ("max_frame_size", -1, ValueError, "max_frame_size must be"),
    ("keep_header", 1, TypeError, "keep_header"),
    ("frame_timeout", -1, ValueError, "frame_timeout"),
    ("frame_timeout", "1", TypeError, "frame_timeout"),
    ("backlog", "1", TypeError, "str"),
    ("backlog", 2**80, OverflowError, "int"),
]


@pytest.mark.parametrize(("name", "value", "kind", "text"), REFUSED)
def test_a_bad_argument(name: str, value: Any, kind: type[Exception], text: str) -> None:
    options: dict[str, Any] = {name: value}
    before = descriptors()
    assert text in refusal(kind, lambda: framing.listen(LOOPBACK, **options))
    assert descriptors() == before


@unix
@pytest.mark.parametrize(("name", "value", "kind", "text"), REFUSED)
def test_a_bad_argument_leaves_no_file(
    path: Path, name: str, value: Any, kind: type[Exception], text: str
) -> None:
    options: dict[str, Any] = {name: value}
    assert text in refusal(kind, lambda: framing.listen(path, **options))
    assert not path.exists()


NO_ADDRESSES: list[Any] = [
    None,
    5000,
    ("127.0.0.1",),
    ("127.0.0.1", "5000"),
    ("127.0.0.1", 5000.0),
    ("127.0.0.1", 5000, 0),
    ("::1", 5000, 0, "lo"),
    ("::1", 5000, 0, 0, 0),
    ["127.0.0.1", 5000],
    (b"127.0.0.1", 5000),
    bytearray(b"path"),
    (5000, "127.0.0.1"),
]


@pytest.mark.parametrize("address", NO_ADDRESSES, ids=repr)
@pytest.mark.parametrize("refused", [framing.listen, framing.connect])
def test_what_is_no_address(address: Any, refused: Any) -> None:
    text = refusal(TypeError, lambda: refused(address))
    assert "address must be (host, port), of a str and an int, or the path of a Unix socket" in text
    assert repr(address)[:10] in text


@pytest.mark.parametrize("port", [-1, 65536, 2**80])
@pytest.mark.parametrize("refused", [framing.listen, framing.connect])
def test_a_port_out_of_range(port: int, refused: Any) -> None:
    text = refusal(OverflowError, lambda: refused(("127.0.0.1", port)))
    assert "port must be between 0 and 65535" in text


@unix
@pytest.mark.parametrize("refused", [framing.listen, framing.connect])
def test_a_path_that_is_too_long(refused: Any) -> None:
    assert "path too long" in refusal(OSError, lambda: refused("x" * 1000))


@pytest.mark.parametrize("refused", [framing.listen, framing.connect])
def test_an_unknown_host(monkeypatch: pytest.MonkeyPatch, refused: Any) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(socket.gaierror):
        refused(("no.such.host", 5000))
