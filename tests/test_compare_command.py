"""`cnn-tui compare` without a terminal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from engine.run import run_notes
from engine.run.run_notes import RunNotes
from engine.run.run_paths import RunDir
from tests.compared_runs import written
from tui.cli.command_line import main


def run(*arguments: str) -> tuple[int, str]:
    found = CliRunner().invoke(main, ["compare", *arguments])
    return found.exit_code, found.output


@pytest.fixture
def folder(tmp_path: Path) -> str:
    written(tmp_path, 1)
    written(tmp_path, 2, (0.9,), lr=0.3)
    return str(tmp_path)


def test_it_prints_results_and_what_differs(folder: str) -> None:
    code, said = run("1", "2", "--runs-dir", folder)
    assert code == 0
    assert "lr" in said
    assert "80.0" in said
    assert "90.0" in said


def test_a_race_names_all_of_its_runs(folder: str) -> None:
    for run_dir in (RunDir(Path(folder) / f"{number}-lenet5-digits") for number in (1, 2)):
        run_notes.write(run_dir, RunNotes(("race:1-x",)))
    code, said = run("race:1-x", "--json", "--runs-dir", folder)
    assert code == 0
    labels = [one["label"] for one in json.loads(said)["trainings"]]
    assert labels == ["1-lenet5-digits", "2-lenet5-digits"]
    assert "has the tag 'race:9-x'" in run("race:9-x", "--runs-dir", folder)[1]


def test_json_is_one_object(folder: str) -> None:
    code, said = run("1", "2", "--json", "--runs-dir", folder)
    assert code == 0
    found = json.loads(said)
    assert [one["label"] for one in found["trainings"]] == ["1-lenet5-digits", "2-lenet5-digits"]
    assert [one["name"] for one in found["settings"]] == ["lr"]


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("1",), "two runs or logs"),
        (("1", "1-lenet5-digits"), "each of these names means 1-lenet5-digits: name another run"),
        (("1", "7"), "no run '7'"),
        (("1", "2", "--x", "miles"), "--x"),
        (("1", "2", "--baseline", "3"), "--baseline 3"),
        (("", "2"), "run is empty"),
        (("1", "2", "--baseline", ""), "run is empty"),
    ],
)
def test_a_mistake_is_one_sentence(folder: str, arguments: tuple[str, ...], word: str) -> None:
    code, said = run(*arguments, "--runs-dir", folder)
    assert code in (1, 2)
    assert word in said.lower()
    assert said.startswith("cnn-tui: ")
