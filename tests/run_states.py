"""Checkpoints for tests: a small state of a run, and its file."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from msgspec.structs import replace

from engine.checkpoints import checkpoint, run_state
from engine.checkpoints.run_state import (
    Accuracy,
    Description,
    EpochSums,
    ImageInput,
    ImageList,
    RunShape,
    RunState,
    TrainingState,
    Weights,
)
from engine.recipes.schedule import Plateau, Steering


def weights(**tensors: torch.Tensor) -> Weights:
    return OrderedDict(tensors)


def description() -> Description:
    return Description(
        architecture="lenet5",
        source=None,
        classes=("0", "1"),
        input=ImageInput(
            channels=1,
            size=32,
            mean=(0.5,),
            std=(0.25,),
            fit="crop",
            crop_pct=1.0,
            canvas=0,
            frame=2,
        ),
        train=ImageList(images=4, digest="aa"),
        validation=ImageList(images=2, digest="bb"),
        recipe={"arch": "lenet5", "milestones": [1, 2]},
        resolved={"device": "cpu"},
        versions={"torch": "2"},
    )


def state(**training: Any) -> RunState:
    """A run after three steps; `training` replaces fields of its training state."""
    usual = TrainingState(
        shape=RunShape(steps_per_epoch=2, batch=2, classes=2),
        step=3,
        ended_epochs=1,
        best=Accuracy(top1=0.5, epoch=1),
        last=Accuracy(top1=0.5, epoch=1),
        weights=weights(w=torch.arange(4.0)),
        trained_weights=None,
        optimizers=[{"state": {0: {"momentum": torch.ones(4)}}, "param_groups": [{"lr": 0.1}]}],
        steering=Steering(factor=1.0, epochs=2),
        plateau=Plateau(1.0, math.inf, 0),
        epoch=EpochSums(sums=torch.zeros(2, dtype=torch.float64), images=2, seconds=0.5),
        random={"cpu": torch.zeros(16, dtype=torch.uint8)},
    )
    return RunState(
        attempt="a1", seq=7, description=description(), training=replace(usual, **training)
    )


def save(path: Path, saved: RunState, before_rename: Callable[[], None] = lambda: None) -> int:
    """Write a checkpoint; returns its size in bytes."""
    return checkpoint.write(path, content(saved), before_rename)


def content(saved: RunState) -> memoryview:
    return checkpoint.content(run_state.to_plain(saved))
