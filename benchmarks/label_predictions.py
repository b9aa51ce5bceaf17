"""What networks say of the images whose labels are in question: what rankings of them start from.

Each of four kinds is made of logits (N, classes), a row for each training image:

    mean         the mean logits that the run keeps
    last epoch   the logits of the last epoch; of the few images that it left out, the mean ones
    final        what the trained network says of the images as they are stored
    held out     what networks say that have not seen the image: five more trainings, each without
                 a fifth of the images of each label
"""

from __future__ import annotations

import copy
import dataclasses
import time
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from benchmarks.suspects import CPU, Floats, beginning, kept_by
from engine.data.base.dataset import Dataset, Images
from engine.data.loaders import loader_choice
from engine.devices.forward_pass import Judge
from engine.recipes.recipe import Recipe
from engine.run.sightings_file import SightingsFile
from engine.training.trainer import Trainer

FOLDS, BATCH = 5, 512


class Predictions(NamedTuple):
    """What a run keeps, and the probabilities (N, classes) of the four kinds.

    The trainings took so many seconds of CPU time: that of the run, and the five others together.
    """

    kept: SightingsFile
    probabilities: dict[str, Floats]
    seconds: float
    held_out_seconds: float


def predictions(recipe: Recipe, dataset: Dataset) -> Predictions:
    """Train once on all images, and once without each fold of them."""
    began = time.process_time()
    trainer = beginning(recipe, dataset)
    for _ in trainer.run(until=recipe.epochs - 1):
        pass
    before = copy.deepcopy(kept_by(trainer))  # the training goes on in the memory of the original
    for _ in trainer.run():
        pass
    kept = kept_by(trainer)
    all_trained = time.process_time()
    out = held_out(recipe, dataset)
    folds_trained = time.process_time()
    assert kept.logits is not None
    logits: dict[str, NDArray[Any]] = {
        "mean": kept.logits,
        "last epoch": of_last_epoch(before, kept),
        "final": judged(trainer, recipe, dataset, images_of(dataset)).numpy(),
        "held out": out.numpy(),
    }
    probabilities = {kind: softmax(values) for kind, values in logits.items()}
    return Predictions(kept, probabilities, all_trained - began, folds_trained - all_trained)


def images_of(dataset: Dataset) -> Images:
    assert isinstance(dataset.train, Images)
    return dataset.train


def of_last_epoch(before: SightingsFile, kept: SightingsFile) -> Floats:
    """The logits of the sightings between the two, from their means."""
    assert before.logits is not None
    assert kept.logits is not None
    earlier, now = before.sightings[:, None], kept.sightings[:, None]
    found: Floats = kept.logits.astype(np.float64) * now - before.logits * earlier
    return np.where(now > earlier, found, kept.logits)


def held_out(recipe: Recipe, dataset: Dataset) -> Tensor:
    """The logits (N, classes) of each image by the network that was trained without its fold."""
    images = images_of(dataset)
    folds = fold_of_each(images.labels.numpy(), recipe.seed)
    found = torch.empty(len(images), len(dataset.classes))
    for fold in range(FOLDS):
        out = torch.from_numpy(folds == fold)
        trainer = beginning(recipe, dataclasses.replace(dataset, train=part(images, ~out)))
        for _ in trainer.run():
            pass
        found[out] = judged(trainer, recipe, dataset, part(images, out))
    return found


def fold_of_each(labels: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """A fold (N,) for each image, which has the same share of each label, within one image."""
    folds = np.empty(len(labels), np.int64)
    shuffled = np.random.default_rng(seed).permutation(len(labels))
    by_label = shuffled[np.argsort(labels[shuffled], kind="stable")]
    folds[by_label] = np.arange(len(labels)) % FOLDS
    return folds


def part(images: Images, chosen: Tensor) -> Images:
    return Images(pixels=images.pixels[chosen], labels=images.labels[chosen])


@torch.no_grad()
def judged(trainer: Trainer, recipe: Recipe, dataset: Dataset, images: Images) -> Tensor:
    """The logits (N, classes) of images as they are stored, by the network as it is now."""
    loader = loader_choice.loader(recipe, dataset, CPU, torch.contiguous_format)
    model = trainer.eval_model.eval()
    batches = loader.evaluation_batches(images, BATCH)
    return torch.cat([Judge(CPU).logits(model, pixels) for pixels, _ in batches])


def softmax(logits: NDArray[Any]) -> Floats:
    found: Floats = torch.from_numpy(logits).double().softmax(1).numpy()
    return found
