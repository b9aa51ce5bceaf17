"""The confusion matrix as a heat map with numbers and names.

Up to `NAMED` classes, all of them have their names. A larger matrix is drawn as a map without
names. With more than `LARGE` classes, a second matrix shows those of the worst pairs alone, since a
printed page has no room for larger letters.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from numpy.typing import NDArray

from engine.report import report_text
from engine.report.confusions import Cell, worst_pairs
from engine.report.figure_style import PALETTE, WIDTH, Drawing, styled
from engine.text import harmless

# Up to so many classes, each cell with images has its number; up to `NAMED`, those of mistakes.
NUMBERED, LARGE, NAMED = 30, 40, 120
MOST_NUMBERS = 900
# The classes of the worst pairs that are shown apart, where there are too many to name them all.
GROUP = 24
# A map without names is at most so many cells wide: each is then some pixels large.
MOST_CELLS = 250
LONGEST_NAME = 22
# On a stronger colour than this, numbers are light.
STRONG = 0.55


def confusion_figures(
    cells: Sequence[Cell], classes: Sequence[str], families: Sequence[str]
) -> Iterator[Drawing]:
    """The whole matrix, and that of the worst pairs where the whole one is large."""
    count = len(classes)
    if count <= NAMED:
        figure = _matrix(cells, classes, np.arange(count), families)
        caption = report_text.confusion_caption(numbered=count <= NUMBERED)
    else:
        figure = _density(cells, count, families)
        caption = report_text.density_caption(count, -(-count // MOST_CELLS))
    yield Drawing("confusion", caption, figure, tuple(families))
    confused = dict.fromkeys(i for pair in worst_pairs(cells) for i in pair[:2])
    worst = np.array(sorted([*confused][:GROUP]))
    if count > LARGE and len(worst):
        figure = _matrix(cells, classes, worst, families)
        yield Drawing(
            "confusion-worst", report_text.group_caption(len(worst)), figure, tuple(families)
        )


def shares(cells: Sequence[Cell], chosen: NDArray[np.int_], classes: int) -> NDArray[np.float64]:
    """The share of each true class in each predicted class, for the chosen classes alone."""
    totals = np.zeros(classes)
    place = np.full(classes, -1)
    place[chosen] = np.arange(len(chosen))
    found = np.zeros((len(chosen), len(chosen)))
    for cell in cells:
        totals[cell.true] += cell.images
        if place[cell.true] >= 0 and place[cell.predicted] >= 0:
            found[place[cell.true], place[cell.predicted]] = cell.images
    return found / np.maximum(totals[chosen], 1)[:, None]


def coloured(share: NDArray[np.float64]) -> NDArray[np.float64]:
    """Colours (N, N, 4): right ones and mistakes in inks of their own, as strong as their share.

    A cell without images is transparent, and so is the ground: the theme of the page shows through.
    """
    colours = np.empty((*share.shape, 4))
    colours[..., :3] = to_rgb(PALETTE["miss"])
    diagonal = np.arange(len(share))
    colours[diagonal, diagonal, :3] = to_rgb(PALETTE["train"])
    # The square root shows rare mistakes beside a strong diagonal.
    colours[..., 3] = np.where(share > 0, 0.12 + 0.84 * np.sqrt(share), 0.0)
    return colours


def _matrix(
    cells: Sequence[Cell],
    classes: Sequence[str],
    chosen: NDArray[np.int_],
    families: Sequence[str],
) -> Figure:
    count = len(chosen)
    share = shares(cells, chosen, len(classes))
    inches = min(WIDTH, 1.8 + 0.36 * count)
    # In points; a cell takes the rest of the names.
    cell = 72 * 0.8 * inches / count
    size = min(8.0, 0.72 * cell)
    with styled(families):
        figure = Figure(figsize=(inches, inches), layout="constrained")
        axes = figure.subplots()
        axes.imshow(coloured(share), extent=(-0.5, count - 0.5, count - 0.5, -0.5))
        _name(axes, [shortened(classes[i]) for i in chosen], size, cell)
        _number(axes, cells, chosen, share, size)
    return figure


def _name(axes: Axes, names: Sequence[str], size: float, cell: float) -> None:
    """Write the names at both axes, in letters of this size; a cell is so wide, in points."""
    upright = max(map(len, names), default=0) * 0.62 * size < cell
    axes.set_xticks(range(len(names)), names, rotation=0 if upright else 90, fontsize=size)
    axes.set_yticks(range(len(names)), names, fontsize=size)
    axes.tick_params(length=0, pad=2, colors=PALETTE["ink"])
    axes.grid(visible=False)
    axes.set_xlabel(report_text.PREDICTED)
    axes.set_ylabel(report_text.TRUE)
    axes.spines[:].set_visible(True)
    axes.spines[:].set_color(PALETTE["grid"])


def _number(
    axes: Axes,
    cells: Sequence[Cell],
    chosen: NDArray[np.int_],
    share: NDArray[np.float64],
    size: float,
) -> None:
    place = {int(index): at for at, index in enumerate(chosen)}
    wanted = [cell for cell in cells if cell.true in place and cell.predicted in place]
    if len(chosen) > NUMBERED:
        wanted = [cell for cell in wanted if cell.true != cell.predicted]
    for cell in sorted(wanted, key=lambda cell: -cell.images)[:MOST_NUMBERS]:
        row, column = place[cell.true], place[cell.predicted]
        strong = np.sqrt(share[row, column]) > STRONG
        digits = len(str(cell.images))
        axes.text(
            column, row, str(cell.images), ha="center", va="center",
            fontsize=size * min(1.0, 2.6 / max(2, digits)),
            color=PALETTE["onstrong" if strong else "ink"],
        )  # fmt: skip


def _density(cells: Sequence[Cell], classes: int, families: Sequence[str]) -> Figure:
    """A map of all classes; neighbouring ones share a cell where there are too many."""
    side = min(classes, MOST_CELLS)
    binned: dict[tuple[int, int], int] = {}
    for cell in cells:
        key = cell.true * side // classes, cell.predicted * side // classes
        binned[key] = binned.get(key, 0) + cell.images
    merged = [Cell(true, predicted, images) for (true, predicted), images in binned.items()]
    share = shares(merged, np.arange(side), side)
    with styled(families):
        figure = Figure(figsize=(4.6, 4.6), layout="constrained")
        axes = figure.subplots()
        axes.imshow(coloured(share), extent=(-0.5, classes - 0.5, classes - 0.5, -0.5))
        axes.grid(visible=False)
        axes.set_xlabel(report_text.PREDICTED)
        axes.set_ylabel(report_text.TRUE)
    return figure


def shortened(name: str) -> str:
    """A class name of at most `LONGEST_NAME` characters."""
    name = harmless(name)
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"
