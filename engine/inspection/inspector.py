"""What a look inside is answered: training images, feature maps, kernels, predictions."""

from __future__ import annotations

import torch
from torch import nn

from engine.data.base.dataset import Dataset
from engine.data.loaders.loader_choice import Loader
from engine.errors import EngineError, UsageError
from engine.inspection import inspection_text, probe
from engine.protocol import commands
from engine.protocol.events import Alert, Event, Layer

# So many images at once, at most: one screen holds no more.
MOST_IMAGES = 64
SHOWN = 32


class Inspector:
    """Answers about one model and its data, whether or not it is still being trained."""

    def __init__(
        self,
        model: nn.Module,
        layers: tuple[Layer, ...],
        dataset: Dataset,
        loader: Loader,
        device: torch.device,
    ) -> None:
        self._model, self._layers, self._dataset = model, layers, dataset
        self._loader, self._device = loader, device

    def to(self, question: commands.Inspect, epoch: int, step: int) -> Event:
        """The answer, as of a step of an epoch (from 1). Waits for the device.

        A question that names no layer or no image that there is, or one that cannot be read, gets
        an `Alert`: a look shall never end a training.
        """
        try:
            return self._answer(question, epoch, step)
        except EngineError as error:
            return Alert("warning", "probe", str(error), command=question.id, step=step)

    def _answer(self, question: commands.Inspect, epoch: int, step: int) -> Event:
        match question.kind:
            case "augmented":
                return self._augmented(epoch, step)
            case "maps":
                return self._maps(question, step)
            case "images":
                images = self._images(question)
                normalise = self._loader.normalise
                return probe.examples(
                    self._model, self._dataset, normalise, images, self._device, step
                )
            case "kernels":
                return probe.kernels(self._model, self._first_convolution(), step)

    def _augmented(self, epoch: int, step: int) -> Event:
        first = step % self._loader.steps_per_epoch
        batch = next(self._loader.batches(epoch, first))
        return probe.augmented(batch, self._dataset, SHOWN, epoch, step)

    def _maps(self, question: commands.Inspect, step: int) -> Event:
        names = [layer.name for layer in self._layers if len(layer.output) == 3]
        if question.layer not in names:
            raise UsageError(inspection_text.no_maps(question.layer, names))
        reading = probe.feature_maps(
            self._model,
            self._dataset,
            self._loader.normalise,
            (question.layer,),
            self._device,
            step,
            image=self._images(question)[0],
            grid=probe.FULL,
        )
        return reading.events()[0]

    def _images(self, question: commands.Inspect) -> tuple[int, ...]:
        count = len(self._dataset.validation)
        images = question.images[:MOST_IMAGES]
        if not images or not all(0 <= image < count for image in images):
            raise UsageError(inspection_text.no_such_image(count))
        return images

    def _first_convolution(self) -> str:
        for name, module in self._model.named_modules():
            if isinstance(module, nn.Conv2d):
                return str(name)
        raise UsageError(inspection_text.NO_KERNELS)
