#!/bin/sh
# Guess:   torchvision's rotate, affine and perspective of a float image do the same inside torch.autocast as outside,
#          up to the rounding of bfloat16; what changes is at most a small part of a pixel.
# Truth:   inside, a float image of values 0 to 1 comes back with values 0 and 1 and, with bilinear, nothing between:
#          a photograph becomes a drawing in black, white and six pure colours (PSNR 12 dB), still in float32 and
#          without a warning, in bfloat16 as in float16. An image of bytes is only blurred (35 dB). resize is not
#          affected.
# Version: torchvision 0.29.1 with torch 2.14.1, on the CPU.
# Source:  torchvision/transforms/v2/functional/_geometry.py: autocast computes the grid of `_affine_grid` (`bmm`) in
#          16 bits; `_apply_grid_transform` takes an image whose type is not the grid's for one of whole numbers, and
#          rounds it (`float_img.round_()`).
# Matters: augmentation of whole batches on the device, written inside the autocast of the training step. The network
#          trains on posters, and is tested on photographs; images that were normalised lose nearly all levels too.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.14.1 torchvision==0.29.1 scikit-learn==1.9.1 numpy
"$work/venv/bin/python" -W error - <<'PYTHON'
import torch
import torchvision
from sklearn.datasets import load_sample_image
from torchvision.transforms import v2
from torchvision.transforms.v2 import functional as F

print("torchvision", torchvision.__version__, "torch", torch.__version__)
BILINEAR = v2.InterpolationMode.BILINEAR
photograph = torch.from_numpy(load_sample_image("china.jpg").copy()).permute(2, 0, 1)[:, 100:324, 200:424] / 255
START, END = [[0, 0], [223, 0], [223, 223], [0, 223]], [[9, 5], [210, 8], [220, 219], [3, 214]]
OPERATIONS = {
    "rotate": lambda image: F.rotate(image, 17, BILINEAR),
    "affine": lambda image: F.affine(image, 5, [3, 4], 1.1, [3, 2], BILINEAR),
    "perspective": lambda image: F.perspective(image, START, END, BILINEAR),
    "resize": lambda image: F.resize(image, [160, 160]),
}
for kind in (torch.bfloat16, torch.float16):
    for name, operation in OPERATIONS.items():
        outside = operation(photograph)
        with torch.autocast("cpu", kind):
            inside = operation(photograph)
        levels, before = len(inside.unique()), len(outside.unique())
        decibels = float(-10 * torch.log10(((inside - outside) ** 2).mean()))
        print(f"{kind}: {name:<11} {inside.dtype}, {before} values outside, {levels} inside, {decibels:.1f} dB")
        assert inside.dtype == torch.float32
        assert (levels == before) if name == "resize" else (levels == 2 and decibels < 15)
PYTHON
