"""The model of a checkpoint, ready to be inspected: on the CPU, with the images of its run.

This module loads torch and torchvision, which takes seconds. Import it on first use.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Generator
from typing import NamedTuple

import torch
from torch import Tensor, nn

from cnn_tui.evaluated_cells import EvaluatedCells
from engine.checkpoints import checkpoint
from engine.checkpoints.run_state import ImageList
from engine.data.base.dataset import Dataset
from engine.data.base.image_digest import digest, labels_digest
from engine.data.loaders.loader_choice import Loader, loader
from engine.data.loading import load, load_at_once
from engine.devices import device as devices
from engine.devices.forward_pass import Judge
from engine.distributed.rank import Rank
from engine.errors import RunError
from engine.inspection import layer_events
from engine.inspection.inspector import Inspector
from engine.inspection.training_images import SightedLogits, TrainingImages
from engine.process import model_init, process_text, resume_checks
from engine.process.resume_checks import RunData
from engine.protocol import commands
from engine.protocol.events import Event, RunStarted
from engine.recipes.recipe import Recipe
from engine.recipes.recipe_building import read_recipe
from engine.run import sightings_file
from engine.run.journal_search import newest_first
from engine.run.kept_decisions import with_kept
from engine.run.run_paths import RunDir
from engine.run.saved_file import best_file
from engine.trained.trained_network import take_weights
from engine.training.evaluator import Evaluator
from engine.training.metrics import EvaluationResult

# A user waits at most this long to see the images of a cell.
VALIDATION_SECONDS = 10.0


class InspectedModel(NamedTuple):
    """The inspector of a saved model, the epoch and step of the save, and a way to validate it."""

    inspector: Inspector
    epoch: int
    step: int
    validation: Callable[[], Generator[None, None, tuple[EvaluationResult, float]]]

    def reply(self, request: commands.Inspect, clock: Callable[[], float]) -> Event:
        """The reply to a request; the first one for a cell of this epoch validates the model."""
        unknown = self.inspector.evaluated is None
        of_cell = request.kind == "images" and request.cell is not None
        if of_cell and request.epoch == self.epoch and unknown:
            self.inspector.evaluated = self._evaluated(clock)
        return self.inspector.reply(request, self.epoch, self.step)

    def _evaluated(self, clock: Callable[[], float]) -> EvaluatedCells:
        """The cells of the validation images; those of no epoch if it takes too long."""
        began, validation = clock(), self.validation()
        while clock() - began < VALIDATION_SECONDS:
            try:
                next(validation)
            except StopIteration as end:
                result, _ = end.value
                return EvaluatedCells(self.epoch, result.classes, result.cells)
        return EvaluatedCells(0, 1, torch.empty(0))


class SavedModel(NamedTuple):
    """The model of a checkpoint in evaluation mode, and the images of its run.

    `then` is what the run knew of its data, if anything.
    """

    model: nn.Module
    dataset: Dataset
    source: Loader
    judge: Judge
    recipe: Recipe
    epoch: int
    step: int
    then: RunData | None

    @property
    def normalise(self) -> Callable[[Tensor], Tensor]:
        return self.source.normalise


def load_saved_model(run: RunDir) -> SavedModel:
    """The model of the best checkpoint, or of the last one before the first epoch has ended.

    Raises RunError where there is none or its images have changed, and the errors of loading.
    """
    saved = best_file(run)
    if saved is None:
        raise RunError(process_text.nothing_to_inspect(run.label))
    whole = checkpoint.load(saved)
    state, described = whole.training, whole.description
    recipe = with_kept(read_recipe(run.recipe), run)
    # Leave the GPU to other runs; a CPU is fast enough for one image.
    cpu = torch.device("cpu")
    dataset = load_at_once(load(recipe, devices.room(cpu), code=run.data_code))
    started = next(newest_first(run.journal, RunStarted), None)
    then = resume_checks.data_of_run(described, started)
    _check_images(run, then, dataset, recipe)
    model = model_init.build(recipe, run.path, dataset).model
    take_weights(model, state.weights, saved, recipe.arch)
    source = loader(recipe, dataset, cpu, torch.contiguous_format)
    precision = described.resolved.get("precision", "float32") if described else "float32"
    judge = Judge(cpu, precision, recipe.tta)
    epoch = max(1, state.ended_epochs)
    return SavedModel(model.eval(), dataset, source, judge, recipe, epoch, state.step, then)


def load_inspected_model(run: RunDir) -> InspectedModel:
    """The saved model with its inspector. Raises as `load_saved_model`."""
    model, dataset, source, judge, recipe, epoch, step, then = load_saved_model(run)
    layers = layer_events.layers(model, *dataset.train.shape[:2])
    training = functools.cache(functools.partial(_training_images, run, then, dataset))
    inspector = Inspector(model, layers, dataset, source, judge, training)
    batch = devices.evaluation_batch(judge.device, recipe.batch, dataset.train.shape)
    clock, classes = time.monotonic, len(dataset.classes)
    evaluator = Evaluator(source, classes, batch, judge, clock, Rank())
    validation = functools.partial(evaluator.evaluate, model, dataset.validation)
    return InspectedModel(inspector, epoch, step, validation)


def _check_images(run: RunDir, then: RunData | None, dataset: Dataset, recipe: Recipe) -> None:
    """Raise RunError where the classes, the shape or the validation images are not the run's."""
    if then is None:
        return
    # Most requests show validation images alone; the others need not be read.
    validation = resume_checks.image_list(dataset.validation, recipe)
    now = RunData(dataset.classes, tuple(dataset.train.shape), validation=validation)
    resume_checks.check_labels(then, now, run.label, run.selector)
    _check_same(run, then, now)


def _training_images(run: RunDir, then: RunData | None, dataset: Dataset) -> TrainingImages:
    """The training images, with the logits of their sightings where the run has kept them.

    Takes a second for a gigabyte of pixels of a published set. Raises RunError where the names or
    the labels are not those of the run, and where its file of sightings is not whole.
    """
    images = dataset.train
    listed = ImageList(
        images=len(images), digest=digest(images), labels=labels_digest(images.labels)
    )
    if then is not None:
        _check_same(run, then, RunData(dataset.classes, tuple(images.shape), train=listed))
    kept = sightings_file.read(run.sightings, len(dataset.classes))
    if kept is None or kept.logits is None or kept.digest != listed.digest:
        return TrainingImages(images, None)
    counts = torch.from_numpy(kept.sightings > 0).int()
    return TrainingImages(images, SightedLogits(torch.from_numpy(kept.logits), counts))


def _check_same(run: RunDir, then: RunData, now: RunData) -> None:
    if changed := resume_checks.other_lists(then, now):
        raise RunError(process_text.images_to_inspect_changed(run.label, changed))
