"""Counts the hits among the logits that a script reports, without waiting for the device."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from cnn_tui.watching.held_number import MOST_HELD

# Logits that are held take no more memory of the device than this, beside one batch.
MOST_BYTES = 16 << 20
# The labels of an image are shares of classes if they sum to one within this.
ROUNDING = 0.01


class HeldLogits:
    """Sums hits, and images with one true class, since it was last taken.

    The predicted class is the first of the largest, as everywhere in this program. Unlike in
    `ClassRanking`, a NaN beside numbers is the largest: to look for it takes ten times as long as
    to count, and the loss of such a batch says it.
    """

    def __init__(self) -> None:
        self._held: list[tuple[Tensor, Tensor]] = []
        self._bytes = 0
        self._sums: Tensor | None = None

    def add(self, logits: Tensor, labels: Tensor) -> bool:
        """Add logits (N, classes) with labels (N,) or (N, classes). Returns whether they are.

        Labels (N, classes) are the shares of the classes. Negative labels are left out.
        """
        if not are_logits_with_labels(logits, labels):
            return False
        self._held.append((logits.detach(), labels.detach()))
        self._bytes += logits.nbytes
        if self._bytes > MOST_BYTES or len(self._held) >= MOST_HELD:
            self._add_up()
        return True

    def take(self) -> Tensor | None:
        """The hits and the images that count, (2,) float32; a new sum begins."""
        self._add_up()
        sums, self._sums = self._sums, None
        return sums

    @torch.no_grad()
    def _add_up(self) -> None:
        if self._held:
            held, self._held, self._bytes = self._held, [], 0
            for sums in map(_hits_of_alike, _alike(held)):
                self._sums = sums if self._sums is None else self._sums + sums


def _alike(held: list[tuple[Tensor, Tensor]]) -> Iterable[list[tuple[Tensor, Tensor]]]:
    """The batches that can be counted together: with as many classes, of the same types."""
    groups: dict[object, list[tuple[Tensor, Tensor]]] = {}
    for logits, labels in held:
        key = (
            logits.shape[1],
            logits.dtype,
            logits.device,
            labels.dim(),
            labels.dtype,
            labels.device,
        )
        groups.setdefault(key, []).append((logits, labels))
    return groups.values()


def _hits_of_alike(batches: list[tuple[Tensor, Tensor]]) -> Tensor:
    logits, labels = zip(*batches)
    return hits(torch.cat(logits), torch.cat(labels))


def hits(logits: Tensor, labels: Tensor) -> Tensor:
    """How many of logits (N, classes) are right, and how many have one true class: (2,)."""
    labels = labels.to(logits.device, non_blocking=True)
    if labels.dim() == 2:
        # Several classes at once sum to more than one.
        counts = (labels.float().sum(1) - 1).abs() < ROUNDING
        labels = labels.argmax(1)
    else:
        counts = labels >= 0
    right = (logits.argmax(1) == labels) & counts
    return torch.stack((right.sum(), counts.sum())).float()


def are_logits_with_labels(logits: object, labels: object) -> bool:
    """Whether these are logits (N, classes) with labels (N,) or (N, classes)."""
    if not isinstance(logits, Tensor) or not isinstance(labels, Tensor):
        return False
    if logits.dim() != 2 or logits.shape[1] == 1:
        return False  # one column is a score, and no choice between classes
    if labels.dim() == 1:
        whole = not labels.is_floating_point() and not labels.is_complex()
        return whole and labels.shape[0] == logits.shape[0]
    return labels.shape == logits.shape
