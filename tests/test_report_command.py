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
from engine.protocol.requests import CompareRuns, Report
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
    """An engine process that writes a page and says so: the name of the request, and its runs."""

    def __init__(self, wanted: Report | CompareRuns, *others: object) -> None:
        self.wanted = wanted

    def answers(self) -> Iterator[Written]:
        runs = self.wanted.runs if isinstance(self.wanted, CompareRuns) else (self.wanted.run,)
        names = " ".join(Path(os.fsdecode(run)).name for run in runs)
        yield Written(Path(os.fsdecode(self.wanted.target)).write_text(names))


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
    assert Path(name).read_text() == run.label
    assert Path("link.html").is_symlink()


def test_several_runs_are_one_page_in_their_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("1-a", "2-b", "3-c"):
        scripted.run_dir(tmp_path / "runs", name=name)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    monkeypatch.setattr(network_requests, "EngineRequest", Answering)
    place = ["--runs-dir", str(tmp_path / "runs")]
    assert CliRunner().invoke(main, ["report", "3", "1-a", *place]).exit_code == 0
    assert Path("comparison.html").read_text() == "3-c 1-a"
    assert CliRunner().invoke(main, ["report", *place]).exit_code == 0
    assert Path("3-c.html").read_text() == "3-c", "without a name it is the newest run"


@pytest.mark.parametrize(
    ("named", "said"),
    [
        (["1", "a", "1-a"], "1-a is named twice: name each run once."),
        (["1", "7"], "there is no run '7'"),
        (["1", ""], "empty"),
    ],
)
def test_runs_that_cannot_be_compared_are_refused_in_a_sentence(
    named: list[str], said: str, tmp_path: Path
) -> None:
    scripted.run_dir(tmp_path / "runs", name="1-a")
    done = CliRunner().invoke(main, ["report", *named, "--runs-dir", str(tmp_path / "runs")])
    assert done.exit_code in (1, 2)
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert not Path("comparison.html").exists()
