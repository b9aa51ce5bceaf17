"""The command line that starts a run with this recipe."""

from __future__ import annotations

import shlex

from engine.recipes.recipe import Recipe
from engine.recipes.recipe_building import difference_from_preset
from engine.recipes.recipe_toml import as_setting

FLAGS = {
    "epochs": "--epochs",
    "seed": "--seed",
    "device": "--device",
    "data_dir": "--data-dir",
    "decisions": "--labels",
}


def of(chosen: Recipe) -> str:
    """`cnn-tui --arch resnet18 --data cifar10 --recipe quick`, plus the changed fields."""
    words = ["cnn-tui", "--arch", chosen.arch, "--data", chosen.data, "--recipe", chosen.preset]
    for key, value in difference_from_preset(chosen).items():
        if key in FLAGS:
            words += [FLAGS[key], str(value)]
        else:
            words += ["--set", f"{key}={as_setting(value)}"]
    return shlex.join(words)
