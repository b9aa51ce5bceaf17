"""Trains a small network in Lightning to find a bright quarter in images of noise.

    lightning_squares.py PACKAGE [--epochs N] [--trainer JSON] [--fits N] [--resume]
                         [--fail NAME] [--network NAME]

Prints the rates that the steps used, the trainer's last numbers, and its steps.
"""

from __future__ import annotations

import argparse
import importlib
import json
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

import cnn_tui

parser = argparse.ArgumentParser()
parser.add_argument("package", choices=("lightning.pytorch", "pytorch_lightning"))
parser.add_argument("--epochs", type=int, default=2)
parser.add_argument("--trainer", type=json.loads, default={})
parser.add_argument("--fits", type=int, default=1)
parser.add_argument("--resume", action="store_true")
parser.add_argument("--fail", default="")
parser.add_argument("--network", default="")
given = parser.parse_args()
lightning = importlib.import_module(given.package)


class Squares(lightning.LightningModule):  # type: ignore[misc, name-defined]
    def __init__(self, lr: float = 0.01) -> None:
        super().__init__()
        self.save_hyperparameters()
        conv, norm = nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8)
        self.net = nn.Sequential(conv, norm, nn.ReLU(), nn.Flatten(), nn.Linear(8 * 256, 4))
        self.used: list[float] = []

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.net(images)
        return logits

    def training_step(self, batch: Any, index: int) -> dict[str, Tensor]:
        images, labels = batch
        logits = self(images)
        loss = F.cross_entropy(logits, labels)
        self.log("train_loss", loss, on_step=True, on_epoch=True)
        self.used.append(self.optimizers().param_groups[0]["lr"])
        if given.fail and index == 2:
            raise {"arithmetic": ArithmeticError, "interrupt": KeyboardInterrupt}[given.fail]("no")
        return {"loss": loss, "logits": logits.detach(), "labels": labels}

    def validation_step(self, batch: Any, index: int) -> dict[str, Tensor]:
        images, labels = batch
        logits = self(images)
        self.log("val_loss", F.cross_entropy(logits, labels))
        self.log("val_acc", (logits.argmax(1) == labels).float().mean())
        self.log("val_spread", logits.std())
        return {"logits": logits, "labels": labels}

    def configure_optimizers(self) -> dict[str, Any]:
        optimizer = torch.optim.SGD(self.parameters(), self.hparams.lr)
        scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.99)
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": scheduler, "interval": "step"},
        }


def squares(count: int) -> TensorDataset:
    labels = torch.randint(0, 4, (count,))
    images = torch.randn(count, 3, 16, 16) * 0.3
    for image, label in zip(images, labels.tolist()):
        row, column = divmod(label, 2)
        image[:, row * 8 : row * 8 + 8, column * 8 : column * 8 + 8] += 1
    return TensorDataset(images, labels)


def trainer(epochs: int) -> Any:
    watching = cnn_tui.LightningCallback(
        "squares",
        classes=["a", "b", "c", "d"],
        outputs=("logits", "labels"),
        network=given.network,
    )
    options = {"accelerator": "cpu", "logger": False, "enable_checkpointing": False}
    quiet = {"enable_progress_bar": False, "enable_model_summary": False}
    return lightning.Trainer(
        max_epochs=epochs, callbacks=watching, **{**options, **quiet, **given.trainer}
    )


if __name__ == "__main__":
    torch.manual_seed(0)
    train, validation = DataLoader(squares(256), 32), DataLoader(squares(64), 32)
    module = Squares()
    for fit in range(given.fits):
        fitted = trainer(given.epochs * (fit + 1))
        fitted.fit(
            module, train, validation, ckpt_path="kept.ckpt" if given.resume and fit else None
        )
        if given.resume:
            fitted.save_checkpoint("kept.ckpt")
    if fitted.is_global_zero:
        numbers = {name: float(value) for name, value in fitted.callback_metrics.items()}
        said = {"rates": module.used, "numbers": numbers, "step": fitted.global_step}
        print(json.dumps(said), flush=True)
