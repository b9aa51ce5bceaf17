"""A number that the user is typing."""

from __future__ import annotations

from textual.events import Key

from tui.panes.base import line_editing


class TypedNumber:
    """Its digits so far; None while no number is typed."""

    def __init__(self) -> None:
        self.digits: str | None = None

    def begin(self) -> None:
        self.digits = ""

    def give_up(self) -> None:
        self.digits = None

    def edit(self, event: Key, most: int) -> None:
        """Add or delete one of `most` digits; a key that does neither gives up."""
        typed = line_editing.edited(self.digits or "", event) or ""
        gives_up = not typed.isdecimal() and event.key != "backspace"
        self.digits = None if gives_up else typed[:most]

    def take(self) -> int | None:
        """The number, which is typed no longer; None without a digit."""
        typed, self.digits = self.digits, None
        return int(typed) if typed else None
