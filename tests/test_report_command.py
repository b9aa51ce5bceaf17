"""`cnn-tui report` before it asks an engine process: what is refused, and what is asked."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from engine.protocol.answers import Written
from engine.protocol.requests import Report
from engine.recipes.recipe import Recipe
from engine.start import network_requests
from tests import scripted
from tui.cli.command_line import main

# The byte that it stands for is no text.
ODD = "\udcff"


class Nothing:
    """A request whose process writes nothing, and says that it wrote."""

    asked: Report

    def __init__(self, wanted: Report, recipe: Recipe) -> None:
        Nothing.asked = wanted

    def answers(self) -> Iterator[Written]:
        yield Written(1234)

    def cancel(self) -> None:
        """Nothing to end."""


@pytest.fixture(autouse=True)
def no_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run, as if matplotlib were installed and no process needed."""
    scripted.run_dir(tmp_path / "runs")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    monkeypatch.setattr(network_requests, "report", Nothing)


def report(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["report", *arguments])


def refused(*arguments: str) -> str:
    done = report(*arguments)
    assert done.exit_code == 2
    return done.stderr


def test_without_matplotlib_the_command_that_installs_it_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert refused("-o", "a") == (
        "cnn-tui: a report needs the package matplotlib, which is not installed: type "
        f"`{sys.executable} -m pip install matplotlib`.\n"
    )


def test_a_file_that_exists_is_kept_unless_forced() -> None:
    Path("a.html").write_text("mine")
    assert "a.html exists already: add --force to replace it" in refused("-o", "a.html")
    assert report("-o", "a.html", "--force").exit_code == 0


def test_a_folder_is_no_file_and_a_file_no_folder() -> None:
    Path("here").mkdir()
    Path("file").touch()
    assert "here is no regular file: name another one" in refused("-o", "here", "--force")
    said = refused("-o", "a.html", "--pictures", "file", "--force")
    assert "file is a file: --pictures takes a folder" in said


def test_pictures_go_only_into_an_empty_folder_unless_forced() -> None:
    Path("figures").mkdir()
    assert report("--pictures", "figures").exit_code == 0
    Path("figures/curves.png").touch()
    assert "figures exists already, and is not empty" in refused("--pictures", "figures")
    assert report("--pictures", "figures", "--force").exit_code == 0


def test_paths_that_are_no_text_are_asked_for_and_told() -> None:
    done = report("-o", f"{ODD}.html", "--pictures", ODD)
    folder = os.fsencode(Path.cwd())
    assert Nothing.asked.target == folder + b"/\xff.html"
    assert Nothing.asked.pictures == folder + b"/\xff"
    assert done.stdout == f"{Path.cwd()}/\\udcff.html, 1.2 kB\n"
