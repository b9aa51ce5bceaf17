"""The tables of a comparison, as texts: for a terminal, a screen and a page alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from engine.comparison import comparison_text as words
from engine.comparison.class_accuracies import ClassAccuracies
from engine.comparison.class_differences import ClassDifference
from engine.comparison.compared_pairs import ComparedPair
from engine.comparison.comparison import Comparison, SeedGroup
from engine.comparison.seed_groups import Spread, spread
from engine.comparison.training_results import TrainingResult
from engine.numbers import count, duration, percent, significant, speed
from engine.text import harmless

# So many pairs are listed one by one; more are a matrix. So many classes and images are shown.
MOST_PAIRS, MOST_CLASSES, MOST_IMAGES = 15, 12, 12
# A table of accuracies has the best groups, up to so many.
MOST_GROUPS = 8
SIGNIFICANT = "*"


class Head(NamedTuple):
    """A heading, and whether numbers stand below it."""

    title: str
    numeric: bool = True


class ComparisonTable(NamedTuple):
    """Headings and rows of texts; the first column is a name, and the last ones say least."""

    columns: tuple[Head, ...]
    rows: tuple[tuple[str, ...], ...]


def _table(columns: Sequence[Head], rows: Iterable[Sequence[str]]) -> ComparisonTable:
    """A table without the columns in which nothing stands."""
    every = [tuple(row) for row in rows]
    kept = [i for i in range(len(columns)) if any(row[i] for row in every)]
    return ComparisonTable(
        tuple(columns[i] for i in kept), tuple(tuple(row[i] for i in kept) for row in every)
    )


def results_table(found: Comparison) -> ComparisonTable:
    """A row for each training: the settings that differ, and what it has reached."""
    settings = [Head(harmless(one.name), numeric=False) for one in found.settings]
    results = (
        *(words.TOP1, words.LOSS, words.TEST, words.BEST_EPOCH, words.EPOCHS),
        *(words.TIME, words.SPEED, words.PARAMETERS),
    )
    columns = [Head(words.RUN, numeric=False), *settings, *map(Head, results)]
    return _table(
        columns,
        (
            (
                harmless(one.label),
                *(words.setting_value(each.name, each.values[i]) for each in found.settings),
                *_results(one),
            )
            for i, one in enumerate(found.trainings)
        ),
    )


def _results(one: TrainingResult) -> tuple[str, ...]:
    of = f"/{one.epochs}" if one.epochs else ""
    return (
        _written(percent, one.top1),
        _written(significant, one.loss),
        _written(percent, one.test_top1),
        _written(str, one.best_epoch),
        f"{one.epoch}{of}",
        duration(one.elapsed) if one.elapsed else "",
        _written(speed, one.images_per_second),
        _written(count, one.parameters),
    )


def _written(written: Callable[[float], str], value: float | None) -> str:
    return "" if value is None else written(value)


def groups_table(found: Comparison) -> ComparisonTable | None:
    """A row for each group of seeds; None where no group has more than one."""
    if all(len(group.members) == 1 for group in found.groups):
        return None
    heads = (words.SEEDS, words.TOP1, words.LOWEST, words.HIGHEST, words.LOSS, words.TEST)
    columns = [Head(words.GROUP, numeric=False), *map(Head, heads), Head(words.TIME)]
    return _table(columns, map(_group, found.groups))


def _group(group: SeedGroup) -> tuple[str, ...]:
    members = len(group.members)

    def told(values: Spread | None, written: Callable[[float], str]) -> str:
        return "" if values is None else words.spread(values, written, members)

    return (
        harmless(group.name),
        str(members),
        told(group.top1, percent),
        percent(group.top1.lowest) if group.top1 is not None else "",
        percent(group.top1.highest) if group.top1 is not None else "",
        told(group.loss, significant),
        told(group.test_top1, percent),
        duration(group.elapsed.mean) if group.elapsed is not None else "",
    )


def told_recipes(found: Comparison) -> str:
    """What the seeds of the two best recipes say; empty where these have not several each."""
    best = found.seeded_groups[:2]
    return words.recipes_words(*best) if len(best) > 1 else ""


def pairs_table(found: Comparison) -> ComparisonTable | None:
    """A row for each tested pair; None without any, or where they are too many for rows."""
    tested = [pair for pair in found.pairs if pair.paired is not None]
    if not tested or len(tested) > MOST_PAIRS:
        return None
    names = [Head(words.FIRST, numeric=False), Head(words.SECOND, numeric=False)]
    found_by_test = (
        words.difference(words.FIRST, words.SECOND),
        words.CONFIDENCE,
        words.CHANCE,
        words.OF_ALL,
    )
    counted = (*map(words.only_right, (words.FIRST, words.SECOND)), words.BOTH, words.IMAGES)
    columns = [*names, *map(Head, (*found_by_test, *counted))]
    return _table(columns, (_pair(found, pair, several=len(tested) > 1) for pair in tested))


def _pair(found: Comparison, pair: ComparedPair, *, several: bool) -> tuple[str, ...]:
    one = pair.paired
    assert one is not None
    return (
        *(harmless(found.trainings[i].label) for i in (pair.a, pair.b)),
        words.signed(one.difference),
        words.interval(one),
        words.chance_value(one.p),
        words.chance_value(pair.adjusted) if several and pair.adjusted is not None else "",
        f"{one.only_a:,}",
        f"{one.only_b:,}",
        f"{one.both:,}",
        f"{one.images:,}" if found.leaves_images_out else "",
    )


def matrix_table(found: Comparison) -> ComparisonTable | None:
    """The differences in points of many pairs, row minus column; None where rows list them."""
    if sum(pair.paired is not None for pair in found.pairs) <= MOST_PAIRS:
        return None
    cells = dict[tuple[int, int], str]()
    for pair in found.pairs:
        if pair.paired is not None:
            sign = SIGNIFICANT if pair.differs else ""
            cells[pair.a, pair.b] = words.signed(pair.paired.difference) + sign
            cells[pair.b, pair.a] = words.signed(-pair.paired.difference) + sign
    places = range(len(found.trainings))
    rows = (
        (harmless(one.label), f"{i + 1}", *(cells.get((i, j), "") for j in places))
        for i, one in enumerate(found.trainings)
    )
    columns = [Head(words.RUN, numeric=False), Head(""), *(Head(f"{j + 1}") for j in places)]
    return ComparisonTable(tuple(columns), tuple(rows))


def classes_table(
    classes: Sequence[ClassDifference], first: str = words.FIRST, second: str = words.SECOND
) -> ComparisonTable:
    """The classes in which two networks differ most, under the names that they have beside it."""
    both = first, second
    heads = (*map(words.right_of, both), words.difference(*both), *map(words.only_right, both))
    columns = [Head(words.CLASS, numeric=False), *map(Head, (words.IMAGES, *heads))]
    return _table(columns, map(_class, classes[:MOST_CLASSES]))


def _class(one: ClassDifference) -> tuple[str, ...]:
    return (
        harmless(one.name),
        f"{one.images:,}",
        percent((one.both + one.only_a) / one.images),
        percent((one.both + one.only_b) / one.images),
        words.signed(one.difference),
        f"{one.only_a:,}",
        f"{one.only_b:,}",
    )


def told_images(found: Comparison) -> list[str]:
    """Which images only one of two trainings has right; none of more, or without a test."""
    if found.images is None:
        return []
    a, b = (one.label for one in found.trainings)
    only = ((a, b, found.images.only_a), (b, a, found.images.only_b))
    return [words.images_of(label, other, at[:MOST_IMAGES], len(at)) for label, other, at in only]


def accuracies_table(found: Comparison) -> ComparisonTable | None:
    """The accuracies of more than two trainings on the classes in which they differ most.

    A column is a group of seeds, as their mean. None where there are no judgements.
    """
    if len(found.trainings) == 2 or not found.classes:
        return None
    groups = found.ranked_groups[:MOST_GROUPS]
    columns = [Head(words.CLASS, numeric=False), *(Head(harmless(one.name)) for one in groups)]
    rows = (
        (harmless(one.name), *(_mean_accuracy(one, group) for group in groups))
        for one in found.classes[:MOST_CLASSES]
    )
    return _table(columns, rows)


def _mean_accuracy(one: ClassAccuracies, group: SeedGroup) -> str:
    known = spread(one.accuracies[i] for i in group.members)
    return "" if known is None else percent(known.mean)


def untested(found: Comparison) -> list[str]:
    """Why some pairs have no test: each sentence once, and one for all that judged other images."""
    said = {
        pair.words: (found.trainings[pair.a].label, found.trainings[pair.b].label)
        for pair in found.pairs
        if pair.paired is None
    }
    apart = [labels for why, labels in said.items() if why == words.other_images(*labels)]
    if len(apart) < 2:
        return [*said]
    others = [why for why, labels in said.items() if labels not in apart]
    return [words.pairs_on_other_images(len(apart), *apart[0]), *others]


def told_pairs(found: Comparison) -> list[str]:
    """What the tests found, in words; of many pairs, those of the best training."""
    tested = [pair for pair in found.pairs if pair.paired is not None]
    if len(tested) > MOST_PAIRS:
        best = max(range(len(found.trainings)), key=lambda i: found.trainings[i].top1 or 0.0)
        tested = [pair for pair in tested if best in (pair.a, pair.b)]
    told = [pair.words for pair in tested]
    return [*told, words.OWN_LABELS] if found.leaves_images_out else told
