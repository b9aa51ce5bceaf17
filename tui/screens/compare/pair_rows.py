"""The list of pairs, and what is said of the selected one."""

from __future__ import annotations

from collections.abc import Sequence

from engine.comparison import comparison_tables, comparison_text
from engine.comparison.compared_pairs import ComparedPair, PairImages
from engine.comparison.comparison import Comparison
from engine.text import harmless
from tui.drawing import cells
from tui.drawing.cells import Ink, Row, Span
from tui.drawing.table import Column, fitting_columns, table
from tui.drawing.wrapping import wrapped
from tui.screens.compare import pairs_text as words


def pair_columns(pairs: Sequence[ComparedPair], letters: str) -> list[Column]:
    """A row for each pair: the difference in points, p alone and of all, and counts of images."""
    tests = [pair.paired for pair in pairs]
    signed = [comparison_text.signed(test.difference) if test else "" for test in tests]
    chances = [comparison_text.chance_value(test.p) if test else words.NO_TEST for test in tests]
    of_all = [
        comparison_text.chance_value(pair.adjusted) if pair.adjusted is not None else ""
        for pair in pairs
    ]
    inks: list[Ink] = ["title" if pair.differs else "dim" for pair in pairs]
    return [
        Column(words.PAIR, [f"{letters[pair.a]} – {letters[pair.b]}" for pair in pairs]),
        Column(words.DIFFERENCE, signed, right=True, inks=inks),
        Column(words.CHANCE, chances, right=True, inks=inks),
        Column(comparison_text.OF_ALL, of_all, right=True, inks=inks),
        Column(words.BOTH, [f"{test.both:,}" if test else "" for test in tests], 1, right=True),
        Column(
            words.ONLY_FIRST, [f"{test.only_a:,}" if test else "" for test in tests], 2, right=True
        ),
        Column(
            words.ONLY_SECOND, [f"{test.only_b:,}" if test else "" for test in tests], 2, right=True
        ),
    ]


def pair_details(
    pair: ComparedPair, images: PairImages | None, recipes: str, letters: str, width: int
) -> list[Row]:
    """The verdict in words, and that on `recipes`; the images that only one has right; classes."""
    room = max(1, width - 2)
    rows = _lines(pair.words, room)
    if recipes:
        rows += [(), *_lines(recipes, room)]
    if images is None:
        return rows
    counts = words.counts(letters[pair.a], len(images.only_a), letters[pair.b], len(images.only_b))
    rows += [(), *_lines(counts, room, "dim")]
    if images.classes:
        names = letters[pair.a], letters[pair.b]
        told = comparison_tables.classes_table(images.classes, *names)
        columns = [
            Column(head.title, [row[i] for row in told.rows], i, head.numeric)
            for i, head in enumerate(told.columns)
        ]
        rows += [(), *table(fitting_columns(columns, width), width)]
    return rows


def _lines(sentence: str, room: int, ink: Ink = "plain") -> list[Row]:
    return [(Span(f" {line}", ink),) for line in wrapped(sentence, room)]


def title(found: Comparison, pair: ComparedPair, letters: str, width: int) -> Row:
    names = " – ".join(
        f"{letters[i]} {harmless(found.trainings[i].label)}" for i in (pair.a, pair.b)
    )
    return cells.shortened((Span(names, "title"),), max(0, width))
