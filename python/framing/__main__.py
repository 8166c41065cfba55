"""The command line: `python -m framing demo`."""

from __future__ import annotations

import argparse
import io
import os
import sys

from . import __version__, _demo

# What a shell reports for a program that ctrl-C ended.
_INTERRUPTED = 130


def main() -> int:
    """Run one command and return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m framing", description="Messages over sockets.", allow_abbrev=False
    )
    parser.add_argument("--version", action="version", version=f"framing {__version__}")
    commands = parser.add_subparsers(metavar="command", required=True)
    demo = commands.add_parser(
        "demo",
        help="stream a few messages between two processes and show the bytes",
        description="Starts a server and a client as processes on a free loopback port, streams a few "
        "messages, and shows what went over the wire and what came out. The exit status is 0 only if "
        "every message arrived intact.",
        allow_abbrev=False,
    )
    _demo.add_options(demo)
    options = parser.parse_args()
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal that cannot show a character is no reason to fail.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        return _demo.run(options)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return _INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has seen enough.
        _forget_stdout()
        return _INTERRUPTED
    except OSError as error:
        print(f"python -m framing: {error}", file=sys.stderr)
        _forget_stdout()
        return 1


def _forget_stdout() -> None:
    # Python would complain again at exit, of what is still to be flushed.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
