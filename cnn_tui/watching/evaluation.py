"""Evaluates a script's model: loss, top-1, top-5 and confusion, as the engine counts them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cnn_tui.class_ranking import ClassRanking
from cnn_tui.evaluated_cells import accuracy, cells_of
from cnn_tui.evaluation_mode import evaluation_mode
from cnn_tui.model_copy import device_of
from cnn_tui.model_outputs import logits_of
from cnn_tui.nested_tensors import tensors_in
from cnn_tui.watching.labelled_images import LabelledImages, labelled_images
from cnn_tui.watching.unwrapping import unwrapped

TOP = 5

Criterion = Callable[[Any, Any], Tensor]


class Evaluated(NamedTuple):
    """The means over `images` images; None stands for what was not measured.

    `loss` is that of the criterion, without one the cross-entropy in nats. `top5` needs more than
    five classes.
    """

    loss: float | None
    top1: float | None
    top5: float | None
    images: int
    seconds: float


class Counts(NamedTuple):
    """An evaluation and the cell (N,) of each image, `true * classes + predicted`, on the CPU."""

    result: Evaluated
    classes: int
    cells: Tensor


def evaluate(
    model: nn.Module,
    batches: Iterable[Any],
    criterion: Criterion | None,
    between: Callable[[], None],
) -> Counts:
    """Evaluate a model on the batches of a loader; calls `between` after each.

    The model is in evaluation mode and computes no gradients. Raises RefusalError where a batch has
    no images, and whatever the model and the criterion raise.
    """
    model = _with_compiled_code(model)
    began, sums = time.monotonic(), _Sums(criterion)
    device = device_of(model)
    with evaluation_mode(model):
        for batch in batches:
            found = labelled_images(batch)
            images = found.images.to(device, non_blocking=True)
            with torch.no_grad():
                sums.add(model(images), found, device)
            between()
    return sums.counts(began)


def _with_compiled_code(model: nn.Module) -> nn.Module:
    """The model, without those wrappers that wait for other processes."""
    inner = unwrapped(model)
    return model if getattr(model, "_orig_mod", None) is inner else inner


class _Sums:
    """Sums on the device over all batches; only `counts` waits for it."""

    def __init__(self, criterion: Criterion | None) -> None:
        self._criterion = criterion
        self._losses: list[Tensor] = []
        self._weights: list[int | Tensor] = []
        self._cells: list[Tensor] = []
        self._among_five: list[Tensor] = []
        self._images = self._classes = 0

    def add(self, output: object, found: LabelledImages, device: torch.device) -> None:
        self._images += len(found.images)
        if self._criterion is not None:
            loss = self._criterion(output, _moved(found.target, device))
            self._losses.append(loss.detach().double().mean() * len(found.images))
            self._weights.append(len(found.images))
        logits = None if found.labels is None else _logits(output)
        if logits is not None and found.labels is not None:
            self._count(logits, found.labels.to(device, non_blocking=True))

    def _count(self, logits: Tensor, labels: Tensor) -> None:
        classes = self._classes = logits.shape[1]
        counts = (labels >= 0) & (labels < classes)
        own, ranking = labels * counts, ClassRanking(logits)
        self._cells.append(cells_of(ranking.predicted, labels, classes))
        self._among_five.append((ranking.among_first(own, TOP) & counts).sum())
        if self._criterion is None:
            logs = F.log_softmax(logits, 1).gather(1, own[:, None])[:, 0]
            self._losses.append(-(logs.double() * counts).sum())
            self._weights.append(counts.sum())

    def counts(self, began: float) -> Counts:
        """The whole evaluation. This waits for the device."""
        cells = torch.cat(self._cells).cpu() if self._cells else torch.zeros(0, dtype=torch.long)
        loss, top1, top5 = None, accuracy(cells, self._classes), None
        weight = int(sum(self._weights))
        if weight:
            loss = float(torch.stack(self._losses).sum()) / weight
        if top1 is not None and self._classes > TOP:
            top5 = int(torch.stack(self._among_five).sum()) / int((cells >= 0).sum())
        seconds = time.monotonic() - began
        return Counts(Evaluated(loss, top1, top5, self._images, seconds), self._classes, cells)


def _logits(output: object) -> Tensor | None:
    """Logits (N, classes) of a model that classifies; None for any other."""
    logits = logits_of(output) if any(True for _ in tensors_in(output)) else None
    if logits is None or logits.ndim != 2 or logits.shape[1] < 2:
        return None
    return logits.float()


def _moved(target: Any, device: torch.device) -> Any:
    """What belongs to the images, on their device."""
    if isinstance(target, Tensor):
        return target.to(device, non_blocking=True)
    if isinstance(target, (list, tuple)):
        return type(target)(_moved(one, device) for one in target)
    if isinstance(target, dict):
        return {name: _moved(one, device) for name, one in target.items()}
    return target
