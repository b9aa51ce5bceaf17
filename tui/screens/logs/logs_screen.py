"""The screen that lists the logs below a folder: Enter shows one, Escape there comes back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from engine.logs.log_search import FoundLog, FoundLogs
from tui import shared_text
from tui.drawing.cells import Row
from tui.screens import screen_text
from tui.screens.dashboard import Dashboard
from tui.screens.filter_dialog import filter_list
from tui.screens.help import HelpScreen
from tui.screens.logs import logs_screen_text
from tui.screens.logs.logs_box import LogsBox
from tui.terminal.fine_screen import FineScreen
from tui.viewer.event_source import EventSource
from tui.widgets.drawn import CellWidget
from tui.widgets.strips import keys_row


class LogsScreen(FineScreen[None]):
    """Chooses a log; `open_log` makes it a source of events."""

    CSS = "LogsScreen #logs { height: 1fr; } LogsScreen #keys { height: 1; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", logs_screen_text.OPEN),
        Binding("slash", "filter", shared_text.FILTER),
        Binding("question_mark", "help", screen_text.LIST_KEYS),
        Binding("q,ctrl+c", "leave", logs_screen_text.QUIT),
    ]

    def __init__(
        self,
        folder: Path,
        found: FoundLogs,
        open_log: Callable[[FoundLog], EventSource],
        clock: Callable[[], float],
    ) -> None:
        super().__init__()
        self._folder, self._found = folder, found
        self._open_log, self._clock = open_log, clock

    def compose(self) -> ComposeResult:
        yield LogsBox(self._folder, self._found, id="logs", clock=self._clock)
        yield KeysRow(id="keys")

    def action_open(self) -> None:
        chosen = self.query_one(LogsBox).log_chosen
        if chosen is not None:
            source = self._open_log(chosen)
            self.app.push_screen(Dashboard(source, below=True, clock=self._clock))

    def action_filter(self) -> None:
        filter_list(self.app, logs_screen_text.BOX, self.query_one(LogsBox))

    def action_help(self) -> None:
        self.app.push_screen(HelpScreen((logs_screen_text.HELP, screen_text.HELP_BOXES)))

    def on_logs_box_unreadable(self, message: LogsBox.Unreadable) -> None:
        self.notify(message.why, severity="error", markup=False)


class KeysRow(CellWidget):
    """The keys that work now."""

    def draw(self, width: int, height: int) -> list[Row]:
        keys = (
            ("⏎", logs_screen_text.KEY_OPEN),
            ("↑↓", logs_screen_text.KEY_CHOOSE),
            ("/", shared_text.KEY_FILTER),
            (":", screen_text.KEY_COMMANDS),
            ("q", logs_screen_text.KEY_QUIT),
            ("?", shared_text.KEY_HELP),
        )
        return [keys_row(keys, width, self.spelled)]
