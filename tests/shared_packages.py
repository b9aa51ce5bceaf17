"""Gives another virtual environment the packages of this one, so that nothing is downloaded twice.

python -m tests.shared_packages ENVIRONMENT
"""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path


def share_packages(environment: Path) -> None:
    """Let this virtual environment import our installed packages, but no editable ones."""
    folders = [folder for folder in sys.path if Path(folder).name == "site-packages"]
    target = sysconfig.get_path("purelib", "venv", {"base": str(environment)})
    Path(target, "shared.pth").write_text("\n".join(folders) + "\n")


if __name__ == "__main__":
    share_packages(Path(sys.argv[1]).resolve())
