#!/bin/sh
# Guess:   `learning_rate` in Keras' logs, and so in its history, CSVLogger and TensorBoard, is the rate of the epoch.
# Truth:   it is what the optimizer holds when the last callback that logs it looks, after the epoch. With
#          ReduceLROnPlateau before LearningRateScheduler in the list, the history says 0.01, 0.005, 0.005, where all
#          steps used 0.01: the scheduler logs the reduced rate, and then overwrites it before the next step.
# Version: keras 3.15.1 on jax 0.10.2 (torch and TensorFlow alike).
# Source:  keras/src/callbacks/learning_rate_scheduler.py (`on_epoch_end`), reduce_lr_on_plateau.py.
# Matters: a curve of the learning rate shows drops that never happened; in the other order, the drops vanish.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet jax==0.10.2 keras==3.15.1
KERAS_BACKEND=jax "$work/venv/bin/python" - <<'PYTHON'
import keras
import numpy as np
from keras import callbacks


class Used(callbacks.Callback):
    def on_train_batch_begin(self, batch, logs=None):
        used.add(round(float(self.model.optimizer.learning_rate), 6))


def logged(plateau_first: bool) -> list[float]:
    """What Keras logs as the rate of each epoch, on a loss that never improves by 1."""
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.01), "mse")
    plateau = callbacks.ReduceLROnPlateau("loss", factor=0.5, patience=1, min_delta=1.0)
    both = [plateau, callbacks.LearningRateScheduler(lambda epoch: 0.01)]
    called = [*(both if plateau_first else both[::-1]), Used()]
    x = np.full((32, 4), 1e-3, "float32")
    history = model.fit(x, np.zeros(32), epochs=3, verbose=0, callbacks=called).history
    return [round(float(rate), 6) for rate in history["learning_rate"]]


used: set[float] = set()
first, last = logged(True), logged(False)
print("keras", keras.__version__, "used by all steps:", used)
print("logged, plateau before scheduler:", first, "after it:", last)
assert used == {0.01} and first == [0.01, 0.005, 0.005] and last == [0.01, 0.01, 0.01]
PYTHON
