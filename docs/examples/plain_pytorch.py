"""A training of one's own, as most people have one, with the three lines that show it in cnn-tui.

    python plain_pytorch.py FOLDER --epochs 30

The folder has `train/` and `val/`, with a folder of images for each class, as torchvision's
`ImageFolder` reads them. While it trains, `cnn-tui attach` shows it in another terminal. Started
again after a stop, it goes on from its checkpoint.
"""

from __future__ import annotations

import argparse

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader
from torchvision import models
from torchvision.datasets import ImageFolder
from torchvision.transforms import v2

import cnn_tui


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--lr", type=float, default=0.1)
    options = parser.parse_args()

    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    pixels = [v2.ToImage(), v2.ToDtype(torch.float32, scale=True), v2.Normalize([0.5], [0.25])]
    augmented = [v2.RandomCrop(32, padding=4), v2.RandomHorizontalFlip()]
    train = ImageFolder(f"{options.folder}/train", v2.Compose([*augmented, *pixels]))
    val = ImageFolder(f"{options.folder}/val", v2.Compose(pixels))
    train_loader = DataLoader(train, options.batch, shuffle=True, num_workers=2, drop_last=True)
    val_loader = DataLoader(val, 500, num_workers=2)

    model = models.resnet18(num_classes=len(train.classes))
    model.conv1 = nn.Conv2d(3, 64, 3, padding=1, bias=False)  # the images are small
    model.maxpool = nn.Identity()
    model.to(device)
    optimizer = torch.optim.SGD(
        model.parameters(), options.lr, momentum=0.9, nesterov=True, weight_decay=5e-4
    )
    scheduler = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, options.lr, epochs=options.epochs, steps_per_epoch=len(train_loader)
    )

    with cnn_tui.watch(
        model,
        optimizer,
        name="plain",
        epochs=options.epochs,
        data=val_loader,
        settings=options,
        state={"scheduler": scheduler},
    ) as run:
        run.resume()
        for _ in run.epochs():
            model.train()
            for images, labels in run.batches(train_loader):
                images, labels = images.to(device), labels.to(device)
                logits = model(images)
                loss = F.cross_entropy(logits, labels)
                optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                optimizer.step()
                scheduler.step()
                run.step(loss=loss, logits=logits, labels=labels)
            run.evaluate(model, val_loader, F.cross_entropy)


if __name__ == "__main__":  # the workers of a loader may import this file
    main()
