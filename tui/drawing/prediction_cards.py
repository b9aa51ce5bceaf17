"""Images with what a network predicts for each: a picture beside the bars of its first classes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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


def card_rows(
    cards: Sequence[Card],
    classes: Sequence[str],
    screen: tuple[int, int],
    sides: Sequence[int],
    coloured: bool,
) -> Iterator[Row]:
    """The cards, side by side where there is room, each band above a blank row.

    `screen` is its width and height. Pictures have the largest of the widths `sides` at which all
    fit on the screen, else the smallest.
    """
    width, height = screen
    side = _side(len(cards), width, height, sides) if cards[0].picture is not None else 0
    across = max(1, (width - 1) // _narrowest(side)) if side else 1
    each = (width - 1) // across
    for start in range(0, len(cards), across):
        band = [_card(one, classes, each - 1, side, coloured) for one in cards[start:][:across]]
        for *others, last in zip_longest(*band, fillvalue=()):
            yield cells.row(" ", *(span for row in others for span in cells.fit(row, each)), *last)
        yield ()


def _side(count: int, width: int, height: int, sides: Sequence[int]) -> int:
    for side in sides:
        across = (width - 1) // _narrowest(side)
        if across and -(-count // across) * (side // 2 + 1) <= height - OTHER_ROWS:
            return side
    return sides[-1]


def _narrowest(side: int) -> int:
    """The cells of the narrowest card with a picture of this width, and of the gap after it."""
    return side + GAP + LEAST_TEXT + 1


def _card(
    card: Card, classes: Sequence[str], width: int, side: int, coloured: bool
) -> Sequence[Row]:
    """The rows of a card, each at most `width` cells. Where `side` is 0, it has no picture."""
    if not side or card.picture is None:
        return _text(card, classes, min(MOST_TEXT, width), 0)
    picture = pictured(card.picture, side, side // 2, coloured)
    text = _text(card, classes, min(MOST_TEXT, width - side - GAP), len(picture))
    pairs = zip_longest(picture, text, fillvalue=())
    return [cells.row(*left, " " * GAP, *right) if right else left for left, right in pairs]


def _text(card: Card, classes: Sequence[str], width: int, height: int) -> list[Row]:
    """The path and the classes, as many as fit beside a picture of this height, if there is one."""
    path = cells.end_of(harmless(card.file), width)
    if not height:
        return [(Span(path),), *prediction_rows(card.top, None, classes, width)]
    rows = prediction_rows(card.top[: height - 2], None, classes, width)
    return [(Span(path),), (), *rows]
