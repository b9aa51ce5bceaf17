"""How all figures of a report look: one palette, one set of sizes, and figures without pyplot.

A figure is drawn in the colours of the light theme. In the page, `inline_svg` replaces each of them
by a variable of the style sheet, so that one drawing serves light, dark and print.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure

# The colours of the light theme by the names of their variables in the style sheet. No two are
# alike, since a drawing is told its variables by its colours.
PALETTE = {
    "ink": "#1c2127",
    "dim": "#67717d",
    "grid": "#dde2e8",
    "train": "#2f6bd0",
    "val": "#d9691a",
    "good": "#23854b",
    "miss": "#c8372d",
    "onstrong": "#fefefe",
    # Curves of several runs, in this order.
    "run1": "#1f5fbf",
    "run2": "#c4570c",
    "run3": "#1d8a5b",
    "run4": "#a83292",
    "run5": "#8a6d00",
    "run6": "#0b8fa3",
    "run7": "#6b4fc4",
    "run8": "#b3263a",
}
# The width of the text of a printed page, in inches.
WIDTH = 6.9
POINTS = 8.0
SMALL = 7.0

_RC = {
    "font.size": POINTS,
    "axes.titlesize": POINTS + 1,
    "axes.titlelocation": "left",
    "axes.titlepad": 7.0,
    "axes.edgecolor": PALETTE["dim"],
    "axes.labelcolor": PALETTE["dim"],
    "axes.titlecolor": PALETTE["ink"],
    "axes.facecolor": "none",
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": PALETTE["grid"],
    "grid.linewidth": 0.6,
    "text.color": PALETTE["ink"],
    "text.parse_math": False,
    "xtick.color": PALETTE["dim"],
    "ytick.color": PALETTE["dim"],
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "legend.frameon": False,
    "legend.fontsize": SMALL,
    "legend.labelcolor": PALETTE["ink"],
    "lines.linewidth": 1.3,
    "lines.solid_capstyle": "round",
    "figure.facecolor": "none",
    "savefig.facecolor": "none",
    "svg.fonttype": "path",
    "svg.hashsalt": "cnn-tui",
    "pdf.fonttype": 42,
    "image.interpolation": "none",
}


@dataclass(frozen=True, eq=False)
class Drawing:
    """A figure, its name as a file, and its caption, which a reader who sees no figure is told.

    `families` are the fonts that its text is drawn with.
    """

    name: str
    caption: str
    figure: Figure
    families: tuple[str, ...]

    @property
    def inches(self) -> tuple[float, float]:
        width, height = self.figure.get_size_inches()
        return float(width), float(height)


@contextmanager
def styled(families: Sequence[str]) -> Iterator[None]:
    """The style of all figures, while they are drawn and while they are written."""
    with style.context(["default", {**_RC, "font.family": list(families)}]):
        yield


def blank(axes: Axes) -> None:
    """Only what is drawn in it: no frame, no ticks, no grid."""
    axes.set_axis_off()
    axes.grid(visible=False)
