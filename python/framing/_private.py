"""Classes whose objects only the package itself makes."""

from __future__ import annotations

from typing import Any, NoReturn, TypeVar

__all__ = ["NoPublicConstructor"]

T = TypeVar("T")


class NoPublicConstructor(type):
    """The metaclass of such classes: calling one raises a `TypeError` that says what to call instead.

    Each class has a `_made_by` with the words for that.
    """

    _made_by: str

    def __call__(cls, *_args: object, **_options: object) -> NoReturn:
        """Refuse to make an object."""
        raise TypeError(f"{cls.__name__} has no public constructor: {cls._made_by}")

    def _create(cls: type[T], *args: Any, **options: Any) -> T:
        return type.__call__(cls, *args, **options)  # type: ignore[no-any-return]
