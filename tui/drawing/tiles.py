"""A grid of pictures of one size, each below its caption."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from engine.protocol.events import Picture
from tui.drawing import cells
from tui.drawing.cells import Row, Span
from tui.drawing.shades import pictured

# The largest picture: 32×32 pixels, each two cells wide and one high.
MOST_ROWS = 32


class Tiles(NamedTuple):
    """A grid of pictures: how many across and down, their size in cells, and the gap between."""

    across: int
    down: int
    cols: int
    rows: int
    gap: int = 1

    @property
    def capacity(self) -> int:
        return self.across * self.down

    def page(self, first: int, count: int) -> range:
        """The indices of the pictures on the page from `first` on; all `count` if they fit."""
        start = max(0, min(first, count - 1)) if count > self.capacity else 0
        return range(start, min(count, start + self.capacity))


def tiled(
    pictures: Sequence[Picture], captions: Sequence[str], tiles: Tiles, coloured: bool
) -> list[Row]:
    """The first pictures that fit, as rows."""
    rows: list[Row] = []
    for start in range(0, min(len(pictures), tiles.capacity), max(1, tiles.across)):
        part = slice(start, start + tiles.across)
        rows += _band(pictures[part], captions[part], tiles, coloured)
    return rows


def _band(
    pictures: Sequence[Picture], captions: Sequence[str], tiles: Tiles, coloured: bool
) -> list[Row]:
    between = " " * tiles.gap
    named = between.join(cells.fit_text(caption, tiles.cols) for caption in captions)
    drawn = [pictured(picture, tiles.cols, tiles.rows, coloured) for picture in pictures]
    lines = (joined(line, between) for line in zip(*drawn, strict=True))
    return [(Span(named, "dim"),), *lines]


def joined(parts: Sequence[Row], between: str) -> Row:
    """The rows side by side as one row, with this text between them; at least one row."""
    first, *others = parts
    return cells.row(*first, *(span for part in others for span in (Span(between), *part)))
