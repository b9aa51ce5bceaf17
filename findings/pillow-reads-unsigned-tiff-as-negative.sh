#!/bin/sh
# Guess:   Pillow reads a TIFF of whole numbers as the numbers that are in it.
# Truth:   it has one mode for 32 bits, "I", which has a sign. Numbers of 2^31 and more without a sign become
#          negative, without a warning. And a TIFF of 8 bits with a sign is opened as "L", without one: -100
#          becomes 156.
# Version: Pillow 13.0.0 with tifffile 2026.3.3.
# Source:  PIL/TiffImagePlugin.py, `OPEN_INFO`: SampleFormat 1 with 32 bits is ("I", "I;32N"), and 2 with 8 bits
#          is ("L", "L").
# Matters: counts of a detector and differences of images are stored so. The brightest pixels become the darkest
#          ones, and the darkest ones the brightest.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet pillow==13.0.0 tifffile==2026.3.3 numpy
"$work/venv/bin/python" -W error - "$work" <<'PYTHON'
import sys
from pathlib import Path

import numpy as np
import PIL
import tifffile
from PIL import Image

print("Pillow", PIL.__version__, "tifffile", tifffile.__version__)
file = Path(sys.argv[1], "numbers.tif")


def read(value: int, kind: type) -> tuple[str, int]:
    """The mode and the value of a pixel of a TIFF that has this value throughout."""
    tifffile.imwrite(file, np.full((8, 8), value, kind))
    with Image.open(file) as image:
        return image.mode, int(np.asarray(image)[0, 0])


large, small = read(3_000_000_000, np.uint32), read(-100, np.int8)
print("3,000,000,000 as 32 bits without a sign:", large)
print("-100 as 8 bits with a sign:", small)
assert large == ("I", 3_000_000_000 - 2**32), large
assert small == ("L", 156), small
PYTHON
