"""What a network predicts for many images: a line for each, and how many each class has."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rich.cells import cell_len

from engine import numbers
from engine.protocol.events import Measured
from engine.text import harmless
from tui.drawing import cells, spark
from tui.drawing import prediction_words as words
from tui.drawing.cells import Row, Span
from tui.drawing.mistakes import class_name

# The widest name of a class, and the cells of a probability and of the head above it.
NAME, SHARE, HEAD = 20, 7, 11
# The cells of a bar, and from which width on there are bars.
BAR, WIDE = 10, 100
GAP = 2
# The widest column of paths where nothing is cut.
PATH = 60
# Of more classes than this, only the most frequent ones are listed.
MOST_CLASSES = 30
NARROWEST_BAR, WIDEST_BAR = 8, 60


class PredictedFile(NamedTuple):
    """A path, its first class and its runner-up, and their probabilities."""

    file: str
    first: int
    share: Measured
    second: int | None = None
    second_share: Measured = None

    @property
    def order(self) -> tuple[int, float, str]:
        """By class, the least probable first; what is no number counts as improbable."""
        return self.first, -math.inf if self.share is None else self.share, self.file


def table_rows(
    files: Sequence[PredictedFile], classes: Sequence[str], width: int, *, cut: bool
) -> Iterator[Row]:
    """A head, and a row for each file in order.

    With `cut`, a row is at most `width` cells and may have a bar; else paths are whole.
    """
    table = _Table(files, classes, width, cut)
    yield table.head()
    yield from map(table.row, files)


class _Table:
    """The columns of a table: path, class, probability, perhaps as a bar, runner-up."""

    def __init__(
        self, files: Sequence[PredictedFile], classes: Sequence[str], width: int, cut: bool
    ) -> None:
        self._classes, self._width, self._cut = classes, width, cut
        shown = {each.first for each in files} | {each.second for each in files} - {None}
        names = [class_name(classes, index) for index in shown if index is not None]
        self._name = min(NAME, max(map(cell_len, [words.CLASS, words.RUNNER_UP, *names])))
        self._bar = BAR if cut and width >= WIDE else 0
        longest = max(map(cell_len, [words.FILE, *(harmless(each.file) for each in files)]))
        self._share = self._bar + 1 + SHARE if self._bar else HEAD
        others = 4 * GAP + 2 * self._name + self._share + SHARE
        self._file = min(longest, max(GAP, width - 2 - others) if cut else PATH)

    def head(self) -> Row:
        share = " " * GAP + cells.fit_text(words.PROBABILITY, self._share)
        file = f" {cells.fit_text(words.FILE, self._file)}"
        text = file + self._column(words.CLASS) + share + self._column(words.RUNNER_UP)
        return cells.shortened((Span(text.rstrip(), "dim"),), self._width)

    def row(self, each: PredictedFile) -> Row:
        bar = " " * GAP + spark.meter(each.share, self._bar)
        found = cells.row(
            f" {self._path(harmless(each.file))}",
            Span(self._column(class_name(self._classes, each.first)), "title"),
            Span(bar, "train"),
            numbers.share(numbers.number(each.share)).rjust(self._share - self._bar),
            Span(self._runner_up(each), "dim"),
        )
        return cells.shortened(found, self._width) if self._cut else found

    def _path(self, path: str) -> str:
        """The path in its column; its end counts most."""
        shown = cells.end_of(path, self._file) if self._cut else path
        return shown + " " * (self._file - cell_len(shown))

    def _column(self, name: str) -> str:
        return " " * GAP + cells.fit_text(name, self._name)

    def _runner_up(self, each: PredictedFile) -> str:
        if each.second is None:
            return ""
        share = numbers.share(numbers.number(each.second_share))
        return self._column(class_name(self._classes, each.second)) + share.rjust(GAP + SHARE)


def summary_rows(counts: Counter[int], classes: Sequence[str], width: int) -> list[Row]:
    """How many images each class has, with a bar; of many classes, only the most frequent ones."""
    listed = [*range(len(classes))]
    if len(listed) > MOST_CLASSES:
        listed = sorted(index for index, _ in counts.most_common(MOST_CLASSES))
    names = {index: class_name(classes, index) for index in listed}
    name = min(NAME, max(map(cell_len, [words.CLASS, *names.values()])))
    number = max(len(words.IMAGES), *(len(f"{count:,}") for count in counts.values()))
    room = min(WIDEST_BAR, width - 2 - name - 2 * GAP - number)
    bar, most = room if room >= NARROWEST_BAR else 0, max(counts.values())
    rows = [
        cells.row(
            f" {cells.fit_text(names[index], name)}",
            " " * GAP + cells.right(f"{counts[index]:,}", number),
            Span(" " * GAP + spark.bar(counts[index] / most, bar), "train"),
        )
        for index in listed
    ]
    head = f" {cells.fit_text(words.CLASS, name)}{' ' * GAP}{words.IMAGES:>{number}}"
    left = len({*counts} - {*listed})
    more: list[Row] = [(Span(f" {words.more_classes(left)}", "dim"),)] if left else []
    return [cells.shortened(row, width) for row in [(Span(head, "dim"),), *rows, *more]]
