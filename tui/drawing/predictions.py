"""The classes that the network predicts for an image, each with a bar in its track."""

from __future__ import annotations

from collections.abc import Sequence

from engine import numbers
from engine.protocol.events import Measured
from tui.drawing import axis, cells
from tui.drawing.cells import Ink, Row, Span
from tui.drawing.mistakes import class_name
from tui.drawing.spark import meter
from tui.drawing.table import widest

RIGHT, WRONG = "✓", "✗"
# The cells of `100.0 %` and of `100 %` with a space before it, and the shortest bar.
SHARE, SHORT_SHARE, SHORTEST_BAR = 8, 6, 3


def verdict(best: int, true: int) -> Span:
    """The sign of a right or a wrong prediction."""
    return Span(f"{RIGHT} ", "good") if best == true else Span(f"{WRONG} ", "error")


def prediction_rows(
    top: Sequence[tuple[int, Measured]], true: int | None, classes: Sequence[str], width: int
) -> list[Row]:
    """`✗ dog  ▇▇▇▇▁ 81.0 %`: a row for each of the first classes, with its probability.

    The right class carries ✓, and a wrong first one ✗; neither where nobody knows it. Without room
    for whole names, no bar and no decimals.
    """
    longest = widest([class_name(classes, index) for index, _ in top])
    exact = width - 2 - SHARE >= longest
    column = SHARE if exact else SHORT_SHARE
    name = min(longest, max(1, width - 2 - column))
    room = width - 3 - name - column
    written = numbers.share if exact else numbers.whole_share
    drawn = room if room >= SHORTEST_BAR else -1
    bar: Ink = "dim" if true is not None else "train"
    return [
        cells.row(
            _sign(place, index, true),
            Span(cells.fit_text(class_name(classes, index), name), _ink(place, index, true)),
            Span((" " + meter(axis.share(share, 0.0, 1.0), drawn))[: drawn + 1], bar),
            cells.right(written(share), width - 3 - name - drawn),
        )
        for place, (index, share) in enumerate(top)
    ]


def _sign(place: int, index: int, true: int | None) -> Span:
    if true is not None and (index == true or place == 0):
        return verdict(index, true)
    return Span("  ")


def _ink(place: int, index: int, true: int | None) -> Ink:
    if true is None:
        return "title" if place == 0 else "plain"
    return "good" if index == true else "plain"
