"""The training images of a run, and what has been seen of each."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor

from engine.data.base.dataset import Split


class SightedLogits(NamedTuple):
    """Sums of the logits of N images: (N, classes), over `counts` (N,) sightings of each."""

    sums: Tensor
    counts: Tensor

    def means(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """The mean logits (M, classes) of images (M,), and whether each was seen; on the CPU.

        Waits for the device.
        """
        images = images.to(self.sums.device)
        counts = self.counts[images]
        return (self.sums[images] / counts.clamp(min=1)[:, None]).cpu(), (counts > 0).cpu()


class TrainingImages(NamedTuple):
    """The training images; `logits` is None where nothing was seen, or no logits are kept."""

    split: Split
    logits: SightedLogits | None
