"""The images on which a trained network is tested: those of its run, or of another data set."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import torch

from engine.catalog import datasets
from engine.data.base.dataset import Split, StoredImages
from engine.data.inventory.data_inventory import inventory_of
from engine.data.inventory.inventory import Inventory
from engine.data.loading import load, load_at_once
from engine.data.stored.stored_image import LabelledImages
from engine.errors import DataError
from engine.recipes.recipe import Recipe
from engine.run.kept_tests import TestedSplit
from engine.trained import testing_text
from engine.trained.class_matching import matches, suggestion
from engine.trained.trained_network import TrainedNetwork


class ImagesToTest(NamedTuple):
    """A split with labels of the network's classes.

    `own` says that the network's run evaluated it. `classes` are those of the data set, `unknown`
    those that the network does not know, with their numbers of images. `notes` are for the user.
    """

    images: Split
    split: TestedSplit
    place: str
    own: bool
    classes: tuple[str, ...]
    unknown: tuple[tuple[str, int], ...] = ()
    notes: tuple[str, ...] = ()


def own_images(network: TrainedNetwork, recipe: Recipe, code: Path | None) -> ImagesToTest:
    """The test images of the network's run, or its validation images where it has none.

    `code` is the folder where the run keeps the code of a user's data set. Raises DataError where
    they are missing.
    """
    if recipe.data in datasets.DATASETS:
        dataset = load_at_once(load(recipe))
        place, classes = recipe.data, dataset.classes
        test, validation = dataset.test, dataset.validation
    else:
        found = inventory_of(recipe, code)
        place, classes = found.place, found.classes
        test = _stored(found.test, place, network) if found.test else None
        validation = _stored(found.validation, place, network)
    if test is not None:
        return ImagesToTest(test, "test", place, True, classes)
    note = testing_text.no_test_images(place)
    return ImagesToTest(validation, "validation", place, True, classes, notes=(note,))


def other_images(network: TrainedNetwork, found: Inventory) -> ImagesToTest:
    """The test images of another data set, else its validation images, else all that it has.

    Raises DataError where the network knows none of its classes.
    """
    split, images = _split(found)
    known = matches(network.classes, found.classes)
    counts = Counter(label for _, label in images)
    kept = [(image, index) for image, label in images if (index := known[label]) is not None]
    if not kept:
        theirs = [found.classes[label] for label in sorted(counts)]
        meant = _meant(network.classes, theirs)
        raise DataError(testing_text.no_class_matches(found.place, theirs, network.classes, meant))
    unknown = tuple(
        (name, counts[label])
        for label, name in enumerate(found.classes)
        if known[label] is None and counts[label]
    )
    seen = {label for _, label in kept}
    unseen = [name for index, name in enumerate(network.classes) if index not in seen]
    notes = _notes(found.place, unknown, unseen, network.classes)
    chosen = _stored(kept, found.place, network)
    return ImagesToTest(chosen, split, found.place, False, found.classes, unknown, tuple(notes))


def _notes(
    place: str, unknown: Sequence[tuple[str, int]], unseen: Sequence[str], classes: Sequence[str]
) -> Iterator[str]:
    """What is not tested: images of unknown classes, and known classes that have no images."""
    if unknown:
        names, counts = zip(*unknown, strict=True)
        yield testing_text.unknown_classes(place, names, sum(counts), _meant(classes, names))
    if unseen:
        yield testing_text.classes_without_images(place, unseen, len(classes))


def _meant(known: Sequence[str], others: Sequence[str]) -> dict[str, str]:
    """The known classes that unknown ones may mean, by these."""
    return {name: near for name in others if (near := suggestion(known, name))}


def _split(found: Inventory) -> tuple[TestedSplit, LabelledImages]:
    """Images held out by this program are no split of the data set."""
    if found.test:
        return "test", found.test
    if found.validates == "held out":
        return "all", found.images
    return "test" if found.validates == "test" else "validation", found.validation


def _stored(images: LabelledImages, place: str, network: TrainedNetwork) -> StoredImages:
    labels = torch.tensor([label for _, label in images], dtype=torch.int64)
    return StoredImages(place, [image for image, _ in images], labels, network.image_format)
