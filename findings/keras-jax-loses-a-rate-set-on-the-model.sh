#!/bin/sh
# Guess:   a callback that holds the model itself (a closure, a notebook's variable) can set
#          `model.optimizer.learning_rate` after a batch, on every backend; on JAX perhaps from the next epoch on.
# Truth:   on JAX the rate is lost for ever, without a word: the rest of the epoch uses the old one, and the end
#          of the epoch writes it back. Reading a weight there raises "'NoneType' object is not callable". The
#          same lines with `self.model`, a property that first brings the state back, work, as does either on torch
#          and TensorFlow.
# Version: keras 3.15.1 on jax 0.10.2.
# Source:  keras/src/callbacks/callback.py (`model`), keras/src/backend/jax/trainer.py (`_purge_model_variables`).
# Matters: a warm-up, a restart of the rate or a check of the weights written as a closure does nothing on JAX.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet jax==0.10.2 keras==3.15.1
KERAS_BACKEND=jax "$work/venv/bin/python" - <<'PYTHON'
import keras
import numpy as np

x, y = np.ones((64, 4), "float32"), np.zeros(64)


def trained(through_self: bool) -> tuple[float, str]:
    """The rate after an epoch in which a callback set it to 0.5 after the first batch, and a read weight."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.01), "mse")
    seen = []

    class Setter(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            held = self.model if through_self else model
            if batch == 0:
                held.optimizer.learning_rate = 0.5
            try:
                seen.append(str(np.asarray(held.layers[0].kernel).shape))
            except TypeError as error:
                seen.append(str(error))

    model.fit(x, y, 16, verbose=0, callbacks=[Setter()])
    return round(float(model.optimizer.learning_rate), 4), seen[-1]


print("keras", keras.__version__, "on", keras.config.backend())
by_closure, by_self = trained(False), trained(True)
print("set through the model itself: ", *by_closure)
print("set through callback's self.model:", *by_self)
assert by_closure == (0.01, "'NoneType' object is not callable")
assert by_self == (0.5, "(4, 1)")
PYTHON
