"""Folders of runs that have kept judgements of their validation images, for comparisons."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from msgspec.structs import replace

from engine.comparison.compared_training import ComparedTraining, compared
from engine.protocol.events import Event
from engine.recipes.recipe_building import build_recipe
from engine.recipes.recipe_toml import to_toml
from engine.run import predictions_file
from engine.run.predictions_file import Predictions
from engine.run.run_paths import RunDir
from tests import scripted
from tui.viewer.run_summary import read_history

CLASSES = ("cat", "dog")
EPOCHS = 2


def predictions(hits: Sequence[bool], digest: str = "5d41") -> Predictions:
    """Judgements of images, of which every other one is a dog."""
    right = np.asarray(hits, np.bool_)
    labels = (np.arange(len(right)) % 2).astype(np.int32)
    return Predictions(
        epoch=EPOCHS,
        step=20,
        digest=digest,
        labels=labels,
        predicted=np.where(right, labels, 1 - labels).astype(np.int32),
        probability=np.full(len(right), 0.75, np.float32),
        label_probability=np.full(len(right), 0.25, np.float32),
        among_five=np.ones(len(right), np.bool_),
    )


def run(
    folder: Path,
    name: str,
    hits: Sequence[bool] = (),
    classes: tuple[str, ...] = CLASSES,
    digest: str = "5d41",
    **fields: object,
) -> RunDir:
    """The folder of a run of two epochs with this recipe; without hits it keeps no judgements."""
    recipe = build_recipe(flags={"epochs": EPOCHS, **fields})
    started = replace(scripted.started(classes, EPOCHS, name), recipe=recipe)
    said: list[Event] = [started]
    for epoch in (1, 2):
        said += [scripted.steps(step) for step in range(epoch * 10 - 9, epoch * 10 + 1)]
        top1 = 0.7 + 0.1 * epoch + recipe.seed / 100
        said.append(scripted.ended_epoch(epoch, top1))
    made = RunDir(folder / name)
    made.path.mkdir(parents=True)
    made.recipe.write_text(to_toml(recipe))
    scripted.write(made, said)
    if hits:
        predictions_file.write(made.predictions, predictions(hits, digest))
    return made


def training(made: RunDir) -> ComparedTraining:
    return compared(made.label, read_history(made), made)
