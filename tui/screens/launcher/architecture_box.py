"""The list of architectures, and the stages of the marked one."""

from __future__ import annotations

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
        self.wanted = ""
        """The filter: a part of a name, a family or an idea."""

    def on_mount(self) -> None:
        self._list()

    def watch_new_run(self, before: NewRun, now: NewRun) -> None:
        if before.shape != now.shape:
            self._list()
        marked = ARCHITECTURES.get(now.arch)
        self.note(marked.new if marked else launcher_text.NO_MATCH)

    def filter(self, wanted: str, chosen: str) -> None:
        """List the matches of this text, and mark the chosen architecture if it is among them."""
        self.wanted = wanted
        self._list(chosen)

    def next_order(self) -> None:
        """List in the next order."""
        orders = list(architecture_list.ORDERS)
        self._order = orders[(orders.index(self._order) + 1) % len(orders)]
        self._list()

    def _list(self, chosen: str = "") -> None:
        found = architecture_list.matching(self._order, self.wanted)
        facts = launcher_text.arch_facts(self._order, self.wanted, len(found), len(ARCHITECTURES))
        columns = architecture_list.columns(found, self.new_run.shape) if found else []
        self.fill([a.key for a in found], columns, chosen=chosen, facts=facts)


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
