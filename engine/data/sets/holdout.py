"""A share of the training images held out, of each class alike."""

from __future__ import annotations

import torch
from torch import Tensor

from engine.data.base.dataset import Images
from engine.data.base.seeds import generator
from engine.data.folders.image_folder import held_out_count


def held_out(labels: Tensor, share: float, seed: int) -> Tensor:
    """Which images are held out, (N,) bool: this share of each class, drawn by the seed."""
    lots = torch.rand(len(labels), generator=generator(torch.device("cpu"), seed))
    out = torch.zeros(len(labels), dtype=torch.bool)
    for label in range(int(labels.max()) + 1):
        members = (labels == label).nonzero().flatten()
        drawn = members[lots[members].argsort(stable=True)]
        out[drawn[: held_out_count(len(members), share)]] = True
    return out


def parted(images: Images, share: float, seed: int) -> tuple[Images, Images]:
    """What trains and what is held out."""
    out = held_out(images.labels, share, seed)
    return (
        Images(images.pixels[~out], images.labels[~out]),
        Images(images.pixels[out], images.labels[out]),
    )
