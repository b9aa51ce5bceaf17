"""A group of keys in the help."""

from __future__ import annotations

from typing import NamedTuple


class KeyGroup(NamedTuple):
    """A title, and below it rows of keys with what they do."""

    title: str
    rows: tuple[tuple[str, str], ...]
