"""What the page of a report says, as plain texts: the facts, the tables and their cells."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from operator import itemgetter
from typing import NamedTuple

from msgspec import UNSET

from engine.numbers import MISSING, count, duration, percent, share, significant, whole
from engine.protocol import events
from engine.recipes import equivalent_command
from engine.recipes.recipe import FIELDS, Recipe, short_names
from engine.recipes.recipe_building import difference_from_preset
from engine.recipes.recipe_toml import toml_value
from engine.report import report_text
from engine.report.confusions import measures_of, worst_pairs
from engine.report.private_words import FOLDERS, last_part, places_of, shown_recipe, without_places
from engine.report.run_facts import RunFacts
from engine.run.history import History
from engine.run.layer_diagnosis import Diagnosis, Verdict
from engine.run.measures import ClassMeasures
from engine.text import harmless

# So many pairs, and of more classes than `ALL_CLASSES` so many of the hardest ones, are in a table.
PAIRS = 12
ALL_CLASSES, HARDEST = 120, 60
# So many of the newest events are told.
TOLD = 40


class Fact(NamedTuple):
    """A number of the head, and what it is."""

    name: str
    value: str


class PairRow(NamedTuple):
    """A row of the table of mistakes; `part` is its share over the largest one, 0 to 1."""

    true: str
    predicted: str
    images: str
    of: str
    share: str
    part: float


class ClassLine(NamedTuple):
    """A row of the table of classes; `part` is the recall, 0 to 1."""

    name: str
    images: str
    recall: str
    precision: str
    f1: str
    part: float


class LayerLine(NamedTuple):
    """A row of the table of layers; the second half is its health, empty where it has none."""

    name: str
    kind: str
    detail: str
    output: str
    parameters: str
    macs: str
    gradient: str = ""
    update: str = ""
    spread: str = ""
    dead: str = ""
    problem: str = ""


class Told(NamedTuple):
    """Something that happened, with its epoch."""

    epoch: str
    level: str
    said: str


class TestLine(NamedTuple):
    """A row of the table of tests; `unknown` says what was left out."""

    day: str
    data: str
    split: str
    epoch: str
    images: str
    top1: str
    balanced: str
    ece: str
    unknown: str


class Setting(NamedTuple):
    """A field of the recipe, and whether its preset has another value."""

    name: str
    value: str
    differs: bool


def what(facts: RunFacts) -> str:
    """Architecture and data, without the folders of their files; or the program that trained."""
    if facts.recipe is not None:
        return report_text.arch_on_data(*_names(facts.recipe))
    return ", ".join(_whose(facts.history))


def _names(recipe: Recipe) -> tuple[str, str]:
    arch, data = short_names(recipe)
    return harmless(arch), harmless(data)


def _whose(history: History) -> list[str]:
    """The program that trained, and what it trained with if it told that."""
    watched = history.watched
    words = (last_part(watched.program), watched.framework) if watched is not None else ()
    return [harmless(word) for word in words if word]


def status(facts: RunFacts) -> str:
    history = facts.history
    epoch, planned = history.epoch if history.run is not None else 0, history.epochs_planned
    return report_text.status(history.ended, live=facts.live, epoch=epoch, planned=planned)


def summary(facts: RunFacts) -> list[str]:
    """Sentences for somebody who did not see the run."""
    history = facts.history
    if history.run is None:
        return [report_text.NOT_STARTED]
    if facts.recipe is not None:
        said = [report_text.learned(history.run, *_names(facts.recipe))]
    else:
        said = [report_text.trained_by(_whose(history), history.run)]
    if history.decided is not None:
        said.append(report_text.labels_decided(harmless(history.decided.text)))
    if not history.epochs:
        return [*said, report_text.NO_RESULT]
    if history.best is None or history.best.top1 is UNSET:
        return said
    said.append(report_text.best_result(history.best, history.epochs_planned, history.run))
    if history.run.validation_is_test:
        said.append(report_text.VALIDATION_IS_TEST)
    if history.test_top1 is not None:
        said.append(report_text.test_result(history.test_top1))
    return said


def head_facts(facts: RunFacts) -> list[Fact]:
    """The numbers of the head: results, then what was trained on what."""
    return [Fact("State", status(facts)), *_results(facts), *_sizes(facts.history)]


def _results(facts: RunFacts) -> Iterator[Fact]:
    history, best = facts.history, facts.history.best
    if best is not None:
        if best.top1 is not UNSET:
            yield Fact("Validation top-1", share(best.top1))
        yield Fact("Best epoch", report_text.epoch_of(best.epoch, history.epochs_planned))
        if best.loss is not UNSET:
            yield Fact("Validation loss", significant(best.loss))
        if best.top5 is not UNSET:
            yield Fact("Validation top-5", share(best.top5))
        if best.balanced is not UNSET:
            yield Fact("Balanced accuracy", share(best.balanced))
    if history.test_top1 is not None:
        yield Fact("Test top-1", share(history.test_top1))
    if facts.calibrated is not None:
        yield Fact("ECE", f"{percent(facts.calibrated.calibration.error)} points")


def _sizes(history: History) -> Iterator[Fact]:
    run = history.run
    if run is None:
        return
    told = (  # a program need not tell them all
        ("Parameters", count(run.parameters) if run.parameters else ""),
        ("MACs an image", count(run.macs) if run.macs else ""),
        ("Input", " × ".join(map(str, run.input)) if any(run.input) else ""),
        ("Training images", f"{run.train_images:,}" if run.train_images else ""),
        ("Validation images", f"{run.validation_images:,}" if run.validation_images else ""),
    )
    yield from (Fact(name, value) for name, value in told if value)
    yield Fact("Time", duration(history.elapsed(history.last_time)))
    precision = [run.resolved.precision] if run.resolved is not None else []
    yield Fact("Device", ", ".join([harmless(run.device), *precision]))
    yield Fact("Started", _day(history.first_time))


def _day(moment: float) -> str:
    """2026-11-30, in universal time."""
    return time.strftime("%Y-%m-%d", time.gmtime(moment))


def pair_rows(facts: RunFacts) -> list[PairRow]:
    """The most frequent mistakes."""
    pairs = worst_pairs(facts.cells)[:PAIRS]
    largest = max((pair.images / pair.of for pair in pairs), default=1.0)
    return [
        PairRow(
            class_name(facts, pair.true),
            class_name(facts, pair.predicted),
            f"{pair.images:,}",
            f"{pair.of:,}",
            percent(pair.images / pair.of),
            pair.images / pair.of / largest,
        )
        for pair in pairs
    ]


def class_lines(facts: RunFacts) -> list[ClassLine]:
    """All classes in their order; of many, the hardest first."""
    rows = list(enumerate(measures_of(facts.cells, len(facts.classes)))) if facts.cells else []
    if len(rows) > ALL_CLASSES:
        known = ((one.recall, index, one) for index, one in rows if one.recall is not None)
        rows = [(index, one) for _, index, one in sorted(known, key=itemgetter(0, 1))[:HARDEST]]
    return [_class_line(class_name(facts, index), one) for index, one in rows]


def _class_line(name: str, one: ClassMeasures) -> ClassLine:
    recall, precision, f1 = (_percent(value) for value in (one.recall, one.precision, one.f1))
    return ClassLine(name, f"{one.images:,}", recall, precision, f1, one.recall or 0.0)


def _percent(value: float | None) -> str:
    return MISSING if value is None else percent(value)


def class_name(facts: RunFacts, index: int) -> str:
    classes = facts.classes
    return harmless(classes[index]) if index < len(classes) else str(index)


def layer_lines(facts: RunFacts) -> list[LayerLine]:
    """The layers, with their health where it was measured."""
    history = facts.history
    verdicts = Diagnosis(history.health).verdicts
    return [
        LayerLine(
            harmless(layer.name),
            harmless(layer.kind),
            harmless(layer.detail),
            "×".join(map(str, layer.output)),
            f"{layer.parameters:,}" if layer.parameters else "",
            count(layer.macs) if layer.macs else "",
            *(_health(verdicts[layer.name]) if layer.name in verdicts else ()),
        )
        for layer in (history.run.layers if history.run is not None else ())
    ]


def _health(verdict: Verdict) -> tuple[str, str, str, str, str]:
    health = verdict.health
    spread = f"{significant(health.mean, 2)} ± {significant(health.deviation, 2)}"
    dead = f"{whole(health.dead)} %" if health.dead is not None else ""
    update = significant(health.update, 2)
    return significant(health.gradient, 2), update, spread, dead, verdict.problem


def test_lines(facts: RunFacts) -> list[TestLine]:
    """The results of `cnn-tui test`, the newest first."""
    return [
        TestLine(
            _day(test.time),
            last_part(harmless(test.data)),
            test.split,
            str(test.epoch),
            f"{test.measures.images:,}",
            percent(test.measures.top1),
            percent(test.measures.balanced),
            percent(test.measures.calibration.error),
            report_text.unknown_classes(test.unknown),
        )
        for test in facts.tests
    ]


def told(facts: RunFacts) -> list[Told]:
    """What happened, in words: steering, resumes, warnings and the end."""
    history = facts.history
    host = history.run.host if history.run is not None else ""
    places = places_of(facts.recipe)
    found = [(event.step, *one) for event in history.log if (one := _told(event)) is not None]
    return [
        Told(_where(history, step), level, without_places(said, host, places))
        for step, level, said in found[-TOLD:]
    ]


def _where(history: History, step: int) -> str:
    """The epoch of a step; the step itself where the length of an epoch is not known."""
    if history.counts_steps:
        return f"{step:,}"
    return f"{step / history.steps_per_epoch:.1f}" if step else "0"


def _told(event: events.Event) -> tuple[str, str] | None:
    match event:
        case events.Alert(level="warning" | "error"):
            return event.level, harmless(event.text)
        case events.Steered():
            return "info", report_text.steered(event)
        case events.Resumed():
            return "info", report_text.resumed(event)
        case events.RunEnded(reason="failed"):
            return "error", harmless(event.error)
    return None


def repeats(facts: RunFacts) -> str:
    """The command that starts the same run; `FOLDERS` stands for where its files lie.

    Empty where somebody's own program trained.
    """
    return "" if facts.recipe is None else command_of(facts.recipe)


def command_of(recipe: Recipe) -> str:
    return harmless(equivalent_command.of(shown_recipe(recipe, FOLDERS)))


def places_left_out(commands: Iterable[str]) -> str:
    """What `FOLDERS` stands for; empty where no command has it."""
    return report_text.PLACES_LEFT_OUT if any(FOLDERS in one for one in commands) else ""


def settings(facts: RunFacts) -> list[Setting]:
    """All fields of the recipe, or the hyper-parameters that the program told."""
    if facts.recipe is None:
        given = facts.history.watched.settings if facts.history.watched is not None else {}
        return [
            Setting(harmless(name), harmless(last_part(f"{value}")), differs=False)
            for name, value in given.items()
        ]
    recipe = shown_recipe(facts.recipe)
    differing = difference_from_preset(recipe)
    return [
        Setting(name, harmless(toml_value(getattr(recipe, name))), name in differing)
        for name in FIELDS
    ]


def versions(facts: RunFacts) -> list[Fact]:
    run = facts.history.run
    if run is None:
        return []
    found = [Fact(harmless(name), harmless(version)) for name, version in run.versions.items()]
    return found + ([Fact("git", harmless(run.git))] if run.git else [])
