"""The dialog that lists all keys."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar

from rich.table import Table
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.widgets import Static

from tui.panes.base.pane import Pane
from tui.screens import screen_text
from tui.widgets.dialog import Dialog
from tui.widgets.key_group import KeyGroup

# The width of the keys, and the least width of a terminal for two columns.
KEYS = 18
WIDE = 120
# The groups that the launcher shows.
OF_LAUNCHER = (screen_text.HELP_LAUNCHER, screen_text.HELP_BOXES)


class HelpScreen(Dialog[None]):
    """Groups of keys with their effects; any of Escape, q, ? and Enter closes it."""

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

    def __init__(self, groups: Sequence[KeyGroup] = OF_LAUNCHER) -> None:
        super().__init__()
        self._groups = groups

    def inside(self) -> ComposeResult:
        with Container():
            for column in halves(self._groups):
                yield Static(self._table(column))

    def _table(self, column: Sequence[KeyGroup]) -> Table:
        table = Table.grid(padding=(0, 2))
        keys = min(KEYS, self.app.size.width // 3)
        table.add_column(style="bold", width=keys, overflow="fold")
        table.add_column(overflow="fold")
        for group in column:
            table.add_row(self.plain(group.title), "", style="dim not bold")
            for key, words in group.rows:
                table.add_row(self.plain(key), self.plain(words))
            table.add_row("", "")
        return table


def of_dashboard(panes: Iterable[type[Pane]], focused: str, shown: KeyGroup) -> Sequence[KeyGroup]:
    """The groups of the dashboard, those of the focused pane first.

    `shown` are the keys for what is shown: a run, a recording, or a log.
    """
    kinds = sorted(panes, key=lambda pane: focused != pane.NAME)
    of_panes = dict.fromkeys(group for pane in kinds for group in pane.KEY_HELP)
    first = kinds[0].KEY_HELP
    shortcuts = {pane.SHORTCUT: pane.TITLE.lower() for pane in kinds if pane.SHORTCUT}
    return [
        *first,
        shown,
        screen_text.help_screen(len(kinds), shortcuts),
        *(group for group in of_panes if group not in first),
        screen_text.HELP_BOXES,
        screen_text.HELP_SIGNS,
    ]


def halves(groups: Sequence[KeyGroup]) -> Iterator[Sequence[KeyGroup]]:
    """The groups in two columns of about the same height."""
    rows = [len(group.rows) + 2 for group in groups]
    cut = min(range(1, len(rows)), key=lambda at: max(sum(rows[:at]), sum(rows[at:])))
    yield groups[:cut]
    yield groups[cut:]
