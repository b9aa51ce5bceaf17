"""The command line that starts the same run as the launcher."""

from __future__ import annotations

import shlex

from engine.recipes import recipe
from engine.recipes.recipe import Recipe

FLAGS = {"epochs": "--epochs", "seed": "--seed", "device": "--device", "data_dir": "--data-dir"}


def of(chosen: Recipe) -> str:
    """`cnn-tui train -m resnet18 -d cifar10 -r quick`, with what differs from the preset."""
    words = ["cnn-tui", "train", "-m", chosen.arch, "-d", chosen.data, "-r", chosen.preset]
    for key, value in recipe.difference(chosen).items():
        if key in FLAGS:
            words += [FLAGS[key], str(value)]
        else:
            words += ["--set", f"{key}={recipe.written(value)}"]
    return shlex.join(words)
