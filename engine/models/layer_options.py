"""The options of an architecture that a recipe may set: activation, batch norm and dropouts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Literal, TypeAlias

from torch import nn

from engine.recipes.recipe import Recipe

Default: TypeAlias = Literal["default"]

ACTIVATIONS: Mapping[str, Callable[[], nn.Module]] = {
    # In place, because no other layer needs the input, and memory bandwidth limits small images.
    "relu": partial(nn.ReLU, inplace=True),
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "gelu": nn.GELU,
}


@dataclass(frozen=True)
class LayerOptions:
    """The options of a recipe; "default" leaves each to the architecture.

    The order of layers is convolution, batch norm, activation, dropout.
    """

    act: str = "default"
    bn: Default | bool = "default"
    dropout: Default | float = "default"
    drop_path: Default | float = "default"

    @classmethod
    def of(cls, recipe: Recipe) -> LayerOptions:
        return cls(recipe.act, recipe.bn, recipe.dropout, recipe.drop_path)

    def activation(self, default: str) -> nn.Module:
        return ACTIVATIONS[default if self.act == "default" else self.act]()

    def batch_norm(self, default: bool) -> bool:
        """Whether batch normalisation follows the convolutions."""
        return default if self.bn == "default" else self.bn

    def dropout_rate(self, default: float) -> float:
        """The share of activations that dropout sets to zero."""
        return default if self.dropout == "default" else self.dropout

    def drop_path_rate(self, default: float) -> float:
        """The probability with which the last residual branch is left out; that of the first is 0.

        Huang et al. 2016, "Deep networks with stochastic depth".
        """
        return default if self.drop_path == "default" else self.drop_path

    def dropout_layer(self, default: float) -> nn.Module:
        rate = self.dropout_rate(default)
        return nn.Dropout(rate) if rate else nn.Identity()
