"""A split of a data set that a function in the user's own file makes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from engine.data.stored.set_item import made
from engine.user_code.kept_code import kept_code
from engine.user_code.user_code import UserCode, code_of
from engine.user_code.user_module import user_object

PAIR = ("train", "validation")


@dataclass(frozen=True, slots=True)
class UserSplit:
    """What `function` of the file returns: a data set, or its `part` in a pair of data sets.

    `kept` is the folder where a run keeps the code, else empty.
    """

    file: str
    function: str
    kept: str = ""
    part: int | None = None

    @property
    def split(self) -> str:
        return PAIR[self.part or 0]

    @property
    def may_draw(self) -> bool:
        return True

    @property
    def code(self) -> UserCode:
        """The code that runs: the run's copy where it has one."""
        copy = kept_code(Path(self.file), Path(self.kept)) if self.kept else None
        return copy.code if copy else code_of(Path(self.file))

    def make(self) -> Any:
        """The data set, or what the function returns instead. Raises an exception of any type."""
        if self.part is not None:
            return made(replace(self, part=None))[self.part]
        found: Any = user_object(self.code, self.function)
        return found if is_data_set(found) or not callable(found) else found()


def is_data_set(value: Any) -> bool:
    """Whether it has items and a length, and is no class."""
    return (
        not isinstance(value, type) and hasattr(value, "__getitem__") and hasattr(value, "__len__")
    )
