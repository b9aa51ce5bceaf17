"""Runs that a test compares: made-up journals with recipes, and sources of them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from msgspec.structs import replace

from engine.protocol import events
from engine.protocol.events import Event
from engine.recipes.recipe_building import build_recipe
from engine.recipes.recipe_toml import to_toml
from engine.run.run_paths import RunDir
from tests import scripted
from tui.viewer.compared import Compared
from tui.viewer.run_follower import RunFollower
from tui.viewer.traced_journal import TracedJournal

EPOCHS = 4


def written(
    folder: Path,
    number: int,
    top1: Iterable[float] = (0.5, 0.6, 0.7, 0.8),
    *,
    lr: float = 0.1,
    seed: int = 0,
) -> RunDir:
    """A run that is over: each epoch has ten steps, a report at its fifth, and this accuracy."""
    recipe = build_recipe(flags={"epochs": EPOCHS, "lr": lr, "seed": seed})
    name = f"{number}-lenet5-digits"
    said: list[Event] = [replace(scripted.started(name=name), recipe=recipe)]
    said.append(events.Phase("training"))
    for epoch, accuracy in enumerate(top1, 1):
        said.append(scripted.steps(10 * epoch - 5, loss=3.0 - accuracy))
        said.append(replace(scripted.ended_epoch(epoch, accuracy), scalars={"norm": 1.0 * epoch}))
    said.append(events.RunEnded("done", step=10 * EPOCHS))
    run = scripted.run_dir(folder, said, name)
    run.recipe.write_text(to_toml(recipe))
    return run


def compared(*runs: RunDir) -> Compared:
    """These runs, read to their ends."""
    found = Compared([RunFollower(run, folding=TracedJournal) for run in runs])
    while found.read().more:
        pass
    return found
