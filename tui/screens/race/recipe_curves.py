"""The curves of the best recipes of a race."""

from __future__ import annotations

from tui.drawing import race_rows, race_rows_text
from tui.drawing.cells import Row
from tui.viewer.race_reading import RaceReading
from tui.widgets.drawn import CellWidget


class RecipeCurves(CellWidget):
    """The curves of the best recipes."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 (Textual's name)
        super().__init__(id=id)
        self._reading: RaceReading | None = None

    def show(self, reading: RaceReading) -> None:
        self._reading = reading
        self.redraw()

    def draw(self, width: int, height: int) -> list[Row]:
        found = self._reading
        if found is None or width < 3 or height < 3:
            return []
        pairs = zip(found.recipes, found.board.standings, strict=True)
        names = {recipe: race_rows_text.recipe(standing) for recipe, standing in pairs}
        return race_rows.curves_box(found.curves, names, found.epochs, found.rungs, width, height)
