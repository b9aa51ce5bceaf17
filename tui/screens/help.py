"""The keys, all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar, TypeAlias

from rich.table import Table
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.widgets import Static

from tui.screens import screen_text
from tui.widgets.dialog import Dialog

Groups: TypeAlias = Sequence[str]

# The width of the keys, and that from which on two columns stand side by side.
KEYS = 18
WIDE = 120


class HelpScreen(Dialog[None]):
    """A table of keys, grouped, those of the pane first; any of Escape, q and ? closes it."""

    DEFAULT_CSS = """
    HelpScreen > .box { width: 66; padding: 1 2 0 2; }
    HelpScreen.-wide > .box { width: 120; }
    HelpScreen Container { height: auto; layout: vertical; }
    HelpScreen.-wide Container { layout: horizontal; }
    HelpScreen Static { height: auto; width: 100%; }
    HelpScreen.-wide Static { width: 1fr; padding-right: 2; }
    """
    TITLE, SUB_TITLE = screen_text.HELP_TITLE, screen_text.HELP_FOOT
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,enter", "dismiss", show=False)
    ]
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide")]  # noqa: RUF012 (Textual's own type)

    def __init__(self, pane: str = "", shown: str = screen_text.HELP_RUN) -> None:
        """The keys of the dashboard while this pane has the focus, or else of the launcher.

        `shown` is what the dashboard shows, a run or a recording.
        """
        super().__init__()
        self._groups = groups(pane, shown)

    def inside(self) -> ComposeResult:
        with Container():
            for column in halves(self._groups):
                yield Static(self._table(column))

    def _table(self, column: Groups) -> Table:
        table = Table.grid(padding=(0, 2))
        keys = min(KEYS, self.app.size.width // 3)
        table.add_column(style="bold", width=keys, overflow="fold")
        table.add_column(overflow="fold")
        for title in column:
            table.add_row(self.plain(title), "", style="dim not bold")
            for key, said in screen_text.HELP_KEYS[title]:
                table.add_row(self.plain(key), self.plain(said))
            table.add_row("", "")
        return table


def groups(pane: str, shown: str = screen_text.HELP_RUN) -> Groups:
    """The titles of what is told about: all of the dashboard, or of the launcher without a pane."""
    if not pane:
        return [screen_text.HELP_LAUNCHER, screen_text.HELP_BOXES]
    first = [screen_text.HELP_PANES[pane]] if pane in screen_text.HELP_PANES else []
    others = {
        screen_text.HELP_LAUNCHER,
        screen_text.HELP_RUN,
        screen_text.HELP_RECORDING,
        *first,
    } - {shown}
    return [*first, *(title for title in screen_text.HELP_KEYS if title not in others)]


def halves(titles: Groups) -> Iterator[Groups]:
    """The groups in two columns of about as many rows."""
    rows = [len(screen_text.HELP_KEYS[title]) + 2 for title in titles]
    cut = min(range(1, len(rows)), key=lambda at: max(sum(rows[:at]), sum(rows[at:])))
    yield titles[:cut]
    yield titles[cut:]
