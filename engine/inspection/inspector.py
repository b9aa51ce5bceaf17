"""Replies to inspection requests: images, their neighbours, feature maps, kernels."""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

from cnn_tui.evaluated_cells import EvaluatedCells
from cnn_tui.kernels import first_convolution
from cnn_tui.shown_limits import REQUESTED_MAPS
from cnn_tui.untouched import untouched
from engine.data.base.dataset import Dataset, Split
from engine.data.loaders.loader_choice import Loader
from engine.devices.forward_pass import Judge
from engine.errors import EngineError, UsageError
from engine.inspection import inspection_text, pictures
from engine.inspection.feature_map_events import FeatureMapReading
from engine.inspection.neighbours import NeighbourSearch
from engine.inspection.training_images import TrainingImages
from engine.protocol import commands
from engine.protocol.events import Alert, Event, Layer

# A screen shows no more validation images than this.
MOST_IMAGES = 64
AUGMENTED_IMAGES = 32


class Inspector:
    """Replies to requests about one model and its data, during training or afterwards."""

    def __init__(
        self,
        model: nn.Module,
        layers: tuple[Layer, ...],
        dataset: Dataset,
        loader: Loader,
        judge: Judge,
        training: Callable[[], TrainingImages],
    ) -> None:
        """`training` gives the training images, or raises an EngineError that says why not."""
        self._model, self._layers, self._dataset = model, layers, dataset
        self._loader, self._judge, self._training = loader, judge, training
        self.evaluated: EvaluatedCells | None = None
        """What the last validation predicted; None before it."""

    def reply(self, request: commands.Inspect, epoch: int, step: int) -> Event:
        """The reply to a request after `step` steps; epochs count from 1. Waits for the device.

        The reply is an `Alert` if the layer or the image does not exist or cannot be read: a
        request must never end a training.
        """
        try:
            with untouched(self._model, self._judge.device):
                return self._reply(request, epoch, step)
        except EngineError as error:
            return Alert("warning", "probe", str(error), command=request.id, step=step)

    def _reply(self, request: commands.Inspect, epoch: int, step: int) -> Event:
        match request.kind:
            case "augmented":
                return self._augmented(epoch, step)
            case "maps":
                return self._maps(request, step)
            case "images":
                images, normalise = self._images(request), self._loader.normalise
                split = self._split(request)
                return pictures.examples(self._model, split, normalise, images, self._judge, step)
            case "neighbours":
                return self._neighbours(request, step)
            case "kernels":
                return self._kernels(step)

    def _split(self, request: commands.Inspect) -> Split:
        return self._training().split if request.split == "training" else self._dataset.validation

    def _neighbours(self, request: commands.Inspect, step: int) -> Event:
        if request.cell is None:
            raise UsageError(inspection_text.NO_CLASSES)
        at = self._images(request)[0]
        image = self._split(request).readable(at)
        if image is None:
            raise UsageError(inspection_text.cannot_read(request.split, at))
        search = NeighbourSearch(
            self._model,
            self._judge,
            self._loader.normalise,
            self._training(),
            len(self._dataset.classes),
        )
        of_training = at if request.split == "training" else None
        return search.near(image, of_training, *request.cell, step)

    def _augmented(self, epoch: int, step: int) -> Event:
        first = step % self._loader.steps_per_epoch
        batch = next(self._loader.batches(epoch, first))
        return pictures.augmented(batch, self._dataset, AUGMENTED_IMAGES, epoch, step)

    def _maps(self, request: commands.Inspect, step: int) -> Event:
        names = [layer.name for layer in self._layers if len(layer.output) == 3]
        if request.layer not in names:
            raise UsageError(inspection_text.no_maps(request.layer, names))
        reading = FeatureMapReading(
            self._model,
            self._split(request),
            self._loader.normalise,
            (request.layer,),
            self._judge,
            step,
            image=self._images(request)[0],
            limits=REQUESTED_MAPS,
        )
        return reading.events()[0]

    def _images(self, request: commands.Inspect) -> tuple[int, ...]:
        count, images = len(self._split(request)), request.images[:MOST_IMAGES]
        if request.cell is not None and (request.kind, request.split) == ("images", "validation"):
            images = self._of_cell(request.cell, request.epoch, images)
        if not images or not all(0 <= image < count for image in images):
            raise UsageError(inspection_text.no_such_image(request.split, count))
        return images

    def _of_cell(
        self, cell: tuple[int, int], epoch: int, known: tuple[int, ...]
    ) -> tuple[int, ...]:
        """The images of a cell, by the last validation if it was that of this epoch."""
        if self.evaluated is not None and self.evaluated.epoch == epoch:
            true, predicted = cell
            any_mistake = predicted == commands.ANY_MISTAKE
            found = self.evaluated.images(true, None if any_mistake else predicted)
            known = tuple(found[:MOST_IMAGES])
        if not known:
            raise UsageError(inspection_text.no_images_known(epoch))
        return known

    def _kernels(self, step: int) -> Event:
        layer = first_convolution(self._model)
        if layer is None:
            raise UsageError(inspection_text.NO_KERNELS)
        return pictures.kernel_pictures(self._model, layer, step)
