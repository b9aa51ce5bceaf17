#!/bin/sh
# Guess:   torchvision's Caltech101 with target_type="category", its default, needs only the image files; SciPy is
#          needed for the outlines alone (target_type="annotation"), which are MATLAB files.
# Truth:   it imports scipy.io at every item, before it looks at the target type. Length, classes and labels
#          (`y`) work without SciPy; the first image fails with ModuleNotFoundError. And Caltech256 makes a folder
#          `caltech256` below its root where it only looks for files, with download=False.
# Version: torchvision 0.29.1.
# Source:  torchvision/datasets/caltech.py: `Caltech101.__getitem__` begins with `import scipy.io`;
#          `Caltech256.__init__` calls `os.makedirs(self.root, exist_ok=True)` with root/caltech256.
# Matters: torchvision does not depend on SciPy. What checks that a data set can be made before a long job starts
#          finds nothing, and the job ends at its first batch; what searches several folders for a data set leaves
#          a new folder in each.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.14.1 torchvision==0.29.1 pillow==13.0.0
"$work/venv/bin/python" - "$work" <<'PYTHON'
import sys
from pathlib import Path

import torchvision
from PIL import Image
from torchvision.datasets import Caltech101, Caltech256

print("torchvision", torchvision.__version__)
root = Path(sys.argv[1], "data")
for kind in ("BACKGROUND_Google", "ant", "beaver"):
    folder = root / "caltech101" / "101_ObjectCategories" / kind
    folder.mkdir(parents=True)
    Image.new("RGB", (8, 8)).save(folder / "image_0001.jpg")
(root / "caltech101" / "Annotations").mkdir()
images = Caltech101(root)
print("made without SciPy:", len(images), "images of", images.categories, "with labels", images.y)
try:
    images[0]
    failed = None
except ModuleNotFoundError as error:
    failed = error.name
print("the first image fails for want of:", failed)
try:
    Caltech256(root, download=False)
except RuntimeError as error:
    print("Caltech256:", error)
print("folders below the root now:", sorted(path.name for path in root.iterdir()))
assert len(images) == 2 and images.y == [0, 1]
assert failed is not None and failed.startswith("scipy")
assert (root / "caltech256").is_dir()
PYTHON
