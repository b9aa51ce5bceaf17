"""Many curves in one plot: each has an ink, and a letter on it that is enough without colours."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import NamedTuple

from tui.drawing import axis, cells
from tui.drawing.axis import Limits, column_in
from tui.drawing.braille import Canvas, both
from tui.drawing.cells import Ink, Row, Span
from tui.drawing.curves import nan_marks
from tui.drawing.frame import frame
from tui.drawing.scale import DOTS, Scale, beside_labels, dot_rows

# The fewest columns between two letters of a curve.
APART = 16
# The inks of the curves, in turn: the letters tell apart those that share one.
INKS: tuple[Ink, ...] = ("run1", "run2", "run3", "run4", "run5", "run6", "run7")


class Overlaid(NamedTuple):
    """A curve as the mean of each column of dots in which it has points, NaN where it has none.

    `band` are lines around it, drawn thinly: its deviation. At `breaks`, its values cease to be
    finite.
    """

    letter: str
    ink: Ink
    columns: Sequence[tuple[int, float]]
    band: tuple[Sequence[tuple[int, float]], ...] = ()
    breaks: Sequence[float] = ()


def ink_of(at: int) -> Ink:
    """The ink of the curve with this number, from 0."""
    return INKS[at % len(INKS)]


def compared_plot(
    curves: Sequence[Overlaid],
    width: int,
    height: int,
    *,
    window: Limits,
    scale: Scale,
    cursor: float | None = None,
    chosen: Limits | None = None,
    empty: tuple[str, ...] = (),
) -> list[Row]:
    """The curves with their y-axis, the last one on top.

    `chosen` is a range of the window that is about to be shown alone. Without any curve, the
    sentence `empty` stands in the plot.
    """
    if width < 1 or height < 1:
        return [()] * max(0, height)
    left = axis.gutter(width)
    room = width - left
    letters, inks = _drawn(curves, room, height, scale)
    for (y, x), mark in _nan_marks(curves, room, window).items():
        letters[y][x : x + len(mark.text)] = mark.text
        inks[y][x : x + len(mark.text)] = [mark.ink] * len(mark.text)
    rows = [cells.inked(one, ink) for one, ink in zip(letters, inks, strict=True)]
    if not curves and empty:
        rows[height // 2] = cells.centred(room, *empty)
    for place in (*(chosen or ()), *((cursor,) if cursor is not None else ())):
        if window[0] <= place <= window[1]:
            rows = axis.with_cursor(rows, column_in(window, place, room))
    return [cells.fit(row, width) for row in beside_labels(rows, scale, left)]


def framed_plot(
    curves: Sequence[Overlaid],
    width: int,
    height: int,
    *,
    window: Limits,
    scale: Scale,
    ticks: Row,
    title: Row,
    facts: Row = (),
    cursor: float | None = None,
    chosen: Limits | None = None,
    empty: tuple[str, ...] = (),
    focused: bool = False,
) -> list[Row]:
    """`compared_plot` in a frame of this outer size, whose lower border are the `ticks`."""
    plot = compared_plot(
        curves,
        max(0, width - 2),
        max(0, height - 2),
        window=window,
        scale=scale,
        cursor=cursor,
        chosen=chosen,
        empty=empty,
    )
    return frame(plot, width, height, title=title, facts=facts, foot=ticks, focused=focused)


def _drawn(
    curves: Sequence[Overlaid], width: int, height: int, scale: Scale
) -> tuple[list[list[str]], list[list[Ink]]]:
    """The characters of the plot and their inks, row by row."""
    letters = [[" "] * width for _ in range(height)]
    inks: list[list[Ink]] = [["plain"] * width for _ in range(height)]
    row_of = dot_rows(scale, height)
    for one in curves:
        canvas = Canvas(width, height)
        for stretch in _stretches(one.columns, scale):
            canvas.line([(x, row_of(y)) for x, y in stretch])
        for edge in one.band:
            for stretch in _stretches(edge, scale):
                for start, end in itertools.pairwise(stretch):
                    canvas.dotted((start[0], row_of(start[1])), (end[0], row_of(end[1])))
        for y, row in enumerate(canvas.rows()):
            for x, dots in enumerate(row):
                if dots != " ":
                    letters[y][x], inks[y][x] = both(letters[y][x], dots), one.ink
    for (y, x), mark in _letters(curves, width, height, scale).items():
        letters[y][x], inks[y][x] = mark.text, mark.ink
    return letters, inks


def _stretches(columns: Sequence[tuple[int, float]], scale: Scale) -> list[list[tuple[int, float]]]:
    """The columns, split where the scale cannot hold a value."""
    found: list[list[tuple[int, float]]] = [[]]
    for x, y in columns:
        if scale.holds(y):
            found[-1].append((x, y))
        elif found[-1]:
            found.append([])
    return [stretch for stretch in found if stretch]


def _letters(
    curves: Sequence[Overlaid], width: int, height: int, scale: Scale
) -> dict[tuple[int, int], Span]:
    """A letter at the end of each curve, and along it: those of different curves in turn.

    One that finds its cell taken is left out; the others of its curve stand elsewhere.
    """
    row_of = dot_rows(scale, height)
    apart = max(APART, 2 * len(curves))
    marks: dict[tuple[int, int], Span] = {}
    for at, one in enumerate(reversed(curves)):
        drawn = [(x, y) for x, y in one.columns if scale.holds(y)]
        if not drawn:
            continue
        first = at * apart // len(curves) % apart
        wanted = {drawn[-1][0] // 2: drawn[-1][1]}
        for x, y in drawn:
            if x // 2 % apart == first and x // 2 <= drawn[-1][0] // 2 - 2:
                wanted[x // 2] = y
        for column, y in wanted.items():
            marks.setdefault((row_of(y) // DOTS, min(column, width - 1)), Span(one.letter, one.ink))
    return marks


def _nan_marks(
    curves: Sequence[Overlaid], width: int, window: Limits
) -> dict[tuple[int, int], Span]:
    lines = [[(place, math.nan)] for one in curves for place in one.breaks]
    return nan_marks(lines, width, window)
