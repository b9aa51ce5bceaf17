"""The wheels: what a user installs holds all that is needed, and the checkout is not missed.

One is that of the program, and one that of the package for training environments alone. They are
built from a copy, so that nothing of an earlier build comes in and nothing is left behind.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from email import message_from_bytes
from email.message import Message
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
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout."""
    folder = tmp_path_factory.mktemp("copy")
    made = {"build", "dist", "runs", "data"} | {each.name for each in ROOT.glob("*.egg-info")}

    def not_ours(place: str, names: list[str]) -> set[str]:
        own = made if Path(place) == ROOT else {"__pycache__"}
        return {name for name in names if name.startswith(".") or name in own}

    shutil.copytree(ROOT, folder / "source", ignore=not_ours, symlinks=True)
    return folder / "source"


def built(source: Path, folder: Path) -> Path:
    """The wheel of a source folder."""
    build = ("wheel", *OFFLINE, "--no-build-isolation", "--wheel-dir", folder)
    done(*PIP, *build, source)
    [wheel] = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def wheel(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(source, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def watch_wheel(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel for training environments."""
    return built(source / "watch", tmp_path_factory.mktemp("watch"))


def names_in(wheel: Path) -> set[str]:
    """The files of the packages in a wheel."""
    return {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}


def files_of(*packages: str) -> set[str]:
    """The files of the packages in the checkout."""
    files = (file for package in packages for file in (ROOT / package).rglob("*"))
    return {str(f.relative_to(ROOT)) for f in files if f.is_file() and f.suffix != ".pyc"}


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
    held = names_in(wheel)
    assert held == files_of(*PACKAGES)
    assert {"engine/py.typed", "tui/py.typed", "cnn_tui/py.typed"} <= held


def test_the_installed_program_helps_and_lists_its_models(program: Path) -> None:
    assert "cnn-tui" in done(program, "--help")
    assert "resnet18" in done(program, "models")


def test_the_installed_demo_draws_its_first_frame(program: Path) -> None:
    terminal = Terminal("demo", columns=120, rows=40, command=[str(program)])
    terminal.wait_for("demo")
    terminal.wait_for("training")
    terminal.type("q")
    assert terminal.wait_end() == 0


# For training environments


def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as files:
        [name] = (name for name in files.namelist() if name.endswith(".dist-info/METADATA"))
        return message_from_bytes(files.read(name))


def test_a_training_environment_gets_one_package_and_no_dependency(
    wheel: Path, watch_wheel: Path
) -> None:
    assert names_in(watch_wheel) == files_of("cnn_tui")
    told = metadata(watch_wheel)
    assert told["Requires-Python"] == ">=3.9"
    assert told.get_all("Requires-Dist") is None
    assert told["Version"] == metadata(wheel)["Version"]


def environment(folder: Path, *wheels: Path) -> Path:
    """The interpreter of a new environment with these wheels and nothing else."""
    venv.create(folder, symlinks=True)
    python = folder / "bin" / "python"
    for wheel in wheels:
        done(*PIP, "--python", python, "install", *OFFLINE, wheel)
    return python


def test_a_script_beside_another_engine_is_recorded_from_the_environment_of_the_program(
    program: Path, watch_wheel: Path, tmp_path: Path
) -> None:
    """In an environment without any package of ours, and a project with modules of our names."""
    python = environment(tmp_path / "training", watch_wheel)
    for module in ("engine.py", "msgspec.py", "tui/__init__.py"):
        (tmp_path / module).parent.mkdir(exist_ok=True)
        (tmp_path / module).write_text("raise SystemExit('not this one')")
    script = tmp_path / "train.py"
    script.write_text(SCRIPT)
    path = {"PATH": f"{program.parent}:{os.environ['PATH']}", "PYTHONPATH": str(tmp_path)}
    told = subprocess.run([python, script], env=os.environ | path, capture_output=True, text=True)
    assert told.stderr == ""
    assert told.stdout == "Recording 1-mine 0\n"


SCRIPT = """
import json
from cnn_tui.watching import recorder_start
recorder = recorder_start.start()
hello = {"type": "Hello", "version": 1, "name": "mine", "program": "train.py"}
recorder.stdin.write(json.dumps(hello).encode() + b"\\n")
answer = json.loads(recorder.stdout.readline())
recorder.stdin.write(b'{"type": "RunEnded", "reason": "done"}\\n')
print(answer["type"], answer.get("label") or answer["sentence"], recorder.wait())
"""


def test_both_wheels_in_one_environment_do_no_harm(
    wheel: Path, watch_wheel: Path, tmp_path: Path
) -> None:
    python = environment(tmp_path / "both", wheel, watch_wheel)
    share_packages(tmp_path / "both")
    script = tmp_path / "train.py"
    script.write_text(SCRIPT)
    assert done(python, script) == "Recording 1-mine 0\n"
    assert "cnn-tui" in done(tmp_path / "both" / "bin" / "cnn-tui", "--help")


def test_the_package_can_be_installed_editable(source: Path, tmp_path: Path) -> None:
    python = environment(tmp_path / "editable")
    share_packages(tmp_path / "editable")  # setuptools
    install = ("install", *OFFLINE, "--no-build-isolation", "--editable")
    done(*PIP, "--python", python, *install, source / "watch")
    code = "import cnn_tui.watching.recorder_start as each; print(each.__file__)"
    file = Path(done(python, "-P", "-c", code).strip())
    assert file.resolve() == (source / "cnn_tui/watching/recorder_start.py").resolve()


def test_its_source_distribution_holds_the_package(source: Path, tmp_path: Path) -> None:
    code = "import setuptools.build_meta as each; each.build_sdist({!r})"
    command = [sys.executable, "-c", code.format(str(tmp_path))]
    subprocess.run(command, cwd=source / "watch", check=True, capture_output=True)
    [archive] = tmp_path.glob("*.tar.gz")
    with tarfile.open(archive) as files:
        held = {member.name.partition("/")[2] for member in files if member.isfile()}
    assert files_of("cnn_tui") | {"LICENSE"} <= held
