"""Sums up what the network says about each training image, from the passes that train it anyway.

Whoever ranks the images whose label is doubtful reads these sums. They change no weights: no random
number is drawn, and nothing of the step depends on them.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from cnn_tui.class_ranking import ClassRanking
from engine.checkpoints.run_state import SightingsState
from engine.data.base.batch import Batch
from engine.distributed.rank import Rank
from engine.inspection.training_images import SightedLogits
from engine.run.sightings_file import NONE_HELD

# The sums of all logits may take so many bytes. They are written with each save; a bound that
# depended on the free memory would let the same run be ranked in two ways.
MOST_BYTES = 256 << 20
# So many logits are taken in together on a CPU, where launches cost more than the numbers do.
TOGETHER = 1 << 16
# Of these the largest value is the newest. All others are sums.
NEWEST = ("agreed", "rivals")
# An epoch and a class in one number.
EPOCH_UNIT = 1 << 32


class Seen(NamedTuple):
    """What a step saw: the indices, labels and logits (N, classes) of images, and which were hits.

    `share` (N,) is the share of these images, where others are mixed in.
    """

    indices: Tensor
    labels: Tensor
    logits: Tensor
    hits: Tensor
    share: Tensor | None


class Sightings:
    """What the steps have said of each of `images` images: of its own label and of the others.

    A sighting of an image counts where at least half of what the network saw was this image, and
    where all logits are finite. The tensors have a row for each image and a last one for what does
    not count: `counts` int32, the number of sightings; `agreed` int32, the last epoch in which the
    given label ranked first, or 0; and `logits` float32 (, classes), their sums.

    Where those would exceed `MOST_BYTES`, there are instead: `margins` float32, the sum of the
    probability of the given label minus that of the best other class, from -1 to 1; and `rivals`
    int64, the epoch of the last sighting times `EPOCH_UNIT`, plus its best other class.

    An epoch shows an image once, to one rank. The leader has what all ranks saw until the last
    epoch, so that each sum adds the same numbers in the same order, however many ranks there are,
    and wherever a run was resumed.
    """

    def __init__(
        self, images: int, classes: int, device: torch.device, rank: Rank, *, gathers: bool
    ) -> None:
        """If it `gathers`, several steps are taken in together, whose tensors must stay theirs."""
        self._rank, self._gathers = rank, gathers
        self._waiting: list[Seen] = []
        self._waiting_logits = 0
        self.keeps_logits = 4 * images * classes <= MOST_BYTES
        # The first epoch that counts, from some step on.
        self.since = 1
        # Tensors, which a CUDA graph reads at each replay: the epoch, and the row of nobody.
        self._epoch = torch.ones((), dtype=torch.int32, device=device)
        self._nobody = torch.full((), images, device=device)
        self._one = torch.ones((), dtype=torch.int32, device=device)
        rows = images + 1
        self._sums = {
            "counts": torch.zeros(rows, dtype=torch.int32, device=device),
            "agreed": torch.zeros(rows, dtype=torch.int32, device=device),
        }
        if self.keeps_logits:
            self._sums["logits"] = torch.zeros(rows, classes, device=device)
        else:
            self._sums["margins"] = torch.zeros(rows, device=device)
            self._sums["rivals"] = torch.zeros(rows, dtype=torch.int64, device=device)

    @property
    def logits(self) -> SightedLogits | None:
        """What the leader knows of all images by now; None where margins are kept, or elsewhere.

        Those of the last steps may be missing. It shares the memory of the sums.
        """
        if not self.keeps_logits:
            return None
        return SightedLogits(self._sums["logits"][:-1], self._sums["counts"][:-1])

    def begin_epoch(self, epoch: int) -> None:
        """Call it before the steps of an epoch (from 1), outside of a recording."""
        self._epoch.fill_(epoch)

    def add(self, batch: Batch, logits: Tensor, hits: Tensor) -> None:
        """Take the logits (N, classes) of the images of a batch, and which were hits (N,).

        If it does not gather, it adds them at once, in place, so that a CUDA graph can record it.
        """
        assert batch.indices is not None
        seen = Seen(batch.indices, batch.labels, logits, hits, batch.share)
        if not self._gathers:
            self._take(seen)
            return
        self._waiting.append(seen)
        self._waiting_logits += logits.numel()
        if self._waiting_logits >= TOGETHER:
            self._take_waiting()

    def end_epoch(self) -> None:
        """Give the leader what all ranks saw in the epoch; all ranks call it."""
        self._take_waiting()
        if not self._rank.alone:
            self._set(self._over_ranks())

    def state(self) -> SightingsState:
        """What all ranks saw, on the device; it shares its memory. All ranks call it."""
        self._take_waiting()
        return SightingsState(since=self.since, sums=self._over_ranks())

    def restore(self, state: SightingsState | None, epoch: int) -> None:
        """Go back to a state. Without one, begin to count in this epoch."""
        self._forget_waiting()
        self.since = epoch if state is None else state.since
        self._set({} if state is None else state.sums)

    def _set(self, sums: dict[str, Tensor]) -> None:
        """Keep these sums over all ranks, of which the leader alone keeps them."""
        for name, kept in self._sums.items():
            if sums and self._rank.leads:
                kept[:-1].copy_(sums[name])
            else:
                kept.zero_()

    def _over_ranks(self) -> dict[str, Tensor]:
        """The tensors over all ranks, without their last row."""
        return {
            name: (self._rank.largest if name in NEWEST else self._rank.sum)(kept[:-1])
            for name, kept in self._sums.items()
        }

    def _take_waiting(self) -> None:
        if not self._waiting:
            return
        *columns, shares = zip(*self._waiting, strict=True)
        indices, labels, logits, hits = map(torch.cat, columns)
        share = None if shares[0] is None else torch.cat(shares)
        self._take(Seen(indices, labels, logits, hits, share))
        self._forget_waiting()

    def _forget_waiting(self) -> None:
        self._waiting.clear()
        self._waiting_logits = 0

    @torch.no_grad()
    def _take(self, seen: Seen) -> None:
        """Add what was seen, of which no image is there twice. Waits for nothing on a GPU."""
        logits = seen.logits.float()
        # Their sum is finite only if all are; on a CPU it takes a tenth of the time of a maximum.
        counts = logits.sum(1).abs() < torch.inf
        if seen.share is not None:
            counts &= seen.share >= 0.5
        sums = self._sums
        rows = seen.indices.where(counts, self._nobody)
        sums["counts"].index_add_(0, rows, self._one.expand_as(rows))
        agreeing = rows.where(seen.hits, self._nobody)
        sums["agreed"].index_copy_(0, agreeing, self._epoch.expand_as(rows))
        if self.keeps_logits:
            # Two passes, which a CPU takes in less time than `index_add_`.
            known = sums["logits"].index_select(0, rows)
            sums["logits"].index_copy_(0, rows, known.add_(logits))
            return
        margins, rivals = margins_of(logits, seen.labels)
        sums["margins"].index_add_(0, rows, margins)
        sums["rivals"].index_copy_(0, rows, rivals + self._epoch.long() * EPOCH_UNIT)


def held(rivals: Tensor) -> Tensor:
    """The best other class (N,) int32 of the last sighting, or `NONE_HELD`, from `rivals` (N,)."""
    return (rivals % EPOCH_UNIT).where(rivals > 0, NONE_HELD).to(torch.int32)


def margins_of(logits: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """How much more probable each label (N,) is than the best other class, and that class (N,)."""
    probabilities, own = logits.softmax(1), labels[:, None]
    rivals = ClassRanking(probabilities.scatter(1, own, -1.0)).predicted
    return (probabilities.gather(1, own) - probabilities.gather(1, rivals[:, None]))[:, 0], rivals
