"""The list of architectures, and the stages of the marked one."""

from __future__ import annotations

from collections.abc import Sequence

from textual.reactive import var

from engine.catalog.architectures import ARCHITECTURES
from tui import shared_text
from tui.drawing import architecture_list
from tui.drawing.cells import Row, Span
from tui.drawing.frame import frame
from tui.screens.launcher import launcher_text
from tui.screens.launcher.new_run import NewRun
from tui.widgets.chooser import Chooser
from tui.widgets.drawn import CellWidget


class ArchitectureBox(Chooser):
    """The architectures that match a filter, in one of several orders."""

    new_run: var[NewRun] = var(NewRun())

    def __init__(self, *, id: str, chosen: str) -> None:  # noqa: A002 (Textual's name)
        super().__init__(id=id, heading=True, chosen=chosen)
        self._order = shared_text.BY_FAMILY

    def on_mount(self) -> None:
        self._list()

    def watch_new_run(self, before: NewRun, now: NewRun) -> None:
        if before.shape != now.shape:
            self._list()
        marked = ARCHITECTURES.get(now.arch)
        self.note(marked.new if marked else launcher_text.NO_MATCH)

    def next_order(self) -> bool:
        orders = list(architecture_list.ORDERS)
        self._order = orders[(orders.index(self._order) + 1) % len(orders)]
        self._list()
        return True

    def filter(self, wanted: str, chosen: str) -> None:
        """List the matches of this part of a name, a family or an idea."""
        self.wanted = wanted
        self._show_matches(chosen, "")

    def matches(self, texts: Sequence[str]) -> bool:
        return architecture_list.matches(ARCHITECTURES[texts[0]], self.wanted.lower())

    def _list(self) -> None:
        found = architecture_list.matching(self._order, "")
        keys = launcher_text.filter_and_order(self._order)
        columns = architecture_list.columns(found, self.new_run.shape)
        self.fill([a.key for a in found], columns, facts=(launcher_text.measured_on(keys), keys))


class StagesBox(CellWidget):
    """The chosen architecture in words, and its stages as bars."""

    new_run: var[NewRun] = var(NewRun())

    def watch_new_run(self) -> None:
        self.redraw()

    def draw(self, width: int, height: int) -> list[Row]:
        chosen, shape = ARCHITECTURES.get(self.new_run.arch), self.new_run.shape
        rows = architecture_list.details(chosen, shape) if chosen else []
        title = architecture_list.stages_title(chosen, shape) if chosen else ""
        return frame(rows, width, height, title=(Span(title, "title"),))
