"""What the page of several runs says in sentences and facts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.comparison.compared_training import ComparedTraining
from engine.comparison.comparison import Comparison, SeedGroup
from engine.numbers import duration
from engine.recipes.recipe import short_names
from engine.report import report_text
from engine.report.page_values import Fact, command_of
from engine.report.private_words import last_part, places_of, without_places
from engine.text import harmless


def what(trainings: Sequence[ComparedTraining]) -> str:
    """Architectures and data, without the folders of their files; or the programs that trained."""
    named = [short_names(one.recipe) for one in trainings if one.recipe is not None]
    watched = (one.history.watched for one in trainings)
    programs = (last_part(one.program) for one in watched if one is not None)
    archs = dict.fromkeys([*(arch for arch, _ in named), *programs])
    data = dict.fromkeys(data for _, data in named)
    return report_text.several_on_data(archs, data)


def summary(found: Comparison, trainings: Sequence[ComparedTraining]) -> Iterator[str]:
    """Sentences for somebody who asks which is best."""
    ranked = sorted(
        (i for i, one in enumerate(found.trainings) if one.top1 is not None),
        key=lambda i: -(found.trainings[i].top1 or 0.0),
    )
    if not ranked:
        yield report_text.NO_RESULT
        return
    yield report_text.best_run(found.trainings[ranked[0]])
    yield from _best_recipe(found)
    yield from _best_against_others(found, ranked)
    runs = (one.history.run for one in trainings)
    if any(run is not None and run.validation_is_test for run in runs):
        yield report_text.VALIDATION_IS_TEST


def _best_recipe(found: Comparison) -> Iterator[str]:
    if seeded := found.seeded_groups:
        yield report_text.best_recipe(seeded[0])


def _best_against_others(found: Comparison, ranked: Sequence[int]) -> Iterator[str]:
    """Whether the best run is better than the best one of another recipe."""
    best = ranked[0]
    own = _group_of(found, best)
    other = next((i for i in ranked if i not in own.members), None)
    for pair in found.pairs:
        if {pair.a, pair.b} == {best, other} and pair.paired is not None:
            yield pair.words


def _group_of(found: Comparison, index: int) -> SeedGroup:
    return next(group for group in found.groups if index in group.members)


def head(found: Comparison, trainings: Sequence[ComparedTraining]) -> Iterator[Fact]:
    """The numbers of the head."""
    yield Fact("Runs", str(len(trainings)))
    if len(found.groups) < len(trainings):
        yield Fact("Recipes", str(len(found.groups)))
    runs = [one.history.run for one in trainings if one.history.run is not None]
    for name, told in (
        ("Classes", {len(run.classes) for run in runs}),
        ("Training images", {run.train_images for run in runs}),
        ("Validation images", {run.validation_images for run in runs}),
    ):
        known = sorted(told - {0})
        if known:
            yield Fact(
                name, " – ".join(f"{count:,}" for count in dict.fromkeys((known[0], known[-1])))
            )
    yield Fact("Time of all", duration(sum(one.elapsed for one in found.trainings)))
    devices = dict.fromkeys(harmless(run.device) for run in runs)
    if devices:
        yield Fact("Device", ", ".join(devices))


def repeats(trainings: Sequence[ComparedTraining]) -> list[Fact]:
    """The command that repeats each run of the engine."""
    return [
        Fact(harmless(one.label), command_of(one.recipe))
        for one in trainings
        if one.recipe is not None
    ]


def without_folders(said: Sequence[str], trainings: Sequence[ComparedTraining]) -> list[str]:
    """Sentences without the places of this machine."""
    places = [place for one in trainings for place in places_of(one.recipe)]
    hosts = dict.fromkeys(
        one.history.run.host if one.history.run is not None else "" for one in trainings
    )
    for host in hosts:
        said = [without_places(sentence, host, places) for sentence in said]
    return [*said]
