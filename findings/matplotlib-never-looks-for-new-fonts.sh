#!/bin/sh
# Guess:   matplotlib finds a font that was installed, at the latest when Python starts again, or when a figure
#          asks for it by its name.
# Truth:   it lists the fonts at its first start ever, and keeps the list in a file of its cache for as long as
#          the version of that list stays. A font installed later is not found, not by name either: a warning
#          says "not found", and DejaVu Sans is drawn. `findSystemFonts` sees the file. Deleting the list helps.
# Version: matplotlib 3.11.2; Linux.
# Source:  matplotlib/font_manager.py, `_load_fontmanager`: `if fm._version == FontManager.__version__`.
# Matters: installing a font with Chinese characters, since a plot of class names showed empty boxes, changes
#          nothing; and the same code draws well on a new machine, where the font came before matplotlib.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet matplotlib==3.11.2 fonttools==4.68.0
export HOME="$work/home" XDG_DATA_HOME="$work/home/share" MPLCONFIGDIR="$work/home/config"
mkdir -p "$XDG_DATA_HOME/fonts" "$MPLCONFIGDIR"
cat >"$work/found.py" <<'PYTHON'
import logging

from matplotlib.font_manager import findfont, findSystemFonts, fontManager

logging.disable()
listed = any(font.name == "Class Names" for font in fontManager.ttflist)
by_name = findfont("Class Names").endswith("ClassNames.ttf")
print(listed, by_name, any(file.endswith("ClassNames.ttf") for file in findSystemFonts()))
PYTHON
"$work/venv/bin/python" - "$work/found.py" <<'PYTHON'
import os
import subprocess
import sys
from pathlib import Path

import matplotlib
from fontTools.ttLib import TTFont

print("matplotlib", matplotlib.__version__)


def found(when: str) -> str:
    """Whether a fresh Python lists the font, finds it by name, and sees its file."""
    answer = subprocess.run([sys.executable, sys.argv[1]], check=True, capture_output=True, text=True).stdout.strip()
    print(f"{when}: listed, found by name, file seen: {answer}")
    return answer


before = found("before the font is installed")
font = TTFont(Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf"))
for record in font["name"].names:
    if record.nameID in (1, 4, 16):
        record.string = "Class Names"
font.save(Path(os.environ["XDG_DATA_HOME"], "fonts", "ClassNames.ttf"))
installed = found("after it, in a new Python")
[cached] = Path(os.environ["MPLCONFIGDIR"]).glob("fontlist-*.json")
cached.unlink()
deleted = found(f"after {cached.name} is deleted")
assert before == "False False False"
assert installed == "False False True"
assert deleted == "True True True"
PYTHON
