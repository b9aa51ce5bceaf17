"""The first frame: the empty frames of the dashboard, shown while the rest is imported."""

from __future__ import annotations

from textual.app import ComposeResult

from engine.text import harmless
from tui.drawing import cells
from tui.drawing.cells import Row, Span
from tui.drawing.frame import frame
from tui.screens.dashboard_regions import ALL_TILES, STRIPS, regions
from tui.terminal.fine_screen import FineScreen
from tui.widgets.drawn import CellWidget


class Opening(FineScreen[None]):
    """Shows a name; `boxed` adds the empty frames of a dashboard."""

    CSS = "Opening > CellWidget { height: 1fr; }"

    def __init__(self, label: str, *, boxed: bool) -> None:
        super().__init__()
        self._label, self._boxed = label, boxed

    def compose(self) -> ComposeResult:
        yield EmptyFrames(self._label, boxed=self._boxed)


class EmptyFrames(CellWidget):
    """A name, and empty frames where the panes will be."""

    def __init__(self, label: str, *, boxed: bool) -> None:
        super().__init__()
        self._label, self._boxed = label, boxed

    def draw(self, width: int, height: int) -> list[Row]:
        found = regions(width, height, "", "tab", False, ALL_TILES) if self._boxed else {}
        boxes = sorted(region for name, region in found.items() if name not in STRIPS)
        rows: list[Row] = [()] * height
        for i, box in enumerate(boxes):
            drawn = frame((), box.width, box.height, title=(), focused=i == 0)
            for y, line in enumerate(drawn, box.y):
                rows[y] += line
        return [cells.row(" ", Span(harmless(self._label), "title")), *rows[1:]]
