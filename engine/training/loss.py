"""What training minimises."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.data.base.batch import Batch


@dataclass(frozen=True, eq=False)
class CrossEntropy:
    """Mean cross-entropy in nats, of mixed labels in their shares.

    `smoothing` spreads that share of each label over all classes (Szegedy et al. 2015); `weights`
    (classes,) float32 weigh each label.
    """

    smoothing: float
    weights: Tensor | None

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


def class_weights(counts: Sequence[int]) -> Tensor:
    """Weights (classes,) with which classes of so many images each sum to the same.

    N / (classes present · images of the class), so that the mean over the images is 1; a class
    without images weighs nothing.
    """
    present = sum(count > 0 for count in counts)
    share = sum(counts) / present
    return torch.tensor([share / count if count else 0.0 for count in counts])
