#!/bin/sh
# Guess:   Pillow's Resampling.BOX shrinks by the mean of the area under each new pixel, as OpenCV's INTER_AREA does,
#          within rounding, at any scale.
# Truth:   only where the sizes divide. Else each old pixel goes to one new pixel whole: at 3 to 2 every other new
#          pixel is one old pixel and the next the mean of two. Noise keeps 75 % of its contrast where INTER_AREA
#          keeps 55 %, a line one pixel wide is full or half as bright by its place, and at 640 to 427 the two are up
#          to 93 levels apart on a photograph. `reduce` and sizes that divide agree within one level.
# Version: Pillow 13.0.0, opencv-python-headless 5.0.0.93.
# Source:  src/libImaging/Resample.c: `box_filter` is 1 or 0 at the centre of a pixel, however little of it is
#          covered; https://pillow.readthedocs.io/en/stable/handbook/concepts.html#filters ("identical weights").
# Matters: BOX is chosen as the exact and quick way to shrink; pixels of changing sharpness form a grid that
#          convolutions see, and a network trained with one of the two and served with the other gets other images.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet pillow==13.0.0 opencv-python-headless==5.0.0.93 scikit-learn==1.9.1 numpy
"$work/venv/bin/python" -W ignore - <<'PYTHON'
import cv2
import numpy as np
import PIL
from PIL import Image
from sklearn.datasets import load_sample_image

print("Pillow", PIL.__version__, "opencv", cv2.__version__)


def box(pixels: np.ndarray, width: int, height: int) -> np.ndarray:
    return np.asarray(Image.fromarray(pixels).resize((width, height), Image.Resampling.BOX)).astype(int)


def area(pixels: np.ndarray, width: int, height: int) -> np.ndarray:
    return cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA).astype(int)


noise = np.random.default_rng(0).integers(0, 256, (300, 300), dtype=np.uint8)
for place in range(3):
    lines = np.zeros((300, 300), np.uint8)
    lines[:, place::3] = 240
    print(f"lines at column {place} of 3, 300 to 200: columns by BOX {box(lines, 200, 200)[0, 2:6]}, "
          f"by INTER_AREA {area(lines, 200, 200)[0, 2:6]}")
for side in (150, 200, 100, 91):
    contrast = [float(way(noise, side, side).std() / noise.std()) for way in (box, area)]
    print(f"noise, 300 to {side}: contrast kept by BOX {contrast[0]:.2f}, by INTER_AREA {contrast[1]:.2f}")
photograph = load_sample_image("china.jpg")
apart = {}
for width, height in ((320, 213), (427, 285), (300, 200), (160, 107)):
    whole = photograph[: height * 2] if width == 320 else photograph
    difference = abs(box(whole, width, height) - area(whole, width, height))
    apart[width] = int(difference.max())
    print(f"photograph 640 x {len(whole)} to {width} x {height}: {difference.mean():.2f} levels apart on average, "
          f"{apart[width]} at most")
lines = np.zeros((300, 300), np.uint8)
lines[:, 0::3] = 240
assert set(box(lines, 200, 200)[0]) in ({240, 0}, {120, 0}), set(box(lines, 200, 200)[0])
assert apart[320] <= 1 and apart[427] > 50
PYTHON
