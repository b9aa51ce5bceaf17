"""How accurate several trainings are on each class."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from engine.comparison.compared_training import ComparedTraining
from engine.run.judgements import LEFT_OUT, Judgements
from engine.run.measuring import class_counts


class ClassAccuracies(msgspec.Struct, frozen=True):
    """A class, and the share of its validation images that each training has right, 0 to 1.

    None for a training without judgements, without images of the class, or of other classes.
    """

    label: int
    name: str
    accuracies: tuple[float | None, ...]

    @property
    def range(self) -> float:
        """The highest accuracy minus the lowest."""
        known = [one for one in self.accuracies if one is not None]
        return max(known) - min(known) if known else 0.0


def class_accuracies(trainings: Sequence[ComparedTraining]) -> tuple[ClassAccuracies, ...]:
    """The classes in which trainings differ, most different ones first."""
    classes = next((one.classes for one in trainings if one.predictions is not None), ())
    columns = [
        _accuracies(one.predictions, len(classes))
        if one.predictions is not None and one.classes == classes
        else [None] * len(classes)
        for one in trainings
    ]
    every = [
        ClassAccuracies(label, name, tuple(column[label] for column in columns))
        for label, name in enumerate(classes)
    ]
    return tuple(sorted((one for one in every if one.range), key=lambda one: -one.range))


def _accuracies(judgements: Judgements, classes: int) -> list[float | None]:
    counted = judgements.labels != LEFT_OUT
    images, _, hits = class_counts(
        judgements.labels[counted], judgements.predicted[counted], classes
    )
    return [hit / of if of else None for hit, of in zip(hits, images, strict=True)]
