"""A training with timm that knows nothing of cnn-tui: it writes timm's `summary.csv`.

    python timm_summary.py FOLDER --output output
    cnn-tui attach output/summary.csv

The folder has `train/` and `val/`, with a folder of images for each class. The lines of the summary
are written by timm's own function, as its training script writes them.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import timm
import torch
from timm.data import create_dataset, create_loader
from timm.optim import create_optimizer_v2
from timm.scheduler import CosineLRScheduler
from timm.utils import AverageMeter, accuracy, update_summary
from torch import Tensor, nn
from torch.nn import functional as F


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--model", default="resnet10t")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--output", type=Path, default=Path("output"))
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)

    train = create_dataset("", options.folder, split="train")
    val = create_dataset("", options.folder, split="val")
    shape, cpu = (3, 64, 64), torch.device("cpu")
    train_loader = create_loader(
        train, shape, 64, is_training=True, use_prefetcher=False, num_workers=1, device=cpu
    )
    val_loader = create_loader(val, shape, 100, use_prefetcher=False, num_workers=1, device=cpu)
    model = timm.create_model(options.model, num_classes=len(train.reader.class_to_idx))
    optimizer = create_optimizer_v2(model, opt="adamw", lr=1e-3)
    scheduler = CosineLRScheduler(optimizer, options.epochs, warmup_t=1, warmup_lr_init=1e-4)

    for epoch in range(options.epochs):
        train_metrics = {"loss": trained(model, train_loader, optimizer)}
        rate = optimizer.param_groups[0]["lr"]
        scheduler.step(epoch + 1)
        update_summary(
            epoch,
            train_metrics,
            evaluated(model, val_loader),
            str(options.output / "summary.csv"),
            lr=rate,
            write_header=epoch == 0,
        )


def trained(model: nn.Module, loader: object, optimizer: torch.optim.Optimizer) -> float:
    """The mean loss of an epoch."""
    losses = AverageMeter()
    model.train()
    for images, labels in loader:  # type: ignore[attr-defined]
        loss = F.cross_entropy(model(images), labels)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        losses.update(loss.item(), len(images))
    return float(losses.avg)


@torch.no_grad()
def evaluated(model: nn.Module, loader: object) -> dict[str, float]:
    """Loss, and accuracies in per cent, as timm's training script names them."""
    loss, top1, top5 = AverageMeter(), AverageMeter(), AverageMeter()
    model.eval()
    for images, labels in loader:  # type: ignore[attr-defined]
        logits: Tensor = model(images)
        hits1, hits5 = accuracy(logits, labels, topk=(1, 5))
        loss.update(F.cross_entropy(logits, labels).item(), len(images))
        top1.update(hits1.item(), len(images))
        top5.update(hits5.item(), len(images))
    return {"loss": loss.avg, "top1": top1.avg, "top5": top5.avg}


if __name__ == "__main__":
    main()
