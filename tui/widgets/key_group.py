"""A group of keys in the help."""

from __future__ import annotations

from typing import NamedTuple


class KeyGroup(NamedTuple):
    """A title, and rows of keys with their effects."""

    title: str
    rows: tuple[tuple[str, str], ...]
