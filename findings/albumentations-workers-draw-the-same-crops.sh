#!/bin/sh
# Guess:   albumentations' Compose without a seed draws other crops in each worker of a DataLoader, and others in each
#          epoch, as torchvision's transforms do there: PyTorch seeds torch, random and numpy anew in every worker.
# Truth:   on Linux all workers begin with the same state, in every epoch. Of 16 images that 4 workers crop, 4 crops
#          are different, each drawn four times, and the second epoch repeats the first one crop for crop. Only with
#          persistent_workers=True do later epochs differ from the first; its workers still agree with each other.
# Version: albumentations 2.0.8 (the last one under the MIT licence) with torch 2.14.1; workers that are forked.
# Source:  albumentations/core/composition.py: a Compose makes its own generators when it is constructed, and a forked
#          worker inherits them as they are; nothing that a worker seeds reaches them.
# Matters: a training of 100 epochs sees each place of an epoch with one and the same draw, 100 times: random
#          augmentation is a fixed one, and nothing shows it but the gap between training and validation.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.14.1 torchvision==0.29.1 albumentations==2.0.8
"$work/venv/bin/python" -W ignore - <<'PYTHON'
import os

os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"
import albumentations
import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms import v2

print("albumentations", albumentations.__version__, "torch", torch.__version__)
IMAGE = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)


class Crops(Dataset):
    """Sixteen random crops of one image, each as the sum of its pixels."""

    def __init__(self, by_albumentations: bool) -> None:
        self.by_albumentations = by_albumentations
        self.ours = albumentations.Compose([albumentations.RandomResizedCrop(size=(8, 8))])
        self.others = v2.RandomResizedCrop(8)

    def __len__(self) -> int:
        return 16

    def __getitem__(self, _index: int) -> int:
        if self.by_albumentations:
            return int(self.ours(image=IMAGE)["image"].sum(dtype=int))
        return int(self.others(torch.from_numpy(IMAGE).permute(2, 0, 1)).sum(dtype=torch.int64))


def epochs(by_albumentations: bool, persistent: bool) -> tuple[list[int], list[int]]:
    loader = DataLoader(Crops(by_albumentations), batch_size=4, num_workers=4, persistent_workers=persistent,
                        multiprocessing_context="fork")
    return torch.cat(list(loader)).tolist(), torch.cat(list(loader)).tolist()


for name, ours in (("torchvision", False), ("albumentations", True)):
    for persistent in (False, True):
        first, second = epochs(ours, persistent)
        print(f"{name:<15}persistent workers {persistent!s:<6} different crops of 16: {len(set(first))} in the first "
              f"epoch, {len(set(second))} in the second; the second repeats the first: {first == second}")
        assert len(set(first)) <= 4 and (first == second) != persistent if ours else len(set(first)) > 12
PYTHON
