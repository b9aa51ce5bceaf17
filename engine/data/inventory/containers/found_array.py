"""An array that was found in a file, known by its header."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np

from engine.data.stored.array_row import ArrayFile

# A file, and where in it the values of an array begin.
Place: TypeAlias = tuple[Path, int]


@dataclass(frozen=True)
class FoundArray:
    """An array by its name, in the file `path`.

    `place` says where its values lie, and unpacks them first where they are compressed. It raises
    DataError where that fails.
    """

    name: str
    path: Path
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    place: Callable[[], Place]
    order: Literal["C", "F"] = "C"
    field: str = ""

    @property
    def bytes(self) -> int:
        return math.prod(self.shape) * self.dtype.itemsize

    @property
    def kind(self) -> str:
        """The kind of its values, as NumPy abbreviates them: `u` for unsigned numbers."""
        return (self.dtype[self.field] if self.field else self.dtype).base.kind

    @property
    def row_shape(self) -> tuple[int, ...]:
        """The shape of one of its rows."""
        return self.shape[1:] + (self.dtype[self.field].shape if self.field else ())

    def file(self) -> ArrayFile:
        path, offset = self.place()
        return ArrayFile(str(path), offset, self.dtype, self.shape, self.order, self.field)
