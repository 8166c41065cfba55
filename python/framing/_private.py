"""Classes whose objects only the package itself makes."""

from __future__ import annotations

from typing import Any, NoReturn, TypeVar

__all__ = ["NoPublicConstructor"]

T = TypeVar("T")


class NoPublicConstructor(type):
    """The class of such classes: to call one is a `TypeError`, which says what to call instead.

    Each has a `_made_by`, the words for that.
    """

    _made_by: str

    def __call__(cls, *_args: object, **_options: object) -> NoReturn:
        """Refuses to make an object."""
        raise TypeError(f"{cls.__name__} has no public constructor: {cls._made_by}")

    def _create(cls: type[T], *args: Any, **options: Any) -> T:
        return type.__call__(cls, *args, **options)  # type: ignore[no-any-return]
