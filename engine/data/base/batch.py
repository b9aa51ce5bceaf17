"""A training batch before and after augmentation."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class RawBatch(NamedTuple):
    """Images of the training set before augmentation, on the device that trains.

    `pixels` is (N, C, H, W) uint8, `labels` (N,) int64, and `indices` (N,) int64 their indices in
    the set. `sighted` (N,) are the same, but the number of images in the set, which is nobody's
    index, where an image stands in for one that cannot be read. So no index is there twice.
    `epoch` counts from 1 and may be a tensor (), `step` counts from 0 within its epoch.
    """

    pixels: Tensor
    labels: Tensor
    indices: Tensor
    sighted: Tensor
    epoch: int | Tensor
    step: int


class Batch(NamedTuple):
    """The images that a step learns from, (N, C, H, W) float32, normalised, and their labels (N,).

    In mixed images `others` (N,) are the labels of the images that were mixed in, and `share` (N,)
    float32, from 0 to 1, are the shares of `labels`. `indices` (N,) are the `sighted` of the images
    that `labels` belong to; only the loaders know them.
    """

    images: Tensor
    labels: Tensor
    others: Tensor | None = None
    share: Tensor | None = None
    indices: Tensor | None = None

    @property
    def dominant(self) -> Tensor:
        """The label (N,) of the larger part of each image."""
        if self.others is None or self.share is None:
            return self.labels
        return torch.where(self.share >= 0.5, self.labels, self.others)

    def first(self, count: int) -> Batch:
        """The first `count` images; the batch itself where it has no more."""
        if count == len(self.labels):
            return self
        given = {name: each[:count] for name, each in self._asdict().items() if each is not None}
        return Batch(**given)

    def parts(self, count: int) -> list[Batch]:
        """The batch in `count` parts, whose numbers of images differ by one at most.

        Images that are mixed stay so: a part may hold an image without the one that was mixed in.
        """
        if count == 1:
            return [self]
        given = {name: each for name, each in self._asdict().items() if each is not None}
        pieces = zip(*(each.tensor_split(count) for each in given.values()), strict=True)
        return [Batch(**dict(zip(given, part, strict=True))) for part in pieces]
