#!/bin/sh
# Guess:   ClassificationInterpretation.from_learner(learn, ds_idx=0) ranks the training images by the loss of the
#          trained network for each image as it is, as it does for validation images: the list stays the same.
# Truth:   the images are augmented at random, as in training. Two calls in a row give other losses and another order:
#          of the ten images with the largest losses, none to two are in both lists. The same goes for
#          learn.get_preds(ds_idx=0) and for ImageClassifierCleaner, whose list of training images is made in the same
#          way. With learn.dls.test_dl(items, with_labels=True) the losses are fixed.
# Version: fastai 2.8.12 with torch 2.14.1.
# Source:  fastai/learner.py, `get_preds`: `self.dls[ds_idx].new(shuffle=False, drop_last=False)` keeps the transforms
#          of the training loader, and its split_idx 0, for which the random ones are on.
# Matters: who looks for wrong labels among the training images looks at those which were cropped or lit badly by
#          chance in that call, and sees other ones the next time.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet fastai==2.8.12 torch==2.14.1
mkdir "$work/images"
"$work/venv/bin/python" -W ignore - "$work/images" <<'PYTHON'
import sys
from pathlib import Path

import fastai
import numpy as np
import torch
from fastai.callback.schedule import Learner
from fastai.interpret import ClassificationInterpretation
from fastai.metrics import accuracy
from fastai.vision.augment import Resize, aug_transforms
from fastai.vision.data import ImageDataLoaders
from PIL import Image
from torch import nn

print("fastai", fastai.__version__, "torch", torch.__version__)
torch.set_num_threads(1)
folder = Path(sys.argv[1])
drawn = np.random.default_rng(0)
for number in range(300):
    column = number % 3
    pixels = drawn.integers(0, 90, (40, 40, 3))
    pixels[8:32, 6 + 10 * column : 14 + 10 * column] += 110
    place = folder / "abc"[column]
    place.mkdir(exist_ok=True)
    Image.fromarray(pixels.astype(np.uint8)).save(place / f"{number}.png")
torch.manual_seed(0)
loaders = ImageDataLoaders.from_folder(
    folder,
    valid_pct=0.2,
    seed=0,
    bs=16,
    num_workers=0,
    device="cpu",
    item_tfms=Resize(40),
    batch_tfms=aug_transforms(size=40, do_flip=False),
)
network = nn.Sequential(
    nn.Conv2d(3, 16, 5, 2), nn.ReLU(), nn.Conv2d(16, 16, 3, 2), nn.ReLU(), nn.Flatten(), nn.Linear(16 * 64, 3)
)
learner = Learner(loaders, network, loss_func=nn.CrossEntropyLoss(), metrics=accuracy)
with learner.no_bar(), learner.no_logging():
    learner.fit_one_cycle(5, 3e-3)


def losses(ds_idx: int) -> torch.Tensor:
    with learner.no_bar():
        return torch.as_tensor(ClassificationInterpretation.from_learner(learner, ds_idx=ds_idx).losses)


def losses_as_they_are() -> torch.Tensor:
    loader = loaders.test_dl(loaders.train_ds.items, with_labels=True)
    with learner.no_bar():
        return torch.as_tensor(learner.get_preds(dl=loader, with_loss=True)[2])


def in_both(first: torch.Tensor, second: torch.Tensor) -> int:
    return len({*first.topk(10).indices.tolist()} & {*second.topk(10).indices.tolist()})


print("validation accuracy", round(float(learner.recorder.values[-1][-1]), 3))
pairs = {
    "validation images": (losses(1), losses(1)),
    "training images": (losses(0), losses(0)),
    "training images as they are": (losses_as_they_are(), losses_as_they_are()),
}
for name, pair in pairs.items():
    print(f"{name}: {in_both(*pair)} of the ten largest losses in both calls, equal: {torch.equal(*pair)}")
assert torch.equal(*pairs["validation images"])
assert torch.equal(*pairs["training images as they are"])
assert in_both(*pairs["training images"]) <= 6
PYTHON
