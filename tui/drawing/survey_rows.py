"""What a data set holds, as rows: facts, classes as bars, a contact sheet, and duplicates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from rich.cells import cell_len

from engine.data.survey import survey_text as sentences
from engine.data.survey.survey import ContactSheet, Findings, Survey
from engine.protocol.events import Sample
from engine.text import harmless
from tui.drawing import cells, spark
from tui.drawing import survey_rows_text as words
from tui.drawing.cells import Ink, Row, Span
from tui.drawing.shades import pictured
from tui.drawing.tiles import joined
from tui.drawing.wrapping import wrapped

# The column of labels, and the widest line of a sentence, in cells.
LABELS, WIDEST = 13, 100
# Of more classes than this, only the largest and the smallest are listed, half of them each.
MOST_CLASSES = 30
# The widest name of a class, the narrowest and the widest bar.
NAME, NARROWEST_BAR, WIDEST_BAR = 24, 8, 60
# The width of a picture in cells. It has half as many rows.
PICTURES = (16, 12)
GAP = 2


def survey_rows(survey: Survey, width: int) -> list[Row]:
    """The facts, then the classes; each row is at most `width` cells."""
    rows: list[Row] = [cells.shortened((Span(f" {harmless(survey.place)}", "title"),), width), ()]
    for label, sentence, ink in _facts(survey):
        rows += _fact(label, sentence, ink, width)
    return [*rows, (), *_classes(survey, width)]


def _facts(survey: Survey) -> Iterator[tuple[str, str, Ink]]:
    yield words.LAYOUT, harmless(survey.layout), "plain"
    splits = (words.split(s.name, s.images, survey.validates) for s in survey.splits)
    yield words.IMAGES, ", ".join([*splits, words.classes(len(survey.classes))]), "plain"
    yield words.SIZES, sentences.sizes(survey.sizes), "plain"
    if survey.modes:
        yield words.COLOURS, sentences.modes(survey.modes), "plain"
    yield words.NETWORK, sentences.seen(survey.seen), "plain"
    if unequal := sentences.unequal(survey):
        yield words.UNEQUAL, unequal, "plain"
    if survey.decided:
        yield words.DECIDED, survey.decided, "plain"
    for reason in survey.skipped:
        yield words.SKIPPED, sentences.reason(reason), "warning"
    for reason in survey.broken:
        yield words.BROKEN, sentences.reason(reason), "error"
    for note in survey.notes:
        yield words.NOTE, note, "warning"


def findings_rows(found: Findings, width: int) -> list[Row]:
    """What the pixels of all images tell."""
    rows: list[Row] = []
    for label, sentence, ink in _findings(found):
        rows += _fact(label, sentence, ink, width)
    return rows


def _findings(found: Findings) -> Iterator[tuple[str, str, Ink]]:
    yield words.TWICE, sentences.twice(found), "warning" if found.twice else "good"
    if found.other_labels:
        yield words.LABELS, sentences.other_labels(found), "error"
    yield words.LEAKS, sentences.leaks(found), "error" if found.leaks else "good"
    if found.near is not None:
        yield words.NEAR, sentences.near(found), "warning" if found.near else "good"
    if found.constant:
        yield words.ONE_COLOUR, sentences.constant(found), "warning"
    if found.broken:
        yield words.BROKEN, sentences.broken_images(found), "error"


def _fact(label: str, sentence: str, ink: Ink, width: int) -> Iterable[Row]:
    """A label and its sentence in lines of their own column."""
    labels = [label]
    for line in wrapped(sentence, min(WIDEST, width - LABELS - 1)):
        yield (
            Span(cells.fit_text(f" {labels.pop() if labels else ''}", LABELS), "dim"),
            Span(line, ink),
        )


def _classes(survey: Survey, width: int) -> list[Row]:
    """The classes with a bar for their training images and a number for each split."""
    names = [harmless(name) for name in survey.classes]
    numbers = [[f"{n:,}" for n in split.of_class] for split in survey.splits]
    heads = [split.name for split in survey.splits]
    columns = _columns(names, heads, numbers, width)
    counts = survey.splits[0].of_class
    rows = [columns.row(words.CLASS, 0.0, heads, "dim")]
    for index in _listed(counts):
        if index is None:
            more = words.more_classes(len(counts) - MOST_CLASSES)
            rows.append((Span(f" … {more}", "dim"),))
        else:
            share = counts[index] / max(1, *counts)
            texts = [column[index] for column in numbers]
            rows.append(columns.row(names[index], share, texts, "plain"))
    return [cells.shortened(row, width) for row in rows]


class _Columns(NamedTuple):
    """The widths of a name, of a bar, and of the number of each split."""

    name: int
    bar: int
    numbers: Sequence[int]

    def row(self, name: str, share: float, numbers: Sequence[str], ink: Ink) -> Row:
        right = "".join(
            " " * GAP + cells.right(number, width)
            for number, width in zip(numbers, self.numbers, strict=True)
        )
        bar = Span(spark.bar(share, self.bar), "train")
        return cells.row(Span(f" {cells.fit_text(name, self.name)}  ", ink), bar, Span(right, ink))


def _columns(
    names: Sequence[str], heads: Sequence[str], numbers: Sequence[Sequence[str]], width: int
) -> _Columns:
    """Columns of at most `width` cells, without a bar where there is no room for one."""
    widths = [max(map(len, [h, *n])) for h, n in zip(heads, numbers, strict=True)]
    name = min(NAME, max(cell_len(each) for each in [words.CLASS, *names]))
    bar = min(WIDEST_BAR, width - name - 4 - sum(each + GAP for each in widths))
    return _Columns(name, bar if bar >= NARROWEST_BAR else 0, widths)


def _listed(counts: Sequence[int]) -> list[int | None]:
    """The classes to list, in order; of many the largest, None, and the smallest."""
    if len(counts) <= MOST_CLASSES:
        return [*range(len(counts))]
    by_size = sorted(range(len(counts)), key=lambda index: -counts[index])
    half = MOST_CLASSES // 2
    return [*by_size[:half], None, *by_size[-half:]]


def sheet_rows(sheet: ContactSheet, width: int, coloured: bool) -> list[Row]:
    """An image of each of the first classes, in as many columns as fit, in two bands at most."""
    side = next((s for s in PICTURES if len(sheet.samples) <= _across(s, width)), PICTURES[-1])
    across = _across(side, width)
    rows: list[Row] = []
    for start in range(0, min(len(sheet.samples), 2 * across), across):
        rows += [*_band(sheet.samples[start : start + across], side, coloured), ()]
    return rows


def _across(side: int, width: int) -> int:
    return max(1, (width - 1) // (side + 1))


def _band(samples: Sequence[Sample], side: int, coloured: bool) -> list[Row]:
    drawn = [pictured(sample.picture, side, side // 2, coloured) for sample in samples]
    captions = (cells.fit_text(harmless(sample.label), side) for sample in samples)
    pictures = [joined(line, " ") for line in zip(*drawn, strict=True)]
    lines = [*pictures, (Span(" ".join(captions), "dim"),)]
    return [cells.row(" ", *line) for line in lines]
