#!/bin/sh
# Guess:   with TensorBoard(update_freq=N) Keras thins the values of batches; the values of epochs are all there.
# Truth:   an epoch's values are written only if its last training step is a multiple of N: with 7 batches an epoch
#          and N = 2, the first, third, fifth … epochs are missing; with N = 100 and 157 batches, 99 of 100.
# Version: keras 3.15.1 with tensorflow 2.21.0.
# Source:  keras/src/callbacks/tensorboard.py, `_push_writer`: `record_if` of the batches wraps `on_epoch_end`, too.
# Matters: the curves over epochs have holes, or no point at all, and the best epoch may be one that is not there.
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
for every in ("epoch", 2, 3):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    log = keras.callbacks.TensorBoard(f"log-{every}", update_freq=every)
    model.fit(np.zeros((7, 1)), np.zeros((7, 1)), batch_size=1, epochs=6, verbose=0, callbacks=[log])
    file = next(Path(f"log-{every}/train").glob("*.v2"))
    events = EventFileLoader(str(file)).Load()
    epochs = [event.step for event in events for value in event.summary.value if value.tag == "epoch_loss"]
    print(f"update_freq={every}: 6 epochs of 7 batches, epoch_loss of the epochs", epochs)
    assert epochs == {"epoch": [0, 1, 2, 3, 4, 5], 2: [1, 3, 5], 3: [2, 5]}[every]
PYTHON
