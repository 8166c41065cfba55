"""Objects that only functions of the package make."""

from __future__ import annotations

from typing import Any

import framing
import pytest
from framing import aio
from support.refusal import refusal

CLASSES: dict[Any, str] = {
    framing.FramedListener: "use framing.listen",
    aio.FramedServer: "use aio.start_server",
    aio.FramedStream: "use aio.open_connection",
}


@pytest.mark.parametrize(
    ("cls", "instead"), CLASSES.items(), ids=lambda it: getattr(it, "__name__", "")
)
@pytest.mark.parametrize("arguments", [(), (1,), (1, 2, 3)])
def test_what_to_call_instead(cls: Any, instead: str, arguments: tuple[Any, ...]) -> None:
    said = refusal(TypeError, lambda: cls(*arguments))
    assert f"{cls.__name__} has no public constructor: {instead}" in said
    assert "_" not in said.replace("open_connection", "").replace("start_server", "")
    assert said == refusal(TypeError, lambda: cls(*arguments, limit=5))


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_nor_is_there_one_for_a_class_of_its_own(cls: Any) -> None:
    class Own(cls):  # type: ignore[misc]
        """Somebody's own."""

    assert CLASSES[cls] in refusal(TypeError, lambda: Own())
