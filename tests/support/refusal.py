"""What a user reads when a call is refused."""

from __future__ import annotations

import re
import traceback
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable


def refusal(kind: type[BaseException], call: Callable[[], object]) -> str:
    """The last lines of the traceback: the message, and the notes below it.

    Without the notes that name the argument: the message has to do that itself, for whoever logs it.
    """
    with pytest.raises(kind) as caught:
        call()
    lines = traceback.format_exception_only(caught.value)
    text = "".join(line for line in lines if not line.startswith("while processing"))
    assert len(text) < 400, "what fills a terminal is not read"
    return text


def short(value: object) -> str:
    """A value in the name of a test."""
    if isinstance(value, int) and value.bit_length() > 128:
        return "huge" if value > 0 else "-huge"
    if isinstance(value, type):
        return value.__name__
    # Names are the same in every run.
    return re.sub(r" at 0x[0-9a-f]+", "", repr(value))[:20]
