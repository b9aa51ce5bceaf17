#!/bin/sh
# Guess:   CleanVision's check "grayscale", described as images that lack colour, finds a picture whose red, green and
#          blue are equal everywhere, however it is stored.
# Truth:   it asks for the mode of the file alone. The same grey picture is an issue as a grey PNG, and none as RGB PNG,
#          RGB JPEG, RGBA or 16-bit grey. The function has lines that compare the channels; they are reached only by
#          an image without a mode, which Pillow never gives.
# Version: cleanvision 0.3.7 with Pillow 13.0.0.
# Source:  cleanvision/issue_managers/image_property.py, `get_image_mode`.
# Matters: most grey photographs and scans are stored as RGB. If all images of one class are such, a network learns the
#          lack of colour; the check that should say so finds nothing.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet cleanvision==0.3.7 pillow==13.0.0
mkdir "$work/images"
"$work/venv/bin/python" - "$work/images" 2>"$work/bar" <<'PYTHON'
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
from cleanvision import Imagelab
from PIL import Image

print("cleanvision", version("cleanvision"), "Pillow", version("pillow"))
folder = Path(sys.argv[1])


def picture(seed: int) -> Image.Image:
    drawn = np.random.default_rng(seed)
    small = drawn.integers(0, 256, (14, 14, 3)).astype(np.uint8)
    return Image.fromarray(small).resize((224, 224), Image.Resampling.BICUBIC)


grey = [picture(seed).convert("L") for seed in range(5)]
grey[0].save(folder / "grey.png")
grey[1].convert("RGB").save(folder / "grey-as-rgb.png")
grey[2].convert("RGB").save(folder / "grey-as-rgb.jpg")
grey[3].convert("RGBA").save(folder / "grey-as-rgba.png")
Image.fromarray(np.asarray(grey[4]).astype(np.uint16) * 257).save(folder / "grey-16-bit.png")
picture(5).save(folder / "colour.png")
lab = Imagelab(data_path=str(folder))
lab.find_issues({"grayscale": {}}, n_jobs=1)
found = {Path(name).name: bool(said) for name, said in lab.issues["is_grayscale_issue"].items()}
for name, said in sorted(found.items()):
    with Image.open(folder / name) as image:
        print(f"{name}: mode {image.mode}, {'an issue' if said else 'no issue'}")
assert found.pop("grey.png")
assert len(found) == 5
assert not any(found.values()), found
PYTHON
