"""A split of a data set of torchvision: how to make it. Imports torchvision on use only."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class TorchvisionSplit:
    """A split of the class `name` of torchvision, made with these options.

    Its files lie below `root`; it is empty for one without files.
    """

    name: str
    root: str
    split: str
    options: tuple[tuple[str, object], ...] = ()

    @property
    def may_draw(self) -> bool:
        return False  # without transforms, items are always the same

    def make(self) -> Any:
        """The data set. Raises what torchvision raises, also where its files are missing."""
        root = {"root": self.root} if self.root else {}
        return set_class(self.name)(**root, **dict(self.options))


def set_class(name: str) -> Any:
    """The class of a data set of torchvision. Raises AttributeError for an unknown name."""
    return getattr(importlib.import_module("torchvision.datasets"), name)
