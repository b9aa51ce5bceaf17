"""The row at the top: the program, the host, and the folder of runs."""

from __future__ import annotations

import socket
from pathlib import Path

from engine.text import folder
from tui import shared_text
from tui.drawing import cells
from tui.drawing.cells import Row, Span
from tui.drawing.frame import fitting
from tui.screens import screen_text
from tui.widgets.drawn import CellWidget


class HeadRow(CellWidget):
    """The program, the host, and the folder of runs if it fits."""

    def __init__(self, runs_dir: Path, *, id: str) -> None:  # noqa: A002 (Textual's name)
        super().__init__(id=id)
        self._runs_dir = folder(runs_dir)

    def draw(self, width: int, height: int) -> list[Row]:
        host = Span(f" · {socket.gethostname()}", "dim")
        left = cells.row(" ", Span(shared_text.PROGRAM, "title"), host)
        where = cells.row(Span(f"{screen_text.RUNS_IN} {self._runs_dir} ", "dim"))
        right = fitting([where], width - cells.width(left) - 2)
        gap = " " * (width - cells.width(left) - cells.width(right))
        return [cells.row(*left, gap, *right)]
