"""One attempt at a run: sets up, resumes, rolls back and tests its training.

Imports torch on first use, when the journal already says that the engine is loading.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, TypeAlias

from engine import text
from engine.catalog import architecture_names, user_file
from engine.data import preparation
from engine.distributed.rank import Rank
from engine.errors import RunError
from engine.process import process_text, run_ending
from engine.process.run_ending import EndReason
from engine.process.run_saver import RunSaver
from engine.protocol import commands, events
from engine.protocol.events import Event
from engine.recipes.recipe import Recipe
from engine.run.journal import Journal
from engine.run.run_paths import RunDir

if TYPE_CHECKING:  # these load torch
    from engine.checkpoints.run_state import RunState, Weights
    from engine.training.trainer import Trainer

EventStream: TypeAlias = Generator[Event | None, None, None]
# A rollback multiplies the learning rate by this.
ROLLBACK_SCALE = 0.1


class Session:
    """The training of one attempt as generators of events. Runs on the worker thread."""

    def __init__(
        self,
        run: RunDir,
        recipe: Recipe,
        attempt: str,
        journal: Journal,
        append: Callable[[Event], object],
        rank: Rank | None = None,
    ) -> None:
        self.run, self._recipe, self._attempt = run, recipe, attempt
        self._rank = rank or Rank()
        self._is_first_attempt = journal.seq == 0
        self._began = time.monotonic()
        self.saver = RunSaver(run, recipe, attempt, journal, append, self._rank)
        self.trainer: Trainer | None = None

    @property
    def step(self) -> int:
        return self.trainer.step if self.trainer else 0

    def train(self, epochs: int | None = None) -> EventStream:
        """Train to the end of the run, from the last checkpoint or else from the start.

        `epochs` is a new total of epochs, if given.
        """
        trainer = yield from self._set_up()
        resumed = self._resume(trainer)
        self.trainer = trainer
        self._rank.start_steps()
        if resumed is not None:
            yield resumed
        if epochs is not None:
            yield trainer.steer(commands.Steer(id="", attempt=self._attempt, epochs=epochs))
        yield from self._train_and_test(trainer)

    def roll_back(self) -> EventStream:
        """Go back to the last checkpoint, and train on with a tenth of the learning rate.

        Raises RunError where there is none.
        """
        from engine.checkpoints import checkpoint

        trainer = self.trainer
        assert trainer is not None
        state = self._rank.broadcast(lambda: checkpoint.load(self.run.checkpoints / "last.pt"))
        trainer.restore(state.training)
        yield self._resumed(trainer, state.seq)
        yield trainer.steer(commands.Steer(id="", attempt=self._attempt, scale=ROLLBACK_SCALE))
        yield from self._train_and_test(trainer)

    def rehearse(self) -> EventStream:
        """Run everything up to one step and one evaluation batch."""
        trainer = yield from self._set_up()
        with contextlib.closing(trainer):
            yield from trainer.rehearse()

    def close(self) -> None:
        """End the processes of the training's loader."""
        if self.trainer is not None:
            self.trainer.close()

    def ended(self, reason: EndReason, error: str) -> Event:
        """The last event of this attempt."""
        return run_ending.run_ended(self.trainer, reason, error, time.monotonic() - self._began)

    def explain(self, error: BaseException) -> str:
        """A sentence for an error that is not a user's mistake, or that is one in his own model."""
        if lost := self._rank.explain_lost_rank(error):
            return lost
        if run_ending.is_out_of_memory(error):
            saved_in = self.run.label if self.saver.has_checkpoint else ""
            return process_text.out_of_memory(self._recipe.batch, str(error), saved_in)
        own = architecture_names.user_function(self._recipe.arch)
        if own and (line := user_file.line_of(self.run.path / own.file.name, error)):
            return process_text.own_model_failed(line, text.error_summary(error))
        return process_text.crashed(text.error_summary(error))

    def _set_up(self) -> Generator[Event | None, None, Trainer]:
        if self._rank.first_here:
            yield from preparation.download_phases(self._recipe)
        yield events.Phase("loading", note="PyTorch")
        from engine.process.trainer_setup import TrainerSetup

        setup = TrainerSetup(self.run, self._recipe, self._attempt, self._rank)
        trainer, self.saver.description = yield from setup.set_up()
        return trainer

    def _resume(self, trainer: Trainer) -> Event | None:
        """Go on from the last checkpoint; without one, drop the steps of earlier attempts."""
        from engine.checkpoints import checkpoint

        last = self.run.checkpoints / "last.pt"
        state: RunState | None = self._rank.broadcast(
            lambda: checkpoint.load(last) if last.exists() else None
        )
        if state is None:
            return None if self._is_first_attempt else self._resumed(trainer, 0)
        with checkpoint.fits(last):
            trainer.restore(state.training)
        return self._resumed(trainer, state.seq)

    def _resumed(self, trainer: Trainer, seq: int) -> events.Resumed:
        return events.Resumed(self._attempt, seq, trainer.epoch, step=trainer.step)

    def _train_and_test(self, trainer: Trainer) -> EventStream:
        """Train from the current step to the end of the run, and test the best epoch."""
        yield from trainer.run()
        if not trainer.can_test:
            return
        best = self._rank.broadcast(self._best_weights)
        if isinstance(best, RunError):
            sentence = process_text.test_left_out(str(best))
            yield events.Alert("error", "test", sentence, step=self.step)
            return
        yield from trainer.test(best)

    def _best_weights(self) -> Weights | RunError:
        """The weights of the best epoch, or the error of its checkpoint."""
        from engine.checkpoints import checkpoint

        self.saver.wait()
        try:
            return checkpoint.load(self.run.checkpoints / "best.pt").training.weights
        except RunError as error:
            return error
