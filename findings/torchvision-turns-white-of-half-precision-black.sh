#!/bin/sh
# Guess:   v2.ToDtype(torch.uint8, scale=True) turns 1.0 into 255 whatever the type of the float image; in float16,
#          whose 11 bits hold each of 256 levels, bytes survive the way there and back.
# Truth:   1.0 in float16 or bfloat16 becomes 0: white turns black, and so does 0.999 in bfloat16. Of the 256 levels
#          16 are another after the way through float16, white among them, and 128 after bfloat16. float32 and float64
#          keep all. There is no warning.
# Version: torchvision 0.29.1 with torch 2.14.1 on a CPU (x86-64).
# Source:  torchvision/transforms/v2/functional/_misc.py, `to_dtype_image`: the image is multiplied by 256 - 0.001,
#          which rounds to 256 in 16 bits, and 256 does not fit a byte.
# Matters: images that were augmented in half precision and are written, shown or cached as bytes get black holes
#          where they are over-exposed, on white paper or on white digits. Convert to float32 first.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.14.1 torchvision==0.29.1 numpy
"$work/venv/bin/python" -W error - <<'PYTHON'
import torch
import torchvision
from torchvision.transforms import v2

print("torchvision", torchvision.__version__, "torch", torch.__version__)
to_bytes = v2.ToDtype(torch.uint8, scale=True)
levels = torch.arange(256, dtype=torch.uint8).expand(3, 16, 256)
white, changed = {}, {}
for kind in (torch.float16, torch.bfloat16, torch.float32, torch.float64):
    white[kind] = int(to_bytes(torch.ones(3, 16, 16, dtype=kind)).max())
    there_and_back = to_bytes(v2.ToDtype(kind, scale=True)(levels))
    changed[kind] = int((there_and_back != levels)[0, 0].sum())
    print(f"{kind}: 1.0 becomes {white[kind]}; levels changed on the way there and back: {changed[kind]} of 256; "
          f"255 comes back as {int(there_and_back[0, 0, 255])}")
assert white[torch.float16] == white[torch.bfloat16] == 0
assert white[torch.float32] == white[torch.float64] == 255
assert changed[torch.float16] > 8 and changed[torch.bfloat16] > 100
assert changed[torch.float32] == changed[torch.float64] == 0
PYTHON
