"""The loss that training minimises."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from cnn_tui.model_outputs import logits_of
from engine.data.base.batch import Batch
from engine.models.auxiliary_outputs import auxiliary_logits, share_of_each
from engine.recipes.recipe import Recipe


class OutputLoss(NamedTuple):
    """The loss that is minimised, that of the logits alone, and the logits (N, classes).

    The two losses, () float32, differ by those of auxiliary outputs.
    """

    total: Tensor
    loss: Tensor
    logits: Tensor

    @property
    def judged(self) -> Judged:
        """What is counted of it, without the activations."""
        return Judged(self.loss.detach(), self.logits.detach())


class Judged(NamedTuple):
    """The mean loss, () float32, and the logits (N, classes) of some images, for the metrics."""

    loss: Tensor
    logits: Tensor


def of_parts(parts: Sequence[Judged]) -> Judged:
    """That of a batch from those of its parts, each of which counts by its images."""
    if len(parts) == 1:
        return parts[0]
    logits = torch.cat([part.logits for part in parts])
    weighted = [part.loss * (len(part.logits) / len(logits)) for part in parts]
    return Judged(functools.reduce(torch.add, weighted), logits)


@dataclass(frozen=True, eq=False)
class CrossEntropy:
    """Mean cross-entropy in nats; a mixed image counts both labels, weighted by their shares.

    `smoothing` is the share of each label that is spread over all classes (Szegedy et al. 2015);
    `weights` (classes,) float32 weigh each label.
    """

    smoothing: float
    weights: Tensor | None

    def of_output(self, output: object, batch: Batch) -> OutputLoss:
        """The loss of what a model returns for this batch, in any precision."""
        logits, auxiliary = logits_of(output), auxiliary_logits(output)
        loss = total = self(logits.float(), batch)
        for other in auxiliary:
            total = total + share_of_each(len(auxiliary)) * self(other.float(), batch)
        return OutputLoss(total, loss, logits)

    def __call__(self, logits: Tensor, batch: Batch) -> Tensor:
        """The loss, () float32, of logits (N, classes) float32."""
        if self.weights is None and batch.others is None:
            return F.cross_entropy(logits, batch.labels, label_smoothing=self.smoothing)
        losses = self._each(logits, batch.labels)
        if batch.others is not None and batch.share is not None:
            losses = torch.lerp(self._each(logits, batch.others), losses, batch.share)
        return losses.mean()

    def _each(self, logits: Tensor, labels: Tensor) -> Tensor:
        """The loss of each image, (N,)."""
        return F.cross_entropy(
            logits,
            labels,
            weight=self.weights,
            reduction="none",
            label_smoothing=self.smoothing,
        )


def cross_entropy(
    recipe: Recipe, class_counts: Sequence[int], device: torch.device
) -> CrossEntropy:
    """The loss of a recipe, for classes with these numbers of training images."""
    if not recipe.class_weights:
        return CrossEntropy(recipe.label_smoothing, None)
    return CrossEntropy(recipe.label_smoothing, class_weights(class_counts).to(device))


def class_weights(counts: Sequence[int]) -> Tensor:
    """Weights (classes,) for which the images of each class have the same total weight.

    A weight is N / (classes with images · images of the class), so that the mean over all images is
    1. A class without images has weight 0.
    """
    present = sum(count > 0 for count in counts)
    share = sum(counts) / present
    return torch.tensor([share / count if count else 0.0 for count in counts])
