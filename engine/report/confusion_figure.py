"""The confusion matrix as a heat map with numbers and names.

Up to `NAMED` classes, all of them have their names. A larger matrix is drawn as a map without
names, and a second one shows the classes of the worst pairs alone.
"""

from __future__ import annotations

from collections.abc import Sequence

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
NUMBERED, NAMED = 30, 120
MOST_NUMBERS = 900
# The classes of the worst pairs that are shown apart, where there are too many to name them all.
GROUP = 24
# A map without names is at most so many cells wide.
MOST_CELLS = 1000
LONGEST_NAME = 22
# On a stronger colour than this, numbers are light.
STRONG = 0.55


def confusion_figures(
    cells: Sequence[Cell], classes: Sequence[str], families: Sequence[str]
) -> list[Drawing]:
    """One drawing, or two where there are too many classes to name them all."""
    if len(classes) <= NAMED:
        everything = np.arange(len(classes))
        figure = _matrix(cells, classes, everything, families)
        caption = report_text.confusion_caption(numbered=len(classes) <= NUMBERED)
        return [Drawing("confusion", caption, figure, tuple(families))]
    worst = np.array(sorted({i for pair in worst_pairs(cells) for i in pair[:2]}[:GROUP]))
    return [
        Drawing(
            "confusion",
            report_text.density_caption(len(classes)),
            _density(cells, len(classes), families),
            tuple(families),
        ),
        Drawing(
            "confusion-worst",
            report_text.group_caption(len(worst)),
            _matrix(cells, classes, worst, families),
            tuple(families),
        ),
    ]


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
    colours[..., 3] = np.where(share > 0, 0.06 + 0.9 * np.sqrt(share), 0.0)
    return colours


def _matrix(
    cells: Sequence[Cell],
    classes: Sequence[str],
    chosen: NDArray[np.int_],
    families: Sequence[str],
) -> Figure:
    count = len(chosen)
    share = shares(cells, chosen, len(classes))
    inches = min(WIDTH, 2.6 + 0.36 * count)
    # In points; a cell takes the rest of the names.
    cell = 72 * 0.8 * inches / count
    size = min(8.0, 0.72 * cell)
    with styled(families):
        figure = Figure(figsize=(inches, inches), layout="constrained")
        axes = figure.subplots()
        axes.imshow(coloured(share), extent=(-0.5, count - 0.5, count - 0.5, -0.5))
        names = [shortened(classes[i]) for i in chosen]
        axes.set_xticks(range(count), names, rotation=90, fontsize=size)
        axes.set_yticks(range(count), names, fontsize=size)
        axes.tick_params(length=0, pad=2, colors=PALETTE["ink"])
        axes.grid(visible=False)
        axes.set_xlabel(report_text.PREDICTED)
        axes.set_ylabel(report_text.TRUE)
        axes.spines[:].set_visible(True)
        axes.spines[:].set_color(PALETTE["grid"])
        _number(axes, cells, chosen, share, size)
    return figure


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
