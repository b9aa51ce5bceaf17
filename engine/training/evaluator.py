"""Evaluation: what a model makes of images that it does not learn from."""

from __future__ import annotations

from collections.abc import Callable, Generator

import torch
from torch import Tensor, nn

from engine.data.base.dataset import Split
from engine.data.loaders.loader_choice import Loader
from engine.devices import device as devices
from engine.distributed.ranks import World
from engine.training.metrics import Evaluation, Result


class Evaluator:
    """Evaluates in batches of `batch` images over all ranks, in the precision of the training."""

    def __init__(
        self,
        loader: Loader,
        classes: int,
        batch: int,
        device: torch.device,
        precision: str,
        clock: Callable[[], float],
        world: World,
        *,
        mirrored: bool,
    ) -> None:
        """`mirrored` judges by the mean of the logits of each image and of its mirror image."""
        self._loader, self._classes, self._batch = loader, classes, batch
        self._device, self._precision, self._clock = device, precision, clock
        self._world, self._mirrored = world, mirrored

    def evaluated(
        self, model: nn.Module, images: Split
    ) -> Generator[None, None, tuple[Result, float]]:
        """What a model makes of these images, and in how many seconds; yields after each batch.

        The time that goes by while it is left at a yield does not count.
        """
        began = self._clock()
        waited = 0.0
        evaluation = self._begun()
        self._world.align(model)
        self._world.anew()
        for batch in self._loader.evaluation_batches(images, self._batch):
            self._add(model, evaluation, *batch)
            self._world.agreed(lambda: False)
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
        return Evaluation(self._classes, self._device, self._world)

    @torch.no_grad()
    def _add(
        self, model: nn.Module, evaluation: Evaluation, images: Tensor, labels: Tensor
    ) -> None:
        model.eval()
        with devices.autocast(self._device, self._precision):
            logits = self._logits(model, images)
        evaluation.add(logits, labels)

    def _logits(self, model: nn.Module, images: Tensor) -> Tensor:
        """Of images (N, channels, H, W): (N, classes)."""
        # The last batch may have less images than there are ranks.
        if not len(images):
            return images.new_zeros(0, self._classes)
        logits: Tensor = model(images)
        return (logits + model(images.flip(3))) / 2 if self._mirrored else logits
