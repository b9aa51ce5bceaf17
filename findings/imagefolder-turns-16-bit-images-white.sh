#!/bin/sh
# Guess:   torchvision's ImageFolder scales a 16-bit grey image to 8 bits: dark stays dark, bright stays bright.
# Truth:   its loader calls Pillow's `convert("RGB")`, which clips. Each value of 255 or more becomes 255: a
#          16-bit PNG, TIFF or PGM arrives all white (but for the darkest 0.4 % of its range), without a
#          warning. A float TIFF with values 0..1 arrives all black. And a 12-bit TIFF opens in the same mode
#          (I;16) as a 16-bit one but with values 0..4095, so that scaling by 256 makes it nearly black.
# Version: torchvision 0.29.1 with Pillow 13.0.0.
# Source:  torchvision/datasets/folder.py, `pil_loader`;
#          https://pillow.readthedocs.io/en/stable/handbook/concepts.html#modes (I;16, I, F).
# Matters: X-ray, microscope and depth images are 16-bit. The network trains on white squares, and its loss
#          stays that of a guess.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.14.1 torchvision==0.29.1 pillow==13.0.0 numpy
"$work/venv/bin/python" - "$work" <<'PYTHON'
import struct
import sys
from pathlib import Path

import numpy as np
import PIL
import torchvision
from PIL import Image
from torchvision.datasets import ImageFolder

print("torchvision", torchvision.__version__, "Pillow", PIL.__version__)
folder = Path(sys.argv[1], "images", "ramp")
folder.mkdir(parents=True)
ramp = np.linspace(0, 65535, 16).astype(np.uint16).reshape(4, 4)  # from black to white
Image.fromarray(ramp).save(folder / "a-16-bit.png")
Image.fromarray(ramp).save(folder / "b-16-bit.tif")
(folder / "c-16-bit.pgm").write_bytes(b"P5 4 4 65535\n" + ramp.astype(">u2").tobytes())
Image.fromarray((ramp / 65535).astype(np.float32)).save(folder / "d-float.tif")


def twelve_bit_tiff(values: np.ndarray) -> bytes:
    """An uncompressed grey TIFF with 12 bits a sample: two values share three bytes."""
    packed = b"".join(bytes((a >> 4, (a & 15) << 4 | b >> 8, b & 255)) for a, b in values.reshape(-1, 2).tolist())
    tags = [(256, 4), (257, 4), (258, 12), (259, 1), (262, 1), (273, 122), (277, 1), (278, 4), (279, len(packed))]
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    return struct.pack("<2sHIH", b"II", 42, 8, len(tags)) + entries + struct.pack("<I", 0) + packed


(folder / "e-12-bit.tif").write_bytes(twelve_bit_tiff(ramp >> 4))
images = ImageFolder(folder.parent)
mean = {Path(path).name: float(np.asarray(images[i][0]).mean()) for i, (path, _) in enumerate(images.samples)}
print("mean of a ramp from black to white, which should be about 127 of 255:")
for name, value in mean.items():
    print(f"  {name}: {value:.0f}, opened by Pillow as {Image.open(folder / name).mode}")
largest = int(np.asarray(Image.open(folder / "e-12-bit.tif")).max())
print("largest value of the 12-bit TIFF as opened:", largest)
assert all(mean[name] > 235 for name in ("a-16-bit.png", "b-16-bit.tif", "c-16-bit.pgm")), mean
assert mean["d-float.tif"] < 1, mean
assert Image.open(folder / "e-12-bit.tif").mode == "I;16" and largest == 4095
PYTHON
