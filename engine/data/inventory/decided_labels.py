"""Applies a person's decisions on labels to the splits of a data set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from engine.data.inventory import decided_text
from engine.data.inventory.inventory import Inventory
from engine.data.stored.stored_image import LabelledImages, StoredImage
from engine.errors import DataError
from engine.recipes.recipe import Recipe
from engine.run import label_decisions
from engine.run.label_decisions import Decisions, Relabel


class NamedLabels(NamedTuple):
    """The names of the images of a split, and the indices of their classes."""

    names: Sequence[str]
    labels: Sequence[int]


class DecidedSplit(NamedTuple):
    """The images of a split that are left, by their places in it, and their classes now."""

    places: list[int]
    labels: list[int]
    counts: decided_text.DecidedCounts


class DecidedLabels(NamedTuple):
    """What is left of training, validation and test."""

    train: DecidedSplit
    validation: DecidedSplit
    test: DecidedSplit

    @property
    def counts(self) -> decided_text.Decided:
        return decided_text.Decided(*(split.counts for split in self))


def decided_inventory(found: Inventory, recipe: Recipe) -> Inventory:
    """The inventory after the decisions on labels that the recipe names, if it names any.

    Raises as `decided`.
    """
    if not recipe.decisions:
        return found
    splits = found.train, found.validation, found.test
    done = decided(Path(recipe.decisions), [_named(split) for split in splits], found.classes)
    train, validation, test = map(_left, splits, done)
    dropped = [image for each in zip(splits, done, strict=True) for image in _dropped(*each)]
    return replace(
        found,
        train=train,
        validation=validation,
        test=test,
        decided=done.counts,
        dropped=dropped,
    )


def _named(images: LabelledImages) -> NamedLabels:
    return NamedLabels([image.name for image, _ in images], [label for _, label in images])


def _left(images: LabelledImages, split: DecidedSplit) -> LabelledImages:
    return [(images[at][0], label) for at, label in zip(split.places, split.labels, strict=True)]


def _dropped(images: LabelledImages, split: DecidedSplit) -> Iterator[StoredImage]:
    left = {*split.places}
    return (image for at, (image, _) in enumerate(images) if at not in left)


def decided(file: Path, splits: Sequence[NamedLabels], classes: Sequence[str]) -> DecidedLabels:
    """What a file of decisions leaves of training, validation and test.

    Raises UsageError for a file that cannot be read or understood, and DataError for an image or a
    class that is not there, and where no image is left to train a class, or to validate.
    """
    decisions = label_decisions.read(file)
    numbers = _numbers(file, decisions, classes)
    if unknown := sorted(decisions.keys() - {name for split in splits for name in split.names}):
        known = [name for split in splits for name in split.names]
        near = _near(unknown[0], known)
        raise DataError(decided_text.no_such_image(file, unknown, known[0], near))
    train, validation, test = (_decided(split, decisions, numbers) for split in splits)
    emptied = {*splits[0].labels} - {*train.labels}
    if emptied:
        raise DataError(decided_text.none_left_of_class([classes[at] for at in sorted(emptied)]))
    if not validation.labels:
        raise DataError(decided_text.NONE_LEFT_TO_VALIDATE)
    return DecidedLabels(train, validation, test)


def _near(name: str, known: Sequence[str]) -> str:
    """The known name that has other capitals, or more or fewer folders before it; or empty.

    It takes little time for a million names, which a search by similarity would not.
    """
    written = f"/{name.lower()}"
    for one in known:
        there = f"/{one.lower()}"
        if there.endswith(written) or written.endswith(there):
            return one
    return ""


def _numbers(file: Path, decisions: Decisions, classes: Sequence[str]) -> dict[str, int]:
    """The indices of the classes. Raises DataError for a class that is not there."""
    numbers = {name: at for at, name in enumerate(classes)}
    for image, decision in decisions.items():
        if isinstance(decision, Relabel) and decision.label not in numbers:
            raise DataError(decided_text.no_such_class(file, image, decision.label, classes))
    return numbers


def _decided(split: NamedLabels, decisions: Decisions, numbers: Mapping[str, int]) -> DecidedSplit:
    places, labels, changed, kept = list[int](), list[int](), 0, 0
    for at, (name, label) in enumerate(zip(*split, strict=True)):
        decision = decisions.get(name)
        if decision == "drop":
            continue
        now = numbers[decision.label] if isinstance(decision, Relabel) else label
        changed += now != label
        kept += decision is not None and now == label
        places.append(at)
        labels.append(now)
    dropped = len(split.names) - len(places)
    return DecidedSplit(places, labels, decided_text.DecidedCounts(dropped, changed, kept))
