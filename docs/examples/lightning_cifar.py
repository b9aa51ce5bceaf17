"""A small residual network on CIFAR-10 in Lightning, and one more line to watch it.

    python lightning_cifar.py FOLDER [--epochs 30]

FOLDER holds train/CLASS/IMAGE and test/CLASS/IMAGE.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import lightning
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader
from torchvision import transforms
from torchvision.datasets import ImageFolder

import cnn_tui

MEAN, DEVIATION = (0.49, 0.48, 0.45), (0.25, 0.24, 0.26)


class Block(nn.Module):
    """Two convolutions, and a shortcut past them."""

    def __init__(self, inputs: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, width, 3, stride, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(width)
        self.shortcut: nn.Module = nn.Identity()
        if stride > 1:
            self.shortcut = nn.Conv2d(inputs, width, 1, stride, bias=False)

    def forward(self, images: Tensor) -> Tensor:
        inside = F.relu(self.norm1(self.conv1(images)))
        return F.relu(self.norm2(self.conv2(inside)) + self.shortcut(images))


class Classifier(lightning.LightningModule):  # type: ignore[misc]
    def __init__(self, classes: int, lr: float = 0.1, width: int = 16) -> None:
        super().__init__()
        self.save_hyperparameters()
        self.net = nn.Sequential(
            nn.Conv2d(3, width, 3, padding=1),
            Block(width, width, 1),
            Block(width, 2 * width, 2),
            Block(2 * width, 4 * width, 2),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(4 * width, classes),
        )

    def forward(self, images: Tensor) -> Any:
        return self.net(images)

    def training_step(self, batch: Any, index: int) -> dict[str, Tensor]:
        images, labels = batch
        logits = self(images)
        return {"loss": F.cross_entropy(logits, labels), "logits": logits, "labels": labels}

    def validation_step(self, batch: Any, index: int) -> dict[str, Tensor]:
        images, labels = batch
        logits = self(images)
        self.log("val_loss", F.cross_entropy(logits, labels))
        return {"logits": logits, "labels": labels}

    def configure_optimizers(self) -> dict[str, Any]:
        optimizer = torch.optim.SGD(self.parameters(), self.hparams.lr, 0.9, weight_decay=5e-4)
        steps = int(self.trainer.estimated_stepping_batches)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, self.hparams.lr, steps)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--epochs", type=int, default=30)
    given = parser.parse_args()
    plain = [transforms.ToTensor(), transforms.Normalize(MEAN, DEVIATION)]
    moved = [transforms.RandomCrop(32, padding=4), transforms.RandomHorizontalFlip()]
    train = ImageFolder(str(given.folder / "train"), transforms.Compose([*moved, *plain]))
    test = ImageFolder(str(given.folder / "test"), transforms.Compose(plain))
    watching = cnn_tui.LightningCallback(
        "lightning-cifar", classes=train.classes, outputs=("logits", "labels")
    )
    trainer = lightning.Trainer(max_epochs=given.epochs, callbacks=[watching])
    trainer.fit(
        Classifier(len(train.classes)),
        DataLoader(train, batch_size=128, shuffle=True),
        DataLoader(test, batch_size=256),
    )


if __name__ == "__main__":
    main()
