#!/bin/sh
# Guess:   a checkpoint within an epoch (every_n_train_steps, or a save by hand), resumed by fit(ckpt_path=…), goes on with
#          the images that the epoch had left.
# Truth:   batch_idx goes on, and the epoch ends where it should, but an ordinary DataLoader begins with its first
#          images: of 8 batches, saved after the third, the resumed epoch trains on batches 0 to 4, and never on 5, 6, 7.
# Version: lightning 2.6.6, torch 2.13.0.
# Source:  lightning/pytorch/loops/fit_loop.py (only a loader with state_dict is stateful).
# Matters: a long epoch that is often cut, as on preemptible machines, trains its first images again and again.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.13.0 numpy lightning==2.6.6
cd "$work"
"$work/venv/bin/python" -W ignore - 2>/dev/null <<'PYTHON'
import lightning
import torch
from torch.utils.data import DataLoader, TensorDataset


class Module(lightning.LightningModule):
    def __init__(self):
        super().__init__()
        self.net = torch.nn.Linear(1, 1)

    def training_step(self, batch, index):
        seen.append((index, int(batch[0][0])))
        return self.net(batch[0]).mean()

    def on_train_batch_end(self, outputs, batch, index):
        if self.trainer.global_step == 3:
            self.trainer.save_checkpoint("third.ckpt")

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), 0.0)


def fit(path):
    """The (batch_idx, batch of the data set) that were trained on."""
    seen.clear()
    trainer = lightning.Trainer(
        max_epochs=1, accelerator="cpu", logger=False, enable_checkpointing=False,
        enable_progress_bar=False, enable_model_summary=False,
    )
    loader = DataLoader(TensorDataset(torch.arange(8.0)[:, None]), 1)
    trainer.fit(Module(), loader, ckpt_path=path)
    return list(seen)


seen: list[tuple[int, int]] = []
whole, resumed = fit(None), fit("third.ckpt")
print("lightning", lightning.__version__, "torch", torch.__version__)
print("whole epoch:", whole)
print("resumed:    ", resumed)
assert whole == [(k, k) for k in range(8)]
assert resumed == [(3, 0), (4, 1), (5, 2), (6, 3), (7, 4)]
PYTHON
