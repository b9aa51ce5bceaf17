"""Makes a trainer from a run directory: device, data, model, resolved settings.

This module loads torch and torchvision, which takes seconds. Import it on first use, when the
journal already says that the engine is loading.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Generator
from typing import NamedTuple

import msgspec
import torch
from torch import nn

from engine import text
from engine.checkpoints.run_state import Description
from engine.data import preparation
from engine.data.base.dataset import Dataset
from engine.devices import device as devices
from engine.devices import device_resolution
from engine.distributed.rank import Rank
from engine.process import model_init, process_text, recipe_checks
from engine.process.run_description import describe, source_of
from engine.process.run_started import run_started
from engine.protocol import events
from engine.protocol.events import Event
from engine.recipes.recipe import Recipe, Resolved
from engine.recipes.recipe_toml import to_toml
from engine.run.durable_files import write_durably
from engine.run.run_paths import RunDir
from engine.training import autotune
from engine.training.autotune import Workload
from engine.training.trainer import Trainer


class Ready(NamedTuple):
    """A trainer before its first step, and the description for the leader's checkpoints."""

    trainer: Trainer
    description: Description | None


class TrainerSetup:
    """Sets up the trainer of one attempt, as a generator of events."""

    def __init__(self, run: RunDir, recipe: Recipe, attempt: str, rank: Rank) -> None:
        self._run, self._recipe, self._attempt, self._rank = run, recipe, attempt, rank

    def set_up(self) -> Generator[Event | None, None, Ready]:
        """Set up the trainer. Raises the errors of choosing a device, loading and building."""
        recipe, rank = self._recipe, self._rank
        device = devices.choose(rank.join(recipe.device))
        yield from self._unusable_gpu(device)
        room = devices.room(device, rank.count_here)
        dataset = yield from preparation.loading_phases(recipe, room)
        yield events.Phase("loading", note="model")
        model, resolved = yield from self._build(device, dataset)
        yield from self._first_weights(model, dataset)
        trainer = Trainer(recipe, resolved, device, dataset, model, time.monotonic, rank)
        recipe_checks.check_batch(recipe, trainer.layers, rank.count)
        resolved = yield from self._compile(trainer, resolved)
        self._write_resolved(resolved)
        started = run_started(
            self._run, self._attempt, recipe, resolved, device, dataset, trainer, rank
        )
        yield started
        yield from preparation.data_alerts(dataset, recipe, resolved, room)
        yield from self._recipe_alerts(started)
        if not rank.leads:
            return Ready(trainer, None)
        return Ready(trainer, describe(self._run, recipe, resolved, dataset))

    def _unusable_gpu(self, device: torch.device) -> Generator[Event, None, None]:
        why = devices.unusable_gpu(device) if self._recipe.device == "auto" else None
        if why is not None:
            yield events.Alert("warning", "gpu", process_text.gpu_unusable(why))

    def _build(
        self, device: torch.device, dataset: Dataset
    ) -> Generator[Event | None, None, tuple[nn.Module, Resolved]]:
        """The model with its first random weights, and every `auto` resolved for it."""
        recipe, rank = self._recipe, self._rank
        shape, images = dataset.train.shape, len(dataset.train) // rank.count
        resolved = device_resolution.resolve(
            recipe, device, shape[-1], dataset.loader, alone=rank.alone
        )
        torch.manual_seed(recipe.seed)
        model = model_init.build(recipe, self._run.path, dataset)
        if rank.leads:
            rank_recipe = msgspec.structs.replace(recipe, batch=max(1, recipe.batch // rank.count))
            work = Workload(model, shape, images, source_of(self._run, recipe.arch) or "")
            resolved = yield from autotune.tune(rank_recipe, resolved, device, work)
        resolved = rank.broadcast(lambda: resolved)
        torch.set_num_threads(resolved.threads)
        return model, resolved

    def _first_weights(self, model: nn.Module, dataset: Dataset) -> Generator[Event, None, None]:
        """Give the leader's model its first weights, unless the run resumes from a checkpoint.

        The other ranks take over the leader's weights.
        """
        if self._rank.leads and not (self._run.checkpoints / "last.pt").exists():
            yield from model_init.initialise(model, self._recipe, dataset)

    def _compile(self, trainer: Trainer, resolved: Resolved) -> Generator[Event, None, Resolved]:
        """Compile the model if the recipe asks for it; after a failure, warn and train without."""
        if resolved.compile == "off":
            return resolved
        yield events.Phase("compiling")
        try:
            trainer.compile()
        except Exception as error:  # noqa: BLE001 (of compilers, drivers and the disk)
            traceback.print_exc()
            yield events.Alert(
                "warning", "compile", process_text.not_compiled(text.error_summary(error))
            )
            return msgspec.structs.replace(resolved, compile="off")
        return resolved

    def _write_resolved(self, resolved: Resolved) -> None:
        """Write the resolved settings before the first step; a resume finds and keeps them."""
        content = to_toml(self._recipe, resolved).encode()
        if self._rank.leads and b"[resolved]" not in self._run.recipe.read_bytes():
            write_durably(self._run.recipe, content)

    def _recipe_alerts(self, started: events.RunStarted) -> Generator[Event, None, None]:
        if sentence := recipe_checks.untested_torch(started.versions["torch"]):
            yield events.Alert("info", "torch", sentence)
        for sentence in recipe_checks.warnings(self._recipe, started.layers, self._rank.count):
            yield events.Alert("warning", "recipe", sentence)
