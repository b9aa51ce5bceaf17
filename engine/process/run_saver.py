"""Saves one attempt at a run: decides when, and under which names; refuses broken weights."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from msgspec import UNSET

from engine.checkpoints.save_interval import SaveInterval
from engine.distributed.rank import Rank
from engine.process import process_text
from engine.protocol import events
from engine.protocol.events import Event
from engine.recipes.recipe import Recipe
from engine.run.journal import Journal
from engine.run.run_paths import RunDir

if TYPE_CHECKING:  # these load torch
    from engine.checkpoints.run_state import Description, TrainingState
    from engine.checkpoints.saver import SaveReason, Writer
    from engine.run.predictions_file import Predictions
    from engine.run.sightings_file import SightingsFile
    from engine.training.trainer import Trainer

BROKEN_BATCH_FILE = "nan-step-{}.pt"


class RunSaver:
    """Saves beside the training; only the leader writes."""

    def __init__(
        self,
        run: RunDir,
        recipe: Recipe,
        attempt: str,
        journal: Journal,
        append: Callable[[Event], object],
        rank: Rank,
    ) -> None:
        self._run, self._attempt, self._journal, self._append = run, attempt, journal, append
        self._rank, self._kept_epochs = rank, recipe.keep
        self._interval = SaveInterval(recipe.save_every, time.monotonic)
        self._writer: Writer | None = None
        # The description in every checkpoint; None until the trainer is set up.
        self.description: Description | None = None

    def is_due(self, step: int) -> bool:
        """Whether the recipe asks for a save after this step, besides those of epochs."""
        return self._interval.is_due(step)

    def save_epoch(self, trainer: Trainer, ended: events.EpochEnded) -> Event | None:
        """Save an epoch that has ended, as `save` does: as last, best and numbered file."""
        from engine.checkpoints.saver import EPOCH_FILE

        files: list[tuple[str, SaveReason]] = [("best.pt", "best")] if ended.best else []
        if self._kept_epochs:
            files.append((EPOCH_FILE.format(ended.epoch), "epoch"))
        return self.save(trainer, *files, ("last.pt", "epoch"), ended=ended)

    def save(
        self,
        trainer: Trainer,
        *files: tuple[str, SaveReason],
        ended: events.EpochEnded | None = None,
    ) -> Event | None:
        """Save the current state of the run to these files, beside the training.

        `ended` is the epoch that has just ended, if any. Refuses weights that are not finite, since
        the checkpoint before is worth more; then returns an alert.
        """
        from engine.checkpoints.run_state import RunState, copied
        from engine.checkpoints.saver import Snapshot

        if not self._rank.broadcast(lambda: trainer.is_finite):
            sentence = process_text.not_saved_broken(files[0][0])
            return events.Alert("error", "save", sentence, step=trainer.step)
        began = time.monotonic()
        seq, training = self._journal.seq, trainer.state()
        if not self._rank.leads:
            return None
        state = RunState(
            attempt=self._attempt,
            seq=seq,
            description=self.description,
            training=copied(training),
        )
        stall = time.monotonic() - began
        epoch, top1 = (ended.epoch, ended.top1) if ended else (trainer.epoch, UNSET)
        predictions = self._predictions(trainer) if ended and ended.best else None
        sightings = self._sightings(trainer, state.training) if ended else None
        self._started_writer(trainer).put(
            Snapshot(files, state, epoch, trainer.step, stall, top1, predictions, sightings)
        )
        return None

    def _predictions(self, trainer: Trainer) -> Predictions | None:
        """What the trainer's network said about the validation images, at the end of the epoch."""
        from engine.run.predictions_file import Predictions

        if self.description is None or trainer.validated is None:
            return None
        return Predictions(
            **vars(trainer.validated.judgements),
            epoch=trainer.progress.ended_epochs,
            step=trainer.step,
            digest=self.description.validation.digest,
        )

    def _sightings(self, trainer: Trainer, state: TrainingState) -> SightingsFile | None:
        """What was seen of the training images until the end of the epoch."""
        from engine.process.sighted_images import sightings_file

        if self.description is None or state.sightings is None:
            return None
        digest = self.description.train.digest
        return sightings_file(state.sightings, trainer.labels, digest, state.ended_epochs)

    def keep_broken_batch(self, trainer: Trainer) -> None:
        """Write the batch whose loss was not finite, for a person to examine. Raises OSError."""
        from engine.checkpoints import checkpoint

        broken = trainer.broken
        if broken is not None and self._rank.leads:
            batch = {"step": broken.step, "images": broken.images, "labels": broken.labels}
            file = self._run.checkpoints / BROKEN_BATCH_FILE.format(broken.step)
            checkpoint.write(file, checkpoint.content(batch), self._journal.sync)

    def wait(self) -> str:
        """Wait until all saves are durable; returns the sentence of the last failure, or empty."""
        return self._writer.wait() if self._writer is not None else ""

    @property
    def has_checkpoint(self) -> bool:
        """Whether there is a last checkpoint; waits for unfinished saves."""
        self.wait()
        return (self._run.checkpoints / "last.pt").exists()

    def _started_writer(self, trainer: Trainer) -> Writer:
        from engine.checkpoints.saver import Writer
        from engine.process.listed_images import image_names

        if self._writer is None:
            described = self.description
            self._writer = Writer(
                self._run.checkpoints,
                self._kept_epochs,
                self._journal.sync,
                self._append,
                partial(image_names, trainer.dataset, described) if described else None,
            )
        return self._writer
