#!/bin/sh
# Guess:   timm's RandAugment `rand-m9-mstd0.5-inc1`, of its published trainings, works on any image with any Pillow,
#          and a lower magnitude, as `rand-m1`, is gentler.
# Truth:   at the ends of its scale Posterize keeps 0 bits. Up to Pillow 12 that made the image black, on Pillow 13 it
#          raises ValueError: "bits must be between or equal to 1 and 8". The magnitude is drawn about 9 and cut at 10,
#          so this meets one image in 650, within the first epoch of any training. Without `inc1` it is the low end:
#          `rand-m2` fails for one image in 16, and was black for them.
# Version: timm 1.0.31 with Pillow 12.3.0 and 13.0.0.
# Source:  timm/data/auto_augment.py: `_posterize_increasing_level_to_arg` is 4 less the bits for a level, which are 4
#          at level 10, and `_posterize_level_to_arg` rounds levels under 2.5 down to 0; PIL/ImageOps.py: `posterize`.
# Matters: a training that ran for years ends in a worker, at a random image, after an update of Pillow. Before it, the
#          same recipe taught one black image in 650 as a member of its class.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.14.1 torchvision==0.29.1 timm==1.0.31 numpy
for pillow in 12.3.0 13.0.0; do
    "$work/venv/bin/pip" install --quiet pillow==$pillow
    "$work/venv/bin/python" -W ignore - <<'PYTHON'
import random

import numpy as np
import PIL
import timm
from PIL import Image
from timm.data import create_transform
from timm.data.auto_augment import AugmentOp

raises = int(PIL.__version__.split(".")[0]) >= 13
print("timm", timm.__version__, "Pillow", PIL.__version__)
IMAGE = Image.effect_noise((32, 32), 90).convert("RGB")
TIMES = 20_000
for policy in ("rand-m9-mstd0.5-inc1", "rand-m9-mstd0.5", "rand-m2"):
    random.seed(0), np.random.seed(0)
    step = next(step for step in create_transform(32, is_training=True, auto_augment=policy).transforms
                if type(step).__name__ == "RandAugment")
    failed = black = 0
    for _ in range(TIMES):
        try:
            black += step(IMAGE).getbbox() is None
        except ValueError as error:
            failed += "bits must be between" in str(error)
    print(f"{policy:<21} of {TIMES} images {failed} fail and {black} become black")
    assert (failed > 0) == (raises and policy != "rand-m9-mstd0.5")
    assert raises or (black > 0) == (policy != "rand-m9-mstd0.5")
for name, magnitude in (("PosterizeIncreasing", 10), ("Posterize", 2)):
    try:
        highest = max(high for _, high in AugmentOp(name, prob=1.0, magnitude=magnitude)(IMAGE).getextrema())
        print(f"{name} of magnitude {magnitude}: the brightest value is {highest}")
        assert highest == 0 and not raises
    except ValueError as error:
        print(f"{name} of magnitude {magnitude}: ValueError: {error}")
        assert raises
PYTHON
done
