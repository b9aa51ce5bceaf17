#!/bin/sh
# Guess:   ReduceLROnPlateau(patience=5) lowers the learning rate at the same epoch in Keras and in PyTorch.
# Truth:   on a flat loss Keras lowers it after `patience` epochs without improvement (at the end of epoch 6,
#          then 11 and 16), PyTorch after one more (7, then 13). And on a small loss (0.001) that still falls by 1 %
#          an epoch Keras lowers it, PyTorch does not: Keras asks for an absolute improvement of
#          min_delta=1e-4, PyTorch for a relative one of threshold=1e-4.
# Version: keras 3.15.1 (torch backend), torch 2.14.1.
# Source:  keras/src/callbacks/reduce_lr_on_plateau.py (`if self.wait >= self.patience`);
#          torch/optim/lr_scheduler.py (`if self.num_bad_epochs > self.patience`, `threshold_mode="rel"`).
# Matters: a tutorial's Keras recipe, ported with the same numbers, is another schedule.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.14.1 keras==3.15.1
KERAS_BACKEND=torch "$work/venv/bin/python" - <<'PYTHON'
import keras
import torch

print("keras", keras.__version__, "torch", torch.__version__)


def keras_epochs(losses: list[float]) -> list[int]:
    """The epochs (from 1) at whose end Keras lowers the rate."""
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(1.0), "mse")
    callback = keras.callbacks.ReduceLROnPlateau(factor=0.5, patience=5)
    callback.set_model(model)
    callback.on_train_begin()
    lowered, rate = [], 1.0
    for epoch, loss in enumerate(losses, 1):
        callback.on_epoch_end(epoch, {"val_loss": loss})
        now = float(model.optimizer.learning_rate)
        lowered += [epoch] if now < rate else []
        rate = now
    return lowered


def torch_epochs(losses: list[float]) -> list[int]:
    """The epochs (from 1) at whose end PyTorch lowers the rate."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=5)
    lowered, rate = [], 1.0
    for epoch, loss in enumerate(losses, 1):
        scheduler.step(loss)
        now = optimizer.param_groups[0]["lr"]
        lowered += [epoch] if now < rate else []
        rate = now
    return lowered


flat = [1.0] * 16
falling = [0.001 * 0.99**epoch for epoch in range(16)]
for name, losses in (("flat", flat), ("0.001, falling by 1 % an epoch", falling)):
    print(f"{name}: Keras lowers the rate at the end of epochs {keras_epochs(losses)}, PyTorch {torch_epochs(losses)}")
assert keras_epochs(flat) == [6, 11, 16] and torch_epochs(flat) == [7, 13]
assert keras_epochs(falling) != [] and torch_epochs(falling) == []
PYTHON
