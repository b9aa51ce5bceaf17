"""A training batch before and after augmentation."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class RawBatch(NamedTuple):
    """Images as they come from the training set, on the device that trains.

    `pixels` is (N, C, H, W) uint8, `labels` (N,) int64, and `indices` (N,) int64 their places in
    the set; `epoch` (from 1, also as a tensor ()) and `step` (from 0 in its epoch) say when they
    came.
    """

    pixels: Tensor
    labels: Tensor
    indices: Tensor
    epoch: int | Tensor
    step: int


class Batch(NamedTuple):
    """What a step learns from: images (N, C, H, W) float32, normalised, with their labels (N,).

    Where images are mixed, `others` (N,) labels what was mixed in, and `share` (N,) float32, from
    0 to 1, is how much of the image its own label stands for.
    """

    images: Tensor
    labels: Tensor
    others: Tensor | None = None
    share: Tensor | None = None

    @property
    def dominant(self) -> Tensor:
        """The label (N,) of the larger part of each image."""
        if self.others is None or self.share is None:
            return self.labels
        return torch.where(self.share >= 0.5, self.labels, self.others)
