"""Line plots by plotext, without axes, as rows of spans.

Only this module uses plotext, and imports it at the first use, since that takes about 0.1 s.
"""

from __future__ import annotations

import functools
import math
import re
import sys
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from tui.drawing import cells
from tui.drawing.axis import Limits, column
from tui.drawing.cells import Ink, Row, Span
from tui.drawing.scale import Scale, dot_row

# plotext returns text in ANSI colours; the number of a colour is the number of an ink.
_COLOURED = re.compile(r"\x1b\[(?:38;5;(\d+)|[\d;]*)m([^\x1b]*)")

# A stretch of a line, x ascending, with at most one dot in each column of dots.
_Dots: TypeAlias = tuple[tuple[int, int], ...]


def is_loaded() -> bool:
    """Whether plotext is imported already."""
    return "plotext" in sys.modules


def load() -> None:
    """Import plotext, so that the next plot does not wait for it."""
    import plotext  # noqa: F401


class Line(NamedTuple):
    """A series and its ink; a value that is not finite interrupts the line."""

    x: Sequence[float]
    y: Sequence[float]
    ink: Ink


def plot(
    lines: Sequence[Line], width: int, height: int, x_range: Limits, y_range: Limits
) -> list[Row]:
    """The lines as braille, later ones on top; values outside the ranges lie at the edge."""
    dots = tuple(
        (stretch, line.ink)
        for line in lines
        for stretch in _stretches(line, width, height, x_range, Scale(*y_range))
    )
    # An empty plot needs no plotext, so the first frame does not wait for the import.
    return list(_built(dots, width, height)) if dots else [cells.fit((), width)] * height


# Building takes some milliseconds, and most new values move no dot.
@functools.lru_cache(maxsize=8)
def _built(stretches: tuple[tuple[_Dots, Ink], ...], width: int, height: int) -> tuple[Row, ...]:
    from plotext import figure, marker, terminal

    terminal.limit(False, False)
    figure.clear()
    figure.plot_size(width, height)
    figure.axes(False).canvas("default").legend(False)
    figure.ruler("both", "both").ticks([])
    figure.ruler("both", 0).alignment(lim="edge")
    figure.ruler("x", 0).lim(0, 2 * width)
    figure.ruler("y", 0).lim(0, 4 * height)
    inks = list(dict.fromkeys(ink for _, ink in stretches))
    for dots, ink in stretches:
        # The middle of a dot, so that rounding cannot move it to a neighbour.
        x, y = [x + 0.5 for x, _ in dots], [y + 0.5 for _, y in dots]
        brush = marker("braille", inks.index(ink) + 1)
        figure.draw(figure.signal(x, y, marker=brush).lines())
    written = figure.build().string(False)
    return tuple(cells.fit(_inked(row, inks), width) for row in written.split("\n")[:height])


def _stretches(line: Line, width: int, height: int, x_range: Limits, y: Scale) -> list[_Dots]:
    """The line in dots, split where it is not finite: plotext's kernel aborts the process at NaN.

    Of several values in one column of dots, the last one counts.
    """
    pieces: list[dict[int, float]] = [{}]
    start, span = x_range[0], x_range[1] - x_range[0]
    for at, value in zip(line.x, line.y, strict=True):
        if math.isfinite(at) and math.isfinite(value):
            pieces[-1][column(at - start, span, 2 * width)] = value
        else:
            pieces.append({})
    return [
        _ends([(x, 4 * height - 1 - dot_row(y, v, height)) for x, v in sorted(piece.items())])
        for piece in pieces
        if piece
    ]


def _ends(dots: list[tuple[int, int]]) -> _Dots:
    """The dots without those inside a horizontal stretch, whose ends are enough to draw it."""
    last = len(dots) - 1
    return tuple(
        dot
        for i, dot in enumerate(dots)
        if i in (0, last) or not dots[i - 1][1] == dot[1] == dots[i + 1][1]
    )


def _inked(written: str, inks: Sequence[Ink]) -> Row:
    spans = (
        Span(text, inks[int(colour) - 1] if colour else "plain")
        for colour, text in _COLOURED.findall(written)
    )
    return cells.row(*spans)
