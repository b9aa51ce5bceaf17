"""What the files of a run say, gathered for a report. Loads no torch."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from engine.errors import RunError
from engine.protocol import events
from engine.protocol.answers import Progress
from engine.protocol.commands import ImageSplit
from engine.protocol.events import EpochEnded
from engine.recipes.recipe import Recipe
from engine.report import doubtful_labels, report_text
from engine.report.confusions import Cell, cells_of
from engine.report.doubtful_labels import DoubtfulLabels
from engine.run import kept_tests, past_epochs, predictions_file, run_liveness
from engine.run.history import History
from engine.run.journal_reader import JournalReader
from engine.run.journal_search import find_resumes
from engine.run.kept_tests import DataTest, TestedSplit
from engine.run.measures import Calibration
from engine.run.measuring import measured
from engine.run.predictions_file import Predictions
from engine.run.run_paths import RunDir
from engine.run.run_recipe import recipe_of


class Happening(NamedTuple):
    """Something that happened to a run after so many steps: a kind of mark, or `resume`."""

    step: int
    kind: str


class Calibrated(NamedTuple):
    """Whether the network of the best epoch is right as often as it says, on these own images."""

    calibration: Calibration
    split: TestedSplit


@dataclass(frozen=True, eq=False)
class RunFacts:
    """A run as its files tell it.

    `cells` are those of the confusion matrix after the epoch `judged`. `predictions` are those of
    the best epoch, where the run has kept them; else `calibrated` may come from a test. `examples`
    has a few images of the most frequent mistakes by (true, predicted). `lacking` are sentences
    about what cannot be reported. `tests` are the results of `cnn-tui test`, the newest first.
    `doubtful` are the doubtful labels of the training and the validation images.
    `recipe` is None where somebody's own program trained.
    """

    label: str
    history: History
    recipe: Recipe | None
    live: bool
    happenings: tuple[Happening, ...] = ()
    cells: tuple[Cell, ...] = ()
    judged: int = 0
    predictions: Predictions | None = None
    calibrated: Calibrated | None = None
    examples: Mapping[tuple[int, int], tuple[int, ...]] = field(default_factory=dict)
    lacking: tuple[str, ...] = ()
    tests: tuple[DataTest, ...] = ()
    doubtful: DoubtfulLabels = field(default_factory=DoubtfulLabels)

    @property
    def classes(self) -> tuple[str, ...]:
        return self.history.classes


def read_facts(run: RunDir) -> Iterator[Progress | RunFacts]:
    """Progress, and at last the facts. Raises RunError where the run has said nothing."""
    for step in read_history(run):
        if isinstance(step, Progress):
            yield step
        elif not step.last_seq:
            raise RunError(report_text.nothing_said(run.label))
        else:
            yield _doubted(run, _judged(run, _basics(run, step)))


def read_history(run: RunDir) -> Iterator[Progress | History]:
    """Progress, and at last the history."""
    history = History()
    reader = JournalReader(run.journal)
    size = run.journal.stat().st_size if run.journal.is_file() else 0
    for part in reader.slices():
        history = History() if part.from_start else history
        history.fold(part.events)
        yield Progress(report_text.READING, min(1.0, reader.offset / max(1, size)))
    yield history


def _basics(run: RunDir, history: History) -> RunFacts:
    resumes = (Happening(resume.step, "resume") for resume in find_resumes(run.journal))
    marks = (Happening(mark.step, mark.kind) for mark in history.marks)
    happenings = tuple(sorted((*marks, *resumes)))
    live, tests = run_liveness.is_live(run), kept_tests.read_all(run)
    recipe = recipe_of(run, history)
    return RunFacts(run.label, history, recipe, live, happenings, tests=tests)


def _judged(run: RunDir, facts: RunFacts) -> RunFacts:
    """The facts, with what is known of the validation images in the best epoch."""
    history, best = facts.history, facts.history.best
    if history.run is None or best is None:
        return facts
    try:
        predictions = predictions_file.read(run.predictions, len(history.classes))
    except RunError as error:
        return _from_journal(run, facts, history.run, best, str(error))
    if predictions is None or predictions.epoch != best.epoch:
        return _from_journal(run, facts, history.run, best, report_text.NO_PREDICTIONS)
    measures = measured(predictions, len(history.classes))
    facts = dataclasses.replace(facts, judged=best.epoch, predictions=predictions)
    if measures is None:
        return facts
    cells = tuple(Cell(*cell) for cell in measures.confusion)
    calibrated = Calibrated(measures.calibration, "validation")
    return dataclasses.replace(facts, cells=cells, calibrated=calibrated)


def _from_journal(
    run: RunDir, facts: RunFacts, started: events.RunStarted, best: EpochEnded, why: str
) -> RunFacts:
    """The facts without predictions: a test may know some, and the journal a matrix."""
    calibrated = _tested(facts, best)
    confusion = past_epochs.history(run.journal, started, best).confusion
    lacking = [why]
    if calibrated is None:
        lacking.append(report_text.NO_CALIBRATION)
    if confusion is None:
        lacking.append(report_text.NO_CONFUSION)
    if facts.recipe is not None:  # another program never gives them
        facts = dataclasses.replace(facts, lacking=tuple(lacking))
    facts = dataclasses.replace(facts, calibrated=calibrated)
    if confusion is None:
        return facts
    examples = {(cell.true, cell.predicted): cell.images for cell in confusion.worst}
    return dataclasses.replace(
        facts,
        cells=tuple(cells_of(confusion, len(started.classes))),
        judged=confusion.epoch,
        examples=examples,
    )


def _tested(facts: RunFacts, best: EpochEnded) -> Calibrated | None:
    """What the newest test of the best epoch on the run's own images found."""
    for test in facts.tests:
        if test.own and test.epoch == best.epoch and test.measures.calibration.bins:
            return Calibrated(test.measures.calibration, test.split)
    return None


def _doubted(run: RunDir, facts: RunFacts) -> RunFacts:
    """The facts, with the images whose label is doubtful where the run was to keep any."""
    if facts.recipe is None or not facts.history.epochs:
        return facts
    if facts.recipe.suspects == "off" and not run.sightings.exists():
        return facts
    judged = facts.predictions is not None
    splits: tuple[ImageSplit, ...] = ("training", "validation") if judged else ("training",)
    found = doubtful_labels.find(run, splits)
    lacking = (*facts.lacking, *found.lacking)
    return dataclasses.replace(facts, doubtful=found, lacking=lacking)
