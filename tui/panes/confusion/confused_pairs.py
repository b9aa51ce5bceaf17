"""The pairs of classes that are confused most often, for matrices that are too large to read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from engine import numbers
from tui import shared_text
from tui.drawing import cells
from tui.drawing.cells import Row, Span
from tui.drawing.choices import visible_range
from tui.drawing.frame import fitting
from tui.drawing.mistakes import ConfusionCounts, Mistake, class_name
from tui.drawing.spark import bar
from tui.drawing.table import widest
from tui.panes.confusion import confusion_text
from tui.panes.confusion.density import density, dots_across
from tui.panes.confusion.matrix_view import MatrixView, pair_order, similar
from tui.panes.confusion.shading import per_cent

LONGEST_NAME = 14
WIDE_NAME = 24
# The longest bar, in cells and as a share of the pane.
BAR = 12
BAR_SHARE = 3
# The longest bar beside a matrix.
SHORTEST_BAR, LONGEST_BAR = 8, 24
# The fewest cells for the list; the fewest rows and cells for the parts around it.
LIST = 46
AROUND_ROWS = 10
DENSITY = 12
# With fewer classes than this, the shape says nothing.
LEAST_SHAPE = 21
# With fewer rows than this, there is no heading.
HEADED = 4


def pair_table(
    counted: ConfusionCounts,
    classes: Sequence[str],
    width: int,
    height: int,
    view: MatrixView | None = None,
) -> list[Row]:
    """The pairs, the shape of the matrix beside them, and the extremes of recall below."""
    view = view or MatrixView()
    found = pair_order(counted, classes, view.order("pairs"), view.wanted)
    below = _extremes(counted, classes, width) if height >= AROUND_ROWS else []
    rows = height - len(below)
    many = len(classes)
    dots = dots_across(many, max(0, width - LIST - 4), max(0, rows - 1))
    if dots < DENSITY or height < AROUND_ROWS or many < LEAST_SHAPE:
        return [*_list(found, counted, classes, width, rows, view), *below]
    left = width - dots - 4
    listed = _list(found, counted, classes, left, rows, view)
    shape = density(counted, similar(counted, many), dots, rows - 1)
    forms = [confusion_text.similar_together(many), confusion_text.square(many)]
    label = fitting([(Span(form, "dim"),) for form in forms], dots)
    beside: list[Row] = [label, *shape, *[()] * rows]
    return [
        *(
            cells.row(*cells.fit(one, left), Span(" │ ", "border"), *other)
            for one, other in zip(listed, beside, strict=False)
        ),
        *below,
    ]


def short_pairs(found: Sequence[Mistake], classes: Sequence[str], width: int) -> Row:
    """`cat→dog 131 (13 %)  dog→cat 118 (12 %)`: the first pairs that fit."""
    written = ""
    for mistake in found:
        names = class_name(classes, mistake.true), class_name(classes, mistake.predicted)
        pair = f"{'→'.join(names)} {amount(mistake)}"
        longer = f"{written}  {pair}" if written else pair
        if widest([longer]) > width:
            break
        written = longer
    return cells.row(Span(written))


def amount(mistake: Mistake) -> str:
    """`131 (13 %)`: the images, and their share of the true class."""
    share = per_cent(mistake.images, mistake.of)
    return f"{mistake.images:,} ({share or confusion_text.UNDER_ONE} %)"


def pair_list(
    found: Sequence[Mistake], classes: Sequence[str], width: int, height: int
) -> list[Row]:
    """A list for the side of a matrix: `cat  → dog  131 (13 %)`, with bars if they fit."""
    shown = found[: height - 1]
    count, true, other = _list_widths(shown, classes)
    room = min(width, true + other + 4 + count)
    true = min(true, (room - count - 4) // 2)
    other = room - count - true - 4
    head = cells.fit_text(confusion_text.WORST_PAIRS, room - count) + cells.right(
        confusion_text.COUNT_AND_SHARE, count
    )
    rows = [cells.row(Span(head, "dim"))]
    longest = min(LONGEST_BAR, width - room - 1)
    for mistake in shown:
        share = mistake.images / found[0].images
        rows.append(
            cells.row(
                cells.fit_text(class_name(classes, mistake.true), true),
                Span(" → ", "dim"),
                cells.fit_text(class_name(classes, mistake.predicted), other) + " ",
                cells.right(amount(mistake), count),
                Span(f" {bar(share, longest)}" if longest >= SHORTEST_BAR else "", "miss"),
            )
        )
    return rows


def listed_width(found: Sequence[Mistake], classes: Sequence[str], height: int) -> int:
    """The width of this list in cells, with whole names."""
    return sum(_list_widths(found[: height - 1], classes)) + 4


def _list_widths(shown: Sequence[Mistake], classes: Sequence[str]) -> tuple[int, int, int]:
    """The widths of a count, of the true class, and of the predicted one with a space after it."""
    count = widest([confusion_text.COUNT_AND_SHARE, *map(amount, shown)])
    true, other = (widest([class_name(classes, pair[i]) for pair in shown]) for i in (0, 1))
    return count, true, max(other + 1, widest([confusion_text.WORST_PAIRS]) - 2 - true)


def _list(
    found: Sequence[Mistake],
    counted: ConfusionCounts,
    classes: Sequence[str],
    width: int,
    height: int,
    view: MatrixView,
) -> list[Row]:
    """A heading, a rule, and a row with a bar for each pair around the selected one."""
    if not found:
        nothing = Span(" " + confusion_text.NO_PAIR_FITS, "dim")
        none = nothing if counted.mistakes else Span(" " + confusion_text.NO_MISTAKES, "good")
        return [cells.row(none), *[()] * (height - 1)]
    headed = 2 if height >= HEADED else 0
    chosen = next((i for i, pair in enumerate(found) if pair[:2] == view.selected), 0)
    shown = [found[i] for i in visible_range(len(found), chosen, height - headed)]
    number, name, room = _widths(counted, classes, width, shown)
    rows = _heading(counted, width, number, name)[:headed]
    largest = counted.mistakes[0].images
    for pair in shown:
        marked = pair[:2] == view.selected
        rows.append(_pair(pair, classes, name, number, room, largest, marked))
    return [*rows, *[()] * height][:height]


def _widths(
    counted: ConfusionCounts, classes: Sequence[str], width: int, shown: Sequence[Mistake]
) -> tuple[int, int, int]:
    """The widths of a number, of a name and of a bar."""
    number = widest([_total(counted), *map(amount, shown)])
    names = [class_name(classes, i) for pair in shown for i in pair[:2]]
    longest = LONGEST_NAME if width < 2 * LIST else WIDE_NAME
    name = min(longest, max(1, (width - number - 5) // 2))
    name = min(name, widest([*names, confusion_text.PREDICTED]))
    longest_bar = max(BAR, width // BAR_SHARE) if width >= 2 * LIST else BAR
    return number, name, min(longest_bar, width - 2 * name - number - 5)


def _total(counted: ConfusionCounts) -> str:
    totals = set(counted.totals.values())
    return confusion_text.of(f"{totals.pop():,}") if len(totals) == 1 else confusion_text.COUNT


def _heading(counted: ConfusionCounts, width: int, number: int, name: int) -> list[Row]:
    head = (
        f" {cells.fit_text(shared_text.TRUE, name)}"
        f" {cells.fit_text(confusion_text.PREDICTED, name)}"
        f" {cells.right(_total(counted), number)}"
    )
    return [(Span(head, "dim"),), (Span(" " + "─" * (width - 2), "border"),)]


def _pair(
    mistake: Mistake,
    classes: Sequence[str],
    name: int,
    number: int,
    room: int,
    largest: int,
    marked: bool,
) -> Row:
    true, predicted = (class_name(classes, i) for i in mistake[:2])
    names = f"{cells.fit_text(true, name)} {cells.fit_text(predicted, name)}"
    return cells.row(
        Span("▸" if marked else " ", "selected"),
        Span(names, "selected" if marked else "plain"),
        f" {cells.right(amount(mistake), number)} ",
        Span(bar(mistake.images / largest, room), "miss"),
    )


def _extremes(counted: ConfusionCounts, classes: Sequence[str], width: int) -> list[Row]:
    """The classes with the lowest and the highest recall."""
    ranked = counted.recalls
    label = widest([confusion_text.HARDEST, confusion_text.EASIEST])
    rows: list[Row] = [(Span(" " + "─" * (width - 2), "border"),)]
    for name, order in ((confusion_text.HARDEST, ranked), (confusion_text.EASIEST, ranked[::-1])):
        entries = (f"{class_name(classes, i)} {numbers.share(share)}" for share, i in order)
        rows.append(
            (Span(f" {cells.fit_text(name, label)}  ", "dim"), *_joined(entries, width - label - 4))
        )
    return rows


def _joined(entries: Iterable[str], width: int) -> Row:
    """The first entries that fit, side by side."""
    written = ""
    for entry in entries:
        if widest([written + entry]) > width:
            break
        written += entry + "   "
    return cells.row(Span(written.rstrip()))
