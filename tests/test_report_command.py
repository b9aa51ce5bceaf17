"""`cnn-tui report` before it asks an engine process: what is refused."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.errors import UsageError
from engine.run.run_paths import RunDir
from engine.start import report_request
from tests import scripted

Made = Callable[..., object]


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Made:
    """Asks for a report, as if matplotlib were installed and no process needed."""
    run = scripted.run_dir(tmp_path / "runs")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    monkeypatch.setattr(report_request, "EngineRequest", lambda *arguments: arguments)

    def ask(target: str, pictures: str = "", *, force: bool = False) -> object:
        folder = Path(pictures) if pictures else None
        return report_request.report(run, Path(target), folder, images=True, force=force)

    return ask


def test_without_matplotlib_the_command_that_installs_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UsageError) as caught:
        report_request.report(RunDir(tmp_path), Path("a"), None, images=True, force=False)
    assert str(caught.value) == (
        "a report needs the package matplotlib, which is not installed: type "
        f"`{sys.executable} -m pip install matplotlib`."
    )


def test_a_file_that_exists_is_kept_unless_forced(made: Made) -> None:
    Path("a.html").write_text("mine")
    with pytest.raises(UsageError, match=r"^a\.html exists already: .* replace it with --force"):
        made("a.html")
    made("a.html", force=True)


def test_a_folder_is_no_file_and_a_file_no_folder(made: Made) -> None:
    Path("here").mkdir()
    Path("file").touch()
    with pytest.raises(UsageError, match="here is a folder: name a file in it"):
        made("here", force=True)
    with pytest.raises(UsageError, match="file is a file: name a folder"):
        made("a.html", "file", force=True)


def test_pictures_go_only_into_an_empty_folder_unless_forced(made: Made) -> None:
    Path("figures").mkdir()
    made("a.html", "figures")
    Path("figures/curves.png").touch()
    with pytest.raises(UsageError, match="figures exists already"):
        made("a.html", "figures")
    made("a.html", "figures", force=True)
