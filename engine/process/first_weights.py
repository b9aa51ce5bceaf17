"""The weights that a run starts from, and the normalisation that belongs to them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from torch import nn

from engine.catalog import architecture_names
from engine.checkpoints import starting_weights
from engine.checkpoints.starting_weights import StartingWeights
from engine.data.base.dataset import Dataset
from engine.errors import UsageError
from engine.models import model_text, published_weights, transfer_learning
from engine.models.transfer_learning import Taken
from engine.process import process_text
from engine.protocol import events
from engine.protocol.events import Event
from engine.recipes import image_normalisation
from engine.recipes.recipe import Recipe


def read(recipe: Recipe) -> StartingWeights | None:
    """The weights that `init_from` names, if it does. Raises UsageError or RunError."""
    return starting_weights.load(Path(recipe.init_from)) if recipe.init_from else None


class ChosenNormalisation(NamedTuple):
    """The value for `normalise`, and a sentence about it, or nothing."""

    value: str
    sentence: str = ""


def choose_normalisation(recipe: Recipe, weights: StartingWeights | None) -> ChosenNormalisation:
    """The normalisation of a new run: where the recipe leaves it open, that of its weights."""
    if recipe.normalise != "auto":
        return ChosenNormalisation(recipe.normalise)
    if weights is not None:
        source: str = recipe.init_from
        told = weights.normalisation or published_weights.normalisation_of_file(Path(source).name)
        if told is None and not weights.own:
            return ChosenNormalisation("data", process_text.normalisation_unknown(source))
    elif recipe.pretrained:
        source = process_text.PRETRAINED_WEIGHTS
        told = published_weights.normalisation_of(recipe.arch)
    else:
        told = None
    if told is None:
        return ChosenNormalisation("data")
    value = image_normalisation.name_of(told)
    return ChosenNormalisation(value, process_text.normalised_as_weights(source, value))


def take_over(
    model: nn.Module, weights: StartingWeights, recipe: Recipe, dataset: Dataset
) -> Iterator[Event]:
    """Load them into a new model, and say what it took. Raises UsageError if too few fit."""
    same = weights.classes == dataset.classes
    source, shape = recipe.init_from, dataset.train.shape
    if weights.own and not recipe.partial:
        fresh_head = transfer_learning.load_weights(
            model, weights.tensors, source, shape, same_classes=same
        )
    else:
        other = not same and (weights.own or weights.classes is not None)
        taken = transfer_learning.take_weights(
            model,
            weights.tensors,
            source,
            shape,
            keep_head=other,
            enough=lambda taken: _is_enough(taken, recipe),
        )
        yield _told(taken, weights, recipe, dataset)
        fresh_head = other
    if fresh_head:
        sentence = process_text.head_left_fresh(source, weights.classes, dataset.classes)
        yield events.Alert("info", "init-from", sentence)


def _is_enough(taken: Taken, recipe: Recipe) -> bool:
    """Whether these are the weights of this architecture: half of the model, or any if asked."""
    count = len(taken.match.taken)
    return count > 0 if recipe.partial else 2 * count >= taken.match.total


def _told(taken: Taken, weights: StartingWeights, recipe: Recipe, dataset: Dataset) -> Event:
    """What was taken over, as a warning if more than the head is fresh. Raises UsageError."""
    what, arch = taken.in_words(), architecture_names.short_name(recipe.arch)
    if not _is_enough(taken, recipe):
        text = model_text.too_few_taken if taken.match.taken else model_text.nothing_taken
        raise UsageError(text(recipe.init_from, arch, what, list(taken.ours)))
    unnamed = weights.classes is None and not taken.head_is_fresh
    sentence = process_text.weights_taken(
        recipe.init_from,
        weights.where,
        weights.left,
        what,
        len(dataset.classes) if unnamed else None,
    )
    return events.Alert("info" if taken.is_whole else "warning", "init-from", sentence)
