#!/bin/sh
# Guess:   CSVLogger(append=True) notices that the metrics have changed: it writes a header, or refuses.
# Truth:   it writes the rows of the new metrics, sorted by name, below the old header, without a word. With one
#          metric more the rows are wider than the header. With ReduceLROnPlateau added and one metric less they are
#          as wide as before, and each number stands in another column: the learning rate of the second training is
#          read as `loss`, and its loss as `top2`. pandas reads that file without an error; the first one
#          it refuses.
# Version: keras 3.15.1 (JAX backend), pandas 3.0; the callback is the same for all backends.
# Source:  keras/src/callbacks/csv_logger.py: `keys` are taken from the logs of the first epoch, and `append_header`
#          is False where the file has a first line, whatever is in it.
# Matters: a training that goes on after a crash with one callback or metric more has a log that lies.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet keras==3.15.1 jax pandas
cd "$work"
KERAS_BACKEND=jax "$work/venv/bin/python" - <<'PYTHON'
import keras
import numpy as np
import pandas as pd

print("keras", keras.__version__, "pandas", pd.__version__)
rng = np.random.default_rng(0)
x, y = rng.normal(size=(64, 8)).astype("float32"), rng.integers(0, 3, 64)


def train(file: str, metrics: list, callbacks: list, initial_epoch: int) -> None:
    model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(3, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=metrics)
    logger = keras.callbacks.CSVLogger(file, append=True)
    model.fit(x, y, verbose=0, initial_epoch=initial_epoch, epochs=initial_epoch + 1, callbacks=[*callbacks, logger])


top2 = keras.metrics.SparseTopKCategoricalAccuracy(2, name="top2")
plateau = keras.callbacks.ReduceLROnPlateau(monitor="loss")

train("wider.csv", ["accuracy"], [], 0)
train("wider.csv", ["accuracy", top2], [], 1)
print(open("wider.csv").read())
try:
    pd.read_csv("wider.csv")
    raise SystemExit("pandas reads it")
except pd.errors.ParserError as error:
    print("pandas:", error)

train("same.csv", ["accuracy", top2], [], 0)
train("same.csv", ["accuracy"], [plateau], 1)
print(open("same.csv").read())
table = pd.read_csv("same.csv")
print(table)
assert [*table.columns][:4] == ["epoch", "accuracy", "loss", "top2"]
# The row of the second training is epoch, accuracy, learning_rate, loss.
assert abs(table.loc[1, "loss"] - 0.01) < 1e-6
assert table.loc[1, "top2"] > 1
PYTHON
