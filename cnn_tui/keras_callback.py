"""Shows a Keras training in cnn-tui, which can pause, steer, save and stop it. One more line:

model.fit(x, y, callbacks=[..., cnn_tui.KerasCallback(data=(x_val, y_val), classes=names)])
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras

from cnn_tui.keras_watching import keras_text
from cnn_tui.keras_watching.keras_training import KerasTraining
from cnn_tui.keras_watching.validation_arrays import ValidationArrays
from cnn_tui.watching.channel import Channel, tell
from cnn_tui.watching.hello import hello
from cnn_tui.watching.program import plain_settings, program_name, run_name
from cnn_tui.watching.script import Script


class KerasCallback(keras.callbacks.Callback):  # type: ignore[misc]
    """A callback of Keras 3, on TensorFlow, JAX or torch. Put it last, behind other callbacks.

    It then sees, and steers, the learning rate that the others have set. `data` are validation
    images and labels as arrays, for feature maps, mistakes and the confusion matrix: after each
    epoch the model predicts them once, which takes as long as one more validation. `classes` are
    the names of the classes, and `settings` what else is to be told of the training. Each `fit` is
    a run of its own.
    """

    def __init__(
        self,
        name: str = "",
        *,
        data: Any = None,
        classes: Sequence[str] = (),
        settings: object = None,
        runs_dir: str | os.PathLike[str] | None = None,
    ) -> None:
        """Raises ValueError if `data` is no pair of arrays of the same length."""
        super().__init__()
        program = program_name()
        self._name, self._program = name or run_name(program), program
        self._data = None if data is None else ValidationArrays(data)
        self._classes, self._runs_dir = classes, runs_dir
        self._settings = plain_settings(settings)
        self._training: KerasTraining | None = None

    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        if self._training is not None:
            self._training.end("failed", keras_text.FIT_NEVER_ENDED)
        self._training = self._new_training()
        self._tell(KerasTraining.tell_start)

    def _new_training(self) -> KerasTraining:
        channel = Channel(hello(self._name, self._program, self._runs_dir, self._settings))
        script = Script(
            self._program,
            channel.send,
            optimizer=self.model.optimizer,
            classes=self._classes,
            epochs=self.params.get("epochs"),
            drives_batches=True,
        )
        return KerasTraining(
            lambda: self.model,
            channel,
            script,
            self._data,
            self._name,
            self._settings,
            self.params.get("steps"),
        )

    def _tell(self, what: Callable[[KerasTraining], None]) -> None:
        """Tell the recorder; what fails there ends the watching, and never the training."""
        training = self._training
        if training is None:
            return
        try:
            what(training)
        except Exception as error:  # noqa: BLE001 (model, metrics and optimizer are anybody's)
            self._training = None
            sentence = keras_text.not_watched(error)
            tell(sentence)
            training.end("failed", sentence)

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        self._tell(lambda training: training.begin_epoch(epoch))

    def on_train_batch_begin(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        self._tell(lambda training: training.before_step(batch))

    def on_test_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        self._tell(KerasTraining.begin_validation)

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        self._tell(lambda training: training.end_epoch(logs or {}))

    def on_train_end(self, logs: Mapping[str, Any] | None = None) -> None:
        self._tell(KerasTraining.end)
        self._training = None
