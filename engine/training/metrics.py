"""Loss, accuracy and confusion, counted on the device.

Only the end of an epoch and a save wait for the device. While training, `start_reading` and `poll`
read by an asynchronous copy at most twice a second. It is the only sync in the loop beside
`Backlog`, which keeps a GPU at most a few steps behind.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.devices.readback import Readback
from engine.distributed.rank import Rank
from engine.models.class_ranking import ClassRanking

# An evaluation counts batches together until they have so many logits, which take 8 MB: one
# launch of a small operation takes as long as a pass over the logits of a batch.
COUNTED_TOGETHER = 1 << 21


class Means(NamedTuple):
    """Mean loss (cross-entropy, nats) and top-1 accuracy over `images` images."""

    loss: float
    top1: float
    images: int


class RunningMetrics:
    """Sums over training steps: over the window since the last reading, and over the epoch so far.

    Both are float64 and grow by one addition per step, so that an epoch's mean does not depend on
    when it was read. Each rank sums its own part; a reading is the sum over all ranks.
    """

    def __init__(self, device: torch.device, rank: Rank) -> None:
        self._device, self._rank = device, rank
        # Row 0 is the window, row 1 the epoch; the columns sum losses and hits.
        self._sums = torch.zeros(2, 2, dtype=torch.float64, device=device)
        self._window_images = 0
        self.epoch_images = 0
        self._reading: tuple[Readback, int] | None = None

    def add(self, loss: Tensor, logits: Tensor, labels: Tensor) -> None:
        """Add a batch to the sums on the device, in place, so that a CUDA graph can record it.

        Takes its mean loss, () float32, its logits (N, classes) and labels (N,). `count` counts its
        images.
        """
        hits = (ClassRanking(logits).predicted == labels).sum()
        self._sums += torch.stack((loss.detach().double() * len(labels), hits.double()))

    def count(self, images: int) -> None:
        """Count the images of a batch, given the number on each rank."""
        self._window_images += images * self._rank.count
        self.epoch_images += images * self._rank.count

    @property
    def is_reading(self) -> bool:
        """Whether a window is on its way to the host."""
        return self._reading is not None

    def start_reading(self) -> None:
        """Start to copy the window to the host, and begin a new one; the device does not wait."""
        window = self._rank.sum(self._sums[0])
        self._reading = (Readback(self._device, [window]), self._window_images)
        self._sums[0].zero_()
        self._window_images = 0

    def poll(self) -> Means | None:
        """The means of the copied window once it has arrived, else None."""
        if self._reading is None or not self._reading[0].ready():
            return None
        (readback, images), self._reading = self._reading, None
        return _means(readback.wait()[0], images)

    def totals(self) -> Means:
        """The epoch so far. This waits for the device."""
        epoch = self._rank.sum(self._sums[1])
        return _means(Readback(self._device, [epoch]).wait()[0], self.epoch_images)

    def new_epoch(self) -> None:
        self._sums[1].zero_()
        self.epoch_images = 0

    def epoch_sums(self) -> Tensor:
        """The epoch's sums of losses and hits, (2,) float64. This waits for the device."""
        return self._rank.sum(self._sums[1]).cpu()

    def restore(self, sums: Tensor, images: int) -> None:
        """Go on from these sums over all ranks; only the leader keeps them."""
        if self._rank.leads:
            self._sums[1].copy_(sums)
        else:
            self._sums[1].zero_()
        self.epoch_images = images


def _means(sums: Tensor, images: int) -> Means:
    loss, hits = sums.tolist()
    count = max(1, images)
    return Means(loss / count, hits / count, images)


class EvaluationResult(NamedTuple):
    """The result of an evaluation. `top5` is None with five classes or fewer.

    `cells` (N,) has the cell of each image in the confusion matrix, `label * classes + predicted`.
    """

    loss: float
    top1: float
    top5: float | None
    cells: Tensor
    classes: int


class Evaluation:
    """Sums over evaluation batches in order; each rank adds its part of every batch."""

    def __init__(self, classes: int, device: torch.device, rank: Rank) -> None:
        self._classes, self._device, self._rank = classes, device, rank
        self._top5_hits = torch.zeros((), dtype=torch.int64, device=device)
        self._losses: list[Tensor] = []
        self._sizes: list[int] = []
        self._cells: list[Tensor] = []
        # Batches that are not counted yet.
        self._logits: list[Tensor] = []
        self._labels: list[Tensor] = []

    def add(self, logits: Tensor, labels: Tensor) -> None:
        """Add a batch of logits (N, classes) and labels (N,), which must not change afterwards."""
        self._losses.append(F.cross_entropy(logits.float(), labels, reduction="sum"))
        self._sizes.append(len(labels))
        self._logits.append(logits)
        self._labels.append(labels)
        if sum(map(torch.numel, self._logits)) >= COUNTED_TOGETHER:
            self._count()

    def _count(self) -> None:
        """Count the batches that are not counted yet."""
        labels = torch.cat(self._labels)
        ranking = ClassRanking(torch.cat(self._logits))
        self._top5_hits += ranking.among_first(labels, 5).sum()
        self._cells.append(labels * self._classes + ranking.predicted)
        self._logits, self._labels = [], []

    def result(self) -> EvaluationResult:
        """The whole evaluation. This waits for the device, once an epoch."""
        if self._logits:
            self._count()
        own_sums = torch.stack((torch.stack(self._losses).double().sum(), self._top5_hits.double()))
        tensors = [self._rank.sum(own_sums), torch.cat(self._cells)]
        sums, own_cells = Readback(self._device, tensors).wait()
        cells = self._in_order(own_cells)
        loss, top5_hits = sums.tolist()
        images = len(cells)
        top1 = int(_hits(cells, self._classes).sum()) / images
        top5 = top5_hits / images if self._classes > 5 else None
        return EvaluationResult(loss / images, top1, top5, cells, self._classes)

    def _in_order(self, cells: Tensor) -> Tensor:
        """The cells of all ranks in the order of the images, from those of this rank."""
        parts = torch.split(cells, self._sizes)
        batches = zip(*self._rank.gather(parts), strict=True)
        return torch.cat([part for batch in batches for part in batch])


def balanced(result: EvaluationResult) -> float:
    """Mean recall over the classes with images."""
    classes, labels = result.classes, result.cells // result.classes
    images = torch.bincount(labels, minlength=classes)
    hits = torch.bincount(labels[_hits(result.cells, classes)], minlength=classes)
    return float((hits / images.clamp(min=1)).sum() / (images > 0).sum())


def _hits(cells: Tensor, classes: int) -> Tensor:
    """Whether each of these cells of the confusion matrix is on its diagonal."""
    return cells % (classes + 1) == 0
