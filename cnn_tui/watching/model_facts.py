"""What a script's model consists of, as far as a copy of it can be run on one of its images."""

from __future__ import annotations

from typing import Any, NamedTuple

from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from cnn_tui.compiling import eager
from cnn_tui.layer_table import Layer, layer_table_for
from cnn_tui.leaf_modules import leaf_modules
from cnn_tui.watching import obeying_text
from cnn_tui.watching.shown_pixels import as_images


class ModelFacts(NamedTuple):
    """Fields of `RunStarted`. `failure` says why the layers are known by their names alone."""

    layers: tuple[Layer, ...]
    parameters: int
    macs: int
    input: tuple[int, ...]
    failure: str = ""

    def fields(self) -> dict[str, Any]:
        """The fields as the event has them."""
        names = ("name", "kind", "detail", "output", "parameters", "macs", "receptive")
        return {
            "layers": [dict(zip(names, layer)) for layer in self.layers],
            "parameters": self.parameters,
            "macs": self.macs,
            "input": list(self.input),
        }


def model_facts(model: nn.Module, image: Tensor | None) -> ModelFacts:
    """The facts on an unwrapped model, for one image (1, …) on its device.

    Without an image, or where the model cannot be run on it, the layers are those with parameters
    in the order in which they were defined. Draws no random numbers.
    """
    parameters = sum(map(_numbers, model.parameters()))
    if image is None:
        return ModelFacts(_named_layers(model), parameters, 0, (0, 0, 0))
    shape = tuple(as_images(image[:1]).shape[2:])
    channels = image.shape[1] if image.ndim > 3 else 1
    try:
        with eager():
            layers = layer_table_for(model, image)
    except Exception as error:  # noqa: BLE001 (the model is anybody's)
        failure = obeying_text.model_failed(error)
        return ModelFacts(_named_layers(model), parameters, 0, (channels, *shape), failure)
    macs = sum(layer.macs for layer in layers)
    return ModelFacts(tuple(layers), parameters, macs, (channels, *shape))


def _named_layers(model: nn.Module) -> tuple[Layer, ...]:
    found = []
    for name, module in leaf_modules(model):
        parameters = sum(map(_numbers, module.parameters()))
        if parameters:
            found.append(Layer(name, type(module).__name__, "", (), parameters, 0, 0))
    return tuple(found)


def _numbers(weight: nn.Parameter) -> int:
    """How many numbers a weight has; none if its shape is not known yet."""
    return 0 if is_lazy(weight) else weight.numel()
