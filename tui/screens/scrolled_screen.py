"""A dialog of rows that come from a process, and that the arrows move."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from tui.terminal.fine_screen import FineModalScreen
from tui.widgets.scrolled_rows import ScrolledRows


class ScrolledScreen(FineModalScreen[None]):
    """Opens before anything has come; Escape, Enter or q closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter", "dismiss", show=False),
        Binding("down,j", "move(1)", show=False),
        Binding("up,k", "move(-1)", show=False),
        Binding("pagedown,space", "page(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("home", "move(-1000000)", show=False),
        Binding("end", "move(1000000)", show=False),
    ]

    def __init__(self, rows: ScrolledRows) -> None:
        super().__init__()
        self._rows = rows

    def compose(self) -> ComposeResult:
        yield self._rows

    def action_move(self, rows: int) -> None:
        self._rows.move(rows)

    def action_page(self, pages: int) -> None:
        self._rows.page(pages)

    def on_mouse_scroll_down(self) -> None:
        self._rows.move(3)

    def on_mouse_scroll_up(self) -> None:
        self._rows.move(-3)
