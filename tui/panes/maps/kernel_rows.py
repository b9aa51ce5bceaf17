"""The kernels of the first convolution as pictures, in which medium grey stands for zero."""

from __future__ import annotations

from engine import numbers
from engine.protocol.events import Kernels
from engine.text import harmless
from tui import shared_text
from tui.drawing import cells
from tui.drawing.cells import Row, Span
from tui.drawing.frame import fitting
from tui.drawing.tiles import MOST_ROWS, Tiles, tiled
from tui.panes.maps import maps_text

# The cells of `c00` and a space.
CAPTION = 3
GAP = 2


def kernels_pane(
    event: Kernels, width: int, height: int, first: int = 0, coloured: bool = False
) -> list[Row]:
    """A page of the kernels, each below its number."""
    tiles = kernels_tiles(event, width, height)
    page = tiles.page(first, len(event.kernels))
    captions = [f"c{i:02d}" for i in page]
    rows = tiled([event.kernels[i] for i in page], captions, tiles, coloured)
    return cells.filled((cells.row(" ", *row) for row in rows), width, height)


def kernels_tiles(event: Kernels, width: int, height: int) -> Tiles:
    """The largest grid that shows all kernels; every weight takes the same number of cells."""
    tall, wide = (*event.shape[2:4], 1, 1)[:2]
    tiles = Tiles(0, 0, 0, 0)
    for scale in range(max(2, 2 * MOST_ROWS // max(1, tall)), 1, -1):
        cols, rows = max(1, wide) * scale, (max(1, tall) * scale + 1) // 2
        column = max(cols, CAPTION) + GAP
        tiles = Tiles(max(1, (width - 1 + GAP) // column), height // (rows + 1), cols, rows, GAP)
        if tiles.capacity >= len(event.kernels):
            break
    return tiles


def kernels_facts(event: Kernels, room: int) -> Row:
    """`weights -0.420 dark, +0.420 light`: the weights of the darkest and the lightest shade."""
    return fitting([(Span(maps_text.weights_to(numbers.significant(event.largest)), "dim"),)], room)


def kernels_foot(event: Kernels, when: str) -> Row:
    """`conv1  64 kernels of 3×3×3   epoch 12`: the layer, the shape of its kernels, the epoch."""
    count, *shape = event.shape or (0,)
    words = f"  {maps_text.kernels(count, shape)}   {when}"
    return (Span(harmless(event.layer)), Span(words, "dim"))


def kernels_range(event: Kernels, width: int, height: int, first: int) -> Row:
    """`1-40 of 64`: the kernels on this page."""
    page = kernels_tiles(event, width, height).page(first, len(event.kernels))
    if not page:
        return ()
    return (Span(shared_text.some_of(page[0] + 1, page[-1] + 1, max(event.shape[0], len(page)))),)
