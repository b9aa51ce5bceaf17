#!/bin/sh
# Guess:   RandomResizedCrop takes random parts from all over an image of any shape, of 8 % to 100 % of its area; of a
#          wide one, the ends are seen somewhat less than the middle.
# Truth:   what does not fit is drawn anew, ten times, and then the middle is taken. Of an image of 5:1 that is 23 % of
#          all crops, of 10:1 77 %: the same part, pixel for pixel. The middle column is in 80 % of the crops of 10:1,
#          one at a quarter of the width in 3 %..
# Version: torchvision 0.29.1 with torch 2.14.1; `transforms.v2` and the older `transforms` alike.
# Source:  torchvision/transforms/v2/_geometry.py: `RandomResizedCrop.make_params`, "Fallback to central crop". The
#          page of the class does not tell.
# Matters: panoramas, sensor strips, lines of text, spectrograms: the augmentation is nearly none, the ends are hardly
#          ever learned, and `scale` has no effect. A wider `ratio`, or a resize to a square before it, gives it back.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.14.1 torchvision==0.29.1
"$work/venv/bin/python" -W ignore - <<'PYTHON'
from collections import Counter

import torch
import torchvision
from torchvision import transforms
from torchvision.transforms import v2

print("torchvision", torchvision.__version__, "torch", torch.__version__)
HEIGHT, TIMES = 300, 3000
CROP = v2.RandomResizedCrop(224)


def newer(image: torch.Tensor) -> tuple[int, int, int, int]:
    box = CROP.make_params([image])
    return box["top"], box["left"], box["height"], box["width"]


def older(image: torch.Tensor) -> tuple[int, int, int, int]:
    return transforms.RandomResizedCrop.get_params(image, [0.08, 1.0], [3 / 4, 4 / 3])


for draw in (newer, older):
    same = {}
    for aspect in (1, 3, 5, 10):
        torch.manual_seed(0)
        width = HEIGHT * aspect
        image = torch.zeros(1, 1, 1).expand(3, HEIGHT, width)
        boxes = [draw(image) for _ in range(TIMES)]
        box, times = Counter(boxes).most_common(1)[0]
        same[aspect] = times / TIMES
        seen = [sum(left <= column < left + wide for _, left, _, wide in boxes) / TIMES
                for column in (width // 2, width // 4)]
        area = sum(high * wide for _, _, high, wide in boxes) / TIMES / HEIGHT / width
        print(f"{draw.__name__}, {width} x {HEIGHT}: {times / TIMES:5.1%} of the crops are the same; mean area "
              f"{area:.0%}; the middle is in {seen[0]:.0%}, a quarter of the width in {seen[1]:.0%}")
        if aspect == 10:
            assert box == (0, width // 2 - 200, HEIGHT, 400) and seen[0] > 10 * seen[1]
    assert same[1] < 0.01 and 0.15 < same[5] < 0.35 and same[10] > 0.7
PYTHON
