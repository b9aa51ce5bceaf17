"""Edits a line that the user types in the border of a pane."""

from __future__ import annotations

from textual.events import Key


def edited(line: str, key: Key) -> str | None:
    """The line after this key; None if the key does not edit it."""
    if key.key == "backspace":
        return line[:-1]
    return line + key.character if key.is_printable and key.character else None
