#!/bin/sh
# Guess:   Imagelab(data_path=…) looks at all images of a folder that Pillow and torchvision's ImageFolder read, or
#          says which ones it leaves out.
# Truth:   it takes the files with one of seven endings, in small or capital letters, and says nothing of the others.
#          "x.tiff" is looked at, "x.tif" is not, nor are "x.bmp", "x.ppm", "x.avif" and "x.Jpg".
# Version: cleanvision 0.3.7 with Pillow 13.0.0, and the endings of torchvision 0.29.1's ImageFolder.
# Source:  cleanvision/utils/constants.py, `IMAGE_FILE_EXTENSIONS`; cleanvision/utils/utils.py, `get_filepaths`.
# Matters: in a folder of mixed endings, copies of an image across classes or splits are missed if one of them is a
#          bitmap or a ".tif", as microscopes and scanners write them; the report reads as if all were clean.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet cleanvision==0.3.7 pillow==13.0.0
mkdir "$work/images"
"$work/venv/bin/python" - "$work/images" 2>"$work/bar" <<'PYTHON'
import contextlib
import io
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
from cleanvision import Imagelab
from PIL import Image

print("cleanvision", version("cleanvision"), "Pillow", version("pillow"))
# Those of torchvision's ImageFolder, which takes capital letters, too, and two more that Pillow reads.
ENDINGS = ("jpg", "jpeg", "png", "ppm", "bmp", "pgm", "tif", "tiff", "webp", "gif", "avif", "Jpg", "TIF")
folder = Path(sys.argv[1])
small = np.random.default_rng(0).integers(0, 256, (14, 14, 3)).astype(np.uint8)
picture = Image.fromarray(small).resize((224, 224), Image.Resampling.BICUBIC)
for ending in ENDINGS:
    picture.convert("L" if ending == "pgm" else "RGB").save(folder / f"{ending}.{ending}")
    with Image.open(folder / f"{ending}.{ending}") as image:
        image.load()
told = io.StringIO()
with contextlib.redirect_stdout(told):
    lab = Imagelab(data_path=str(folder))
    lab.find_issues({"exact_duplicates": {}, "near_duplicates": {}}, n_jobs=1)
    lab.report()
seen = sorted(Path(name).name for name in lab.issues.index)
left_out = sorted({f"{ending}.{ending}" for ending in ENDINGS} - {*seen})
print("looked at:", *seen)
print("left out:", *left_out)
assert left_out == ["Jpg.Jpg", "TIF.TIF", "avif.avif", "bmp.bmp", "pgm.pgm", "ppm.ppm", "tif.tif"], left_out
assert not any(name in told.getvalue() for name in left_out), told.getvalue()
PYTHON
