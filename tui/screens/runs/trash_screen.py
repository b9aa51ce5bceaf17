"""The screen of the trash: the runs that were deleted, each of which can come back."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from textual.binding import Binding, BindingType

from engine.run import run_trash
from tui import shared_text
from tui.drawing.cells import Row
from tui.screens import screen_text
from tui.screens.help import HelpScreen
from tui.screens.runs import runs_screen_text
from tui.screens.runs.run_list_screen import RunListScreen
from tui.viewer.run_index import RunIndex
from tui.widgets.drawn import CellWidget
from tui.widgets.strips import keys_row


class TrashScreen(RunListScreen):
    """Lists the runs in the trash of a folder of runs, and brings them back there."""

    TITLE_OF_LIST = runs_screen_text.TRASH_TITLE
    EMPTY = runs_screen_text.TRASH_EMPTY
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "restore", runs_screen_text.RESTORE),
        Binding("escape,T", "back", runs_screen_text.BACK_TO_RUNS),
        Binding("q,ctrl+c", "leave", runs_screen_text.LEAVE),
    ]

    def __init__(self, runs_dir: Path, clock: Callable[[], float] = time.time) -> None:
        trash = run_trash.trash_of(runs_dir)
        super().__init__(trash, RunIndex(trash), clock)

    def keys_row(self) -> TrashKeys:
        return TrashKeys(id="keys")

    def action_restore(self) -> None:
        if runs := self._wanted:
            self._changes.restore(runs)

    def action_help(self) -> None:
        self.app.push_screen(HelpScreen((runs_screen_text.TRASH_HELP, screen_text.HELP_BOXES)))

    def action_back(self) -> None:
        self.dismiss()


class TrashKeys(CellWidget):
    """The keys that work now."""

    def draw(self, width: int, height: int) -> list[Row]:
        keys = (
            ("⏎", runs_screen_text.KEY_RESTORE),
            ("space", runs_screen_text.KEY_MARK),
            ("/", shared_text.KEY_FILTER),
            ("o", runs_screen_text.KEY_ORDER),
            ("C", runs_screen_text.KEY_COLUMNS),
            (":", screen_text.KEY_COMMANDS),
            ("q", screen_text.KEY_LEAVE),
            ("esc", screen_text.KEY_BACK),
            ("?", shared_text.KEY_HELP),
        )
        return [keys_row(keys, width, self.spelled)]
