"""A file that `cnn-tui export` has written."""

from __future__ import annotations

from typing import NamedTuple


class WrittenFile(NamedTuple):
    """The option that asked for it, what JSON says of it, and the sentence."""

    option: str
    found: dict[str, object]
    sentence: str
