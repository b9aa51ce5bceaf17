#!/bin/sh
# Guess:   with gradient accumulation over 4 batches, Lightning and Accelerate make the last step of an epoch of 10
#          batches from the mean of the two that are left, and Lightning logs for each step the mean loss of its
#          batches.
# Truth:   both divide every batch by 4, also where there are only 2: where each image has the gradient 1, the steps
#          of an epoch have 1, 1 and 0.5. A last batch with 1 image of 4 weighs as much as a full one, so that this
#          image counts 4 times. And the loss that `self.log` writes for a step is that of its last batch alone.
# Version: lightning 2.6.6, accelerate 1.15.0 with torch 2.14.1.
# Source:  lightning/pytorch/loops/optimization/automatic.py, `ClosureResult.from_training_step_output` (`closure_loss
#          / normalize`); accelerate/accelerator.py, `backward` (`loss / gradient_accumulation_steps`).
# Matters: with few images an epoch, every second or third step can have half or a quarter of the gradient; and a
#          curve with accumulation 4 is twice as noisy as that of the batch that it stands for.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.14.1 lightning==2.6.6 accelerate==1.15.0 numpy
cd "$work"
"$work/venv/bin/python" -W ignore - <<'PYTHON' 2>/dev/null
import csv

import accelerate
import lightning
import torch
from accelerate import Accelerator
from lightning.pytorch.loggers import CSVLogger
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

print("lightning", lightning.__version__, "accelerate", accelerate.__version__, "torch", torch.__version__)


class OneWeight(lightning.LightningModule):
    """Its gradient is the mean of its images; its loss is the number of the batch."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))
        self.gradients: list[float] = []

    def training_step(self, batch: list[torch.Tensor], number: int) -> torch.Tensor:
        loss = (self.weight * batch[0]).mean() + number
        self.log("loss", loss.detach())
        return loss

    def on_before_optimizer_step(self, _optimizer: torch.optim.Optimizer) -> None:
        self.gradients.append(float(self.weight.grad))

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=0.0)


def by_lightning(images: torch.Tensor) -> tuple[list[float], list[float]]:
    """Gradients of the steps, and the losses in the log."""
    network, logger = OneWeight(), CSVLogger("logs")
    trainer = lightning.Trainer(max_epochs=1, accumulate_grad_batches=4, accelerator="cpu", logger=logger,
                                log_every_n_steps=1, enable_progress_bar=False, enable_checkpointing=False)
    trainer.fit(network, DataLoader(TensorDataset(images), batch_size=4))
    with open(f"{logger.log_dir}/metrics.csv") as file:
        return network.gradients, [float(row["loss"]) for row in csv.DictReader(file)]


def by_accelerate(images: torch.Tensor) -> list[float]:
    accelerator = Accelerator(gradient_accumulation_steps=4, cpu=True)
    weight = nn.Linear(1, 1, bias=False)
    optimizer = torch.optim.SGD(weight.parameters(), lr=0.0)
    network, optimizer, loader = accelerator.prepare(weight, optimizer,
                                                     DataLoader(TensorDataset(images), batch_size=4))
    gradients = []
    for (batch,) in loader:
        with accelerator.accumulate(network):
            accelerator.backward(network(batch).mean())
            if accelerator.sync_gradients:
                gradients.append(float(weight.weight.grad))
            optimizer.step()
            optimizer.zero_grad()
    return gradients


ones = torch.ones(40, 1)
one_of_13 = torch.cat([torch.zeros(12, 1), torch.ones(1, 1)])
gradients, losses = by_lightning(ones)
uneven, _ = by_lightning(one_of_13)
print(f"10 batches of 4, each gradient 1: steps of Lightning {gradients}, of Accelerate {by_accelerate(ones)}")
print(f"losses 0 to 9: means of the steps [1.5, 5.5, 8.5], logged by Lightning {losses}")
print(f"13 images, the last one with gradient 1, alone in its batch: {uneven[0]} in Lightning, "
      f"{by_accelerate(one_of_13)[0]} in Accelerate, mean of the images {1 / 13:.3f}")
assert gradients == by_accelerate(ones) == [1.0, 1.0, 0.5]
assert losses == [3.0, 7.0, 9.0]
assert uneven == by_accelerate(one_of_13) == [0.25]
PYTHON
