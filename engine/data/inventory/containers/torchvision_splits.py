"""The splits of a data set of torchvision, by what its class takes."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

from engine.catalog.data_names import LibrarySet
from engine.data.inventory.containers.torchvision_names import VARIANTS
from engine.data.inventory.layouts.split_names import SplitName
from engine.data.stored.set_item import made
from engine.data.stored.torchvision_split import TorchvisionSplit, set_class

# The parameters that choose a split, and their values for each of ours: the first that is known.
CHOICES: Mapping[str, Mapping[SplitName, tuple[object, ...]]] = {
    "train": {"train": (True,), "test": (False,)},
    "split": {
        "train": ("train", "trainval", "train-standard"),
        "validation": ("val", "valid", "validation"),
        "test": ("test",),
    },
    "version": {"train": ("2021_train",), "validation": ("2021_valid",)},
}
# How torchvision begins to say which values a parameter takes.
OTHER_VALUE = "Valid values are"


class NamedSplit(NamedTuple):
    """A split and how it is made."""

    split: SplitName
    maker: TorchvisionSplit


def splits_below(library: LibrarySet, root: str, *, download: bool = False) -> list[NamedSplit]:
    """The splits of a data set whose files lie below a folder, each made once.

    Raises what torchvision raises, also where files are missing.
    """
    taken = parameters_of(set_class(library.name))
    common: dict[str, object] = {"download": download} if "download" in taken else {}
    if library.name in VARIANTS:
        parameter, values = VARIANTS[library.name]
        common[parameter] = next(value for value in values if library.variant in ("", str(value)))
    make = TorchvisionSplit.make if download else made  # what is downloaded is made again, to stay
    root = root if "root" in taken else ""
    found = []
    for split, options in _options(taken).items():
        makers = [_maker(library.name, root, split, {**common, **each}) for each in options]
        if known := next((maker for maker in makers if _knows_its_values(maker, make)), None):
            found.append(NamedSplit(split, known))
    return found


def _options(taken: Collection[str]) -> Mapping[SplitName, list[dict[str, object]]]:
    """The options of each split, of which the first that the class knows is right."""
    chosen = next((each for each in CHOICES if each in taken), None)
    if chosen is None:
        return {"train": [{}]}
    return {
        split: [{chosen: value} for value in values] for split, values in CHOICES[chosen].items()
    }


def _maker(name: str, root: str, split: str, options: Mapping[str, object]) -> TorchvisionSplit:
    return TorchvisionSplit(name, root, split, tuple(options.items()))


def _knows_its_values(maker: TorchvisionSplit, make: Callable[[TorchvisionSplit], object]) -> bool:
    """Whether the class takes these values. Makes the data set."""
    try:
        make(maker)
    except ValueError as error:
        if OTHER_VALUE not in str(error):
            raise
        return False
    return True


def parameters_of(made_by: Any) -> set[str]:
    """What the class takes, with what it passes on to the classes that it inherits from."""
    names: set[str] = set()
    for base in made_by.__mro__:
        if (init := vars(base).get("__init__")) is None:
            continue
        parameters = inspect.signature(init).parameters
        names |= {*parameters}
        if not any(each.kind is each.VAR_KEYWORD for each in parameters.values()):
            break
    return names - {"self", "kwargs"}
