"""`cnn-tui report` around the engine process: what is refused, and where the page appears."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from engine.errors import UsageError
from engine.protocol.answers import Written
from engine.protocol.requests import Report
from engine.report import report_target
from engine.start import network_requests
from tests import scripted
from tui.cli.command_line import main

Checked = Callable[..., None]


@pytest.fixture
def check(monkeypatch: pytest.MonkeyPatch) -> Checked:
    """Checks what a report is written to, as if matplotlib were installed."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())

    def check(target: str, pictures: str = "", *, force: bool = False) -> None:
        report_target.check(Path(target), Path(pictures) if pictures else None, force=force)

    return check


def test_without_matplotlib_the_command_that_installs_it_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UsageError) as caught:
        report_target.check(Path("a"), None, force=False)
    assert str(caught.value) == (
        "a report needs the package matplotlib, which is not installed: type "
        f"`{sys.executable} -m pip install matplotlib`."
    )


def test_a_file_that_exists_is_kept_unless_forced(check: Checked) -> None:
    Path("a.html").write_text("mine")
    with pytest.raises(UsageError, match=r"^a\.html exists already: add --force"):
        check("a.html")
    check("a.html", force=True)


def test_a_folder_is_no_file_and_a_file_no_folder(check: Checked) -> None:
    Path("here").mkdir()
    Path("file").touch()
    with pytest.raises(UsageError, match="here is no regular file: name another one"):
        check("here", force=True)
    with pytest.raises(UsageError, match="file is a file: --pictures takes a folder"):
        check("a.html", "file", force=True)


def test_pictures_go_only_into_an_empty_folder_unless_forced(check: Checked) -> None:
    Path("figures").mkdir()
    check("a.html", "figures")
    Path("figures/curves.png").touch()
    with pytest.raises(UsageError, match="figures exists already, and is not empty"):
        check("a.html", "figures")
    check("a.html", "figures", force=True)


def test_a_device_is_never_replaced(check: Checked) -> None:
    with pytest.raises(UsageError, match="/dev/null is no regular file"):
        check("/dev/null", force=True)


def test_a_report_and_its_pictures_have_two_places(check: Checked) -> None:
    with pytest.raises(UsageError, match="a is named for the report and for its pictures"):
        check("./a", "a")


class Answering:
    """An engine process that writes a page and says so."""

    def __init__(self, wanted: Report, *others: object) -> None:
        self.wanted = wanted

    def answers(self) -> Iterator[Written]:
        Path(os.fsdecode(self.wanted.target)).write_text("page")
        yield Written(4)


def test_a_page_appears_under_any_name_and_a_link_stays_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = scripted.run_dir(tmp_path / "runs")
    name = os.fsdecode(b"bad\xff.html")
    Path("link.html").symlink_to(name)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    monkeypatch.setattr(network_requests, "EngineRequest", Answering)
    done = CliRunner().invoke(main, ["report", str(run.path), "-o", "link.html"])
    assert (done.exit_code, done.stderr) == (0, "")
    assert Path(name).read_text() == "page"
    assert Path("link.html").is_symlink()
