#!/bin/sh
# Guess:   accumulate_grad_batches=4 of Lightning steps with the mean of four gradients, and where an epoch ends with
#          fewer batches, with the mean of those, or it carries them over.
# Truth:   it steps with what is left, divided by four all the same. With 9 batches that are alike, the gradients of the
#          three steps are 1, 1 and 0.25: the whole step is a quarter as large, at the same learning rate.
# Version: Lightning 2.6.6 with torch 2.13.0.
# Source:  lightning/pytorch/loops/optimization/automatic.py: every loss is divided by
#          `trainer.accumulate_grad_batches`; training_epoch_loop.py: `_should_accumulate` lets the last batch of an
#          epoch step in any case.
# Matters: small data sets. With 20 images, batches of 4 and four parts, every second step of the training is a quarter
#          as large, and a training with accumulation is not the one with the larger batch that it stands for.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.13.0 numpy lightning==2.6.6
cd "$work"
"$work/venv/bin/python" -W ignore - <<'PYTHON'
import logging

import lightning
import torch
from torch.utils.data import DataLoader, TensorDataset

logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
print("lightning", lightning.__version__, "torch", torch.__version__)
PARTS = 4


class OneWeight(lightning.LightningModule):
    """The gradient of its loss, the mean over a batch of ones, is 1 for every batch."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1))
        self.gradients: list[float] = []

    def training_step(self, batch: list[torch.Tensor], _index: int) -> torch.Tensor:
        return (batch[0] * self.weight).mean()

    def on_before_optimizer_step(self, _optimizer: torch.optim.Optimizer) -> None:
        self.gradients.append(self.weight.grad.item())

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=1.0)


for batches in (8, 9, 10, 11):
    model = OneWeight()
    trainer = lightning.Trainer(
        max_epochs=2, accumulate_grad_batches=PARTS, accelerator="cpu", logger=False, enable_checkpointing=False,
        enable_progress_bar=False, enable_model_summary=False,
    )
    trainer.fit(model, DataLoader(TensorDataset(torch.ones(batches * 2, 1)), batch_size=2))
    print(f"{batches} batches an epoch, {PARTS} a step: the gradients of two epochs' steps are {model.gradients}")
    left = batches % PARTS
    assert model.gradients == 2 * ([1.0] * (batches // PARTS) + [left / PARTS] * (left > 0))
PYTHON
