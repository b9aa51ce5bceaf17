"""What a table is read as, before it becomes events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol


class Record(NamedTuple):
    """A row: its number from 1, counting lines or objects, and its numbers by their names.

    `damage` says why it cannot be read, in a few words; `offset` is its first byte in the file.
    """

    number: int
    offset: int
    values: dict[str, float]
    damage: str = ""


class RecordsChangedError(Exception):
    """What was read of a file is another text now."""


class Records(Protocol):
    """Reads the rows of one file, as long as its text only grows."""

    @property
    def names(self) -> Sequence[str]:
        """The names of its columns, as far as they are told before their numbers."""

    @property
    def offset(self) -> int:
        """The bytes that were read."""

    def read(self) -> list[Record]:
        """The next rows, from a part of the file; empty if there are no more.

        Raises RecordsChangedError, and RunError if the file is no such table.
        """
