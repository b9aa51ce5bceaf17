#!/bin/sh
# Guess:   with TensorBoard(update_freq="batch") Keras logs as `batch_loss` the loss of each batch.
# Truth:   it logs the mean over all batches since the start of the epoch. The curve is smooth, and jumps where an
#          epoch begins: it looks like an effect of the epoch, and a single bad batch cannot be seen.
# Version: keras 3.15.1 with tensorflow 2.21.0.
# Source:  keras/src/callbacks/tensorboard.py, `on_train_batch_end`: `logs` holds the metrics' results so far.
# Matters: who looks for a spike or compares with a PyTorch script's loss per batch compares different quantities.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet tensorflow-cpu==2.21.0 keras==3.15.1 tensorboard==2.21.0
cd "$work"
TF_CPP_MIN_LOG_LEVEL=3 "$work/venv/bin/python" - <<'PYTHON' 2>/dev/null
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

print("keras", keras.__version__, "tensorflow", tf.__version__)
# A constant model of rate 0: the loss of a batch is the mean of its targets' squares.
model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer="zeros", use_bias=False)])
model.compile(keras.optimizers.SGD(0.0), "mse")
targets = np.sqrt(np.array([[8.0], [4.0], [0.0], [0.0]], "float32"))
log = keras.callbacks.TensorBoard("log", update_freq=1)
model.fit(np.zeros((4, 1), "float32"), targets, batch_size=1, epochs=2, shuffle=False, verbose=0, callbacks=[log])
values = []
for event in EventFileLoader(str(next(Path("log/train").iterdir()))).Load():
    for value in event.summary.value:
        if value.tag == "batch_loss":
            values.append((event.step, round(float(tf.make_ndarray(value.tensor)), 3)))
print("losses of the batches 8, 4, 0, 0 in each of two epochs; logged:", values)
assert [value for _, value in values] == [8.0, 6.0, 4.0, 3.0] * 2
PYTHON
