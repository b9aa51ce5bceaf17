"""Trained networks for tests, which nobody has trained."""

from __future__ import annotations

from pathlib import Path

import msgspec
import torch
from torch import nn

from engine.checkpoints.run_state import Description
from engine.models import registry
from engine.recipes.recipe import Recipe
from engine.run.saved_file import SavedFile
from engine.trained.trained_network import TrainedNetwork
from tests import run_states

CPU = torch.device("cpu")


def described(arch: str, channels: int, size: int, classes: int, **recipe: object) -> Description:
    """The description of a run of this architecture."""
    usual = run_states.description()
    given = msgspec.structs.replace(
        usual.input,
        channels=channels,
        size=size,
        mean=(0.4, 0.5, 0.6)[:channels],
        std=(0.2, 0.25, 0.3)[:channels],
        frame=0,
    )
    return msgspec.structs.replace(
        usual,
        architecture=arch,
        classes=("猫", *(f"kind {index}" for index in range(1, classes))),
        input=given,
        recipe={"arch": arch, **recipe},
    )


def network_of(
    arch: str, channels: int = 3, size: int = 32, classes: int = 5, **recipe: object
) -> TrainedNetwork:
    """A network of the catalogue with random weights."""
    torch.manual_seed(0)
    return network_with(
        registry.build(arch, channels, size, classes),
        described(arch, channels, size, classes, **recipe),
    )


def network_with(model: nn.Module, description: Description) -> TrainedNetwork:
    """A network of this model, whose weights lie in no file."""
    recipe = msgspec.convert(description.recipe, Recipe)
    saved = SavedFile(Path("best.pt"), None)
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    return TrainedNetwork(saved, model.eval(), CPU, description, recipe, 3, 30, 0.5)
