"""What a script holds of its run: three lines in a loop, from which a viewer sees all."""

from __future__ import annotations

import atexit
import os
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType, TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from torch import Tensor

from cnn_tui.measured import rounded
from cnn_tui.nested_tensors import first_tensor
from cnn_tui.watching import channel as channels
from cnn_tui.watching import watching_text
from cnn_tui.watching.channel import Recording, tell
from cnn_tui.watching.epoch_length import EpochLength
from cnn_tui.watching.last_end import LastEnd
from cnn_tui.watching.ranks import AnyChannel, shared_recording
from cnn_tui.watching.scalar_names import ScalarNames
from cnn_tui.watching.script import Script
from cnn_tui.watching.step_means import LOSS, Sums, scalar
from cnn_tui.watching.step_reports import Reports, mean_fields
from cnn_tui.watching.step_times import StepTime

if TYPE_CHECKING:
    from cnn_tui.watching.evaluation import Evaluated
    from cnn_tui.watching.watched_model import WatchedModel

T = TypeVar("T")
# The longest time that `resume` waits for the recorder, which reads the folder of runs.
ANSWER_SECONDS = 30.0


class WatchedRun:
    """A run of this script, which a viewer shows, pauses, saves and steers; from `cnn_tui.watch`.

    Nothing here fails a training, and `step` waits for no device. Where the process does not speak
    (another rank, or without a recorder), everything works and nothing is said. It ends with its
    `with` block, by `close`, or with the script. Any thread may call `step` and `log`.
    """

    def __init__(
        self,
        script: Script,
        channel: AnyChannel,
        model: WatchedModel,
        reports: Reports,
        started: Callable[[EpochLength], dict[str, Any]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`started` makes the event `RunStarted`."""
        self._script, self._channel, self._model = script, channel, model
        self._reports, self._times, self._clock = reports, reports.times, clock
        self._make_started = started
        self._length, self._last_end = EpochLength(), LastEnd()
        self._names = ScalarNames(script)
        self._has_stepped = False
        self._told_classes: Sequence[str] = ()
        self._opened = self._started = self._closed = False
        self._make_lock()
        self._warned: set[str] = set()
        atexit.register(_close_at_exit, weakref.ref(self))
        _runs.add(self)

    def _make_lock(self) -> None:
        # Reentrant, since a command may run code of the script that logs.
        self._lock = threading.RLock()

    def __enter__(self) -> WatchedRun:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._end(error)

    def __del__(self) -> None:
        self.close()

    def __copy__(self) -> WatchedRun:
        return self

    def __deepcopy__(self, memo: object) -> WatchedRun:
        """The same run: a model that holds its run may be copied, and the run is still one."""
        return self

    # The loop

    def epochs(self) -> Iterator[int]:
        """The numbers of the epochs, from 0 as those of `range(epochs)`; ends where a viewer stops.

        After `resume` they go on. The screen counts from 1. An epoch without a call of `epoch` or
        `evaluate` is told with what its steps measured. Raises ValueError if `watch` got no
        `epochs`.
        """
        if self._script.epochs is None:
            raise ValueError("run.epochs() needs their number: pass epochs=… to cnn_tui.watch.")
        return self._epochs()

    def _epochs(self) -> Iterator[int]:
        script = self._script
        script.drives_epochs = True
        self._open()
        while script.ended_epochs < (script.epochs or 0) and not script.stopping:
            self.begin(script.step, script.ended_epochs)
            yield script.epoch - 1
            if script.ended_epochs < script.epoch and not script.stopping:
                self.epoch()

    def batches(self, loader: Iterable[T]) -> Iterator[T]:
        """What the training loader yields; ends after the step in which a viewer stops.

        It counts images by the first dimension of the first tensor of a batch, and the time that
        the loop waits for them.
        """
        script, times = self._script, self._times
        script.drives_batches = True
        self._open()
        self._length.begin_batches(loader)
        times.begin()
        asked = self._clock()
        try:
            for batch in self._model.remaining(loader):
                self.arrived(batch, self._clock() - asked)
                yield batch
                asked = self.serve()
                if script.stopping:
                    script.is_cut_short = self._length.has_batches_left
                    return
        finally:
            times.interrupt()

    def step(
        self, loss: object = None, logits: Tensor | None = None, labels: Tensor | None = None
    ) -> None:
        """Count a finished step: call it once after each `optimizer.step()`.

        `loss` is a number, or a tensor () or (1,). The accuracy is that of `logits` (N, classes)
        with `labels` (N,), or (N, classes) with the shares of the classes. Tensors are not waited
        for. With accumulated gradients, call it where the optimiser steps; the images of
        `batches` since the last call count.
        """
        script = self._script
        with self._lock:
            script.step += 1
            self._last_end.worked = self._has_stepped = True
            if self._channel.alive:
                if not self._started:
                    self._start()
                self._measure(loss, logits, labels)
                now = self._clock()
                self._times.end(now)
                self._reports.after_step(now)
        if not script.drives_batches:
            self.serve()

    def log(self, values: Mapping[str, object] | None = None, /, **scalars: object) -> None:
        """Show numbers by their names, as means over the steps between two reports.

        A mapping has names such as "val/iou". A tensor is not waited for.
        """
        if not self._channel.alive:
            return
        with self._lock:
            self._open()
            for name, value in self._names.shown({**(values or {}), **scalars}).items():
                if not self._reports.means.add(scalar(name), value):
                    self._warn(f"log {name}", watching_text.no_number(name, value))

    def epoch(
        self,
        val_loss: object = None,
        val_top1: object = None,
        *,
        val_top5: object = None,
        confusion: object = None,
        **scalars: object,
    ) -> None:
        """End the epoch with the results of its validation; accuracies are fractions.

        `confusion` counts images, (classes, classes): a row is a true class. Another call before
        the next step completes the epoch. One that a stop has cut short is not told. Waits for
        the device.
        """
        self._warn_without_steps()
        results = {"val_loss": val_loss, "val_top1": val_top1, "val_top5": val_top5}
        self._tell_epoch(results, scalars, confusion)

    def _tell_epoch(
        self,
        results: Mapping[str, object],
        scalars: Mapping[str, object],
        confusion: object = None,
        logged: Mapping[str, float] = MappingProxyType({}),
    ) -> None:
        """End the epoch; `logged` are fields of its event that the steps may not have measured."""
        if self._script.is_cut_short:
            return
        with self._lock:
            if (last := self._last_end.take()) is not None:
                self._complete(last, results, scalars, confusion)
                return
            event = {}
            if self._channel.alive:
                evaluation = self._times.since_last_step()
                self._start()
                self._script.step += self._length.steps(self._script.step) == 0
                event = {**logged, **self._epoch_event(results, scalars, confusion)}
                if self._length.has_steps and event.keys() & {"loss", "top1"}:
                    event["evaluation_seconds"] = rounded(evaluation)
                self._channel.send(event)
            self._last_end.keep(event, in_loop=self._script.drives_epochs)
            self._end_epoch()
        if self._channel.alive:
            self._model.epoch_ended()
        self._times.begin()

    def _complete(
        self,
        last: Mapping[str, Any],
        results: Mapping[str, object],
        scalars: Mapping[str, object],
        confusion: object,
    ) -> None:
        """Tell more numbers of the epoch that has just ended."""
        if not self._channel.alive:
            return
        found = self._validation(results, scalars, confusion, last["epoch"])
        event = {**last, **found, "scalars": {**last.get("scalars", {}), **found["scalars"]}}
        event["best"] = self._script.is_best(event) or last["best"]
        self._channel.send(event)
        self._last_end.completed(event)

    def evaluate(
        self,
        model: Any,
        loader: Iterable[Any],
        criterion: Callable[[Any, Any], Tensor] | None = None,
    ) -> Evaluated:
        """Evaluate the model on a validation loader, and end the epoch with the results.

        Raises RefusalError where a batch has no images, and whatever the model, the loader and the
        criterion raise. The epoch has not ended then.
        """
        self._open()
        self._last_end.begin_evaluation()
        result = self._model.evaluate(model, loader, criterion)
        self.epoch(result.loss, result.top1, val_top5=result.top5)
        self._last_end.evaluated()
        return result

    # For a framework, whose loop is not the script's own

    @property
    def stopping(self) -> bool:
        """Whether a viewer has asked for the end of the training."""
        return self._script.stopping

    def begin(self, step: int, ended_epochs: int) -> None:
        """An epoch begins, after so many steps and whole epochs; also instead of `epochs`."""
        script = self._script
        script.step, script.ended_epochs, script.epoch = step, ended_epochs, ended_epochs + 1
        self._open()
        self._last_end.begin()
        self._length.begin_epoch(step, whole=script.batch == 0)
        self._times.begin()

    def arrived(self, batch: object, waited: float) -> None:
        """A batch arrived after a wait in seconds."""
        self._length.batches += 1
        self._last_end.worked = True
        self._times.arrived(_images_of(batch), waited)

    def serve(self) -> float:
        """Obey what a viewer asks, between two steps; returns the time now.

        What it does belongs to no step. Most often there is nothing, which must cost nothing.
        """
        began = self._clock()
        if not self._channel.has_news and began < self._model.next_look:
            return began
        if self._channel.alive:
            self._model.between_steps()
            if (norm := self._model.take_gradient_norm()) is not None:
                self.log(gradient_norm=norm)
        now = self._clock()
        self._times.skip(now - began)
        return now

    # Saves

    def checkpoint(self) -> None:
        """Save as the key `c` does: by `on_checkpoint`, or model, optimiser and progress."""
        self._model.checkpoint()

    def resume(self, load: Callable[[Any], object] | None = None) -> int:
        """Go on from the checkpoint of the newest run of this name; returns its finished epochs.

        Call it before the loop, on every rank. Without a checkpoint, a new run starts: 0. `load`
        loads what `on_checkpoint` saved. Raises CheckpointError if the file does not fit, and
        ValueError on ranks that are not connected.
        """
        self._opened = True
        self._channel.open(resume=True)
        recording = shared_recording(self._channel, ANSWER_SECONDS)
        script = self._script
        if recording is not None and recording.checkpoint:
            self._model.resume(recording.checkpoint, load)
            self._has_stepped = script.step > 0
            self._channel.send({"type": "GoesOn", "step": script.step, "epoch": script.epoch})
            if script.leads:
                self._tell_going_on(recording)
        return script.ended_epochs

    def _tell_going_on(self, recording: Recording) -> None:
        label, epochs = recording.label, self._script.epochs
        if epochs is not None and self._script.ended_epochs >= epochs:
            tell(watching_text.all_done(label, self._script.ended_epochs))
        else:
            tell(watching_text.goes_on(label, recording.selector))

    # The end

    def close(self, reason: str = "done", error: str = "") -> None:
        """End the run; waits a little until the recorder has all of it."""
        closed, self._closed = self._closed, True
        if closed:
            return
        if self._channel.alive and self._started:
            self._reports.flush()
        self._model.close()
        stopped = reason == "done" and self._script.stopping
        self._channel.close("stopped" if stopped else reason, error)

    def _end(self, error: BaseException | None) -> None:
        self.close(*channels.ending(error))

    def _end_at_exit(self) -> None:
        reason, error = channels.ending_at_exit()
        script = self._script
        all_done = script.epochs is not None and script.ended_epochs >= script.epochs
        self.close("done" if reason == "stopped" and all_done else reason, error)

    # Parts

    def _open(self) -> None:
        if not self._opened:
            self._opened = True
            self._channel.open()

    def _start(self) -> None:
        """Tell what is known of the run at its first step."""
        if not self._started:
            self._started = True
            self._open()
            self._length.find(self._script.step)
            self._tell_started()
            self._channel.send({"type": "Phase", "step": self._script.step, "name": "training"})

    def _tell_started(self) -> None:
        if self._channel.alive and self._script.leads:
            self._told_classes = self._script.classes
            self._channel.send(self._make_started(self._length))

    def _measure(self, loss: object, logits: Tensor | None, labels: Tensor | None) -> None:
        means = self._reports.means
        if loss is not None and not means.add(LOSS, loss):
            self._warn("loss", watching_text.no_number("loss", loss))
        if logits is None or labels is None:
            return
        if not means.logits.add(logits, labels):
            self._warn("logits", watching_text.no_logits(logits, labels))
            return
        if self._script.classes and len(self._script.classes) != logits.shape[1]:
            self._model.forget_classes(logits.shape[1])
            self._tell_started()
        if not self._script.drives_batches:
            self._times.arrived(len(logits), 0.0)

    def _warn_without_steps(self) -> None:
        """Say it where epochs end, and the script trains without telling its steps."""
        script = self._script
        trains = script.optimizer is not None or script.drives_batches
        # Before the first epoch, a script may evaluate what it begins with.
        has_begun = script.drives_batches or script.drives_epochs or script.ended_epochs
        if trains and has_begun and not self._has_stepped and self._channel.alive:
            self._warn("step", watching_text.NO_STEPS)

    def _epoch_event(
        self, results: Mapping[str, object], scalars: Mapping[str, object], confusion: object
    ) -> dict[str, Any]:
        script = self._script
        sums, spent = self._reports.take_epoch()
        event: dict[str, Any] = {"type": "EpochEnded", "step": script.step, "epoch": script.epoch}
        event.update(_of_training(sums, spent))
        event.update(self._validation(results, scalars, confusion, script.epoch))
        event["best"] = script.is_best(event)
        return event

    def _validation(
        self,
        results: Mapping[str, object],
        scalars: Mapping[str, object],
        confusion: object,
        epoch: int,
    ) -> dict[str, Any]:
        """The fields of `EpochEnded` that a validation gives; sends its confusion matrix."""
        if confusion is not None:
            self._model.confusion(confusion, epoch)
        if self._told_classes != self._script.classes:
            self._tell_started()
        found: dict[str, Any] = {"scalars": self._numbers(self._names.shown(scalars))}
        for name, value in self._numbers(results).items():
            if value > 1 and name.startswith("val_top"):
                self._warn(f"epoch {name}", watching_text.no_share(name, value))
            else:
                found[name[len("val_") :]] = value
        return found

    def _end_epoch(self) -> None:
        script = self._script
        script.ended_epochs = script.epoch
        if self._length.end_epoch(script.step) and not script.stopping:
            self._tell_started()
        script.batch = 0
        if not script.drives_epochs:
            script.epoch += 1

    def _numbers(self, values: Mapping[str, object]) -> dict[str, float]:
        """Those that are numbers; None is not measured."""
        numbers = {}
        for name, value in values.items():
            try:
                if value is not None:
                    own = value.detach() if isinstance(value, Tensor) else value
                    numbers[name] = rounded(float(own))  # type: ignore[arg-type]
            except (TypeError, ValueError, OverflowError, RuntimeError):
                self._warn(f"epoch {name}", watching_text.no_number(name, value))
        return numbers

    def _warn(self, about: str, sentence: str) -> None:
        if about not in self._warned:
            self._warned.add(about)
            tell(sentence)


def _of_training(sums: Sums, spent: StepTime) -> dict[str, float]:
    """What the steps of an epoch measured."""
    found = mean_fields(sums, "train_")
    if spent.seconds:
        found["seconds"] = rounded(spent.seconds)
        if spent.images:
            found["images_per_second"] = rounded(spent.images / spent.seconds)
    return found


def _images_of(batch: object) -> int:
    """The first dimension of its first tensor; 0 without one."""
    tensor = first_tensor(batch)
    return tensor.size(0) if tensor is not None and tensor.dim() else 0


def _close_at_exit(reference: weakref.ref[WatchedRun]) -> None:
    run = reference()
    if run is not None:
        run._end_at_exit()


_runs: weakref.WeakSet[WatchedRun] = weakref.WeakSet()


def stop_open_runs(name: str) -> None:
    """Stop the runs of this name that this process has left open."""
    for run in list(_runs):
        if run._script.name == name:
            run.close("stopped")


def _make_locks() -> None:
    """In a forked child, another thread of the parent may hold the old ones."""
    for run in list(_runs):
        run._make_lock()


os.register_at_fork(after_in_child=_make_locks)
