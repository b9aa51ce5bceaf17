"""The rows below the boxes: the command line, and the keys."""

from __future__ import annotations

import textwrap

from textual.geometry import Size
from textual.reactive import var

from engine.recipes import equivalent_command
from engine.start import launch
from engine.text import harmless
from tui import shared_text
from tui.drawing import cells
from tui.drawing.cells import Row, Span
from tui.screens.launcher import launcher_text
from tui.screens.launcher.new_run import NewRun
from tui.widgets.drawn import CellWidget
from tui.widgets.strips import keys_row

# A sentence is wrapped to this many columns at least.
NARROWEST_SENTENCE = 20


class PlanRows(CellWidget):
    """The name of the new run and its command line, or the reason why it cannot start yet."""

    new_run: var[NewRun] = var(NewRun())

    def watch_new_run(self) -> None:
        self.refresh(layout=self.size.height != self._height(self.size.width))
        self.redraw()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return self._height(width)

    def _height(self, width: int) -> int:
        return len(self._lines(width))

    def draw(self, width: int, height: int) -> list[Row]:
        return self._lines(width)

    def _lines(self, width: int) -> list[Row]:
        plan = self.new_run.plan
        if isinstance(plan, str):
            wrapped = textwrap.wrap(plan, max(NARROWEST_SENTENCE, width - 2))
            return [cells.row(" ", Span(line, "warning")) for line in wrapped]
        name, command = launch.default_name(plan), equivalent_command.of(plan)
        return [
            cells.row(" ", Span(launcher_text.NEW_RUN, "dim"), f" {name}"),
            cells.shortened(cells.row(" ", Span(harmless(command), "rate")), width),
        ]


class KeysRow(CellWidget):
    """The keys that work now."""

    attaches: var[bool] = var(False)
    """Whether Enter attaches to a run instead of starting one."""

    races: var[bool] = var(False)
    """Whether a race goes on, or the marked run belongs to one."""

    def watch_attaches(self) -> None:
        self.redraw()

    def watch_races(self) -> None:
        self.redraw()

    def draw(self, width: int, height: int) -> list[Row]:
        keys = (
            ("⏎", launcher_text.KEY_ATTACH if self.attaches else launcher_text.KEY_START),
            ("tab", launcher_text.KEY_NEXT_BOX),
            ("↑↓", launcher_text.KEY_CHOOSE),
            ("r", launcher_text.KEY_RUNS),
            *((("w", launcher_text.KEY_RACE),) if self.races else ()),
            ("f", launcher_text.KEY_FIELDS),
            ("a", launcher_text.KEY_AUGMENTED),
            ("i", launcher_text.KEY_INSPECT),
            ("y", launcher_text.KEY_COPY),
            ("q", launcher_text.KEY_QUIT),
            ("?", shared_text.KEY_HELP),
        )
        return [keys_row(keys, width, self.spelled)]
