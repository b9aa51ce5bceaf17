"""Holds out a share of the training images, the same share of each class."""

from __future__ import annotations

import torch
from torch import Tensor

from engine.data.base.dataset import Images
from engine.data.base.seeds import seeded_generator
from engine.data.inventory.held_out import held_out_count


def draw_held_out(labels: Tensor, share: float, seed: int) -> Tensor:
    """Which images are held out, (N,) bool: this share of each class, drawn with the seed."""
    draws = torch.rand(len(labels), generator=seeded_generator(torch.device("cpu"), seed))
    out = torch.zeros(len(labels), dtype=torch.bool)
    for label in range(int(labels.max()) + 1):
        members = (labels == label).nonzero().flatten()
        drawn = members[draws[members].argsort(stable=True)]
        out[drawn[: held_out_count(len(members), share)]] = True
    return out


def split_held_out(images: Images, share: float, seed: int) -> tuple[Images, Images]:
    """The images for training, and those held out."""
    return divide(images, draw_held_out(images.labels, share, seed))


def divide(images: Images, out: Tensor) -> tuple[Images, Images]:
    """The images that stay, and those that `out` (N,) bool holds out."""
    return chosen(images, ~out), chosen(images, out)


def chosen(images: Images, which: Tensor) -> Images:
    """Some images of a published set: a mask (N,) bool, or their indices (M,) int64."""
    parts = None if images.parts is None else images.parts.of(which)
    return Images(images.pixels[which], images.labels[which], parts=parts)
