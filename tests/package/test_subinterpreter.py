"""A second interpreter in the process is told that it cannot have this package."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

PROGRAM = """
import sys

try:
    import _interpreters as interpreters  # 3.13
except ImportError:
    import _xxsubinterpreters as interpreters


def create():
    if sys.version_info >= (3, 13):
        return interpreters.create("legacy")
    if sys.version_info >= (3, 12):
        return interpreters.create(isolated=False)
    return interpreters.create(isolated=False)


def run(interpreter, text):
    failure = interpreters.run_string(interpreter, text)
    assert failure is None, failure


REFUSED = '''
try:
    import framing
except ImportError as error:
    assert "one interpreter" in str(error), error
else:
    raise AssertionError("it was imported")
'''

USED = '''
import framing

try:
    framing.decode(b"-1")
except framing.InvalidHeader:
    pass
'''
"""

MAIN_FIRST = """
exec(USED)
other = create()
run(other, REFUSED)
run(other, REFUSED)
interpreters.destroy(other)
exec(USED)
run(create(), REFUSED)
"""

OTHER_FIRST = """
first = create()
run(first, USED)
run(first, USED)
exec(REFUSED)
run(create(), REFUSED)
run(first, USED)
interpreters.destroy(first)
exec(REFUSED)
run(create(), REFUSED)
"""


@pytest.mark.parametrize("order", [MAIN_FIRST, OTHER_FIRST], ids=["main first", "other first"])
def test_one_interpreter_has_it(order: str) -> None:
    if sys.version_info >= (3, 14):
        pytest.skip("the private module has moved again")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM + order + "\nprint('done')"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr


def test_one_with_a_lock_of_its_own_is_refused_too() -> None:
    """By Python itself, from 3.12 on."""
    if not (3, 12) <= sys.version_info < (3, 14):
        pytest.skip("needs interpreters of their own, by the names of 3.12 and 3.13")
    program = PROGRAM + (
        "other = interpreters.create('isolated') if sys.version_info >= (3, 13) "
        "else interpreters.create(isolated=True)\n"
        "run(other, 'try:\\n import framing\\nexcept ImportError: pass\\nelse: raise AssertionError')\n"
        "print('done')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr
