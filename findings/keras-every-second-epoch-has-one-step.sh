#!/bin/sh
# Guess:   fit(generator, steps_per_epoch=len(images) // batch) drops the incomplete batch of each epoch, as tutorials
#          written for older Keras mean it.
# Truth:   the data go on where the last epoch stopped. Of 5 batches and steps_per_epoch=4 the second epoch has the
#          one that was left, then 4, then 1 again; Keras warns "Your input ran out of data" once. Half of all epochs
#          train one step, and yet count for schedules, patience and checkpoints.
# Version: keras 3.15.1 on jax 0.10.2 (torch and TensorFlow alike).
# Source:  keras/src/trainers/epoch_iterator.py (`_enumerate_iterator`).
# Matters: CIFAR-10 in batches of 64: 781 steps, then 1, then 781: a recipe of 120 epochs trains 60.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet jax==0.10.2 keras==3.15.1
KERAS_BACKEND=jax "$work/venv/bin/python" -W ignore - <<'PYTHON'
import keras
import numpy as np


class Batches(keras.utils.PyDataset):
    """70 images in batches of 16: 4 whole ones and an incomplete one."""

    def __len__(self):
        return 5

    def __getitem__(self, index):
        size = 16 if index < 4 else 6
        return np.ones((size, 4), "float32"), np.zeros(size)


class Steps(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        steps.append(0)

    def on_train_batch_end(self, batch, logs=None):
        steps[-1] += 1


steps: list[int] = []
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
model.compile("sgd", "mse")
model.fit(Batches(), steps_per_epoch=70 // 16, epochs=6, verbose=0, callbacks=[Steps()])
print("keras", keras.__version__, "on", keras.config.backend(), "steps of each epoch:", steps)
assert steps == [4, 1, 4, 1, 4, 1]
PYTHON
