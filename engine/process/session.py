"""One attempt at a run: sets up, resumes, rolls back and tests its training.

Imports torch on first use, when the journal already says that the engine is loading.
"""

from __future__ import annotations

import contextlib
import time
import traceback
from collections.abc import Callable, Generator, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import msgspec

from engine import text
from engine.catalog import architecture_names
from engine.data import preparation
from engine.distributed.rank import Rank
from engine.errors import RunError
from engine.process import process_text, run_ending
from engine.process.run_ending import EndReason
from engine.process.run_saver import RunSaver
from engine.process.uncollected import uncollected
from engine.protocol import commands, events
from engine.protocol.events import Event
from engine.recipes.recipe import CACHE_OFF, CHANGEABLE, Recipe
from engine.run import kept_decisions
from engine.run.journal import Journal
from engine.run.run_paths import RunDir
from engine.start import recipe_change
from engine.user_code.kept_code import kept_code

if TYPE_CHECKING:  # these load torch
    from engine.checkpoints.run_state import RunState, Weights
    from engine.process.resume_checks import ImageChange
    from engine.process.trainer_setup import Ready
    from engine.training.trainer import Trainer

EventStream: TypeAlias = Generator[Event | None, None, None]
# A rollback multiplies the learning rate by this.
ROLLBACK_SCALE = 0.1


class AttemptOptions(NamedTuple):
    """What the command line asks of one attempt.

    `dry` takes one step only. `epochs` is a new total of epochs. `force` resumes with other images
    than those of the checkpoint, from the next epoch. `until` is an epoch of the plan, with which
    the attempt ends as stopped.
    """

    dry: bool = False
    epochs: int | None = None
    force: bool = False
    until: int | None = None


AS_USUAL = AttemptOptions()


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
        began: float | None = None,
    ) -> None:
        """`began` is when the attempt began by `time.monotonic`, if not now."""
        self.run, self._recipe, self._attempt = run, recipe, attempt
        self._rank = rank or Rank()
        self._is_first_attempt = journal.seq == 0
        self._began = time.monotonic() if began is None else began
        self.saver = RunSaver(run, recipe, attempt, journal, append, self._rank)
        self.trainer: Trainer | None = None
        # Whether the attempt is a rehearsal, whose run is gone when it ends.
        self._dry = False
        self._until: int | None = None

    @property
    def step(self) -> int:
        return self.trainer.step if self.trainer else 0

    @property
    def rests(self) -> bool:
        """Whether the attempt has trained to its last epoch, which is not that of the plan."""
        return (
            self._until is not None
            and self.trainer is not None
            and not self.trainer.progress.is_over
        )

    @property
    def is_new(self) -> bool:
        """Whether nothing was trained: no attempt before, no checkpoint, and no trainer yet.

        A run whose journal was lost still has its checkpoints.
        """
        saved = any(self.run.checkpoints.glob("*"))
        return self._is_first_attempt and self.trainer is None and not saved

    def stream(self, options: AttemptOptions) -> EventStream:
        """The events of the attempt that these options ask for."""
        self._dry, self._until = options.dry, options.until
        if options.dry:  # it keeps nothing, no decoded images either
            self._recipe = msgspec.structs.replace(self._recipe, cache=CACHE_OFF)
        return self.rehearse(options) if options.dry else self.train(options)

    def train(self, options: AttemptOptions = AS_USUAL) -> EventStream:
        """Train to the end of the run, from the last checkpoint or else from the start."""
        ready = yield from self._set_up(options)
        trainer = ready.trainer
        self._restore(ready)
        self.trainer = trainer
        if self._rank.leads:
            recipe_change.settle(self.run)
        self._rank.start_steps()
        total = options.epochs
        if ready.saved is not None:
            yield self._resumed(trainer, ready.saved.seq)
            total = yield from self._differences(ready, ready.saved, total)
        elif not self._is_first_attempt:
            yield self._resumed(trainer, 0)
        yield from self._told_now(ready)
        if total is not None:
            order = commands.Steer(id=commands.RESUME, attempt=self._attempt, epochs=total)
            yield trainer.steer(order)
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

    def rehearse(self, options: AttemptOptions = AS_USUAL) -> EventStream:
        """Run everything up to one step and one evaluation batch."""
        ready = yield from self._set_up(options)
        with contextlib.closing(ready.trainer):
            self._restore(ready)
            if ready.saved is not None:
                yield self._resumed(ready.trainer, ready.saved.seq)
            yield from self._told_now(ready)
            yield from ready.trainer.rehearse()

    def take_back_recipe(self) -> None:
        """Give the run its former recipe, if a resume has changed it and nothing was set up."""
        if self._rank.leads and self.trainer is None:
            recipe_change.take_back(self.run)

    def close(self) -> None:
        """End the processes of the training's loader."""
        if self.trainer is not None:
            self.trainer.close()

    def ended(self, reason: EndReason, error: str, setting: str = "") -> Event:
        """The last event of this attempt."""
        seconds = time.monotonic() - self._began
        return run_ending.run_ended(self.trainer, reason, error, setting, seconds)

    def explain(self, error: BaseException) -> str:
        """A sentence for an error that is not a user's mistake, or that is one in his own model."""
        if lost := self._rank.explain_lost_rank(error):
            return lost
        if run_ending.is_out_of_memory(error):
            selector = "" if self._dry else self.run.selector
            saved = self.saver.has_checkpoint
            return process_text.out_of_memory(*self._split_batch, str(error), selector, saved=saved)
        own = architecture_names.user_function(self._recipe.arch)
        kept = kept_code(own.file, self.run.path) if own else None
        if kept and (line := kept.code.line_of(error)):
            resumed = "" if self._dry or self.saver.has_checkpoint else self.run.selector
            return process_text.own_model_failed(line, text.error_summary(error), resumed)
        return process_text.crashed(text.error_summary(error))

    @property
    def smaller_parts(self) -> str:
        """The setting with which a resume needs less memory; empty if there is none."""
        batch, parts = self._split_batch
        return process_text.smaller_parts(batch, parts) if parts < batch else ""

    @property
    def _split_batch(self) -> tuple[int, int]:
        """How many images a process learns from at a step, and in how many parts."""
        if self.trainer is not None:
            return self.trainer.batch // self._rank.count, self.trainer.parts
        parts = self._recipe.accumulate
        return self._recipe.batch // self._rank.count, 1 if parts == "auto" else parts

    def save_without_memory(self, error: BaseException) -> Event | None:
        """Save the end of the last step, after a step that ran out of memory; returns an alert.

        A step that may have changed weights is not saved. Of several ranks, the others wait within
        the step, and cannot save with this one.
        """
        trainer = self.trainer
        if trainer is None or not trainer.step or not self._rank.alone:
            return None
        traceback.clear_frames(error.__traceback__)  # their tensors fill the device
        return self.saver.save(trainer, ("last.pt", "stop")) if trainer.take_back() else None

    def _set_up(self, options: AttemptOptions) -> Generator[Event | None, None, Ready]:
        if self._rank.first_here:
            yield from preparation.download_phases(self._recipe)
            has_weights = (self.run.checkpoints / "last.pt").exists()
            preparation.keep_code(self._recipe, self.run.data_code, keep=has_weights)
            kept_decisions.keep_decisions(self._recipe, self.run, keep=has_weights)
        yield events.Phase("loading", note="PyTorch")
        recipe, code = kept_decisions.with_kept(self._recipe, self.run), self.run.data_code
        reading = preparation.early_reading(recipe, code) if self._rank.alone else None
        with uncollected():
            from engine.process.trainer_setup import TrainerSetup

        setup = TrainerSetup(self.run, self._recipe, self._attempt, self._rank, force=options.force)
        ready = yield from setup.set_up(reading)
        self.saver.description = ready.description
        return ready

    def _restore(self, ready: Ready) -> None:
        """Go back to the step of the last checkpoint, if there is one.

        Raises RunError where it does not fit the trainer.
        """
        from engine.checkpoints import checkpoint

        if ready.saved is None:
            return
        trainer, state = ready.trainer, ready.saved.training
        with checkpoint.fits(self.run.checkpoints / "last.pt"):
            if ready.change is not None:
                state = trainer.moved_to_other_images(state, forget_best=ready.change.validation)
            trainer.restore(state)

    def _told_now(self, ready: Ready) -> Iterator[Event]:
        """The alerts of the set-up, at the step at which the trainer begins."""
        step = ready.trainer.step
        return (msgspec.structs.replace(alert, step=step) for alert in ready.alerts)

    def _differences(
        self, ready: Ready, saved: RunState, total: int | None
    ) -> Generator[Event, None, int | None]:
        """Say how this attempt differs from the saved run; patience starts again if it is asked.

        Returns the total of epochs that was asked for: now, or in the recipe since the save, where
        an attempt that never saved has left it.
        """
        from engine.process import resume_checks

        if ready.change is not None:
            yield from self._other_images(ready.trainer, ready.change)
        changed = resume_checks.changed_settings(saved, self._recipe)
        planned = ready.trainer.progress.steering.epochs
        if total not in (None, planned):
            changed.setdefault("epochs", (str(planned), str(total)))
        yield from self._other_settings(changed)
        if total is None and "epochs" in changed:
            total = self._recipe.epochs
        if total is not None or "patience" in changed:
            ready.trainer.progress.restart_patience()
        return total

    def _other_images(self, trainer: Trainer, change: ImageChange) -> Generator[Event, None, None]:
        sentence = process_text.resumed_with_other_lists(
            change.differences, other_validation=change.validation
        )
        yield events.Alert("warning", "resume", sentence, step=self.step)
        if trainer.progress.steering.asked is not None:  # its step has another number now
            yield trainer.progress.steered()

    def _other_settings(
        self, changed: Mapping[str, tuple[str, str]]
    ) -> Generator[Event, None, None]:
        meant = {key: values for key, values in changed.items() if key in CHANGEABLE}
        edited = {key: values for key, values in changed.items() if key not in CHANGEABLE}
        if meant:
            sentence = process_text.settings_changed(meant)
            yield events.Alert("info", "resume", sentence, step=self.step)
        if edited:
            sentence = process_text.settings_edited(edited)
            yield events.Alert("warning", "resume", sentence, step=self.step)

    def _resumed(self, trainer: Trainer, seq: int) -> events.Resumed:
        return events.Resumed(self._attempt, seq, trainer.epoch, step=trainer.step)

    def _train_and_test(self, trainer: Trainer) -> EventStream:
        """Train from the current step to the end of the run, and test the best epoch.

        An attempt that rests before the end tests nothing.
        """
        ended = trainer.progress.ended_epochs
        yield from trainer.run(self._until)
        if self.rests:
            if trainer.progress.ended_epochs == ended:
                sentence = process_text.trained_so_far(ended, self.run.selector)
                yield events.Alert("info", "until", sentence, step=self.step)
            return
        if trainer.progress.ended_early:
            yield self._patience_ended(trainer)
        if not trainer.can_test:
            return
        best = self._rank.broadcast(self._best_weights)
        if isinstance(best, RunError):
            sentence = process_text.test_left_out(str(best))
            yield events.Alert("error", "test", sentence, step=self.step)
            return
        yield from trainer.test(best)

    def _patience_ended(self, trainer: Trainer) -> Event:
        patience, best = self._recipe.patience, trainer.progress.best.epoch
        selector = self.run.selector
        total = trainer.progress.steering.epochs
        sentence = process_text.out_of_patience(patience, best, selector, total)
        return events.Alert("info", "patience", sentence, step=self.step)

    def _best_weights(self) -> Weights | RunError:
        """The weights of the best epoch, or the error of its checkpoint."""
        from engine.checkpoints import checkpoint

        self.saver.wait()
        try:
            return checkpoint.load(self.run.checkpoints / "best.pt").training.weights
        except RunError as error:
            return error
