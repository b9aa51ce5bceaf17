#!/bin/sh
# Guess:   Pillow's ImageOps.fit of a 29 x 28 image to 28 x 28 cuts off one column and changes no pixel, and does
#          what torchvision's CenterCrop and Resize do.
# Truth:   it cuts half a column from each side, and so mixes each pixel from its neighbours: stripes one pixel wide
#          become even grey. If width and height differ by an even number, nothing is mixed: a 30 x 28 image keeps
#          its stripes. CenterCrop rounds, and always cuts at a whole pixel.
# Version: Pillow 13.0.0, torchvision 0.29.1.
# Source:  PIL/ImageOps.py, `fit`: the `box` that it gives to `Image.resize` holds fractions of pixels;
#          torchvision/transforms/v2/functional/_geometry.py, `_center_crop_compute_crop_anchor` (`round`).
# Matters: where images of many sizes are cut with little scaling, about half of them are blurred and half are not.
#          A network that was trained with torchvision's transforms and is served with ImageOps.fit sees other
#          pixels: by 3 levels of 255 on average, at most 54, on a photograph of 640 x 427 at 224 x 224.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.14.1 torchvision==0.29.1 pillow==13.0.0 scikit-learn==1.9.1 numpy
"$work/venv/bin/python" -W ignore - <<'PYTHON'
import numpy as np
import PIL
import torchvision
from PIL import Image, ImageOps
from sklearn.datasets import load_sample_image
from torchvision.transforms import v2

print("Pillow", PIL.__version__, "torchvision", torchvision.__version__)
BILINEAR = v2.InterpolationMode.BILINEAR


def torchvisions(image: Image.Image, side: int) -> np.ndarray:
    """The image as torchvision cuts and scales it."""
    transform = v2.Compose([v2.CenterCrop(min(image.size)), v2.Resize((side, side), BILINEAR)])
    return np.asarray(transform(image)).astype(int)


def pillows(image: Image.Image, side: int, method: Image.Resampling = Image.Resampling.BILINEAR) -> np.ndarray:
    """The image as ImageOps.fit cuts and scales it."""
    return np.asarray(ImageOps.fit(image, (side, side), method)).astype(int)


contrast = {}
for width in (28, 29, 30, 31):
    stripes = Image.fromarray(np.tile(np.arange(width) % 2 * 255, (28, 1)).astype(np.uint8))
    ways = (pillows(stripes, 28), pillows(stripes, 28, Image.Resampling.BICUBIC), torchvisions(stripes, 28))
    contrast[width] = tuple(int(np.ptp(way[:, 2:-2])) for way in ways)
    print(f"stripes {width} x 28 to 28 x 28: contrast (fit, fit bicubic, torchvision) {contrast[width]} of 255")
photograph = Image.fromarray(load_sample_image("china.jpg"))
difference = {}
for width in (640, 639):
    image = photograph.crop((0, 0, width, 427))
    apart = abs(pillows(image, 224) - torchvisions(image, 224))
    difference[width] = float(apart.mean())
    print(f"photograph {width} x 427 to 224 x 224: {apart.mean():.2f} levels apart on average, {apart.max()} at most")
assert contrast[28] == contrast[30] == (255, 255, 255), contrast
assert all(max(fitted) <= 1 and kept == 255 for *fitted, kept in (contrast[29], contrast[31])), contrast
assert difference[640] > 2 > 0.1 > difference[639], difference
PYTHON
