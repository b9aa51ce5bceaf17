"""The images of a selected cell; in the report, those of all mistakes of a class."""

from __future__ import annotations

from engine.protocol.events import Confusion
from tui.drawing.mistakes import ConfusionCounts
from tui.panes.confusion.matrix_view import Kind


def images_in(counted: ConfusionCounts, selected: tuple[int, int], kind: Kind) -> int:
    """How many images a cell counts; in the report, how many mistakes of a class."""
    true, _ = selected
    if kind == "report":
        return counted.totals.get(true, 0) - counted.cells.get((true, true), 0)
    return counted.cells.get(selected, 0)


def kept_images(confusion: Confusion, selected: tuple[int, int], kind: Kind) -> tuple[int, ...]:
    """The kept images of a cell; in the report, of all mistakes of a class."""
    kept = (
        cell
        for cell in confusion.worst
        if cell.true == selected[0] and (kind == "report" or cell.predicted == selected[1])
    )
    return tuple(image for cell in kept for image in cell.images)
