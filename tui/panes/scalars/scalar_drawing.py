"""Several named curves in one plot, and the list of their names."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from engine.text import harmless
from tui import shared_text
from tui.drawing import axis, cells
from tui.drawing.axis import Limits, column_in
from tui.drawing.cells import Ink, Row, Span
from tui.drawing.curves import line_rows, nan_marks
from tui.drawing.scale import Scale, beside_labels, dot_row, log_limits, round_limits, y_label
from tui.drawing.table import Column, abbreviated, table, widest
from tui.panes.scalars import scalars_text

# A curve has an ink and, for terminals without colours, a letter at its newest end.
INKS: tuple[Ink, ...] = ("train", "validation", "good", "warning")
LETTERS = "abcd"
# A pane whose inside is narrower than this has no list beside the plot.
LIST_FROM = 50
# The list takes at most this share of the width; a column of numbers, at least this many cells.
LIST_SHARE = 0.5
NUMBER = 7
# The cells for letter, value and range beside a name, with the space between them.
BESIDE_NAME = 25


class Scalar(NamedTuple):
    """A named number: its newest value, or its value at the cursor; None if there is none.

    A curve that is shown has a slot among the `INKS`, a line in epochs, and a scale.
    """

    name: str
    value: float | None = None
    slot: int | None = None
    line: Sequence[tuple[float, float]] = ()
    scale: Scale = Scale(0.0, 1.0)

    @property
    def ink(self) -> Ink:
        return "dim" if self.slot is None else INKS[self.slot]

    @property
    def letter(self) -> str:
        return " " if self.slot is None else LETTERS[self.slot]


def scale_for(
    line: Sequence[tuple[float, float]], *, log: bool, previous: Scale | None = None
) -> Scale:
    """The round limits of a curve; the previous ones stay while they suit it."""
    values = [y for _, y in line if math.isfinite(y) and (y > 0 or not log)]
    if not values:
        return previous or (Scale(0.1, 1.0, log=True) if log else Scale(0.0, 1.0))
    if log:
        return log_limits(min(values), max(values), previous=previous)
    before = (previous.low, previous.high) if previous and not previous.log else None
    return Scale(*round_limits(min(values), max(values), previous=before))


def amount(value: float | None) -> str:
    """Four digits: 4010, 0.3534, 1.2e-5."""
    if value is None:
        return shared_text.NONE
    return f"{value:.4g}".replace("e+0", "e").replace("e+", "e").replace("e-0", "e-")


def list_width(names: Sequence[str], width: int) -> int:
    """The cells of the list beside the plot in a pane of this inner width; 0 without a list."""
    if width < LIST_FROM:
        return 0
    needed = widest([harmless(name) for name in names]) + BESIDE_NAME
    return min(needed, int(LIST_SHARE * width))


def scalar_pane(
    scalars: Sequence[Scalar],
    selected: int,
    width: int,
    height: int,
    *,
    window: Limits,
    cursor: float | None = None,
) -> list[Row]:
    """The curves with the y-axis of the selected one, and the list of names beside them."""
    beside = list_width([one.name for one in scalars], width)
    plot = curves_plot(scalars, selected, width - beside, height, window=window, cursor=cursor)
    if not beside:
        return [cells.fit(row, width) for row in plot]
    names = name_list(scalars, selected, beside - 1, height, at_cursor=cursor is not None)
    return [cells.row(*row, " ", *name) for row, name in zip(plot, names, strict=True)]


def curves_plot(
    scalars: Sequence[Scalar],
    selected: int,
    width: int,
    height: int,
    *,
    window: Limits,
    cursor: float | None = None,
) -> list[Row]:
    """The curves, each on its own scale, the selected one on top of the others."""
    if width < 1 or height < 1:
        return [()] * height
    left = axis.gutter(width)
    room = width - left
    shown = shown_in_order(scalars, selected)
    rows = _overlaid(shown, room, height, window)
    if not any(one.line for one in shown):
        forms = scalars_text.EMPTY if shown else scalars_text.NONE_CHOSEN
        rows[len(rows) // 2] = cells.centred(room, *forms)
    if cursor is not None:
        rows = axis.with_cursor(rows, column_in(window, cursor, room))
    if shown:
        rows = beside_labels(rows, shown[-1].scale, left)
    else:
        rows = [cells.row(" " * left, *row) for row in rows]
    return [cells.fit(row, width) for row in rows]


def shown_in_order(scalars: Sequence[Scalar], selected: int) -> list[Scalar]:
    """The curves that are shown, in the order of drawing; the y-axis belongs to the last one."""
    shown = [one for one in scalars if one.slot is not None]
    return sorted(shown, key=lambda one: one is scalars[selected])


def _overlaid(shown: Sequence[Scalar], width: int, height: int, window: Limits) -> list[Row]:
    grid = [[Span(" ")] * width for _ in range(height)]
    for one in shown:
        for y, line in enumerate(line_rows(one.line, width, height, window, one.scale)):
            for x, dots in enumerate(line):
                if dots != " ":
                    grid[y][x] = Span(_both(grid[y][x].text, dots), one.ink)
    for one in shown:
        newest = next((p for p in reversed(one.line) if one.scale.holds(p[1])), None)
        if newest is not None:
            y = dot_row(one.scale, newest[1], height) // 4
            grid[y][column_in(window, newest[0], width)] = Span(one.letter, one.ink)
    for (y, x), mark in nan_marks([one.line for one in shown], width, window).items():
        for i, sign in enumerate(mark.text[: width - x]):
            grid[y][x + i] = Span(sign, mark.ink)
    return [cells.merged(row) for row in grid]


def _both(below: str, above: str) -> str:
    """The dots of two braille cells in one."""
    return above if below == " " else chr(ord(below) | ord(above))


def name_list(
    scalars: Sequence[Scalar], selected: int, width: int, height: int, *, at_cursor: bool
) -> list[Row]:
    """A heading, and a row for each name that fits; the selected one is always visible."""
    first = first_row(selected, height)
    seen = scalars[first : first + max(0, height - 1)]
    room = max(1, width + 1 - BESIDE_NAME)
    names = [f"{one.letter} {abbreviated(harmless(one.name), room)}" for one in seen]
    columns = [
        Column(scalars_text.NAME, names, inks=[one.ink for one in seen]),
        Column(
            scalars_text.AT_CURSOR if at_cursor else scalars_text.LAST,
            [amount(one.value) for one in seen],
            right=True,
            least=NUMBER,
        ),
        Column(scalars_text.RANGE, [_range(one) for one in seen], ink="dim", least=NUMBER),
    ]
    rows = table(columns, width)
    if first <= selected < first + len(seen):
        name, *others = rows[1 + selected - first]
        rows[1 + selected - first] = (
            Span("›", "selected"),
            name._replace(text=name.text[1:]),
            *others,
        )
    return cells.filled(rows, width, height)


def first_row(selected: int, height: int) -> int:
    """The first name that is listed, so that the selected one is visible."""
    return max(0, selected + 1 - max(1, height - 1))


def _range(one: Scalar) -> str:
    """From the lower to the upper end of the y-axis."""
    if one.slot is None or not one.line:
        return ""
    return f"{y_label(one.scale.low)}–{y_label(one.scale.high)}"
