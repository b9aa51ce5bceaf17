#!/bin/sh
# Guess:   a character that no installed font can draw is in the charmap of no font that matplotlib lists; so a
#          font whose charmap has the characters of a class name can draw it.
# Truth:   since 3.11, matplotlib brings and lists "Last Resort High-Efficiency", whose charmap has all 1,114,112
#          code points. It has one frame per block of Unicode: 猫 (cat) and 犬 (dog) are the same glyph. Whoever
#          takes this font as a fallback loses the warning about a missing glyph, too. In 3.10 no font that
#          matplotlib brings had these characters.
# Version: matplotlib 3.11.2, and 3.10.8 for the comparison.
# Source:  matplotlib/mpl-data/fonts/ttf/LastResortHE-Regular.ttf, and `font.enable_last_resort` in
#          matplotlib/mpl-data/matplotlibrc; https://github.com/unicode-org/last-resort-font
# Matters: code that looks for a font for Chinese class names now finds one on every machine, and a confusion
#          matrix gets the same frame at each of its rows.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
cat >"$work/fonts.py" <<'PYTHON'
import io
import json
import warnings

import matplotlib
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager, get_font

brought = [font for font in fontManager.ttflist if font.fname.startswith(matplotlib.get_data_path())]
charmaps = {font.name: get_font(font.fname).get_charmap() for font in brought}


def pixels(text: str, *fonts: str) -> tuple[bytes, int]:
    """A picture of this text in these fonts, and the number of warnings."""
    figure, file = Figure((1, 1)), io.BytesIO()
    figure.text(0.3, 0.3, text, family=fonts)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        figure.savefig(file, format="raw")
    return file.getvalue(), len(caught)


having = sorted(name for name, charmap in charmaps.items() if ord("猫") in charmap)
cat, dog = (pixels(text, "DejaVu Sans", *having) for text in "猫犬")
facts = {"version": matplotlib.__version__, "having": having, "same": cat[0] == dog[0], "warnings": cat[1]}
print(json.dumps({**facts, "listed": [len(charmaps[name]) for name in having]}))
PYTHON
for version in 3.10.8 3.11.2; do
    "$work/venv/bin/pip" install --quiet matplotlib==$version
    MPLCONFIGDIR="$work/$version" "$work/venv/bin/python" "$work/fonts.py" >"$work/$version.json"
    cat "$work/$version.json"
done
"$work/venv/bin/python" - "$work" <<'PYTHON'
import json
import sys
from pathlib import Path

old, new = (json.loads(Path(sys.argv[1], f"{version}.json").read_text()) for version in ("3.10.8", "3.11.2"))
assert old["having"] == [] and old["warnings"]
assert new["having"] == ["Last Resort High-Efficiency"] and new["listed"] == [0x110000]
assert new["same"] and new["warnings"] == 0
PYTHON
