"""One `fit` of Keras, told to a recorder.

`on_train_batch_end` is left alone: a callback that has it makes Keras wait for the device after
every step. What a step did is read before the next one, and only when a report is due.
"""

from __future__ import annotations

import atexit
import time
from collections.abc import Callable, Mapping
from typing import Any

import keras

from cnn_tui.keras_watching import epoch_numbers, keras_description, keras_judgements, keras_text
from cnn_tui.keras_watching.keras_checkpoint import KerasCheckpoint
from cnn_tui.keras_watching.keras_inspector import KerasInspector
from cnn_tui.keras_watching.keras_rate import KerasRate
from cnn_tui.keras_watching.layer_outputs import model_output
from cnn_tui.keras_watching.metric_sums import MetricSums
from cnn_tui.keras_watching.validation_arrays import ValidationArrays
from cnn_tui.measured import measured
from cnn_tui.watching import obeying_text
from cnn_tui.watching.channel import Channel, ending, last_error
from cnn_tui.watching.first_event import run_started
from cnn_tui.watching.obedience import Obedience
from cnn_tui.watching.script import Script

REPORT_SECONDS = 0.5


class KerasTraining:
    """From `on_train_begin` to `on_train_end`. `model` is asked for only where it is used.

    On JAX that costs a copy of all references, and the next step takes them back.
    """

    def __init__(
        self,
        model: Callable[[], Any],
        channel: Channel,
        script: Script,
        data: ValidationArrays | None,
        name: str,
        settings: Mapping[str, Any],
        steps: int | None,
    ) -> None:
        """`steps` are those of an epoch, where Keras knows them."""
        self._model, self._channel, self._script, self._data = model, channel, script, data
        self._name, self._settings, self._steps = name, settings, steps
        self._sums, self._rate = MetricSums(), KerasRate(lambda: model().optimizer)
        self._inspector = KerasInspector(model, script, data)
        checkpoint = KerasCheckpoint(model, script, channel)
        self._obedience = Obedience(script, channel, self._rate, checkpoint, self._inspector)
        self._lr: float | None = None
        # The first step of the epoch, its last batch that began, and the optimizer's steps before.
        self._epoch_start, self._batch, self._iterations = 0, -1, 0
        self._per_call = 1
        # The step of the last report and its time: None at first, as the first step compiles.
        self._reported, self._due = 0, True
        self._reported_at: float | None = None
        self._epoch_began = 0.0
        self._steps_ended: float | None = None
        self._validated = self._ever_validated = False
        atexit.register(self._end_at_exit)

    def tell_start(self) -> None:
        """Tell what is known before the first step."""
        model, (framework, versions) = self._model(), keras_description.framework()
        self._channel.send(
            run_started(
                self._script,
                name=self._name,
                framework=framework,
                device=keras_description.device(model),
                settings={**keras_description.settings(model), **self._settings},
                steps_per_epoch=self._steps,
                versions=versions,
                refusals=self._refusals(),
                facts=keras_description.facts(model, self._data),
            )
        )

    def _refusals(self) -> dict[str, str]:
        steer = {"Steer": self._rate.refusal} if self._rate.refusal else {}
        return {"Epochs": keras_text.EPOCHS_ARE_FIXED, **steer}

    # The steps of an epoch

    def begin_epoch(self, epoch: int) -> None:
        """An epoch begins, from 0 as Keras counts."""
        script = self._script
        if not script.step and self._steps:
            script.step = epoch * self._steps  # fit(initial_epoch=…) goes on
        script.epoch, self._epoch_start, self._reported = epoch + 1, script.step, script.step
        self._sums.restart()
        self._epoch_began = time.monotonic()
        self._reported_at = self._reported_at and self._epoch_began
        self._steps_ended, self._batch, self._validated = None, -1, False
        model = self._model()
        self._iterations, self._per_call = _iterations(model), int(model.steps_per_execution)
        self._obedience.enter("training")

    def before_step(self, batch: int) -> None:
        """The step with this number in its epoch, from 0, comes next; all before it are done."""
        self._batch = batch
        self._script.step = self._epoch_start + batch
        if self._due and batch:
            self._report(self._model())
            self._due = False
        waited = self._serve()
        self._epoch_began += waited
        self._reported_at = self._reported_at and self._reported_at + waited
        self._due = self._due or self._is_late()
        if self._due or batch == 0 or self._is_last(batch) or self._rate.is_steered:
            # A report tells the rate of its last step, and this one comes next.
            self._rate.before_step()
            self._lr = self._rate.used()

    def _serve(self) -> float:
        """Obey what a viewer asks; returns how long that took."""
        began = time.monotonic()
        self._obedience.serve()
        if self._script.stopping:
            self._model().stop_training = True
        return time.monotonic() - began

    def _is_late(self) -> bool:
        since = self._reported_at
        return since is not None and time.monotonic() - since >= REPORT_SECONDS

    def _is_last(self, batch: int) -> bool:
        """Whether these steps are known to end the epoch."""
        return self._steps is not None and batch + self._per_call >= self._steps

    def _report(self, model: Any) -> None:
        """Tell the means over the steps since the last report."""
        script, now = self._script, time.monotonic()
        means = self._sums.means(model)
        if script.step == self._reported or not means.values:
            return
        fields = epoch_numbers.step_numbers(means.values)
        if self._lr is not None:
            fields["lr"] = self._lr
        if means.images and self._reported_at is not None:
            speed = means.images / max(now - self._reported_at, 1e-9)
            fields["images_per_second"] = measured(speed)
        self._send({"type": "Steps", "epoch": script.epoch, **fields})
        self._reported, self._reported_at = script.step, now

    def end_steps(self) -> None:
        """All steps of the epoch are done. Called before the validation, or at the epoch's end."""
        if self._steps_ended is not None:
            return
        model = self._model()
        self._script.step = self._epoch_start + self._steps_done(model)
        self._report(model)
        self._rate.after_steps()
        self._steps_ended = time.monotonic()

    def _steps_done(self, model: Any) -> int:
        """The steps of this epoch. The last batch that began need not have been the last step.

        With `steps_per_execution` it was the first of several, and where data end early, Keras
        begins one more that never is. The optimizer knows, unless it accumulates gradients.
        """
        counted = _iterations(model) - self._iterations
        if counted and not model.optimizer.gradient_accumulation_steps:
            return counted
        done = self._batch + self._per_call
        return done if self._steps is None else min(done, self._steps)

    # The end of an epoch

    def begin_validation(self) -> None:
        self.end_steps()
        self._validated = self._ever_validated = True
        self._obedience.enter("evaluating")

    def end_epoch(self, logs: Mapping[str, Any]) -> None:
        """Tell an epoch's numbers, and what the model now says of the validation images."""
        self.end_steps()
        ended = time.monotonic()
        assert self._steps_ended is not None
        if self._data is not None and (self._validated or not self._ever_validated):
            self._show_validation(self._data)
        script, model = self._script, self._model()
        numbers = epoch_numbers.epoch_numbers(logs, epoch_numbers.top5_metric(model.metrics))
        times = {"seconds": self._steps_ended - self._epoch_began}
        if self._validated:
            times["evaluation_seconds"] = ended - self._steps_ended
        if self._lr is not None:
            numbers["lr"] = self._lr
        best = script.is_best(numbers)
        self._send({"type": "EpochEnded", "epoch": script.epoch, **numbers, **times, "best": best})
        script.ended_epochs = script.epoch
        if not self._steps and not script.stopping:
            self._steps = script.step - self._epoch_start
            self.tell_start()
        self._serve()

    def _show_validation(self, data: ValidationArrays) -> None:
        """What the model says of the images; those that it cannot take are told of once."""
        self._obedience.enter("evaluating")
        try:
            self._show(data)
        except Exception as error:  # noqa: BLE001 (the model is anybody's)
            self._data = None
            self._obedience.tell("warning", "data", obeying_text.model_failed(error))

    def _show(self, data: ValidationArrays) -> None:
        model, epoch = self._model(), self._script.epoch
        if self._inspector.judged is None:
            # A `predict` that fails would leave a model on JAX without its weights.
            model_output(model, data.batch([0]))
        judged = keras_judgements.judge(model, data, epoch)
        if judged is not None:
            self._inspector.judged = judged
            self._send(keras_judgements.confusion(judged))
        for event in self._inspector.epoch_maps(model):
            self._send(event)

    # The end

    def end(self, reason: str = "", error: str = "") -> None:
        """The training has ended; without a reason as it was to, or stopped by a command."""
        atexit.unregister(self._end_at_exit)
        self._channel.close(reason or ("stopped" if self._script.stopping else "done"), error)

    def _end_at_exit(self) -> None:
        """The script ends, and Keras never said that the training did: something was raised."""
        self.end(*ending(last_error() or KeyboardInterrupt()))

    def _send(self, event: dict[str, Any]) -> None:
        self._channel.send({"step": self._script.step, **event})


def _iterations(model: Any) -> int:
    """The updates that the optimizer has made."""
    count = getattr(model.optimizer, "iterations", None)
    return 0 if count is None else int(keras.ops.convert_to_numpy(count))
