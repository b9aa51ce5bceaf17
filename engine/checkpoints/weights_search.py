"""Finds the weights in what a training script has saved, and what it says of them.

The content is that of a file after it is loaded: mappings, lists, plain values and tensors.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from torch import Tensor

from engine.recipes import image_normalisation
from engine.recipes.image_normalisation import Normalisation

Tensors: TypeAlias = dict[str, Tensor]

# Where training scripts keep averaged weights, and the ones that the optimiser updates.
AVERAGED = ("model_ema", "state_dict_ema", "ema_state_dict", "ema")
TRAINED = ("state_dict", "model_state_dict", "model", "net")
DEEPEST = 3
# Where they keep their settings, and in these what they know of the images.
SETTINGS = ("hyper_parameters", "hparams", "args", "config")
OF_IMAGES = ("pretrained_cfg", "default_cfg", "data_config")
CLASS_LISTS, CLASS_NUMBERS = ("classes", "class_names"), "class_to_idx"


class FoundWeights(NamedTuple):
    """Weights by name, and the keys that lead to them: `model.state_dict`, or nothing.

    `left` names the weights that the others were preferred to, if there are any.
    """

    tensors: Tensors
    where: str
    left: str = ""


def weights_in(content: object) -> FoundWeights | None:
    """The weights in the content of a file, averaged ones first; None if there are none."""
    found = list(_all_weights(content, ()))
    if not found:
        return None
    first = next((each for each in found if _is_averaged(each)), found[0])
    others = [each.where for each in found if _is_averaged(each) != _is_averaged(first)]
    return first._replace(left=next(iter(others), ""))


def _is_averaged(found: FoundWeights) -> bool:
    return any(key in AVERAGED for key in found.where.split("."))


def _all_weights(content: object, keys: tuple[str, ...]) -> Iterator[FoundWeights]:
    if not isinstance(content, Mapping) or len(keys) > DEEPEST:
        return
    inner = [key for key in (*AVERAGED, *TRAINED) if isinstance(content.get(key), Mapping)]
    for key in inner:
        yield from _all_weights(content[key], (*keys, key))
    tensors = {str(key): each.detach() for key, each in content.items() if isinstance(each, Tensor)}
    if not inner and len(tensors) * 2 > len(content):
        yield FoundWeights(tensors, ".".join(keys))


def normalisation_in(content: object) -> Normalisation | None:
    """The normalisation that a file's settings tell, as timm writes it; None if they do not."""
    for settings in _settings(content):
        for told in (settings, *(settings.get(key) for key in OF_IMAGES)):
            if isinstance(told, Mapping) and (found := _normalisation(told)):
                return found
    return None


def _normalisation(told: Mapping[Any, Any]) -> Normalisation | None:
    mean, std = _numbers(told.get("mean")), _numbers(told.get("std"))
    return Normalisation(mean, std) if image_normalisation.possible(mean, std) else None


def _numbers(value: object) -> tuple[float, ...]:
    listed = isinstance(value, Sequence) and all(isinstance(each, (int, float)) for each in value)
    return tuple(map(float, value)) if listed and isinstance(value, Sequence) else ()


def classes_in(content: object) -> tuple[str, ...] | None:
    """The names of the outputs, in order, where a file tells them."""
    for settings in _settings(content):
        numbers = settings.get(CLASS_NUMBERS)
        if isinstance(numbers, Mapping) and {*numbers.values()} == {*range(len(numbers))}:
            return tuple(str(name) for name in sorted(numbers, key=lambda name: numbers[name]))
        for names in (settings.get(key) for key in CLASS_LISTS):
            if isinstance(names, (list, tuple)) and all(isinstance(name, str) for name in names):
                return tuple(names) or None
    return None


def _settings(content: object) -> Iterator[Mapping[Any, Any]]:
    if isinstance(content, Mapping):
        yield content
        yield from (each for each in map(content.get, SETTINGS) if isinstance(each, Mapping))
