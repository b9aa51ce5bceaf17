"""The classes most often taken for each other, for matrices that are too large to read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tui import text
from tui.drawing import cells, numbers
from tui.drawing.cells import Row, Span
from tui.drawing.density import density
from tui.drawing.mistakes import Counts, Mistake, class_name, mistakes, recalls
from tui.drawing.spark import bar
from tui.drawing.table import widest

LONGEST_NAME = 14
BAR = 12
# The least cells for the list, and the least rows and cells for what stands around it.
LIST = 46
AROUND_ROWS = 10
DENSITY = 12
# With fewer rows the pairs stand without a heading.
HEADED = 4


def pair_table(counted: Counts, classes: Sequence[str], width: int, height: int) -> list[Row]:
    """The worst pairs, their matrix as a shape beside them, the extremes of recall below."""
    below = _extremes(counted, classes, width) if height >= AROUND_ROWS else []
    rows = height - len(below)
    dots = min(2 * (rows - 1), width - LIST - 4)
    if dots < DENSITY or height < AROUND_ROWS:
        return [*_list(counted, classes, width, rows), *below]
    left = width - dots - 4
    listed = _list(counted, classes, left, rows)
    shape = density(counted, len(classes), dots, rows - 1)
    many = f"{len(classes)} × {len(classes)}"
    beside: list[Row] = [(Span(many, "dim"),), *shape, *[()] * rows]
    return [
        *(
            cells.row(*cells.fit(one, left), Span(" │ ", "border"), *other)
            for one, other in zip(listed, beside, strict=False)
        ),
        *below,
    ]


def short_pairs(found: Sequence[Mistake], classes: Sequence[str], width: int) -> Row:
    """`cat→dog 131  dog→cat 118`, as many as fit."""
    written = ""
    for mistake in found:
        names = class_name(classes, mistake.true), class_name(classes, mistake.predicted)
        pair = f"{'→'.join(names)} {mistake.images}"
        longer = f"{written}  {pair}" if written else pair
        if widest([longer]) > width:
            break
        written = longer
    return cells.row(Span(written))


def pair_list(
    found: Sequence[Mistake], classes: Sequence[str], width: int, height: int
) -> list[Row]:
    """A narrow list for the side of a matrix: `cat  → dog     131`."""
    shown = found[: height - 1]
    count = widest([text.COUNT, *(str(mistake.images) for mistake in shown)])
    true, other = (widest([class_name(classes, pair[i]) for pair in shown]) for i in (0, 1))
    room = min(width, max(true + other + 5, widest([text.WORST_PAIRS]) + 2) + count)
    true = min(true, (room - count - 4) // 2)
    other = room - count - true - 4
    head = cells.fit_text(text.WORST_PAIRS, room - count) + cells.right(text.COUNT, count)
    rows = [cells.row(Span(head, "dim"))]
    for mistake in shown:
        names = class_name(classes, mistake.true), class_name(classes, mistake.predicted)
        rows.append(
            cells.row(
                cells.fit_text(names[0], true),
                Span(" → ", "dim"),
                cells.fit_text(names[1], other) + " ",
                cells.right(str(mistake.images), count),
            )
        )
    return rows


def _list(counted: Counts, classes: Sequence[str], width: int, height: int) -> list[Row]:
    """A heading, a rule, and a pair a row with its bar."""
    found = mistakes(counted)
    if not found:
        return [cells.row(Span(" " + text.NO_MISTAKES, "good")), *[()] * (height - 1)]
    totals = set(counted.totals.values())
    total = text.of(f"{totals.pop():,}") if len(totals) == 1 else text.COUNT
    number = max(widest([total]), len(f"{found[0].images:,}"))
    names = [class_name(classes, i) for pair in found[:height] for i in pair[:2]]
    name = min(LONGEST_NAME, max(1, (width - number - 5) // 2))
    name = min(name, widest([*names, text.PREDICTED]))
    room = min(BAR, width - 2 * name - number - 5)
    head = (
        f" {cells.fit_text(text.TRUE, name)} {cells.fit_text(text.PREDICTED, name)}"
        f" {cells.right(total, number)}"
    )
    heading: list[Row] = [(Span(head, "dim"),), (Span(" " + "─" * (width - 2), "border"),)]
    rows = heading if height >= HEADED else []
    rows += [
        _pair(mistake, classes, name, number, room, found[0].images) for mistake in found[:height]
    ]
    return [*rows, *[()] * height][:height]


def _pair(
    mistake: Mistake, classes: Sequence[str], name: int, number: int, room: int, largest: int
) -> Row:
    true, predicted = (class_name(classes, i) for i in mistake[:2])
    return cells.row(
        f" {cells.fit_text(true, name)} {cells.fit_text(predicted, name)}",
        f" {mistake.images:>{number},} ",
        Span(bar(mistake.images / largest, room), "miss3"),
    )


def _extremes(counted: Counts, classes: Sequence[str], width: int) -> list[Row]:
    """The classes that are recognised least and most."""
    ranked = recalls(counted)
    label = widest([text.HARDEST, text.EASIEST])
    rows: list[Row] = [(Span(" " + "─" * (width - 2), "border"),)]
    for name, order in ((text.HARDEST, ranked), (text.EASIEST, ranked[::-1])):
        entries = (f"{class_name(classes, i)} {numbers.whole(share)} %" for share, i in order)
        rows.append(
            (Span(f" {cells.fit_text(name, label)}  ", "dim"), *_joined(entries, width - label - 4))
        )
    return rows


def _joined(entries: Iterable[str], width: int) -> Row:
    """The entries side by side, as many as fit."""
    written = ""
    for entry in entries:
        if widest([written + entry]) > width:
            break
        written += entry + "   "
    return cells.row(Span(written.rstrip()))
