"""Line plots by plotext, without its axes, as rows of inks.

The one place that knows plotext. It is imported on first use, for it costs about 0.1 s.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import NamedTuple

from tui.drawing import cells
from tui.drawing.axis import Limits, share
from tui.drawing.cells import Ink, Row, Span

# plotext gives a row as text in ANSI colours; a series is drawn in the colour of its number.
_COLOURED = re.compile(r"\x1b\[(?:38;5;(\d+)|[\d;]*)m([^\x1b]*)")


class Line(NamedTuple):
    """A series and its ink; a value that is not finite breaks the line."""

    x: Sequence[float]
    y: Sequence[float]
    ink: Ink


def plot(
    lines: Sequence[Line], width: int, height: int, x_range: Limits, y_range: Limits
) -> list[Row]:
    """The lines as braille, later ones over earlier ones; values beyond the ranges at the edge.

    A build costs 1 to 3 ms: only on change.
    """
    from plotext import figure, marker, terminal

    terminal.limit(False, False)
    figure.clear()
    figure.plot_size(width, height)
    figure.axes(False).canvas("default").legend(False)
    figure.ruler("both", "both").ticks([])
    # Scaled to 0…1 beforehand: the kernel draws every dot of a line, however far outside.
    figure.ruler("both", 0).lim(0.0, 1.0)
    for number, line in enumerate(lines, 1):
        for x, y in _stretches(line, x_range, y_range, width):
            figure.draw(figure.signal(x, y, marker=marker("braille", number)).lines())
    written = figure.build().string(False)
    return [cells.fit(_inked(row, lines), width) for row in written.split("\n")[:height]]


def _stretches(
    line: Line, x_range: Limits, y_range: Limits, width: int
) -> list[tuple[list[float], list[float]]]:
    """The line in unit coordinates, in pieces without a break and with two points a column.

    plotext's kernel aborts the process at NaN.
    """
    stretches: list[tuple[list[float], list[float]]] = [([], [])]
    column = -1
    for x, y in zip(line.x, line.y, strict=True):
        xs, ys = stretches[-1]
        if not (math.isfinite(x) and math.isfinite(y)):
            stretches.append(([], []))
            continue
        at = share(x, *x_range)
        if not xs or int(at * 2 * width) != column:
            column = int(at * 2 * width)
            xs.append(at)
            ys.append(share(y, *y_range))
        else:
            ys[-1] = share(y, *y_range)
    return [stretch for stretch in stretches if stretch[0]]


def _inked(written: str, lines: Sequence[Line]) -> Row:
    spans = (
        Span(text, lines[int(colour) - 1].ink if colour else "plain")
        for colour, text in _COLOURED.findall(written)
    )
    return cells.row(*spans)
