"""From a run directory to a training that moves: load, resolve, build, resume, announce.

Importing torch and torchvision takes seconds, so they are imported here on first use, when the
journal already says that the engine is loading.
"""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec
from msgspec import UNSET

from engine.checkpoints.save_interval import Interval
from engine.data import preparation
from engine.distributed.ranks import World
from engine.errors import RunError
from engine.process import process_text, recipe_checks
from engine.protocol import commands, events
from engine.protocol.events import Event
from engine.recipes.recipe import Recipe, Resolved
from engine.recipes.recipe_toml import to_toml
from engine.run import replies
from engine.run.durable_files import write_durably
from engine.run.journal import Journal
from engine.run.run_paths import RunDir

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from engine.checkpoints.run_state import Description
    from engine.checkpoints.saver import SaveReason, Writer
    from engine.data.base.dataset import Dataset
    from engine.training.trainer import Trainer


EventStream: TypeAlias = Generator[Event | None, None, None]
# What a rollback multiplies the learning rate by.
ROLLBACK_SCALE = 0.1
NAN_FILE = "nan-step-{}.pt"


class Session:
    """One attempt at one run. Lives on the worker thread."""

    def __init__(
        self,
        run: RunDir,
        recipe: Recipe,
        attempt: str,
        journal: Journal,
        append: Callable[[Event], object],
        world: World | None = None,
    ) -> None:
        self._run, self._recipe, self._attempt, self._journal = run, recipe, attempt, journal
        self._append, self._world = append, world or World()
        self._again = journal.seq > 0
        self._began = time.monotonic()
        self.trainer: Trainer | None = None
        self._writer: Writer | None = None
        self._description: Description | None = None
        self._interval = Interval(recipe.save_every, time.monotonic)

    @property
    def step(self) -> int:
        return self.trainer.step if self.trainer else 0

    @property
    def epoch(self) -> int:
        return self.trainer.epoch if self.trainer else 0

    def live(self, epochs: int | None = None) -> EventStream:
        """The whole run: from the last checkpoint where there is one, else from the start.

        `epochs` is another total than was planned.
        """
        trainer = yield from self._prepare()
        resumed = self._resume(trainer)
        self.trainer = trainer
        self._world.anew()
        if resumed is not None:
            yield resumed
        if epochs is not None:
            yield trainer.steer(commands.Steer(id="", attempt=self._attempt, epochs=epochs))
        yield from self._onward(trainer)

    def _onward(self, trainer: Trainer) -> EventStream:
        """From where the trainer is to the end of the run."""
        yield from trainer.run()
        yield from self._test(trainer)

    def again(self) -> EventStream:
        """Back to the last checkpoint, and on from there with a tenth of the learning rate.

        Raises RunError where there is none.
        """
        from engine.checkpoints import checkpoint

        trainer = self.trainer
        assert trainer is not None
        state = self._world.told(lambda: checkpoint.load(self._run.checkpoints / "last.pt"))
        trainer.restore(state.training)
        yield events.Resumed(self._attempt, state.seq, trainer.epoch, step=trainer.step)
        yield trainer.steer(commands.Steer(id="", attempt=self._attempt, scale=ROLLBACK_SCALE))
        yield from self._onward(trainer)

    def close(self) -> None:
        """End what the training keeps running."""
        if self.trainer is not None:
            self.trainer.close()

    def rehearse(self) -> EventStream:
        """Everything up to one step and one evaluation batch."""
        trainer = yield from self._prepare()
        with contextlib.closing(trainer):
            yield from trainer.rehearse()

    def _prepare(self) -> Generator[Event | None, None, Trainer]:
        if self._world.first_here:
            yield from preparation.download_phases(self._recipe)
        yield events.Phase("loading", note="PyTorch")
        from engine.devices import device as devices
        from engine.process import model_init
        from engine.process.run_description import describe
        from engine.training.trainer import Trainer

        device = devices.choose(self._world.join(self._recipe.device))
        why = devices.unusable_gpu(device) if self._recipe.device == "auto" else None
        if why is not None:
            yield events.Alert("warning", "gpu", process_text.gpu_unusable(why))
        room = devices.room(device, self._world.neighbours)
        dataset = yield from preparation.loading_phases(self._recipe, room)
        yield events.Phase("loading", note="model")
        model, resolved = self._built(device, dataset)
        # Until there is a checkpoint, the model has the weights that it begins with.
        if self._world.leads and not (self._run.checkpoints / "last.pt").exists():
            yield from model_init.begin(model, self._recipe, dataset)
        # Where the clock stands still nothing is ever due: only the leader reports.
        clock = time.monotonic if self._world.leads else lambda: 0.0
        trainer = Trainer(self._recipe, resolved, device, dataset, model, clock, self._world)
        recipe_checks.check_batch(self._recipe, trainer.layers, self._world.size)
        resolved = yield from self._compiled(trainer, resolved)
        self._write_resolved(resolved)
        if self._world.leads:
            self._description = describe(self._run, self._recipe, resolved, dataset)
        started = self._started(trainer, model, resolved, device, dataset)
        yield started
        yield from preparation.data_alerts(dataset, self._recipe, resolved, room)
        if told := recipe_checks.untested_torch(started.versions["torch"]):
            yield events.Alert("info", "torch", told)
        for doubt in recipe_checks.doubts(self._recipe, started.layers, self._world.size):
            yield events.Alert("warning", "recipe", doubt)
        return trainer

    def _built(self, device: torch.device, dataset: Dataset) -> tuple[nn.Module, Resolved]:
        """The model with its first random weights, and every `auto` as a choice for it."""
        import torch

        from engine.devices import device as devices
        from engine.process import model_init
        from engine.training import autotune

        shape, images = dataset.train.shape, len(dataset.train) // self._world.size
        part = msgspec.structs.replace(
            self._recipe, batch=max(1, self._recipe.batch // self._world.size)
        )
        resolved = devices.resolve(
            self._recipe, device, shape[-1], dataset.loader, alone=self._world.alone
        )
        torch.manual_seed(self._recipe.seed)
        model = model_init.build(self._recipe, self._run.path, dataset)
        resolved = self._world.told(
            lambda: autotune.settle(part, resolved, device, model, shape, images)
        )
        torch.set_num_threads(resolved.threads)
        return model, resolved

    def _compiled(self, trainer: Trainer, resolved: Resolved) -> Generator[Event, None, Resolved]:
        """Compile the model where that is chosen; where it fails, say so and go on without."""
        if resolved.compile == "off":
            return resolved
        yield events.Phase("compiling")
        try:
            trainer.compile()
        except Exception as error:  # noqa: BLE001 (of compilers, drivers and the disk)
            traceback.print_exc()
            why = f"{type(error).__name__}: {error}".partition("\n")[0]
            yield events.Alert("warning", "compile", process_text.not_compiled(why))
            return msgspec.structs.replace(resolved, compile="off")
        return resolved

    def _write_resolved(self, resolved: Resolved) -> None:
        """Once, before step 0; a resume finds its own choices there and keeps them."""
        content = to_toml(self._recipe, resolved).encode()
        if self._world.leads and b"[resolved]" not in self._run.recipe.read_bytes():
            write_durably(self._run.recipe, content)

    def _started(
        self,
        trainer: Trainer,
        model: nn.Module,
        resolved: Resolved,
        device: torch.device,
        dataset: Dataset,
    ) -> events.RunStarted:
        from engine.devices import device as devices
        from engine.process.run_description import versions

        channels, height, width = dataset.train.shape
        layers = trainer.layers
        return events.RunStarted(
            attempt=self._attempt,
            name=self._run.label,
            recipe=self._recipe,
            resolved=resolved,
            host=socket.gethostname(),
            device=devices.name(device, self._world.size),
            classes=dataset.classes,
            layers=layers,
            parameters=sum(p.numel() for p in model.parameters()),
            macs=sum(layer.macs for layer in layers),
            input=(channels, height, width),
            train_images=len(dataset.train.labels),
            validation_images=len(dataset.validation.labels),
            validation_is_test=dataset.validates == "test",
            steps_per_epoch=trainer.steps_per_epoch,
            planned_steps=trainer.plan.steps,
            versions=versions(),
            git=_git_commit(),
        )

    def _resume(self, trainer: Trainer) -> Event | None:
        """Go on from `last.pt`; without one, an earlier attempt's steps no longer count."""
        from engine.checkpoints import checkpoint

        last = self._run.checkpoints / "last.pt"
        state = self._world.told(lambda: checkpoint.load(last) if last.exists() else None)
        from_seq = 0
        if state is not None:
            with checkpoint.fits(last):
                trainer.restore(state.training)
            from_seq = state.seq
        elif not self._again:
            return None
        return events.Resumed(self._attempt, from_seq, trainer.epoch, step=trainer.step)

    def _test(self, trainer: Trainer) -> EventStream:
        """Look at the test images, where there are any, with the weights of the best epoch."""
        if not trainer.can_test:
            return
        best = self._world.told(self._best)
        if isinstance(best, RunError):
            yield events.Alert(
                "error", "test", process_text.test_left_out(str(best)), step=self.step
            )
            return
        yield from trainer.test(best)

    def _best(self) -> dict[str, Tensor] | RunError:
        """The weights of the best epoch, or what is wrong with its checkpoint."""
        from engine.checkpoints import checkpoint

        self.settle()
        try:
            return checkpoint.load(self._run.checkpoints / "best.pt").training.weights
        except RunError as error:
            return error

    def save(
        self, *files: tuple[str, SaveReason], ended: events.EpochEnded | None = None
    ) -> Event | None:
        """Have the run as it is now written to these files, beside the training.

        `ended` is the epoch that it closes, where it is not in the midst of one. Weights that are
        not finite are not saved, which is told by the event: the checkpoint before is worth more.
        """
        from engine.checkpoints.run_state import RunState, copied
        from engine.checkpoints.saver import Snapshot

        trainer = self.trainer
        assert trainer is not None
        if not self._world.told(lambda: trainer.sound):
            return events.Alert(
                "error", "save", process_text.not_saved_broken(files[0][0]), step=self.step
            )
        began = time.monotonic()
        seq, training = self._journal.seq, trainer.state()
        if not self._world.leads:
            return None
        state = RunState(
            attempt=self._attempt,
            seq=seq,
            description=self._description,
            training=copied(training),
        )
        stall = time.monotonic() - began
        epoch, top1 = (ended.epoch, ended.top1) if ended else (self.epoch, UNSET)
        self._saver().put(Snapshot(files, state, epoch, self.step, stall, top1))
        return None

    @property
    def keeps_epochs(self) -> bool:
        """Whether epochs have a checkpoint of their own."""
        return self._recipe.keep > 0

    @property
    def can_go_back(self) -> bool:
        """Whether there is a checkpoint of this run; waits for one that is being written."""
        self.settle()
        return (self._run.checkpoints / "last.pt").exists()

    def save_is_due(self) -> bool:
        """Whether the recipe asks for a save now, between two epochs."""
        return self.trainer is not None and self._interval.due(self.trainer.step)

    def keep_batch(self) -> None:
        """Keep the batch whose loss was not a number, to look at. Raises OSError."""
        from engine.checkpoints import checkpoint

        assert self.trainer is not None
        broken = self.trainer.broken
        if broken is not None and self._world.leads:
            batch = {"step": broken.step, "images": broken.images, "labels": broken.labels}
            file = self._run.checkpoints / NAN_FILE.format(broken.step)
            checkpoint.write(file, checkpoint.content(batch), self._journal.sync)

    def _saver(self) -> Writer:
        from engine.checkpoints.saver import Writer

        if self._writer is None:
            keep = self._recipe.keep
            self._writer = Writer(self._run.checkpoints, keep, self._journal.sync, self._append)
        return self._writer

    def settle(self) -> str:
        """Wait until all that was saved is durable; the sentence of what failed, else nothing."""
        return self._writer.wait() if self._writer is not None else ""

    def answer(self, question: commands.Inspect) -> None:
        """Write what a look inside asked for. Raises OSError."""
        trainer = self.trainer
        assert trainer is not None
        if not self._world.leads:
            return
        answer = trainer.answers.reply(question, trainer.epoch, trainer.step)
        replies.write_reply(self._run, question.id, answer)

    def decline(self, question: commands.Inspect, why: events.Alert) -> None:
        """Answer a look inside by a refusal, so that nobody waits for it. Raises OSError."""
        if self._world.leads:
            replies.write_reply(self._run, question.id, why)

    def ended(self, reason: Any, error: str) -> Event:
        """The last event of this attempt."""
        trained = self.trainer is not None and self.trainer.best.epoch > 0
        tested = self.trainer.tested if self.trainer else None
        return events.RunEnded(
            reason=reason,
            best_epoch=self.trainer.best.epoch if self.trainer and trained else UNSET,
            best_top1=self.trainer.best.top1 if self.trainer and trained else UNSET,
            test_loss=events.measured(tested.loss) if tested else UNSET,
            test_top1=events.measured(tested.top1) if tested else UNSET,
            seconds=time.monotonic() - self._began,
            error=error,
            step=self.step,
        )

    def explain(self, error: Exception) -> str:
        """A sentence for an error that is not a user's mistake."""
        if lost := self._world.lost(error):
            return lost
        # Not imported: it may be torch that is broken.
        torch = sys.modules.get("torch")
        if torch is not None and isinstance(error, torch.OutOfMemoryError):
            kept = self._run.label if self.can_go_back else ""
            return process_text.out_of_memory(self._recipe.batch, str(error), kept)
        return process_text.crashed(f"{type(error).__name__}: {error}".partition("\n")[0])


def _git_commit() -> str | None:
    """The commit of the folder that the run was started in, with + where files differ."""
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
