"""The task list: what a developer runs, and what CI runs.

    python -m nox                everything CI asks for
    python -m nox -s tests       one task
    python -m nox -l             the list

Each task makes its own virtual environment. Three more are not part of a run: `stubs` writes the stub anew,
`bench` prints the figures of benches/, `fuzz` looks for hostile input for as long as it is told to.
"""

from __future__ import annotations

import filecmp
import os
import re
import shutil
from pathlib import Path

import nox

nox.needs_version = ">=2025.2.9"
nox.options.sessions = ["rust", "lint", "types", "tests", "slow", "interop", "examples", "bench_quick"]
nox.options.error_on_missing_interpreters = False

ROOT = Path(__file__).parent
STUB = ROOT / "python" / "framing" / "_framing.pyi"
STUB_DEFAULTS = {
    "align": '"<"',
    "byteorder": '"big"',
    "fill": '" "',
    "header": "10",
    "how": "1",
    "keep_header": "False",
    "length_adjustment": "0",
    "length_offset": "0",
    "length_size": "4",
    "max_bytes": "10",
    "max_digits": "10",
    "offset": "0",
    "on_oversize": '"error"',
    "sizehint": "-1",
    "strict": "False",
    "timeout": '"default"',
    "unit": '"bytes"',
    "width": "10",
}
"""Default values by the names of their parameters: each has the same one everywhere."""

MATURIN = "maturin>=1.16,<2"
RUFF = "ruff>=0.17,<0.18"
MYPY = "mypy>=2.4,<3"
TYPE_CHECKERS = [MYPY, "pyright[nodejs]>=1.1.400", "basedpyright>=1.40"]
BENCH_PEERS = ["msgpack>=1.2", "uvloop>=0.22; sys_platform != 'win32'", "picows>=2", "websockets>=15"]


def cargo(session: nox.Session, *arguments: str) -> None:
    session.run("cargo", *arguments, external=True)


# One wheel serves all sessions of a run.
_built: list[Path] = []


def install(session: nox.Session, *others: str, extras: str = "") -> None:
    """Install the package with these extras, and these other packages."""
    if not _built:
        folder = Path(session.virtualenv.location).resolve() / "wheel"
        shutil.rmtree(folder, ignore_errors=True)
        session.log("building the wheel: about a minute")
        session.run("python", "-m", "pip", "wheel", "--no-deps", f"--wheel-dir={folder}", ".")
        _built.extend(folder.glob("*.whl"))
    session.install(f"framing{extras} @ {_built[0].as_uri()}", *others)


@nox.session(python=False)
def rust(session: nox.Session) -> None:
    """Check formatting, clippy with warnings as errors, the core's tests, and documentation."""
    warnings = ("--", "-D", "warnings")
    cargo(session, "fmt", "--all", "--check")
    cargo(session, "clippy", "--locked", "--workspace", "--all-targets", *warnings)
    cargo(session, "clippy", "--locked", "--workspace", "--all-targets", "--all-features", *warnings)
    cargo(session, "test", "--locked", "-p", "framing-core")
    cargo(session, "test", "--locked", "-p", "framing-core", "--all-features")
    env = {"RUSTDOCFLAGS": "-D warnings"}
    session.run("cargo", "doc", "--locked", "--workspace", "--no-deps", external=True, env=env)


@nox.session
def lint(session: nox.Session) -> None:
    """Check the rules and the formatting of ruff."""
    session.install(RUFF)
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")


@nox.session
def types(session: nox.Session) -> None:
    """Run mypy, and check the stub against the runtime and against the Rust signatures it comes from."""
    # What the checked files import is installed too: the tests' extras, the peers of the benchmarks, and nox.
    install(session, MATURIN, *TYPE_CHECKERS, "nox", *BENCH_PEERS, extras="[test,interop]")
    session.run("mypy", "python/framing", "tests", "benches", "noxfile.py")
    # Each by itself: scripts may have the same names.
    session.run("mypy", "examples/tutorial")
    session.run("mypy", "examples/chat")
    session.run("python", "-m", "mypy.stubtest", "framing")
    session.run("python", "tests/typing/check.py")
    if not filecmp.cmp(_generated_stub(session), STUB, shallow=False):
        session.error("python/framing/_framing.pyi is out of date: run `python -m nox -s stubs`")


@nox.session
def tests(session: nox.Session) -> None:
    """Run the quick tier, and then, in Python's development mode, the tests that see more there.

    The quick tier is left out if QUICK_TIER_PASSED says that it has just been run.
    """
    # gevent: its sockets are among those that are used through their own methods.
    install(session, "gevent", extras="[test]")
    if not os.environ.get("QUICK_TIER_PASSED"):
        session.run("python", "-m", "pytest", *session.posargs)
    session.run("python", "-X", "dev", "-m", "pytest", "-m", "dev_mode", *session.posargs)


@nox.session
def slow(session: nox.Session) -> None:
    """Run the slow tier: tests that start processes, measure memory, or take long."""
    install(session, "gevent", extras="[test]")
    # Other people's code has a task of its own.
    others = ("--ignore=tests/interop",)
    session.run("python", "-m", "pytest", "-m", "slow", *others, *session.posargs)


@nox.session
def interop(session: nox.Session) -> None:
    """Test against other people's framing code: packages of registries, and Erlang and PostgreSQL if they are installed."""
    install(session, extras="[test,interop]")
    cargo(session, "fmt", "--check", "--manifest-path", "tests/interop/tokio_codec/Cargo.toml")
    # These are not skipped, whatever is missing.
    env = {"REQUIRED_PEERS": "twisted protobuf pynetstring tokio"}
    pytest = ("python", "-X", "dev", "-m", "pytest", "-m", "slow or not slow")
    session.run(*pytest, "tests/interop", *session.posargs, env=env)


@nox.session
def examples(session: nox.Session) -> None:
    """Run the README's main job."""
    install(session)
    session.run("python", "-m", "framing", "demo")


@nox.session
def bench_quick(session: nox.Session) -> None:
    """Check that the benchmarks run at all."""
    install(session, *BENCH_PEERS)
    session.run("python", "benches/codec.py", "--quick")
    session.run("python", "benches/blocking.py", "--quick")
    session.run("python", "benches/aio.py", "--quick")
    cargo(session, "bench", "--locked", "-p", "framing-core", "--bench", "codec", "--", "--quick")


@nox.session
def bench(session: nox.Session) -> None:
    """Print the figures with their floors and peers, hostile peers included. This takes minutes and wants a quiet machine."""
    install(session, *BENCH_PEERS)
    session.run("python", "benches/codec.py", *session.posargs)
    session.run("python", "benches/blocking.py", *session.posargs)
    session.run("python", "benches/aio.py", *session.posargs)
    session.run("python", "benches/hostile.py", *session.posargs)
    cargo(session, "bench", "--locked", "-p", "framing-core", "--bench", "codec")


@nox.session
def stubs(session: nox.Session) -> None:
    """Write python/framing/_framing.pyi from the Rust signatures."""
    session.install(MATURIN)
    shutil.copyfile(_generated_stub(session), STUB)


@nox.session(python=False)
def fuzz(session: nox.Session) -> None:
    """Look for input that breaks the decoder: `nox -s fuzz -- -max_total_time=600`."""
    env = {"RUSTC_BOOTSTRAP": "1"}  # for where there is no nightly toolchain
    session.run("cargo", "fuzz", "run", "decoder", "--", *session.posargs, external=True, env=env)


def _generated_stub(session: nox.Session) -> Path:
    out = Path(session.create_tmp()) / "stubs"
    session.run("maturin", "generate-stubs", "--features", "stubs", "--out", str(out), silent=True)
    stub = out / "framing" / "_framing.pyi"
    # The types of `**options` can be said there only as text, of which the generator does not know what to import.
    text = stub.read_text(encoding="utf-8").replace(
        '"Unpack[OptionsBesideHeader]"', "Unpack[OptionsBesideHeader]"
    )
    names = "from typing import Unpack\nfrom framing._options import OptionsBesideHeader\n"
    text = text.replace("\nfrom typing import", f"\n{names}from typing import", 1)
    stub.write_text(_with_defaults(text), encoding="utf-8")
    return stub


def _with_defaults(stub: str) -> str:
    """Fill in default values: the generator knows those that are literals in Rust, and writes `...` for the others.

    If one differs from the default at runtime, stubtest reports it.
    """
    for name, default in STUB_DEFAULTS.items():
        stub = re.sub(rf"([(] *|, ){name}: ([^=\n]+) = [.]{{3}}", rf"\1{name}: \2 = {default}", stub)
    if found := re.search(r"\w+: [^=\n]+ = [.]{3}", stub):
        message = f"a default value is missing in STUB_DEFAULTS: {found[0]}"
        raise ValueError(message)
    return stub
