"""A training that is compared with others: its history, settings and kept judgements."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import msgspec

from engine.comparison import comparison_text
from engine.errors import RunError, UsageError
from engine.recipes.recipe import Recipe
from engine.run import image_names, predictions_file
from engine.run.history import History
from engine.run.predictions_file import Predictions
from engine.run.run_paths import RunDir
from engine.run.run_recipe import recipe_of


@dataclass(frozen=True, eq=False)
class ComparedTraining:
    """A run, or the log of another program.

    `settings` are the fields of the recipe, or what a program told of its settings, as plain
    values. `run` is None for a log. `predictions` are the judgements of the best epoch; where there
    are none, `lacking` is the sentence that says why.
    """

    label: str
    history: History
    recipe: Recipe | None
    settings: Mapping[str, object]
    run: RunDir | None
    predictions: Predictions | None = None
    lacking: str = ""

    @property
    def classes(self) -> tuple[str, ...]:
        return self.history.classes

    @cached_property
    def validation_names(self) -> Sequence[str]:
        """The names of the images of the predictions, in order; none where they are unknown.

        Raises RunError for a file of names that is not whole.
        """
        kept = image_names.read(self.run) if self.run is not None else None
        if kept is None or self.predictions is None:
            return ()
        names = kept.of("validation", self.predictions.digest) or ()
        return names if len(names) == len(self.predictions.labels) else ()


def compared(label: str, history: History, run: RunDir | None) -> ComparedTraining:
    """The training with this history; `run` is None for a log. A journal must be read to its end.

    What cannot be read is `lacking`.
    """
    recipe = _recipe(history, run)
    training = ComparedTraining(label, history, recipe, settings(history, recipe), run)
    try:
        kept = _predictions(label, history, run)
    except RunError as error:
        return dataclasses.replace(training, lacking=str(error))
    return dataclasses.replace(training, predictions=kept)


def _recipe(history: History, run: RunDir | None) -> Recipe | None:
    """None where there is none, or it cannot be read."""
    if run is None:
        return history.recipe
    try:
        return recipe_of(run, history)
    except (RunError, UsageError):
        return None


def settings(history: History, recipe: Recipe | None) -> Mapping[str, object]:
    """The fields of the recipe, or what another program told of its settings."""
    if recipe is not None:
        fields: dict[str, object] = msgspec.to_builtins(recipe)
        return fields
    return history.watched.settings if history.watched is not None else {}


def _predictions(label: str, history: History, run: RunDir | None) -> Predictions:
    """Raises RunError where there are none of the best epoch."""
    if run is None:
        raise RunError(comparison_text.keeps_no_judgements(label))
    best = history.best
    if best is None:
        raise RunError(comparison_text.no_epoch(label))
    found = predictions_file.read(run.predictions, len(history.classes))
    if found is None:
        raise RunError(comparison_text.no_predictions(label))
    if found.epoch != best.epoch:
        raise RunError(comparison_text.of_another_epoch(label, found.epoch, best.epoch))
    return found
