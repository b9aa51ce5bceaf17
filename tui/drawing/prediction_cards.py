"""Images with what a network predicts for each: a picture beside the bars of its first classes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from typing import NamedTuple

from engine.protocol.events import Measured, Picture
from engine.text import harmless
from tui.drawing import cells
from tui.drawing.cells import Row, Span
from tui.drawing.predictions import prediction_rows
from tui.drawing.shades import pictured

# The possible widths of a picture in cells; it has half as many rows. The cells beside it.
SIDES = (64, 32, 16)
LEAST_TEXT, MOST_TEXT = 36, 64
GAP = 2
# The rows of the screen that other lines take: what judges, and the next prompt.
OTHER_ROWS = 4


class Card(NamedTuple):
    """An image by its path, its first classes with their probabilities, and perhaps its picture."""

    file: str
    top: Sequence[tuple[int, Measured]]
    picture: Picture | None = None


def picture_side(sides: Sequence[int], count: int, width: int, height: int) -> int:
    """The largest of these widths at which so many cards fit on the screen, else the smallest."""
    fits = (
        side
        for side in sides
        if side + GAP + LEAST_TEXT + 1 <= width and count * (side // 2 + 1) <= height - OTHER_ROWS
    )
    return next(fits, sides[-1])


def card_rows(
    card: Card, classes: Sequence[str], width: int, side: int, coloured: bool
) -> list[Row]:
    """The rows of a card, each at most `width` cells, and a blank one."""
    picture: Sequence[Row] = ()
    if card.picture is not None:
        picture = pictured(card.picture, side, side // 2, coloured)
    room = width - 1 - (side + GAP if picture else 0)
    text = _text(card, classes, min(MOST_TEXT, room), len(picture))
    blank = (Span(" " * side),) if picture else ()
    between = " " * GAP if picture else ""
    rows = zip_longest(picture, text)
    return [
        *(cells.row(" ", *(left or blank), between, *(right or ())) for left, right in rows),
        (),
    ]


def _text(card: Card, classes: Sequence[str], width: int, height: int) -> list[Row]:
    """The path and the classes, as many as fit beside a picture of this height, if there is one."""
    name = (Span(cells.end_of(harmless(card.file), width), "title" if not height else "plain"),)
    above: list[Row] = [name, ()] if height else [name]
    most = max(1, height - len(above)) if height else len(card.top)
    return [*above, *prediction_rows(card.top[:most], None, classes, width)]
