"""Loss, accuracy and confusion, counted on the device.

Only the end of an epoch and a save wait for the device. While training, `start_reading` and `poll`
read by an asynchronous copy at most twice a second. It is the only sync in the loop beside
`Backlog`, which keeps a GPU at most a few steps behind.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from cnn_tui.class_ranking import ClassRanking
from cnn_tui.readback import Readback
from engine.distributed.rank import Rank
from engine.run import measures
from engine.run.judgements import LEFT_OUT, TOP5, Judgements

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

    def add(self, loss: Tensor, logits: Tensor, labels: Tensor) -> Tensor:
        """Add a batch to the sums on the device, in place, so that a CUDA graph can record it.

        Takes its mean loss, () float32, its logits (N, classes) and labels (N,), and returns which
        images are hits (N,). `count` counts its images.
        """
        hits = ClassRanking(logits).predicted == labels
        self._sums += torch.stack((loss.detach().double() * len(labels), hits.sum().double()))
        return hits

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
    """The result of an evaluation of N images. `top5` is None with five classes or fewer.

    `cells` (N,) has the cell of each image in the confusion matrix, `label * classes + predicted`,
    and `LEFT_OUT` for images that could not be read, which count nowhere else. The other tensors
    (N,) are those of `Judgements`.
    """

    loss: float
    top1: float
    top5: float | None
    cells: Tensor
    classes: int
    probability: Tensor
    label_probability: Tensor
    among_five: Tensor

    @property
    def counted(self) -> Tensor:
        """The cells of the images that were evaluated."""
        return self.cells[self.cells != LEFT_OUT]

    @property
    def judgements(self) -> Judgements:
        """What the network says about each image, for those who have no torch."""
        counts = self.cells != LEFT_OUT
        true, predicted = self.cells // self.classes, self.cells % self.classes
        return Judgements(
            labels=true.where(counts, LEFT_OUT).int().numpy(),
            predicted=predicted.where(counts, LEFT_OUT).int().numpy(),
            probability=self.probability.numpy(),
            label_probability=self.label_probability.numpy(),
            among_five=self.among_five.numpy(),
        )


class Evaluation:
    """Sums over evaluation batches in order; each rank adds its part of every batch."""

    def __init__(self, classes: int, device: torch.device, rank: Rank) -> None:
        self._classes, self._device, self._rank = classes, device, rank
        self._losses: list[Tensor] = []
        self._sizes: list[int] = []
        # For batches that are counted: cells, probabilities, and whether among the first five.
        self._counted: list[tuple[Tensor, ...]] = []
        # Batches that are not counted yet.
        self._logits: list[Tensor] = []
        self._labels: list[Tensor] = []

    def add(self, logits: Tensor, labels: Tensor) -> None:
        """Add a batch of logits (N, classes) and labels (N,), which must not change afterwards.

        Those with the label `LEFT_OUT` do not count.
        """
        self._sizes.append(len(labels))
        self._logits.append(logits)
        self._labels.append(labels)
        if sum(map(torch.numel, self._logits)) >= COUNTED_TOGETHER:
            self._count()

    def _count(self) -> None:
        """Count the batches that are not counted yet."""
        logits, labels = torch.cat(self._logits), torch.cat(self._labels)
        self._logits, self._labels = [], []
        ranking, counts = ClassRanking(logits), labels != LEFT_OUT
        own = labels * counts
        logs = F.log_softmax(logits.float(), 1)
        label_log = logs.gather(1, own[:, None])[:, 0].where(counts, 0)
        predicted_log = logs.gather(1, ranking.predicted[:, None])[:, 0]
        self._losses.append(-label_log.double().sum())
        self._counted.append(
            (
                (labels * self._classes + ranking.predicted).where(counts, LEFT_OUT),
                predicted_log.exp().nan_to_num(0.0),
                label_log.exp().nan_to_num(0.0),
                ranking.among_first(own, TOP5) & counts,
            )
        )

    def result(self) -> EvaluationResult:
        """The whole evaluation. This waits for the device, once an epoch."""
        if self._logits:
            self._count()
        loss_sum = self._rank.sum(torch.stack(self._losses).sum())
        own = map(torch.cat, zip(*self._counted, strict=True))
        loss, *tensors = Readback(self._device, [loss_sum, *own]).wait()
        cells, probability, label_probability, among_five = self._in_order(tensors)
        per_image = probability, label_probability, among_five
        counted = cells[cells != LEFT_OUT]
        images = len(counted)
        if not images:
            return EvaluationResult(math.nan, 0.0, None, cells, self._classes, *per_image)
        top1 = int(_hits(counted, self._classes).sum()) / images
        top5 = int(among_five.sum()) / images if self._classes > TOP5 else None
        return EvaluationResult(loss.item() / images, top1, top5, cells, self._classes, *per_image)

    def _in_order(self, tensors: list[Tensor]) -> Iterator[Tensor]:
        """These tensors of all ranks in the order of the images, from those of this rank."""
        ranks = self._rank.gather((self._sizes, tensors))
        for index in range(len(tensors)):
            parts = [torch.split(of_rank[index], sizes) for sizes, of_rank in ranks]
            yield torch.cat([part for batch in zip(*parts, strict=True) for part in batch])


def balanced(result: EvaluationResult) -> float:
    """Balanced accuracy: the mean recall over the classes with images."""
    classes, cells = result.classes, result.counted
    labels = cells // classes
    images, hits = (
        torch.bincount(some, minlength=classes).tolist()
        for some in (labels, labels[_hits(cells, classes)])
    )
    return measures.balanced(images, hits)


def _hits(cells: Tensor, classes: int) -> Tensor:
    """Whether each of these cells of the confusion matrix is on its diagonal."""
    return cells % (classes + 1) == 0
