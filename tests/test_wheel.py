"""The wheel: what a user installs holds all that the program needs, and the checkout is not missed.

It is built from a copy, so that nothing of an earlier build comes in and nothing is left behind.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from tests.processes import Terminal
from tests.shared_packages import share_packages

ROOT = Path(__file__).parents[1]
PACKAGES = ("engine", "tui", "cnn_tui")
PIP = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check")
OFFLINE = ("--no-deps", "--no-index")


def done(*command: str | Path) -> str:
    """What a command prints that ends well."""
    ended = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    made = {"build", "dist", "runs", "data"} | {each.name for each in ROOT.glob("*.egg-info")}

    def not_ours(place: str, names: list[str]) -> set[str]:
        own = made if Path(place) == ROOT else {"__pycache__"}
        return {name for name in names if name.startswith(".") or name in own}

    shutil.copytree(ROOT, folder / "source", ignore=not_ours)
    build = ("wheel", *OFFLINE, "--no-build-isolation", "--wheel-dir", folder)
    done(*PIP, *build, folder / "source")
    [wheel] = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def program(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`cnn-tui` in an environment that has this wheel, and finds only packages in ours."""
    environment = tmp_path_factory.mktemp("environment")
    venv.create(environment, symlinks=True)
    python = environment / "bin" / "python"
    done(*PIP, "--python", python, "install", *OFFLINE, wheel)
    share_packages(environment)
    where = "import engine, tui; print(engine.__file__, tui.__file__, sep='\\n')"
    for file in done(python, "-P", "-c", where).splitlines():
        assert Path(file).is_relative_to(environment)
    return environment / "bin" / "cnn-tui"


def test_every_file_of_the_packages_is_in_the_wheel_and_no_other_package(wheel: Path) -> None:
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    files = (file for package in PACKAGES for file in (ROOT / package).rglob("*"))
    ours = {str(f.relative_to(ROOT)) for f in files if f.is_file() and f.suffix != ".pyc"}
    assert held == ours
    assert {"engine/py.typed", "tui/py.typed"} <= held


def test_the_installed_program_helps_and_lists_its_models(program: Path) -> None:
    assert "cnn-tui" in done(program, "--help")
    assert "resnet18" in done(program, "models")


def test_the_installed_demo_draws_its_first_frame(program: Path) -> None:
    terminal = Terminal("demo", columns=120, rows=40, command=[str(program)])
    terminal.wait_for("demo")
    terminal.wait_for("training")
    terminal.type("q")
    assert terminal.wait_end() == 0
