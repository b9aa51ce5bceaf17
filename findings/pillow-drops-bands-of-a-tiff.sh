#!/bin/sh
# Guess:   Pillow refuses a TIFF with more bands than it has modes for.
# Truth:   it opens red, green, blue and up to three more bands (tag ExtraSamples 0) as "RGB", and drops the more
#          without a warning. The same bands stored as grey ones (PhotometricInterpretation 1) are refused, and
#          a grey band with a second one is opened as "L", without the second.
# Version: Pillow 13.0.0 with tifffile 2026.3.3.
# Source:  PIL/TiffImagePlugin.py, `OPEN_INFO`: the modes "RGBX", "RGBXX" and "RGBXXX" are read as "RGB".
# Matters: satellite images have red, green, blue, near infrared and more. A network that should learn from five
#          bands learns from three, and nobody notices.
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
from PIL import Image, UnidentifiedImageError

print("Pillow", PIL.__version__, "tifffile", tifffile.__version__)
file = Path(sys.argv[1], "bands.tif")


def opened(bands: int, photometric: str) -> str:
    """The mode in which Pillow opens a TIFF with so many bands, of which each has its number as value."""
    values = np.broadcast_to(np.arange(1, bands + 1, dtype=np.uint8), (8, 8, bands))
    tifffile.imwrite(file, values, photometric=photometric, planarconfig="contig")
    try:
        with Image.open(file) as image:
            image.load()
            return f"{image.mode} {image.getpixel((0, 0))}"
    except UnidentifiedImageError:
        return "refused"


found = {(bands, kind): opened(bands, kind) for kind in ("rgb", "minisblack") for bands in (5, 6)}
found[2, "minisblack"] = opened(2, "minisblack")
for (bands, kind), result in found.items():
    print(f"{bands} bands stored as {kind}: {result}")
assert found[5, "rgb"] == found[6, "rgb"] == "RGB (1, 2, 3)", found
assert found[5, "minisblack"] == found[6, "minisblack"] == "refused", found
assert found[2, "minisblack"] == "L 1", found
PYTHON
