"""Looks into a script's model: feature maps, kernels, and images with predictions.

All are computed in evaluation mode without gradients, as the model was written, even if it is
compiled. Modes, batch norms' statistics and random states stay as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from cnn_tui.byte_pictures import byte_grid, kernel_pictures, picture, predictions
from cnn_tui.compiling import eager
from cnn_tui.evaluated_cells import EvaluatedCells
from cnn_tui.evaluation_mode import evaluation_mode
from cnn_tui.feature_maps import default_layers, record_layers
from cnn_tui.kernels import first_convolution
from cnn_tui.layer_table import Layer
from cnn_tui.measured import measured
from cnn_tui.model_copy import device_of, type_of
from cnn_tui.model_outputs import logits_of
from cnn_tui.readback import Readback
from cnn_tui.shown_limits import ANY_MISTAKE, MOST_IMAGES, RECORDED_MAPS, REQUESTED_MAPS, MapLimits
from cnn_tui.watching import obeying_text
from cnn_tui.watching.labelled_images import LabelledImages, labelled_images
from cnn_tui.watching.random_states import kept_random_states
from cnn_tui.watching.refusal_error import RefusalError
from cnn_tui.watching.sample_images import SampleImages
from cnn_tui.watching.script import Script
from cnn_tui.watching.shown_pixels import ShownPixels, as_images
from cnn_tui.watching.unwrapping import is_sharded, unwrapped

AUGMENTED_IMAGES = 32
UNLABELLED = -1


class MapsReading:
    """The feature maps of an image, while the device still computes or copies them."""

    def __init__(
        self, shapes: dict[str, tuple[int, ...]], readback: Readback, event: dict[str, Any]
    ) -> None:
        """`readback` has a grid for each layer of `shapes`, and then the logits, if any.

        `event` has the fields that all events share.
        """
        self._shapes, self._readback, self._event = shapes, readback, event

    def ready(self) -> bool:
        return self._readback.ready()

    def events(self) -> list[dict[str, Any]]:
        """One event for each layer. Waits for the device: a CPU-GPU sync unless `ready`."""
        values = self._readback.wait()
        grids, logits = values[: len(self._shapes)], values[len(self._shapes) :]
        event = {**self._event, "top": _top(logits[0]) if logits else []}
        return [
            {
                **event,
                "layer": name,
                "shape": list(shape),
                "maps": [*map(_map, range(len(maps)), maps)],
            }
            for (name, shape), maps in zip(self._shapes.items(), grids)
        ]


class InspectedScript:
    """Replies to requests about the model and the images that a script gave."""

    def __init__(self, script: Script, images: SampleImages) -> None:
        self._script, self.images = script, images
        self._model: nn.Module | None = None if script.model is None else unwrapped(script.model)
        self._pixels: ShownPixels | None = None
        self.layers: tuple[Layer, ...] = ()
        # Where the last evaluation counted each image; None if that is not known.
        self.evaluated: EvaluatedCells | None = None

    def reply(self, request: dict[str, Any]) -> dict[str, Any]:
        """The event that replies to an `Inspect`. Waits for the device. Raises RefusalError."""
        kind = request.get("look", "augmented")
        if kind == "augmented":
            return self._augmented()
        if kind == "kernels":
            return self._kernels()
        images = self._wanted(request)
        if kind == "maps":
            return self._maps(request.get("layer", ""), images[0])
        return self._examples(images)

    # Feature maps

    def recorded_maps(self) -> MapsReading | None:
        """Starts to read the maps of the first image that a run records; None without layers."""
        names = [name for name in default_layers(self.model) if name in self._mapped()]
        return self._read_maps(names, 0, RECORDED_MAPS) if names else None

    def _maps(self, layer: str, image: int) -> dict[str, Any]:
        self.images.first()  # without images no layer has maps
        if layer not in self._mapped():
            raise RefusalError(obeying_text.no_maps(layer))
        return self._read_maps([layer], image, REQUESTED_MAPS).events()[0]

    def _mapped(self) -> set[str]:
        return {layer.name for layer in self.layers if len(layer.output) == 3}

    def _read_maps(self, names: Sequence[str], image: int, limits: MapLimits) -> MapsReading:
        shown = self.images.at(image)
        inputs = on_device_of(self.model, shown.images)
        try:
            with kept_random_states(), eager():
                output, layers = record_layers(self.model, inputs, names, *limits)
        except Exception as error:
            raise RefusalError(obeying_text.model_failed(error)) from error
        logits = self._class_logits(output, shown)
        rows = [] if logits is None else [logits[0]]
        grids = [maps.grids for maps in layers.values()]
        return MapsReading(
            {name: maps.shape for name, maps in layers.items()},
            Readback(inputs.device, [*grids, *rows]),
            {**self._event("FeatureMaps"), **self._shown(shown, image)},
        )

    # Kernels, images

    def _kernels(self) -> dict[str, Any]:
        layer = first_convolution(self.model)
        if layer is None:
            raise RefusalError(obeying_text.NO_KERNELS)
        shape, largest, pictures = kernel_pictures(self.model, layer)
        shown = [one._asdict() for one in pictures]
        fields = {"layer": layer, "shape": list(shape), "largest": measured(largest)}
        return {**self._event("Kernels"), **fields, "kernels": shown}

    def _examples(self, images: Sequence[int]) -> dict[str, Any]:
        shown = [self.images.at(image) for image in images]
        examples = [
            {**self._shown(one, image), "top": [] if logits is None else _top(logits.cpu())}
            for one, image, logits in zip(shown, images, self._logits_of_each(shown))
        ]
        return {**self._event("Examples"), "examples": examples}

    def _logits_of_each(self, shown: Sequence[LabelledImages]) -> list[Tensor | None]:
        """The logits (classes,) of each image; in one pass if all have the same size."""
        if len({one.images.shape for one in shown}) == 1:
            output = self._output(torch.cat([one.images for one in shown]))
            logits = self._class_logits(output, shown[0])
            return [None] * len(shown) if logits is None else [*logits]
        found = [self._class_logits(self._output(one.images), one) for one in shown]
        return [None if logits is None else logits[0] for logits in found]

    def _augmented(self) -> dict[str, Any]:
        if self._script.trained_batch is None:
            raise RefusalError(obeying_text.NO_BATCH)
        images, labels, _ = labelled_images(self._script.trained_batch)
        shown = as_images(images[:AUGMENTED_IMAGES].detach().cpu())
        names = [""] * len(shown) if labels is None else map(self._class, labels.tolist())
        samples = [
            {"picture": picture(pixels)._asdict(), "label": name}
            for pixels, name in zip(ShownPixels(shown).pixels(shown), names)
        ]
        return {**self._event("Augmented"), "epoch": self._script.epoch, "samples": samples}

    def _class(self, label: int) -> str:
        classes = self._script.classes
        return str(classes[label]) if 0 <= label < len(classes) else str(label)

    def _wanted(self, request: dict[str, Any]) -> Sequence[int]:
        images = [*request.get("images", (0,))][:MOST_IMAGES]
        cell, evaluated = request.get("cell"), self.evaluated
        if cell is not None and evaluated and evaluated.epoch == request.get("epoch"):
            true, predicted = cell
            found = evaluated.images(true, None if predicted == ANY_MISTAKE else predicted)
            images = found[:MOST_IMAGES]
        if cell is not None and not images:
            raise RefusalError(obeying_text.no_images_known(int(request.get("epoch", 0))))
        return images or [0]

    # The model

    @property
    def model(self) -> nn.Module:
        """The unwrapped model. Raises RefusalError where it cannot be run."""
        if self._model is None:
            raise RefusalError(obeying_text.NO_MODEL)
        if is_sharded(self._model):
            raise RefusalError(obeying_text.SHARDED)
        return self._model

    def _output(self, images: Tensor) -> object:
        inputs = on_device_of(self.model, images)
        try:
            with kept_random_states(), eager(), evaluation_mode(self.model), torch.no_grad():
                return self.model(inputs)
        except Exception as error:
            raise RefusalError(obeying_text.model_failed(error)) from error

    def _class_logits(self, output: object, shown: LabelledImages) -> Tensor | None:
        """Logits (N, classes) of a model that classifies; None for any other."""
        if shown.labels is None and not self._script.classes:
            return None
        try:
            logits = logits_of(output)
        except TypeError:
            return None
        return logits.detach().float() if logits.ndim == 2 and logits.shape[1] > 1 else None

    # The fields of events

    def _event(self, kind: str) -> dict[str, Any]:
        return {"type": kind, "step": self._script.step}

    def _shown(self, shown: LabelledImages, image: int) -> dict[str, Any]:
        if self._pixels is None:
            self._pixels = ShownPixels(as_images(self.images.first().images.detach().cpu()))
        pixels = self._pixels.pixels(as_images(shown.images.detach().cpu()))[0]
        label = UNLABELLED if shown.labels is None else int(shown.labels[0])
        return {"image": image, "picture": picture(pixels)._asdict(), "true": label}


def on_device_of(model: nn.Module, images: Tensor) -> Tensor:
    """The images on the model's device; those with fractions in the type of its weights."""
    dtype = type_of(model) if images.is_floating_point() else images.dtype
    return images.detach().to(device_of(model), dtype)


def _top(logits: Tensor) -> list[list[Any]]:
    return [[index, measured(share)] for index, share in predictions(logits)]


def _map(channel: int, grid: Tensor) -> dict[str, Any]:
    height, width, low, high, data = byte_grid(grid)
    shape = {"channel": channel, "height": height, "width": width}
    return {**shape, "low": measured(low), "high": measured(high), "data": data}
