"""Every way that Python has of copying an object."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import pytest

T = TypeVar("T")
# What is copied, and what comes of it: of one type.
Copy = Callable[[T], T]

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)


def pickled(protocol: int, thing: T) -> T:
    twin: T = pickle.loads(pickle.dumps(thing, protocol))
    return twin


COPIES: dict[str, Callable[[Any], Any]] = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    **{f"pickle {protocol}": partial(pickled, protocol) for protocol in PROTOCOLS},
}
each_copy = pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES)
