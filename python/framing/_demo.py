"""The demo: a framed server and a framed client, as processes that know nothing of each other.

    parent -- messages (JSON) --> server == TCP, framed ==> client -- events (JSON) --> parent

The parent knows what was to be sent and compares it with what the client says came out.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import signal
import socket
import subprocess
import sys
import time
from typing import IO, TYPE_CHECKING, Any

from . import FrameDecoder, FramingError, listen

if TYPE_CHECKING:
    from collections.abc import Iterator

HOST = "127.0.0.1"

RECV_SIZE = 16
"""As small as in the tutorial, so that every header and every message is cut somewhere."""

PATIENCE = 30.0
"""Seconds that a process waits for the other one before it gives up."""

SHOWN = 60
"""Characters of a long message that are shown."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of the demo."""
    parser.add_argument(
        "--messages", type=_count, default=5, metavar="N", help="how many, 1 to 100000 (default: 5)"
    )
    parser.add_argument(
        "--interval",
        type=_seconds,
        default=0.05,
        metavar="SECONDS",
        help="time between two messages, 0 to 60 (default: 0.05)",
    )


def run(options: argparse.Namespace) -> int:
    """Run the demo and return its exit status: 0 if all messages arrived intact."""
    messages = list(_messages(options.messages))
    received: list[str] = []
    with _process("server", str(options.interval)) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        _write(server.stdin, messages)
        server.stdin.close()
        failed: bool | int = True
        # Nothing, where the server could not start; it has said why.
        if port := server.stdout.readline().strip():
            print(f"server: listening on {HOST}:{port}", flush=True)
            with _process("client", port) as client:
                assert client.stdout is not None
                try:
                    for line in client.stdout:
                        _show(json.loads(line), received)
                except BaseException:
                    # Before the client goes, or the server complains of that.
                    server.kill()
                    raise
                failed = client.wait() or server.wait()
    if failed or received != messages:
        print(f"FAILED: {len(received)} of {len(messages)} messages arrived intact", file=sys.stderr)
        return 1
    print(f"ok: {len(messages)} messages sent, {len(received)} received intact")
    return 0


def serve(interval: float) -> None:
    """Run the server: send the messages read from stdin to the first client."""
    messages = json.load(sys.stdin)
    with listen((HOST, 0)) as listener:
        print(listener.address[1], flush=True)
        connection, _ = listener.accept(timeout=PATIENCE)
        with connection:
            connection.settimeout(PATIENCE)
            for number, message in enumerate(messages):
                if number:
                    time.sleep(interval)
                connection.send(message)


def receive(port: int) -> None:
    """Run the client: receive until the stream ends and report every step to stdout.

    It reads from the socket itself because it shows the bytes that arrive. Otherwise it would be
    `for frame in connect((HOST, port))`.
    """
    decoder = FrameDecoder()
    with socket.create_connection((HOST, port), timeout=None) as connection:
        while chunk := connection.recv(RECV_SIZE):
            _write(sys.stdout, {"wire": chunk.decode("latin-1")})
            for frame in decoder.feed(chunk):
                _write(sys.stdout, {"frame": frame.decode()})
        decoder.feed_eof()
    _write(sys.stdout, {"frames": decoder.stats.frames, "bytes": decoder.stats.wire_bytes})


def _messages(count: int) -> Iterator[str]:
    samples = ["Welcome to the server!", "", "Grüße aus der Ferne ✓", "x" * 40]
    for number in range(count):
        if number < len(samples):
            yield samples[number]
        else:
            yield f"Message {number + 1}: the time is {time.time():.3f}"


@contextlib.contextmanager
def _process(role: str, argument: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-X", "utf8", "-m", "framing._demo", role, argument]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
    ) as process:
        try:
            yield process
        finally:
            # One that has ended already does not mind.
            process.kill()


def _show(event: dict[str, Any], received: list[str]) -> None:
    if "wire" in event:
        print(f"  wire:   {event['wire'].encode('latin-1')!r}", flush=True)
    elif "frame" in event:
        received.append(event["frame"])
        text = event["frame"]
        shown = text if len(text) <= SHOWN else f"{text[:SHOWN]}... ({len(text)} characters)"
        print(f"client: message {len(received)}: {shown!r}", flush=True)
    else:
        print(f"client: clean end after {event['frames']} frames, {event['bytes']} bytes", flush=True)


def _write(stream: IO[str], value: object) -> None:
    stream.write(json.dumps(value) + "\n")
    stream.flush()


def _count(text: str) -> int:
    count = int(text)
    if not 1 <= count <= 100_000:
        raise argparse.ArgumentTypeError(f"must be between 1 and 100000, not {text}")
    return count


def _seconds(text: str) -> float:
    seconds = float(text)
    if math.isnan(seconds) or not 0 <= seconds <= 60:
        raise argparse.ArgumentTypeError(f"must be between 0 and 60, not {text}")
    return seconds


# argparse names the type that it could not make of an argument.
_count.__name__ = "int"
_seconds.__name__ = "float"


def _main(role: str, argument: str) -> None:
    # Ctrl-C goes to the whole group of processes. The parent answers it, for all.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        serve(float(argument)) if role == "server" else receive(int(argument))
    except (OSError, FramingError) as error:
        sys.exit(f"{role}: {error}")


if __name__ == "__main__":
    _main(*sys.argv[1:])
