#!/bin/sh
# Guess:   Lightning's CSVLogger appends to metrics.csv, a new metric gets the last column, and the validation of an
#          epoch stands in the row of its training, at step = the number of finished steps.
# Truth:   the columns are sorted by name, so a metric that is first logged in epoch 3 can be the first column; the
#          whole file is then written anew in place (same inode: a program that reads on at its old offset gets the
#          middle of other rows, and for a moment the file is empty). Validation and training of an epoch are rows of
#          their own, with the same `step`, and that is the index of the last step, from 0: 3 after 4 steps. The
#          learning rate has a row of its own without an epoch.
# Version: lightning 2.6.6, torch 2.14.1.
# Source:  lightning/fabric/loggers/csv_logs.py: `_record_new_keys` sorts, `_rewrite_with_new_header` opens the file
#          with "w".
# Matters: whoever plots the file while it grows, or joins its rows by position, draws one metric as another.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet lightning==2.6.6 torch==2.14.1
cd "$work"
"$work/venv/bin/python" - <<'PYTHON'
import logging
import os
import warnings

import lightning
import torch
from lightning.pytorch.callbacks import LearningRateMonitor
from lightning.pytorch.loggers import CSVLogger

warnings.filterwarnings("ignore")
logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
print("lightning", lightning.__version__, "torch", torch.__version__)
seen: list[tuple[int, str]] = []


class Model(lightning.LightningModule):
    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(4, 3)

    def training_step(self, batch, index):
        loss = self.layer(batch[0]).square().mean()
        self.log("train_loss", loss, on_step=False, on_epoch=True)
        if self.current_epoch == 1:
            self.log("aux", loss, on_step=False, on_epoch=True)
        return loss

    def validation_step(self, batch, index):
        self.log("val_loss", self.layer(batch[0]).square().mean())

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), 0.1)

    def on_train_epoch_start(self):
        if os.path.exists("logs/metrics.csv"):
            seen.append((os.stat("logs/metrics.csv").st_ino, open("logs/metrics.csv").readline().strip()))


images = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.randn(16, 4)), batch_size=4)
trainer = lightning.Trainer(
    max_epochs=3,
    accelerator="cpu",
    logger=CSVLogger(".", name="", version="logs"),
    log_every_n_steps=1,
    callbacks=[LearningRateMonitor()],
    enable_progress_bar=False,
    enable_model_summary=False,
    enable_checkpointing=False,
)
trainer.fit(Model(), images, images)
text = open("logs/metrics.csv").read()
print(text)
print(seen)
inodes, headers = zip(*seen[-2:])
assert inodes[0] == inodes[1]
assert headers == ("epoch,lr-SGD,step,train_loss,val_loss", "aux,epoch,lr-SGD,step,train_loss,val_loss")
rows = [line.split(",") for line in text.splitlines()[1:]]
ends = [row for row in rows if row[1] == "0" and row[3] == "3"]
assert [bool(row[5]) for row in ends] == [True, False], ends
assert all(row[1] == "" for row in rows if row[2])
PYTHON
