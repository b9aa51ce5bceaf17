"""The row of keys below the table of runs."""

from __future__ import annotations

from textual.reactive import var

from tui import shared_text
from tui.drawing.cells import Row
from tui.screens import screen_text
from tui.screens.runs import runs_screen_text
from tui.widgets.drawn import CellWidget
from tui.widgets.strips import keys_row


class RunsKeys(CellWidget):
    """The keys that work now, the most useful ones first."""

    has_race: var[bool] = var(False)
    """Whether the chosen run belongs to a race."""

    def watch_has_race(self) -> None:
        self.redraw()

    def draw(self, width: int, height: int) -> list[Row]:
        keys = (
            ("⏎", runs_screen_text.KEY_ATTACH),
            *((("w", runs_screen_text.KEY_RACE),) if self.has_race else ()),
            ("space", runs_screen_text.KEY_MARK),
            ("c", runs_screen_text.KEY_COMPARE),
            ("/", shared_text.KEY_FILTER),
            ("o", runs_screen_text.KEY_ORDER),
            ("C", runs_screen_text.KEY_COLUMNS),
            ("R", screen_text.KEY_RESUME),
            ("t", runs_screen_text.KEY_TAGS),
            ("n", runs_screen_text.KEY_NOTE),
            ("N", runs_screen_text.KEY_RENAME),
            ("d", runs_screen_text.KEY_DELETE),
            ("T", runs_screen_text.KEY_TRASH),
            ("x", runs_screen_text.KEY_REPORT),
            ("p", runs_screen_text.KEY_PREDICT),
            (":", screen_text.KEY_COMMANDS),
            ("q", screen_text.KEY_LEAVE),
            ("esc", screen_text.KEY_BACK),
            ("?", shared_text.KEY_HELP),
        )
        return [keys_row(keys, width, self.spelled)]
