#!/bin/sh
# Guess:   the learning rate that a module or callback reads in on_validation_end or on_train_epoch_end is that of the
#          epoch which ends there, under a scheduler that steps once an epoch.
# Truth:   it is the next epoch's. Lightning steps such a scheduler before the validation, even before
#          on_train_batch_end of the last batch: ExponentialLR(0.1) from 1.0 reads 0.1 at the end of the epoch that used 1.0.
# Version: lightning 2.6.6, torch 2.13.0.
# Source:  lightning/pytorch/loops/training_epoch_loop.py (`update_lr_schedulers("epoch", …)` in `advance`).
# Matters: `self.log("lr", …)` beside val_loss draws each drop one epoch early, so a loss seems to fall after it, not with it.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.13.0 numpy lightning==2.6.6
"$work/venv/bin/python" -W ignore - 2>/dev/null <<'PYTHON'
import lightning
import torch
from torch.utils.data import DataLoader, TensorDataset


class Module(lightning.LightningModule):
    def __init__(self):
        super().__init__()
        self.net = torch.nn.Linear(4, 1)

    def training_step(self, batch, index):
        return self.net(batch[0]).mean()

    def validation_step(self, batch, index):
        pass

    def configure_optimizers(self):
        optimizer = torch.optim.SGD(self.parameters(), 1.0)
        return [optimizer], [torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.1)]


class Rates(lightning.Callback):
    def on_before_optimizer_step(self, trainer, pl_module, optimizer):
        note("steps", trainer)

    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
        note("batch ends", trainer)

    def on_validation_end(self, trainer, pl_module):
        note("validation end", trainer)

    def on_train_epoch_end(self, trainer, pl_module):
        note("epoch end", trainer)


def note(where, trainer):
    rates.setdefault(where, []).append(round(trainer.optimizers[0].param_groups[0]["lr"], 6))


rates: dict[str, list[float]] = {}
trainer = lightning.Trainer(
    max_epochs=2, accelerator="cpu", logger=False, enable_checkpointing=False, num_sanity_val_steps=0,
    enable_progress_bar=False, enable_model_summary=False, callbacks=[Rates()],
)
loader = DataLoader(TensorDataset(torch.ones(8, 4)), 4)
trainer.fit(Module(), loader, loader)
print("lightning", lightning.__version__, "torch", torch.__version__, rates)
assert rates == {
    "steps": [1.0, 1.0, 0.1, 0.1],
    "batch ends": [1.0, 0.1, 0.1, 0.01],
    "validation end": [0.1, 0.01],
    "epoch end": [0.1, 0.01],
}
PYTHON
