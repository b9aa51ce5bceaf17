"""Tests a trained network on images with known classes."""

from __future__ import annotations

import os
import time
from collections.abc import Generator, Iterator

import msgspec
import torch

from engine import text
from engine.catalog import data_names, datasets
from engine.data.base.dataset import Split, StoredImages
from engine.data.base.image_digest import digest
from engine.data.inventory.data_inventory import labelled_images
from engine.data.inventory.inventory import Inventory
from engine.devices import device as devices
from engine.distributed.rank import Rank
from engine.errors import DataError, RunError
from engine.process import resume_checks
from engine.process.resume_checks import RunData
from engine.process.run_started import versions
from engine.protocol.answers import Note, Progress
from engine.protocol.requests import MeasureNetwork
from engine.recipes.recipe import Recipe
from engine.recipes.recipe_building import read_recipe
from engine.run import kept_tests
from engine.run.kept_decisions import with_kept
from engine.run.kept_tests import DataTest, Message
from engine.run.measuring import measured
from engine.trained import images_to_test, testing_text
from engine.trained.classification import judged
from engine.trained.dim_images import DimImages
from engine.trained.images_to_test import ImagesToTest
from engine.trained.network_opening import opened
from engine.trained.trained_network import TrainedNetwork
from engine.training.metrics import Evaluation, EvaluationResult


def tested(request: MeasureNetwork) -> Iterator[Message]:
    """The result, which the run keeps, after notes and progress.

    Raises RunError for a checkpoint that does not fit or images that have changed, and DataError
    where the images are missing, of other classes or unreadable.
    """
    network = yield from opened(request, devices.choose(request.device))
    run = network.saved.run
    recipe = network.recipe if run is None else with_kept(read_recipe(run.recipe), run)
    chosen = _images(network, recipe, request)
    yield from map(Note, chosen.notes)
    result = yield from _judged(network, chosen.images)
    if isinstance(chosen.images, StoredImages) and (broken := chosen.images.broken):
        names = [image.name for image in broken]
        yield Note(testing_text.unreadable(len(broken), names))
    data = (request.data or recipe).data
    found = _data_test(network, chosen, data_names.short_name(data), result)
    if run is not None:
        try:
            kept_tests.keep(run, found)
        except OSError as error:
            yield Note(testing_text.not_kept(run.label, text.reason(error)))
    yield found


def _images(network: TrainedNetwork, own: Recipe, request: MeasureNetwork) -> ImagesToTest:
    """The images of another data set, or of the run's own, which must not have changed."""
    other = request.data
    if other is not None and (other.data != own.data or request.understood):
        return images_to_test.other_images(network, _inventory(other))
    if other is not None and other.data_dir:
        own = msgspec.structs.replace(own, data_dir=other.data_dir)
    if data_names.is_path(own.data) and not os.path.exists(own.data):
        raise DataError(testing_text.own_data_gone(network.saved.label, own.data))
    run = network.saved.run
    code = run.data_code if run is not None else None
    chosen = images_to_test.own_images(network, own, code)
    _check(network, chosen, own)
    return chosen


def _inventory(recipe: Recipe) -> Inventory:
    if recipe.data not in datasets.DATASETS:
        return labelled_images(recipe)
    from engine.process.published_inventory import published_inventory

    return published_inventory(recipe)


def _check(network: TrainedNetwork, chosen: ImagesToTest, recipe: Recipe) -> None:
    """Raise RunError where the classes or the images are not those of the run."""
    described, label = network.described, network.saved.label
    shape = network.image_format.shape
    now = resume_checks.image_list(chosen.images, recipe)
    if chosen.split == "test":
        before = RunData(described.classes, shape, test=described.test)
        after = RunData(chosen.classes, shape, test=now)
    else:
        before = RunData(described.classes, shape, validation=described.validation)
        after = RunData(chosen.classes, shape, validation=now)
    resume_checks.check_labels(before, after, label, network.saved.selector)
    if changed := resume_checks.other_lists(before, after):
        raise RunError(testing_text.own_images_changed(label, changed, chosen.place))


def _judged(
    network: TrainedNetwork, images: Split
) -> Generator[Progress | Note, None, EvaluationResult]:
    evaluation = Evaluation(len(network.classes), torch.device("cpu"), Rank())
    done, dim = 0, DimImages(network.image_format)
    for logits, labels in judged(network, images, dim):
        evaluation.add(logits, labels)
        done += len(labels)
        yield Progress(testing_text.JUDGING, done / len(images))
    yield from map(Note, dim.notes())
    return evaluation.result()


def _data_test(
    network: TrainedNetwork, chosen: ImagesToTest, data: str, result: EvaluationResult
) -> DataTest:
    """Raises DataError where no image could be read."""
    measures = measured(result.judgements, len(network.classes))
    if measures is None:
        raise DataError(testing_text.nothing_readable(chosen.place))
    return DataTest(
        time=time.time(),
        source=text.harmless(network.saved.label),
        checkpoint=text.harmless(network.saved.path.name),
        epoch=network.epoch,
        step=network.step,
        data=text.harmless(data),
        place=text.harmless(chosen.place),
        own=chosen.own,
        split=chosen.split,
        digest=digest(chosen.images),
        classes=network.classes,
        unknown=chosen.unknown,
        device=str(network.device),
        versions=versions(),
        measures=measures,
    )
