"""An environment that finds what is installed in this one, so that nothing is downloaded twice."""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path


def borrow(environment: Path) -> None:
    """Have this virtual environment find the packages of ours, but not what is editable there."""
    places = [place for place in sys.path if Path(place).name == "site-packages"]
    own = sysconfig.get_path("purelib", "venv", {"base": str(environment)})
    Path(own, "borrowed.pth").write_text("\n".join(places) + "\n")


if __name__ == "__main__":
    borrow(Path(sys.argv[1]).resolve())
