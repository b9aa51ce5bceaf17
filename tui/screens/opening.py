"""The first frame: the empty boxes of the dashboard, on the screen while all else is imported."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.screen import Screen

from engine.text import harmless
from tui.drawing import cells
from tui.drawing.cells import Row, Span
from tui.drawing.frame import frame
from tui.screens.dashboard_places import places
from tui.terminal.compositor import FineCompositor
from tui.widgets.drawn import CellWidget

STRIPS = frozenset({"status", "progress", "numbers", "news", "footer"})


class Opening(Screen[None]):
    """Says what will be there; `boxed` where that is a dashboard."""

    CSS = "Opening > CellWidget { height: 1fr; }"

    def __init__(self, label: str, *, boxed: bool) -> None:
        super().__init__()
        self._compositor = FineCompositor()
        self._label, self._boxed = label, boxed

    def compose(self) -> ComposeResult:
        yield Boxes(self._label, boxed=self._boxed)


class Boxes(CellWidget):
    """Frames without content where the panes will be, under a name."""

    def __init__(self, label: str, *, boxed: bool) -> None:
        super().__init__()
        self._label, self._boxed = label, boxed

    def draw(self, width: int, height: int) -> list[Row]:
        boxes = places(width, height, "loss", "confusion", zoomed=False) if self._boxed else {}
        rows: list[Row] = [()] * height
        for name, box in sorted(boxes.items(), key=lambda named: named[1].x):
            if name not in STRIPS:
                drawn = frame((), box.width, box.height, title=(), focused=name == "loss")
                for y, line in enumerate(drawn, box.y):
                    rows[y] += line
        return [cells.row(" ", Span(harmless(self._label), "title")), *rows[1:]]
