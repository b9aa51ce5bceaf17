"""The first event of an attempt: model, data, device and settings."""

from __future__ import annotations

import platform
import socket
import subprocess
from collections.abc import Mapping
from importlib import metadata

import msgspec
import torch

from engine.data.base.dataset import Dataset
from engine.devices import device as devices
from engine.distributed.rank import Rank
from engine.protocol import events
from engine.recipes.recipe import Recipe, Resolved
from engine.recipes.recipe_toml import read_fields
from engine.run.run_paths import RunDir
from engine.training.trainer import Trainer

# Packages whose versions are recorded beside those of Python and PyTorch.
RECORDED = ("torchvision", "cnn-tui")


def run_started(
    run: RunDir,
    attempt: str,
    recipe: Recipe,
    resolved: Resolved,
    device: torch.device,
    dataset: Dataset,
    trainer: Trainer,
    rank: Rank,
) -> events.RunStarted:
    """The event for a training that is set up but has not begun."""
    channels, height, width = dataset.train.shape
    layers = trainer.layers
    return events.RunStarted(
        attempt=attempt,
        name=run.label,
        recipe=as_asked(run, recipe),
        resolved=resolved,
        host=socket.gethostname(),
        device=devices.name(device, rank.count),
        classes=dataset.classes,
        layers=layers,
        parameters=sum(p.numel() for p in trainer.model.parameters()),
        macs=sum(layer.macs for layer in layers),
        input=(channels, height, width),
        train_images=len(dataset.train.labels),
        validation_images=len(dataset.validation.labels),
        validation_is_test=dataset.validates == "test",
        steps_per_epoch=trainer.steps_per_epoch,
        planned_steps=trainer.progress.plan.steps,
        versions=versions(),
        git=_git_commit(),
    )


def as_asked(run: RunDir, recipe: Recipe) -> Recipe:
    """The recipe with `auto` wherever the run's file says so.

    That of a resumed run has what the first start has chosen, and is no other recipe for that.
    """
    fields = read_fields(run.recipe)
    chosen = fields.get("resolved", {})
    keys = chosen if isinstance(chosen, Mapping) else ()
    return msgspec.structs.replace(recipe, **{k: "auto" for k in keys if fields.get(k) == "auto"})


def versions() -> dict[str, str]:
    """The versions of Python and of the packages that decide what a training computes."""
    found = {"python": platform.python_version(), "torch": str(torch.__version__)}
    for package in RECORDED:
        try:
            found[package] = metadata.version(package)
        except (
            metadata.PackageNotFoundError
        ):  # this program runs from a folder without being installed
            continue
    return found


def _git_commit() -> str | None:
    """The commit of the working directory, with + where files differ from it."""
    try:
        done = subprocess.run(
            ["git", "describe", "--always", "--dirty=+", "--exclude=*"],
            capture_output=True,
            text=True,
            timeout=5,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None if done.returncode == 0 else None
