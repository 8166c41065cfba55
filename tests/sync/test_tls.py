"""TLS: the handshake, its records, its end, and both directions at once."""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
from collections.abc import Iterator
from typing import Any

import framing
import pytest
from framing import ConnectionClosed, FramedSocket, FrameTimeout, FrameWouldBlock
from support import tls
from support.pairs import HELLO, SOON, begin, encrypted, finish, framed, pair, receive, tcp
from support.processes import TIMEOUT

PAYLOAD = bytes(range(251)) * 20_000
"""More than the system's buffers and many records hold."""

VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]
each_version = pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.name)


def unshaken(context: ssl.SSLContext, sock: socket.socket, *, server: bool = False) -> ssl.SSLSocket:
    name = None if server else "localhost"
    return context.wrap_socket(
        sock, server_side=server, server_hostname=name, do_handshake_on_connect=False
    )


@contextlib.contextmanager
def strangers(
    version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3,
) -> Iterator[tuple[FramedSocket, FramedSocket]]:
    """A client and a server that have not shaken hands yet."""
    client_context, server_context = tls.client_context(), tls.server_context()
    server_context.maximum_version = version
    with (
        tcp() as (ours, peer),
        unshaken(client_context, ours) as client,
        unshaken(server_context, peer, server=True) as server,
        FramedSocket(client) as framed_client,
        FramedSocket(server) as framed_server,
    ):
        server.settimeout(None)
        yield framed_client, framed_server
        assert client.version() in (None, version.name.replace("_", "."))


# The handshake


@each_version
def test_it_happens_when_it_is_needed(version: ssl.TLSVersion) -> None:
    with strangers(version) as (client, server):
        receiving = begin(server.recv)
        client.send("hello")
        assert receiving.result() == b"hello"
        server.send(PAYLOAD[:1000])
        assert client.recv(timeout=TIMEOUT) == PAYLOAD[:1000]


@pytest.mark.slow
@each_version
def test_in_all_four_directions_at_once(version: ssl.TLSVersion) -> None:
    for _ in range(10):
        with strangers(version) as (client, server):
            receiving = [begin(end.recv) for end in (client, server)]
            sending = [begin(end.send, PAYLOAD) for end in (client, server)]
            assert [call.result() for call in receiving] == [PAYLOAD] * 2
            for call in sending:
                call.result()


@each_version
def test_without_waiting(version: ssl.TLSVersion) -> None:
    with strangers(version) as (client, server):
        client.setblocking(False)
        server.setblocking(False)
        frames: list[bytes] = []
        sent = False
        for _ in range(1000):
            if not sent:
                try:
                    client.send("hello")
                    sent = True
                except framing.SendIncomplete:
                    sent = True
                except BlockingIOError:
                    pass
            elif client.pending_send:
                with contextlib.suppress(framing.SendIncomplete):
                    client.flush()
            with contextlib.suppress(FrameWouldBlock):
                frames.append(server.recv())
                break
            select.select([client, server], [], [], 0.01)
        assert frames == [b"hello"]
        assert client.pending_send == 0


def test_a_client_that_says_nothing_stops_nobody() -> None:
    with strangers() as (client, server), framed(encrypted) as (other, peer):
        # It was accepted, and has its deadline like everybody else.
        waiting = begin(server.recv, timeout=None)
        waiting.waits()
        with pytest.raises(FrameTimeout) as caught:
            server.recv(timeout=SOON)
        assert (caught.value.stage, caught.value.received) == ("header", 0)
        with pytest.raises(FrameWouldBlock):
            server.recv(timeout=0)
        peer.sendall(HELLO)
        assert other.recv(timeout=TIMEOUT) == b"hello"
        client.send("at last")
        assert waiting.result() == b"at last"


def test_a_client_that_does_not_speak_tls() -> None:
    context = tls.server_context()
    with (
        pair() as (ours, peer),
        unshaken(context, ours, server=True) as server,
        FramedSocket(server) as fs,
    ):
        peer.sendall(b"GET / HTTP/1.1\r\n\r\n")
        with pytest.raises(ssl.SSLError, match=r"(?i)http"):
            fs.recv(timeout=TIMEOUT)


def test_a_client_that_is_not_trusted() -> None:
    """Its certificate is refused by the call that happens to be the first."""
    suspicious = ssl.create_default_context()
    context = tls.server_context()
    with (
        tcp() as (ours, peer),
        unshaken(suspicious, ours) as client,
        unshaken(context, peer, server=True) as server,
        FramedSocket(client) as framed_client,
        FramedSocket(server) as framed_server,
    ):
        serving = begin(framed_server.recv)
        with pytest.raises(ssl.SSLCertVerificationError):
            framed_client.send("a secret", timeout=TIMEOUT)
        framed_client.close()
        with pytest.raises((ssl.SSLError, ConnectionError)):
            serving.result()


# Records


def test_what_follows_a_handshake_is_no_frame() -> None:
    """Session tickets make a socket readable that has nothing to read."""
    with strangers() as (client, server):
        receiving = begin(server.recv)
        client.send("hello")
        assert receiving.result() == b"hello"
        assert select.select([client], [], [], TIMEOUT)[0] == [client]
        with pytest.raises(FrameWouldBlock):
            client.recv_many(timeout=0)
        with pytest.raises(FrameTimeout):
            client.recv(timeout=SOON)
        server.send("hello")
        assert client.recv(timeout=TIMEOUT) == b"hello"


def test_bytes_that_have_been_decrypted_count_as_here() -> None:
    with framed(encrypted) as (fs, peer):
        assert not fs._pending()
        peer.sendall(b"-" + HELLO)
        assert fs.socket.recv(1) == b"-"
        assert select.select([fs], [], [], 0)[0] == [], "else this shows nothing"
        assert fs._pending()
        assert fs.recv(timeout=0) == b"hello"
        assert not fs._pending()


def test_frames_and_records_have_nothing_to_do_with_each_other() -> None:
    frames = [bytes([number]) * (number * 97 % 20_000) for number in range(256)]
    wire = b"".join(map(framing.encode, frames))
    with framed(encrypted) as (fs, peer):

        def send() -> None:
            at = 0
            for size in [1, 5, 16_384, 16_385, 3, 40_000, len(wire)]:
                peer.sendall(wire[at : at + size])
                at += size

        sending = begin(send)
        assert [fs.recv(timeout=TIMEOUT) for _ in frames] == frames
        sending.result()


# The socket's mode


def test_the_sockets_timeout_is_as_before() -> None:
    for timeout in (None, 0.0, SOON, 12.5):
        with framed(encrypted) as (fs, peer):
            fs.settimeout(timeout)
            peer.sendall(HELLO * 2)
            assert fs.recv(timeout=TIMEOUT) == b"hello"
            assert fs.socket.gettimeout() == timeout
            fs.send("hello")
            assert receive(peer, len(HELLO)) == HELLO
            assert fs.socket.gettimeout() == timeout
            assert fs.recv() == b"hello"
            with pytest.raises(FrameTimeout):
                fs.recv(timeout=0.001)
            assert fs.gettimeout() == fs.socket.gettimeout() == timeout
            sock, _ = fs.detach()
            with sock:
                assert sock.gettimeout() == timeout


# The end


@each_version
def test_the_end(version: ssl.TLSVersion) -> None:
    for first_is_client in (True, False):
        with strangers(version) as ends:
            first, second = ends if first_is_client else ends[::-1]
            shaking = begin(second.recv)
            first.send("hello")
            assert shaking.result() == b"hello"
            second.send("not read")
            first.shutdown(socket.SHUT_RDWR)
            for end in (first, second):
                with pytest.raises((ConnectionClosed, ConnectionResetError)):
                    # What was sent before may still be there.
                    assert [end.recv(timeout=TIMEOUT) for _ in range(2)] == []
            with pytest.raises(OSError, match=r"."):
                first.send("too late")


@each_version
def test_the_end_of_one_direction(version: ssl.TLSVersion) -> None:
    with strangers(version) as (first, second):
        shaking = begin(second.recv)
        first.send("hello")
        assert shaking.result() == b"hello"
        # Here before the end is said, and not yet received.
        second.send_many(["one", "two", "x" * 50_000])
        first.shutdown()
        with pytest.raises(ConnectionClosed):
            second.recv(timeout=TIMEOUT)
        second.send("an answer")
        second.shutdown()
        assert list(first) == [b"one", b"two", b"x" * 50_000, b"an answer"]
        for end in (first, second):
            end.shutdown()
            with pytest.raises(BrokenPipeError):
                end.send("too late")
            with pytest.raises(ConnectionClosed):
                end.recv(timeout=TIMEOUT)


class Interrupting(socket.socket):
    """Its peer sends at the very moment at which the end is said."""

    def unwrap(self) -> None:
        error = ssl.SSLError(1, "application data after close notify")
        error.reason = "APPLICATION_DATA_AFTER_CLOSE_NOTIFY"
        raise error

    def recv_into(self, *arguments: Any) -> int:
        return super().recv_into(*arguments)


def test_what_a_peer_sends_into_the_end_is_not_lost_silently() -> None:
    ours, peer = socket.socketpair()
    with peer, FramedSocket(Interrupting(fileno=ours.detach())) as fs:
        peer.sendall(HELLO + HELLO)
        with pytest.raises(ssl.SSLError, match="after close notify"):
            fs.shutdown()
        assert fs.recv_many() == [b"hello", b"hello"]
        for _ in range(2):
            with pytest.raises(ConnectionAbortedError, match="may have lost bytes"):
                fs.recv()
        with pytest.raises(BrokenPipeError):
            fs.send("too late")


def test_an_end_without_a_word() -> None:
    """By default Python takes it for an end; where it is told not to, it is an error."""
    for suppress in (True, False):
        with framed(encrypted) as (fs, peer):
            fs.socket.suppress_ragged_eofs = suppress
            peer.sendall(HELLO)
            peer.close()
            assert fs.recv() == b"hello"
            with pytest.raises(ConnectionClosed if suppress else ssl.SSLEOFError):
                fs.recv()


def test_nothing_plain_is_received_behind_the_end() -> None:
    with encrypted() as (ours, peer), FramedSocket(ours) as fs:
        finish(peer)
        # Past the encryption.
        socket.socket.send(peer, HELLO)
        for _ in range(2):
            with pytest.raises(ConnectionClosed):
                fs.recv(timeout=TIMEOUT)
        fs.send("a secret")
        assert b"secret" not in socket.socket.recv(peer, 1000)
