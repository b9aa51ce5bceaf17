"""Draws the result of a test as rows for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from engine import numbers
from engine.protocol.events import Confusion
from engine.run.kept_tests import DataTest
from engine.run.measures import Calibration, ConfidenceBin, Measures
from engine.text import harmless
from tui.cli import tested_text as words
from tui.drawing import cells
from tui.drawing.cells import Row, Span
from tui.drawing.mistakes import ConfusionCounts, counts
from tui.drawing.wrapping import wrapped
from tui.panes.confusion.class_report import report
from tui.panes.confusion.confused_pairs import pair_list
from tui.panes.confusion.matrix_view import MatrixView

# The columns of labels and of values, and the widest row, in cells.
LABELS, VALUES, WIDEST = 11, 10, 100
# So many worst pairs are listed; of more classes than this, so many with the lowest recall.
PAIRS, MOST_CLASSES, WORST_CLASSES = 5, 30, 20
# The bars of the reliability plot, and the columns of numbers before and after them.
LONGEST_BAR, RANGE, NUMBER = 50, 14, 9


def result_rows(test: DataTest, width: int) -> list[Row]:
    """The facts, the reliability plot, the worst pairs and the classes, worst first."""
    width = min(width, WIDEST)
    measures, classes = test.measures, [harmless(name) for name in test.classes]
    counted = counts(Confusion(test.epoch, sparse=measures.confusion, step=test.step))
    title = words.heading(harmless(test.source), harmless(test.checkpoint), test.epoch)
    rows: list[Row] = [(Span(f" {title}", "title"),)]
    what = words.images(measures.images, test.split, harmless(test.data))
    rows += [(Span(f" {what}"),), ()]
    for label, value, sentence in _facts(test):
        rows += _fact(label, value, sentence, width)
    rows += [(), *_reliability(measures.calibration, width), ()]
    rows += [*_pairs(counted, classes, width), (), *_classes(counted, classes, width)]
    return [cells.shortened(row, width) for row in rows]


def _facts(test: DataTest) -> Iterator[tuple[str, str, str]]:
    """A label, a value, and a sentence or nothing."""
    measures, share = test.measures, numbers.share
    right = words.right_of(round(measures.top1 * measures.images), measures.images)
    yield words.TOP1, share(measures.top1), right
    if measures.top5 is not None:
        yield words.TOP5, share(measures.top5), ""
    yield words.BALANCED, share(measures.balanced), words.BALANCED_MEANS
    yield words.LOSS, numbers.significant(measures.loss), ""
    yield words.CALIBRATION, share(measures.calibration.error), _direction(measures)
    found = measures.calibration
    if found.by_chance > found.error / 4:
        yield "", "", words.by_chance(share(found.by_chance), measures.images)
    unknown = sum(images for _, images in test.unknown)
    if measures.left_out:
        yield words.LEFT_OUT, f"{measures.left_out:,}", words.UNREADABLE
    if unknown:
        yield words.LEFT_OUT, f"{unknown:,}", words.UNKNOWN


def _direction(measures: Measures) -> str:
    """Whether the network is too sure or not sure enough, unless chance explains it."""
    found = measures.calibration
    said = sum(one.images * (one.confidence or 0.0) for one in found.bins) / measures.images
    gap = said - measures.top1
    if found.error <= found.by_chance or abs(gap) <= found.error / 2:
        return ""
    right = numbers.share(measures.top1)
    return words.calibration(numbers.share(said), right, over=gap > 0)


def _fact(label: str, value: str, sentence: str, width: int) -> Iterator[Row]:
    starts = [(label, value)]
    for line in wrapped(sentence, width - LABELS - VALUES - 1):
        label, value = starts.pop() if starts else ("", "")
        name = Span(cells.fit_text(f" {label}", LABELS), "dim")
        yield name, Span(cells.fit_text(value, VALUES)), Span(line)


def _reliability(calibration: Calibration, width: int) -> list[Row]:
    """A row for each bin with images: how often the network is right, and how often it says so."""
    room = max(1, min(LONGEST_BAR, width - RANGE - 3 * NUMBER - 2))
    head = cells.fit_text(f" {words.RELIABILITY}", RANGE) + " " * (room + 1)
    names = (words.SAID, words.RIGHT, words.IMAGES)
    head += "".join(cells.right(name, NUMBER) for name in names)
    rows = [_bin(one, room) for one in calibration.bins if one.images]
    legend = Span(" " * RANGE + words.LEGEND, "dim")
    return [(Span(head, "dim"),), *rows, (legend,)]


def _bin(one: ConfidenceBin, room: int) -> Row:
    low, high = numbers.whole(one.low), numbers.whole(one.high)
    drawn = ("▇" * round((one.accuracy or 0.0) * room)).ljust(room)
    at = min(room - 1, int((one.confidence or 0.0) * room))
    texts = numbers.percent(one.confidence), numbers.percent(one.accuracy), f"{one.images:,}"
    return (
        Span(cells.fit_text(f" {cells.right(low, 3)} – {cells.right(high, 3)} %", RANGE), "dim"),
        Span(drawn[:at], "train"),
        Span("│", "title"),
        Span(drawn[at + 1 :] + " ", "train"),
        Span("".join(cells.right(text, NUMBER) for text in texts)),
    )


def _pairs(counted: ConfusionCounts, classes: list[str], width: int) -> list[Row]:
    if not counted.mistakes:
        return [(Span(f" {words.NO_MISTAKES}", "good"),)]
    listed = pair_list(counted.mistakes, classes, width - 1, PAIRS + 1)
    return [cells.row(" ", *row) for row in listed]


def _classes(counted: ConfusionCounts, classes: list[str], width: int) -> list[Row]:
    """The classes with images by their recall, the lowest first; of many classes the first ones."""
    there = len(counted.totals)
    shown = there if there <= MOST_CLASSES else WORST_CLASSES
    rows = report(counted, classes, width, shown + 1, MatrixView(kind="report"))
    more = words.more_classes(there - shown)
    return [*rows, *([(Span(f" {more}", "dim"),)] if there > shown else [])]
