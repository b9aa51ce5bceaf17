"""The keys, all of them."""

from __future__ import annotations

from typing import ClassVar

from rich.table import Table
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from tui import text
from tui.drawing.plain import to_ascii
from tui.drawn import is_ascii

# The widest that the keys may be.
KEYS = 24


class HelpScreen(ModalScreen[None]):
    """A table of keys, grouped; any of Escape, q and ? closes it."""

    DEFAULT_CSS = """
    HelpScreen { align: center middle; background: $background 60%; }
    HelpScreen > VerticalScroll {
        width: 80; max-width: 100%; height: auto; max-height: 100%; padding: 1 2;
        background: $background; border: round $ink-selected;
        border-title-color: $foreground; border-title-style: bold;
        border-subtitle-color: $ink-dim; scrollbar-size-vertical: 1;
    }
    HelpScreen Static { height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,enter", "dismiss", show=False)
    ]

    def compose(self) -> ComposeResult:
        box = VerticalScroll(classes="box")
        plain = to_ascii if is_ascii(self.app) else str
        box.border_title, box.border_subtitle = text.HELP_TITLE, plain(text.HELP_FOOT)
        with box:
            yield Static(self._table())

    def _table(self) -> Table:
        plain = to_ascii if is_ascii(self.app) else str
        table = Table.grid(padding=(0, 2))
        table.add_column(style="bold", max_width=KEYS)
        table.add_column()
        for title, keys in text.HELP_KEYS.items():
            table.add_row("", "")
            table.add_row("", plain(title), style="dim")
            for key, said in keys:
                table.add_row(plain(key), plain(said))
        return table
