"""Against other people's framing code, in programs of their own: Twisted's receivers in a reactor, tokio-util's codec,
Erlang's sockets."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

import framing
import pytest
from framing import BinaryHeader, FrameTooLarge, FramingError, NetstringHeader, TruncatedFrame
from support.formats import body
from support.headers import LibraryHeader
from support.interop_ends import SIZES, End, Layer, each_layer, ended, is_clean
from support.interop_peers import HERE, Peer, needs_program, package, running, tokio_program

pytestmark = pytest.mark.slow


LARGE = 10_000_000
"""A limit that is in nobody's way."""


@dataclass(frozen=True)
class Kind:
    """A format of a peer."""

    peer: str
    name: str
    """What the peer calls it."""
    header: LibraryHeader
    most: int = LARGE
    """The largest payload that it can express."""
    answers: LibraryHeader | None = None
    """What the peer writes, where that is something else than it reads."""
    keeps_header: bool = False
    """Whether the peer takes the header for the beginning of the payload."""
    counts: int = 0
    """Bytes of the header that the length, and so a limit of the peer's, counts."""

    def answer(self, payload: bytes) -> bytes:
        """What a payload is answered with."""
        return (framing.encode(payload, self.header) if self.keeps_header else payload)[::-1]

    def exchange(self, end: End, payloads: list[bytes]) -> list[bytes]:
        """Sends all in one burst, and receives the answers meanwhile."""
        if self.answers is None:
            return end.exchange(len(payloads), "send_many", payloads)
        wire = framing.FrameEncoder(self.header).encode_many(payloads)
        return end.exchange(len(payloads), "send_encoded", wire)

    def ask(self, end: End, payload: bytes) -> bytes:
        """Sends one, and receives the answer."""
        self.send(end, payload)
        return end.recv()

    def send(self, end: End, payload: bytes) -> None:
        if self.answers is None:
            end.send(payload)
        else:
            end.send_encoded(framing.encode(payload, self.header))

    def __str__(self) -> str:
        return f"{self.peer}-{self.name}"


INT8 = Kind("twisted", "int8", BinaryHeader(1), most=255)
INT16 = Kind("twisted", "int16", BinaryHeader(2), most=65_535)
INT32 = Kind("twisted", "int32", BinaryHeader(4))
NETSTRING = Kind("twisted", "netstring", NetstringHeader())
DEFAULT = Kind("tokio", "default", BinaryHeader(4))
LITTLE = Kind("tokio", "little", BinaryHeader(4, byteorder="little"))
TWO = Kind("tokio", "two", BinaryHeader(2), most=65_535)
TYPED = Kind(
    "tokio",
    "typed",
    BinaryHeader(4, length_offset=1, length_adjustment=-4),
    # It writes a length alone, whatever it reads.
    answers=BinaryHeader(4, length_adjustment=-4),
    counts=4,
)
KEPT = Kind(
    "tokio",
    "kept",
    BinaryHeader(4, length_offset=1, length_adjustment=-4),
    answers=BinaryHeader(4, length_adjustment=1),
    keeps_header=True,
    counts=4,
)
PACKET_1 = Kind("erlang", "1", BinaryHeader(1), most=255)
PACKET_2 = Kind("erlang", "2", BinaryHeader(2), most=65_535)
PACKET_4 = Kind("erlang", "4", BinaryHeader(4))

KINDS = [
    *(INT8, INT16, INT32, NETSTRING),
    *(DEFAULT, LITTLE, TWO, TYPED, KEPT),
    *(PACKET_1, PACKET_2, PACKET_4),
]
each_kind = pytest.mark.parametrize("kind", KINDS, ids=str)
each_own = pytest.mark.parametrize("kind", [kind for kind in KINDS if not kind.keeps_header], ids=str)
"""Those whose answers are as long as what they answer, and whose peers know the commands."""
each_role = pytest.mark.parametrize("role", ["we connect", "we listen"])

Peers: TypeAlias = Callable[[str], Peer]


def command(peer: str) -> list[str]:
    """What starts a peer; skips where it cannot be started."""
    match peer:
        case "twisted":
            package("twisted", "twisted")
            return [sys.executable, "-X", "dev", str(HERE / "twisted_peer.py")]
        case "tokio":
            return [tokio_program()]
        case _:
            return [needs_program("escript", "erlang-base"), str(HERE / "erlang_peer.escript")]


@pytest.fixture(scope="module")
def peers() -> Iterator[Peers]:
    """Gives peers by name, each started when it is first asked for."""
    started: dict[str, Peer] = {}
    with contextlib.ExitStack() as ends:

        def peer(name: str) -> Peer:
            if name not in started or started[name].lost:
                started[name] = ends.enter_context(running(*command(name)))
            return started[name]

        yield peer


@contextlib.contextmanager
def meeting(
    peer: Peer,
    kind: Kind,
    layer: Layer,
    role: str = "we connect",
    *,
    limit: int = LARGE,
    max_frame_size: int | None = None,
) -> Iterator[End]:
    """A connection. The limit is the peer's, the other ours."""
    header = kind.answers or kind.header
    with peer.expected():
        if role == "we connect":
            address = ("127.0.0.1", peer.listen(kind.name, limit))
            met = layer.connected(address, header=header, max_frame_size=max_frame_size)
        else:
            call = partial(peer.connect, kind.name, limit)
            met = layer.accepted(call, header=header, max_frame_size=max_frame_size)
        with met as end:
            yield end


@pytest.mark.parametrize("pace", ["in one burst", "one at a time"])
@each_role
@each_layer
@each_kind
def test_every_size_there_and_back_and_a_clean_end(
    kind: Kind, layer: Layer, role: str, pace: str, peers: Peers
) -> None:
    payloads = [body(size) for size in SIZES if size <= kind.most]
    peer = peers(kind.peer)
    with meeting(peer, kind, layer, role) as end:
        if pace == "in one burst":
            answers = kind.exchange(end, payloads)
        else:
            answers = [kind.ask(end, payload) for payload in payloads]
        assert answers == [kind.answer(payload) for payload in payloads]
        end.finish()
        assert peer.said() == "clean"
        assert is_clean(ended(end))


@each_role
@each_layer
@each_own
def test_a_peer_that_ends_the_stream(kind: Kind, layer: Layer, role: str, peers: Peers) -> None:
    peer = peers(kind.peer)
    with meeting(peer, kind, layer, role) as end:
        assert kind.ask(end, b"bye") == b"eyb"
        assert is_clean(ended(end))
        assert peer.said() == "clean"


@each_layer
@each_own
def test_a_frame_over_the_limit_of_a_peer(kind: Kind, layer: Layer, peers: Peers) -> None:
    words = {
        "twisted": "lengthLimitExceeded(101)",
        "tokio": "frame size too big",
        "erlang": "emsgsize",
    }
    peer = peers(kind.peer)
    most = 100 - kind.counts
    with meeting(peer, kind, layer, limit=100) as end:
        assert kind.ask(end, body(most)) == kind.answer(body(most))
        kind.send(end, body(most + 1))
        # It says no more of netstrings.
        trouble = "brokenPeer" if kind is NETSTRING else words[kind.peer]
        assert peer.said() == f"error: {trouble}"
        # It may have left something unread.
        error = ended(end)
        assert is_clean(error) or isinstance(error, ConnectionError)


@pytest.mark.parametrize(
    ("kind", "most"),
    [(INT32, 99_999), (NETSTRING, 99_999), (DEFAULT, 8 * 1024 * 1024)],
    ids=str,
)
@each_layer
def test_the_limit_of_a_peer_by_default(kind: Kind, most: int, layer: Layer, peers: Peers) -> None:
    peer = peers(kind.peer)
    with meeting(peer, kind, layer, limit=0) as end:
        assert kind.exchange(end, [body(most)]) == [body(most)[::-1]]
        # The header will do, and nobody is in the midst of sending when the peer closes.
        end.send_encoded(framing.encode(b"x" * (most + 1), kind.header)[:10])
        assert peer.said().startswith("error: ")


@each_layer
@each_own
def test_a_frame_over_our_limit(kind: Kind, layer: Layer, peers: Peers) -> None:
    peer = peers(kind.peer)
    with meeting(peer, kind, layer, max_frame_size=100) as end:
        assert kind.ask(end, b"send 100") == b"x" * 100
        kind.send(end, b"send 101")
        offset = len(framing.encode(b"x" * 100, kind.answers or kind.header))
        assert ended(end) == FrameTooLarge(101, 100, offset)
    # How the connection ends is no longer its fault.
    peer.said()


@pytest.mark.parametrize("kind", [INT8, INT16, TWO], ids=str)
@each_layer
def test_a_peer_that_cannot_say_so_much(kind: Kind, layer: Layer, peers: Peers) -> None:
    peer = peers(kind.peer)
    too_many = kind.most + 1
    words = {
        "twisted": f"Try to send {too_many} bytes whereas maximum is {too_many}",
        "tokio": "frame size too big",
    }
    with meeting(peer, kind, layer) as end:
        assert kind.ask(end, b"send %d" % kind.most) == b"x" * kind.most
        kind.send(end, b"send %d" % too_many)
        assert is_clean(ended(end)), "not a byte of it"
        assert peer.said() == f"error: {words[kind.peer]}"


@pytest.mark.parametrize("kind", [PACKET_1, PACKET_2], ids=str)
@each_layer
def test_a_peer_that_says_so_much_nevertheless(kind: Kind, layer: Layer, peers: Peers) -> None:
    """Erlang writes what is left of a length in one byte or two, and is out of step from there on."""
    peer = peers(kind.peer)
    with meeting(peer, kind, layer) as end:
        assert kind.ask(end, b"send %d" % kind.most) == b"x" * kind.most
        assert kind.ask(end, b"send %d" % (kind.most + 1 + 5)) == b"x" * 5
        # Where a header should be there is more of the frame.
        header = len(framing.encode(b"", kind.header))
        misread = int.from_bytes(b"x" * header)
        whole = (kind.most + 1) // (header + misread)
        assert [end.recv() for _ in range(whole)] == [b"x" * misread] * whole
        end.finish()
        assert isinstance(ended(end), TruncatedFrame)
        assert peer.said() == "clean"


@each_layer
@each_kind
def test_a_stream_that_ends_inside_a_frame(kind: Kind, layer: Layer, peers: Peers) -> None:
    # The others do not tell it from a clean end.
    words = {"tokio": "error: bytes remaining on stream"}
    peer = peers(kind.peer)
    with meeting(peer, kind, layer) as end:
        end.send_encoded(framing.encode(b"hello", kind.header)[:-1])
        end.finish()
        assert peer.said() == words.get(kind.peer, "clean")
        assert is_clean(ended(end))


@pytest.mark.parametrize(
    ("kind", "wire"),
    [
        (NETSTRING, b"01:a,"),
        (NETSTRING, b"1:ab"),
        (NETSTRING, b"+1:a,"),
        (NETSTRING, b":a,"),
        (TYPED, b"Q\0\0\0\x03"),
    ],
    ids=str,
)
@each_layer
def test_what_both_refuse(kind: Kind, wire: bytes, layer: Layer, peers: Peers) -> None:
    with pytest.raises(FramingError):
        framing.decode(wire, kind.header)
    peer = peers(kind.peer)
    with meeting(peer, kind, layer) as end:
        end.send_encoded(wire)
        assert peer.said().startswith("error: ")
