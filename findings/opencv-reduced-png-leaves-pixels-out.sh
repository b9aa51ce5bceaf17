#!/bin/sh
# Guess:   cv2.imread(..., cv2.IMREAD_REDUCED_COLOR_8) gives each pixel the mean of 8 x 8 pixels, as it does for a
#          JPEG, and the same size.
# Truth:   a PNG is decoded in full, and then two pixels of eight in each direction are mixed and six are left out.
#          Lines one pixel wide every 8 pixels vanish (brightness 0 where a JPEG gives 32), every 4 pixels they come
#          out twice as bright (128 against 64). The size is rounded down, for a JPEG up: 63 rows against 64 for 509.
# Version: opencv-python-headless 5.0.0.93 and 4.12.0.88.
# Source:  modules/imgcodecs/src/loadsave.cpp, `imread_`: only the JPEG decoder knows scales; everything else goes
#          through `resize(..., INTER_LINEAR_EXACT)` with a size that is divided as whole numbers.
# Matters: a folder of both formats (drawings, scans and medical images are often PNG) is aliased in one of them, and
#          a network can tell the classes by the format.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
cat > "$work/reduced.py" <<'PYTHON'
import cv2
import numpy as np

print("opencv", cv2.__version__)
for period in (4, 8, 16):
    row = (np.arange(512) % period == 0) * 255
    lines = np.repeat(np.tile(row, (509, 1)).astype(np.uint8)[..., None], 3, 2)
    found = {}
    for name, options in ((".png", []), (".jpg", [cv2.IMWRITE_JPEG_QUALITY, 100])):
        stored = cv2.imencode(name, lines, options)[1]
        reduced = cv2.imdecode(stored, cv2.IMREAD_REDUCED_COLOR_8)
        found[name] = reduced.shape[0], float(reduced.mean())
    print(f"a line every {period:>2} pixels, mean {255 / period:.1f}: "
          + "; ".join(f"{name} {rows} rows, mean {mean:.1f}" for name, (rows, mean) in found.items()))
    assert found[".png"][0] == 63 and found[".jpg"][0] == 64
    assert abs(found[".jpg"][1] - 255 / period) < 1.5
    assert abs(found[".png"][1] - (128 if period == 4 else 0)) < 1
PYTHON
for version in 5.0.0.93 4.12.0.88; do
    "$work/venv/bin/pip" install --quiet "opencv-python-headless==$version"
    "$work/venv/bin/python" "$work/reduced.py"
done
