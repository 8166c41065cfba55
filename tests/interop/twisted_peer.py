"""A peer that frames with Twisted's receivers, in a reactor.

tests/interop_peers.py says what it is told on stdin, and what it says on stdout.
"""

from __future__ import annotations

from typing import Any

from twisted.internet import error, protocol, reactor, stdio
from twisted.protocols import basic
from twisted.python import failure

# They have no types: what a reactor can do depends on which one was installed.
loop: Any = reactor
standard_io: Any = stdio.StandardIO


def say(text: object) -> None:
    print(text, flush=True)


class Answering:
    """Answers each frame until the stream ends or somebody finds something wrong, whichever receiver it is."""

    transport: Any
    sendString: Any
    trouble: object = None

    def connectionMade(self) -> None:
        self.transport.setTcpNoDelay(True)

    def stringReceived(self, string: bytes) -> None:
        answer = b"x" * int(string[5:]) if string.startswith(b"send ") else string[::-1]
        try:
            self.sendString(answer)
        except basic.StringTooLongError as trouble:
            self.trouble = trouble
        if self.trouble or string == b"bye":
            self.transport.loseConnection()

    def lengthLimitExceeded(self, length: int) -> None:
        self.trouble = f"lengthLimitExceeded({length})"
        self.transport.loseConnection()

    def connectionLost(self, reason: Any = protocol.connectionDone) -> None:
        # It says nothing of a bad netstring but this.
        if getattr(self, "brokenPeer", False):
            self.trouble = "brokenPeer"
        if not self.trouble and not reason.check(error.ConnectionDone):
            self.trouble = reason.getErrorMessage()
        say(f"error: {self.trouble}" if self.trouble else "clean")


class Int8(Answering, basic.Int8StringReceiver):
    pass


class Int16(Answering, basic.Int16StringReceiver):
    pass


class Int32(Answering, basic.Int32StringReceiver):
    pass


class Netstring(Answering, basic.NetstringReceiver):
    pass


RECEIVERS: dict[str, type[Any]] = {
    "int8": Int8,
    "int16": Int16,
    "int32": Int32,
    "netstring": Netstring,
}


class Commands(basic.LineReceiver):
    """What is told."""

    delimiter = b"\n"

    def lineReceived(self, line: bytes) -> None:
        command, name, limit, *port = line.decode().split()
        # A limit of 0 is Twisted's own.
        limits = {"MAX_LENGTH": int(limit)} if int(limit) else {}
        peer = type(name, (RECEIVERS[name],), limits)
        if command == "connect":
            loop.connectTCP("127.0.0.1", int(*port), protocol.ClientFactory.forProtocol(peer))
            return
        # For one connection only; the reactor closes what is left in the end.
        factory = protocol.ServerFactory.forProtocol(peer)
        say(loop.listenTCP(0, factory, interface="127.0.0.1").getHost().port)

    def connectionLost(self, reason: failure.Failure = protocol.connectionDone) -> None:
        loop.stop()


if __name__ == "__main__":
    standard_io(Commands())
    loop.run()
