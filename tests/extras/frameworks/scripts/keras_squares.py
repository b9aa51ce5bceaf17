"""Trains a small network in Keras to find a bright quarter in images of noise.

    keras_squares.py BACKEND [--epochs N] [--rate scheduler|schedule] [--fail]
                     [--shown SIDE] [--nan]

Prints Keras' own history, the rates that the steps used, and whether torch was loaded.
"""

from __future__ import annotations

import argparse
import json
import os
import sys

parser = argparse.ArgumentParser()
parser.add_argument("backend")
parser.add_argument("--epochs", type=int, default=2)
parser.add_argument("--rate", default="scheduler")
parser.add_argument("--fail", action="store_true")
parser.add_argument("--shown", type=int, default=16)
parser.add_argument("--nan", action="store_true")
given = parser.parse_args()
os.environ["KERAS_BACKEND"] = given.backend
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras  # noqa: E402
import numpy as np  # noqa: E402
from keras import callbacks, layers  # noqa: E402

import cnn_tui  # noqa: E402


class Used(callbacks.Callback):  # type: ignore[misc]
    """Keeps the rate of each step, and fails where it is told to."""

    rates: list[float] = []  # noqa: RUF012

    def on_train_batch_begin(self, batch: int, logs: object = None) -> None:
        self.rates.append(float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate)))
        if given.fail and batch == 2:
            raise ArithmeticError("nothing goes")


def squares(count: int) -> tuple[np.ndarray, np.ndarray]:
    numbers = np.random.default_rng(0)
    labels = numbers.integers(0, 4, count)
    images = numbers.normal(0, 0.3, (count, 16, 16, 3)).astype("float32")
    for image, label in zip(images, labels, strict=False):
        row, column = divmod(label, 2)
        image[row * 8 : row * 8 + 8, column * 8 : column * 8 + 8] += 1
    return images, labels


keras.utils.set_random_seed(0)
images, labels = squares(256)
inner = keras.Sequential(
    [keras.Input((16, 16, 4)), layers.Conv2D(8, 3, strides=2), layers.BatchNormalization()],
    name="inner",
)
model = keras.Sequential(
    [
        keras.Input((16, 16, 3)),
        layers.Conv2D(4, 3, padding="same", activation="relu"),
        inner,
        layers.Flatten(),
        layers.Dropout(0.1),
        layers.Dense(4),
    ]
)
schedule = keras.optimizers.schedules.ExponentialDecay(0.01, 1, 0.99)
model.compile(
    keras.optimizers.Adam(schedule if given.rate == "schedule" else 0.01),
    keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=[] if given.nan else ["accuracy"],
)
used = Used()
shown = images[:64, : given.shown, : given.shown]
scheduler = callbacks.LearningRateScheduler(lambda epoch: 0.01 / (epoch + 1))
called = [
    *([scheduler] if given.rate == "scheduler" else []),
    cnn_tui.KerasCallback("squares", data=(shown, labels[:64]), classes=["a", "b", "c", "d"]),
    used,
]
history = model.fit(
    images,
    labels,
    batch_size=32,
    epochs=given.epochs,
    validation_data=(images[:64] * float("nan") if given.nan else images[:64], labels[:64]),
    callbacks=called,
    verbose=0,
)
said = {"history": history.history, "rates": used.rates, "torch": "torch" in sys.modules}
print(json.dumps(said))
