"""Evaluation: what a model makes of images that it does not learn from."""

from __future__ import annotations

from collections.abc import Callable, Generator

import torch
from torch import Tensor, nn

from engine import device as devices
from engine.data.dataset import Split
from engine.data.loaders import Loader
from engine.tally import Evaluation, Result


class Evaluator:
    """Evaluates in batches of `batch` images, in the precision of the training."""

    def __init__(
        self,
        loader: Loader,
        classes: int,
        batch: int,
        device: torch.device,
        precision: str,
        clock: Callable[[], float],
    ) -> None:
        self._loader, self._classes, self._batch = loader, classes, batch
        self._device, self._precision, self._clock = device, precision, clock

    def evaluated(
        self, model: nn.Module, images: Split
    ) -> Generator[None, None, tuple[Result, float]]:
        """What a model makes of these images, and in how many seconds; yields after each batch.

        The time that goes by while it is left at a yield does not count.
        """
        began = self._clock()
        waited = 0.0
        evaluation = self._begun()
        for batch in self._loader.evaluation_batches(images, self._batch):
            self._add(model, evaluation, *batch)
            left = self._clock()
            yield None
            waited += self._clock() - left
        result = evaluation.result()
        return result, self._clock() - began - waited

    def rehearse(self, model: nn.Module, images: Split) -> None:
        """Evaluate one batch, to see that it can be done."""
        batch = next(self._loader.evaluation_batches(images, self._batch))
        self._add(model, self._begun(), *batch)

    def _begun(self) -> Evaluation:
        return Evaluation(self._classes, self._device)

    @torch.no_grad()
    def _add(
        self, model: nn.Module, evaluation: Evaluation, images: Tensor, labels: Tensor
    ) -> None:
        model.eval()
        with devices.autocast(self._device, self._precision):
            logits = model(images)
        evaluation.add(logits, labels)
