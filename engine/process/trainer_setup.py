"""Makes a trainer from a run directory: device, data, model, resolved settings.

This module loads torch and torchvision, which takes seconds. Import it on first use, when the
journal already says that the engine is loading.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Generator, Iterator, Sequence
from typing import NamedTuple

import msgspec
import torch
from torch import nn

from engine import regular_files, text
from engine.checkpoints import checkpoint
from engine.checkpoints.run_state import Description, RunState
from engine.data import data_text, preparation
from engine.data.base.dataset import Dataset
from engine.data.loading import normalised
from engine.data.reading.data_reading import DataReading
from engine.devices import device as devices
from engine.devices import device_resolution
from engine.distributed.rank import Rank
from engine.errors import DataError
from engine.process import (
    first_weights,
    model_init,
    process_text,
    recipe_checks,
    resume_checks,
)
from engine.process.resume_checks import ImageChange, ImageLists
from engine.process.run_description import describe, source_of
from engine.process.run_started import run_started
from engine.protocol import events
from engine.protocol.events import Event
from engine.recipes.recipe import Recipe, Resolved
from engine.recipes.recipe_toml import resolved_table
from engine.run import kept_decisions
from engine.run.durable_files import write_durably
from engine.run.journal_search import newest_first
from engine.run.run_paths import RunDir
from engine.training import autotune
from engine.training.autotune import Workload
from engine.training.trainer import Trainer


class Ready(NamedTuple):
    """A trainer before its first step, and the description for the leader's checkpoints.

    `saved` is the last checkpoint, if any; `change` says how its images differ, if they do.
    `alerts` are on data and recipe, to be told with the step at which the trainer begins.
    """

    trainer: Trainer
    description: Description | None
    saved: RunState | None
    change: ImageChange | None
    alerts: Sequence[Event]


class TrainerSetup:
    """Sets up the trainer of one attempt, as a generator of events.

    With `force`, a run resumes with other images than its checkpoint was made with.
    """

    def __init__(
        self, run: RunDir, recipe: Recipe, attempt: str, rank: Rank, *, force: bool
    ) -> None:
        self._run, self._recipe, self._attempt, self._rank = run, recipe, attempt, rank
        self._force = force

    def set_up(self, reading: DataReading | None = None) -> Generator[Event | None, None, Ready]:
        """Set up the trainer; the `reading` of its folder may have begun before.

        Raises the errors of choosing a device, loading and building, and RunError where the data
        is not that of the checkpoint from which the run resumes.
        """
        recipe, rank = self._recipe, self._rank
        device = devices.choose(rank.join(recipe.device))
        yield from self._unusable_gpu(device)
        room = devices.room(device, rank.count_here)
        saved = rank.broadcast(self._load_last)
        first = first_weights.read(recipe) if rank.leads and saved is None else None
        normalise = rank.broadcast(lambda: first_weights.choose_normalisation(recipe, first))
        decided = kept_decisions.with_kept(recipe, self._run)
        code = self._run.data_code
        dataset = yield from preparation.loading_phases(decided, room, reading, code)
        if dataset.shows_nothing and saved is None:
            raise DataError(data_text.no_contrast(recipe.data))
        dataset = normalised(dataset, normalise.value)
        # The digests of the images take seconds for a large data set: they are made once.
        needed = rank.leads or saved is not None
        lists = resume_checks.image_lists(dataset, recipe) if needed else None
        decisions = kept_decisions.digest_of(decided)
        change = self._check_data(saved, dataset, lists, decisions)
        yield events.Phase("loading", note="model")
        model, resolved = yield from self._build(device, dataset, normalise.value)
        yield events.Phase("loading", note="model")  # after a measurement, which is another phase
        # The other ranks take over the leader's weights.
        if rank.leads and saved is None:
            yield from model_init.initialise(model, recipe, dataset, first)
        recipe_checks.check_growth(recipe, model, dataset.train.shape)
        trainer = Trainer(recipe, resolved, device, dataset, model, time.monotonic, rank)
        resolved = yield from self._split(trainer, resolved, device)
        batch = trainer.batch // rank.count
        norms = recipe_checks.batch_norms(trainer.model, trainer.layers)
        recipe_checks.check_batch(recipe, norms, batch, resolved.accumulate, rank.count)
        resolved = yield from self._compile(trainer, resolved)
        self._write_resolved(resolved)
        started = run_started(
            self._run, self._attempt, recipe, resolved, device, dataset, trainer, rank
        )
        yield started
        advice = self._advice if saved is None else self._resume_advice
        alerts = [
            *preparation.data_alerts(dataset, recipe, resolved, room),
            *_facts(started, resolved, norms, batch),
            *advice(started, norms, resolved.accumulate),
            *_choices(trainer, normalise.sentence),
        ]
        if not rank.leads or lists is None:
            return Ready(trainer, None, saved, change, alerts)
        described = describe(self._run, recipe, resolved, dataset, lists, decisions)
        return Ready(trainer, described, saved, change, alerts)

    def _load_last(self) -> RunState | None:
        last = self._run.checkpoints / "last.pt"
        return checkpoint.load(last) if last.exists() else None

    def _check_data(
        self,
        saved: RunState | None,
        dataset: Dataset,
        lists: ImageLists | None,
        decisions: str,
    ) -> ImageChange | None:
        """Compare the data with the checkpoint, before this attempt writes anything about it."""
        if saved is None or lists is None:
            return None
        started = next(newest_first(self._run.journal, events.RunStarted), None)
        now = resume_checks.data_of(dataset, lists, decisions)
        return resume_checks.check_resume(saved, started, now, self._run, force=self._force)

    def _unusable_gpu(self, device: torch.device) -> Generator[Event, None, None]:
        why = devices.unusable_gpu(device) if self._recipe.device == "auto" else None
        if why is not None:
            yield events.Alert("warning", "gpu", process_text.gpu_unusable(why))

    def _build(
        self, device: torch.device, dataset: Dataset, normalise: str
    ) -> Generator[Event | None, None, tuple[nn.Module, Resolved]]:
        """The model with its first random weights, and every `auto` resolved for it."""
        recipe, rank = self._recipe, self._rank
        shape, images = dataset.train.shape, len(dataset.train) // rank.count
        resolved = device_resolution.resolve(
            recipe, device, shape[-1], dataset.loader, alone=rank.alone
        )
        form = dataset.image_format
        resolved = msgspec.structs.replace(
            resolved,
            normalise=normalise,
            levels=form.rendering.levels,
            backdrop=form.rendering.backdrop,
            canvas=form.canvas,
        )
        torch.manual_seed(recipe.seed)
        model, notes = model_init.build(recipe, self._run.path, dataset)
        if rank.leads:
            yield from model_init.notes(model, notes, recipe.arch, device)
            rank_recipe = msgspec.structs.replace(recipe, batch=max(1, recipe.batch // rank.count))
            work = Workload(model, shape, images, source_of(self._run, recipe.arch) or "")
            resolved = yield from autotune.tune(rank_recipe, resolved, device, work)
        resolved = rank.broadcast(lambda: resolved)
        torch.set_num_threads(resolved.threads)
        return model, resolved

    def _split(
        self, trainer: Trainer, resolved: Resolved, device: torch.device
    ) -> Generator[Event | None, None, Resolved]:
        """Try on a GPU in how many parts a batch fits, if the recipe leaves it open."""
        if self._recipe.accumulate != "auto" or device.type == "cpu":
            return resolved
        yield events.Phase("loading", note=process_text.TRIES_MEMORY)
        parts = yield from trainer.fit_memory()
        return msgspec.structs.replace(resolved, accumulate=parts)

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
        """Write the resolved settings before the first step; a resume finds and keeps them.

        A resume that asks for `accumulate = auto` has taken this setting out of the table.
        """
        if not self._rank.leads:
            return
        content = regular_files.read_bytes(self._run.recipe)
        if b"[resolved]" not in content:
            write_durably(self._run.recipe, content + resolved_table(resolved).encode())
        elif self._recipe.accumulate == "auto":
            line = f"accumulate = {resolved.accumulate}\n"
            write_durably(self._run.recipe, content + line.encode())

    def _advice(
        self, started: events.RunStarted, norms: Sequence[events.Layer], parts: int
    ) -> Iterator[Event]:
        recipe, images, ranks = self._recipe, started.train_images, self._rank.count
        if sentence := recipe_checks.few_steps(recipe, images, started.steps_per_epoch, ranks):
            yield events.Alert("warning", "recipe", sentence)
        if sentence := recipe_checks.batch_of_all(recipe, images):
            yield events.Alert("info", "batch", sentence)
        if sentence := recipe_checks.fitted_batch(recipe, images, started.steps_per_epoch):
            yield events.Alert("info", "batch", sentence)
        for sentence in recipe_checks.warnings(recipe, norms, ranks, parts, images):
            yield events.Alert("warning", "recipe", sentence)

    def _resume_advice(
        self, started: events.RunStarted, norms: Sequence[events.Layer], parts: int
    ) -> Iterator[Event]:
        """The advice that a run which has begun can still follow."""
        recipe, images, ranks = self._recipe, started.train_images, self._rank.count
        if sentence := recipe_checks.resumed_in_parts(recipe, norms, ranks, parts, images):
            yield events.Alert("warning", "recipe", sentence)


def _choices(trainer: Trainer, of_normalisation: str) -> Iterator[Event]:
    """The alerts on what was chosen for the run, where it is not the usual."""
    if trainer.sightings is not None and not trainer.sightings.keeps_logits:
        yield events.Alert("info", "suspects", process_text.MARGINS_ALONE)
    if of_normalisation:
        yield events.Alert("info", "normalise", of_normalisation)


def _facts(
    started: events.RunStarted, resolved: Resolved, norms: Sequence[events.Layer], batch: int
) -> Iterator[Event]:
    """The alerts that ask for nothing; a process learns from `batch` images at a step."""
    if sentence := recipe_checks.untested_torch(started.versions["torch"]):
        yield events.Alert("info", "torch", sentence)
    if sentence := recipe_checks.learned_in_parts(norms, batch, resolved.accumulate):
        yield events.Alert("info", "accumulate", sentence)
