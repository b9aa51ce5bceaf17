"""What `make run` prints while it installs, with a pip that only pretends to."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

MAKEFILE = Path(__file__).parents[1] / "Makefile"
PIP = """#!/bin/sh
echo "Looking in indexes: https://host.example/simple"
echo "Collecting torch (from tiny)"
echo "  Downloading https://host.example/files/torch-2.14.1-cp311-cp311-linux_x86_64.whl (812.3 MB)"
echo "Using cached click-8.5.1-py3-none-any.whl (126 kB)"
echo "Installing collected packages: torch, click"
echo "ERROR: it went wrong" >&2
exit ${PIP_EXIT:-0}
"""


def install(folder: Path) -> subprocess.CompletedProcess[str]:
    """`make .venv/installed` with that pip."""
    shutil.copy(MAKEFILE, folder)
    programs = folder / ".venv" / "bin"
    programs.mkdir(parents=True)
    (folder / "pyproject.toml").touch()
    for name, script in (("pip", PIP), ("python", "")):
        (programs / name).write_text(script)
        (programs / name).chmod(0o755)
    command = ("make", "--silent", ".venv/installed")
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_each_package_is_a_line_without_the_name_of_a_host(tmp_path: Path) -> None:
    done = install(tmp_path)
    assert done.returncode == 0
    assert done.stdout.splitlines() == [
        "installing PyTorch and the rest: this takes some minutes, once",
        "  torch 2.14.1 (812.3 MB)",
        "  click 8.5.1 (126 kB)",
        "  unpacking, which takes a minute …",
    ]
    assert (tmp_path / ".venv/installed").exists()


def test_a_pip_that_fails_fails_make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_EXIT", "1")
    done = install(tmp_path)
    assert done.returncode != 0
    assert "it went wrong" in done.stderr
    assert not (tmp_path / ".venv/installed").exists()
