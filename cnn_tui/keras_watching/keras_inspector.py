"""Replies to requests to look inside a Keras model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

from cnn_tui.keras_watching import keras_text, layer_outputs
from cnn_tui.keras_watching.keras_judgements import Judged, top_classes
from cnn_tui.keras_watching.keras_layers import named_layers
from cnn_tui.keras_watching.keras_pictures import averaged, feature_map, kernel_pictures, picture
from cnn_tui.keras_watching.validation_arrays import ValidationArrays
from cnn_tui.shown_limits import MOST_IMAGES, RECORDED_MAPS, REQUESTED_MAPS, MapLimits
from cnn_tui.watching import obeying_text
from cnn_tui.watching.refusal_error import RefusalError
from cnn_tui.watching.script import Script


class KerasInspector:
    """Replies to `Inspect`, from the model as it is at this step."""

    def __init__(
        self, model: Callable[[], Any], script: Script, data: ValidationArrays | None
    ) -> None:
        self._model, self._script, self._data = model, script, data
        self.judged: Judged | None = None

    def reply(self, command: dict[str, Any]) -> dict[str, Any]:
        """The event that shows what is asked for. Raises RefusalError."""
        return {"step": self._script.step, **self._reply(self._model(), command)}

    def _reply(self, model: Any, request: dict[str, Any]) -> dict[str, Any]:
        look = request.get("look", "augmented")
        if look == "kernels":
            return self._kernels(model)
        if look == "augmented":
            raise RefusalError(keras_text.NO_AUGMENTED)
        data = self._shown_data()
        images = self._images(request, len(data))
        if look == "maps":
            return self._maps(model, data, request.get("layer", ""), images[0])
        return self._examples(model, data, images)

    def _shown_data(self) -> ValidationArrays:
        if self._data is None:
            raise RefusalError(keras_text.NO_DATA)
        if not self._data.are_images:
            raise RefusalError(keras_text.NO_IMAGES)
        return self._data

    def _images(self, request: dict[str, Any], count: int) -> list[int]:
        images, cell = list(request.get("images", (0,))), request.get("cell")
        epoch = request.get("epoch", 0)
        if cell and self.judged and self.judged.epoch == epoch:
            images = self.judged.images(*cell)
        if cell and not images:
            raise RefusalError(keras_text.no_images_known(epoch))
        if not images or not all(0 <= image < count for image in images):
            raise RefusalError(obeying_text.no_such_image(count))
        return images[:MOST_IMAGES]

    def _kernels(self, model: Any) -> dict[str, Any]:
        for name, layer in named_layers(model):
            if _is_convolution(layer):
                return kernel_pictures(name, keras.ops.convert_to_numpy(layer.kernel))
        raise RefusalError(keras_text.NO_KERNELS)

    def _maps(self, model: Any, data: ValidationArrays, name: str, image: int) -> dict[str, Any]:
        if name not in dict(named_layers(model)):
            raise RefusalError(obeying_text.no_maps(name))
        found = self._maps_of(model, data, (name,), image, REQUESTED_MAPS)
        if not found:
            raise RefusalError(obeying_text.no_maps(name))
        return found[0]

    def epoch_maps(self, model: Any) -> list[dict[str, Any]]:
        """Small maps of the first image, of the first two convolutions and the last one."""
        if self._data is None or not self._data.are_images:
            return []
        layers = [name for name, layer in named_layers(model) if _is_convolution(layer)]
        names = tuple(dict.fromkeys([*layers[:2], *layers[-1:]]))
        return self._maps_of(model, self._data, names, 0, RECORDED_MAPS)

    def _maps_of(
        self,
        model: Any,
        data: ValidationArrays,
        names: Sequence[str],
        image: int,
        limits: MapLimits,
    ) -> list[dict[str, Any]]:
        seen = layer_outputs.layer_outputs(model, data.batch([image]), names)
        shown = self._shown(data, image, seen.output[0])
        return [
            {
                "type": "FeatureMaps",
                "layer": name,
                "shape": maps.shape[1:],
                **shown,
                "maps": [
                    feature_map(channel, grid)
                    for channel, grid in enumerate(
                        averaged(maps[0, : limits.channels], limits.side)
                    )
                ],
            }
            for name, maps in seen.maps.items()
        ]

    def _examples(self, model: Any, data: ValidationArrays, images: list[int]) -> dict[str, Any]:
        output = layer_outputs.model_output(model, data.batch(images))
        shown = [self._shown(data, image, row) for image, row in zip(images, output)]
        return {"type": "Examples", "examples": shown}

    def _shown(self, data: ValidationArrays, image: int, output: Any) -> dict[str, Any]:
        """An image with its class and the three likeliest ones; see `events.Example`."""
        labels = data.labels()
        return {
            "image": image,
            "picture": picture(data.shown(image), *data.white()),
            "true": -1 if labels is None else int(labels[image]),
            "top": top_classes(np.asarray(output)),
        }


def _is_convolution(layer: Any) -> bool:
    return isinstance(layer, keras.layers.Conv2D) and layer.built
