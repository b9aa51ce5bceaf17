"""Validation images in a grid, with their classes and predictions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from engine.protocol.events import Example
from tui import shared_text
from tui.drawing import cells
from tui.drawing.cells import Row, Span
from tui.drawing.mistakes import class_name
from tui.drawing.predictions import prediction_rows
from tui.drawing.shades import pictured

# The least and the greatest width of a picture in cells. It has half as many rows.
SMALLEST, LARGEST = 20, 32
BETWEEN = 3
# The rows below a picture: its class and the three likeliest ones. A blank one follows.
CAPTION = 4


class ImageGrid(NamedTuple):
    """The width of a picture in cells, and the columns and rows of pictures."""

    side: int
    across: int
    bands: int

    @property
    def page(self) -> int:
        return self.across * self.bands


def caption_rows(examples: Sequence[Example]) -> int:
    """The number of rows below each picture: one more where images have names."""
    return CAPTION + any(example.name for example in examples)


def grid(count: int, width: int, height: int, caption: int = CAPTION) -> ImageGrid:
    """The grid that shows the most of `count` pictures; of equals, the one with the largest.

    If no picture fits, the grid holds one of the smallest size, which is cut.
    """
    sides = range(SMALLEST, LARGEST + 1, 2)
    fitting = [side for side in sides if side <= width and side // 2 + caption <= height]
    forms = (_grid(side, width, height, caption) for side in fitting or [SMALLEST])
    return max(forms, key=lambda form: (min(count, form.page), form.side))


def _grid(side: int, width: int, height: int, caption: int) -> ImageGrid:
    across = max(1, (width + BETWEEN) // (side + BETWEEN))
    return ImageGrid(side, across, max(1, (height + 1) // (side // 2 + caption + 1)))


def examples_grid(
    examples: Sequence[Example],
    classes: Sequence[str],
    width: int,
    height: int,
    first: int = 0,
    coloured: bool = False,
) -> list[Row]:
    """A page of images from `first` on, each above its class, top predictions and name."""
    shape = grid(len(examples), width, height, caption_rows(examples))
    shown = examples[first : first + shape.page]
    rows: list[Row] = []
    for start in range(0, len(shown), shape.across):
        band = shown[start : start + shape.across]
        rows += [*_band(band, classes, shape.side, coloured), ()]
    return [cells.fit(row, width) for row in rows[:-1][:height]]


def _band(shown: Sequence[Example], classes: Sequence[str], side: int, coloured: bool) -> list[Row]:
    columns = [
        [
            *pictured(example.picture, side, side // 2, coloured),
            *_caption(example, classes, side),
        ]
        for example in shown
    ]
    return [
        cells.row(*(span for column in columns for span in _cell(column, i, side)))
        for i in range(max(len(column) for column in columns))
    ]


def _cell(column: Sequence[Row], i: int, side: int) -> Row:
    row = column[i] if i < len(column) else ()
    return (*cells.fit(row, side), Span(" " * BETWEEN))


def _caption(example: Example, classes: Sequence[str], width: int) -> list[Row]:
    """`true cat  #4217`, a row with a bar for each prediction, and the name, if it has one.

    An image without a label has only its number.
    """
    known = example.true if example.true >= 0 else None
    label = Span("" if known is None else f"{shared_text.TRUE} ", "dim")
    place = Span(f" #{example.image}", "dim")
    room = max(0, width - cells.width([label, place]))
    name = "" if known is None else class_name(classes, known)
    true = cells.row(label, cells.fit_text(name, room), place)
    rows = [true, *prediction_rows(example.top, known, classes, width)]
    return [*rows, (Span(cells.end_of(example.name, width), "dim"),)] if example.name else rows
