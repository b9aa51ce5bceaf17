"""Every command that prints has `--json`, and then prints JSON and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from engine.protocol import events
from engine.run import run_creation
from tests import scripted
from tui.cli.command_line import main

# These show a screen, or train in the foreground; `status --json` tells the same of their run.
SCREENS = {"train", "attach", "demo", "resume"}
# What follows the name of each other command.
ARGUMENTS: dict[str, list[list[str]]] = {
    "runs": [["--limit", "1"]],  # a line for each run: test_runs_command.py
    "models": [[]],
    "datasets": [[]],
    "recipes": [[], ["quick"]],
    "doctor": [["--forget-choices"]],  # its findings: test_doctor.py
    "cache": [[], ["--clear"]],  # with stores: test_cache_command.py
    "inspect-data": [],  # test_inspect_data.py
    "test": [],  # test_network_test.py
    "suspects": [],  # test_suspects_command.py
    "predict": [],  # test_predict.py
    "report": [],  # tests/extras/test_report.py
    "compare": [["ended", "live"]],
    "status": [[], ["live"]],
    "wait": [["ended"], ["live", "--until", "top1>50%"]],
    "export": [["ended", "--csv", "a.csv"]],
    "queue": [],  # test_queue_command.py
    "race": [],  # test_race_command.py
    "stop": [["live"]],
    "pause": [["live"]],
    "continue": [["live"]],
    "checkpoint": [["live"]],
    "tag": [["ended"], ["ended", "+night", "-old"]],
    "note": [["ended"], ["ended", "for the talk"]],
    "rename": [["ended", "other"]],
    "delete": [["ended", "--yes"]],
    "restore": [],  # test_runs_command.py
}


def options(command: click.Command) -> set[str]:
    return {word for parameter in command.params for word in parameter.opts}


def test_every_command_that_prints_has_the_option() -> None:
    have = {name for name, command in main.commands.items() if "--json" in options(command)}
    assert have == main.commands.keys() - SCREENS
    assert have == ARGUMENTS.keys()


@pytest.fixture
def runs(tmp_path: Path) -> None:
    done = events.RunEnded("done", 2, 0.9, step=40)
    scripted.run_dir(tmp_path / "runs", [*scripted.half_a_run(), done], "1-ended")
    live, _ = run_creation.create(tmp_path / "runs", "live", "")
    scripted.write(live, scripted.half_a_run())


@pytest.mark.parametrize(
    "arguments",
    [[name, *more] for name, several in ARGUMENTS.items() for more in several],
    ids=" ".join,
)
def test_what_is_printed_is_json(runs: None, arguments: list[str]) -> None:
    result = CliRunner().invoke(main, [*arguments, "--json"])
    assert json.loads(result.stdout, parse_constant=no_constant)
    assert result.stdout.isascii()


def no_constant(name: str) -> None:
    pytest.fail(f"{name} is no JSON")


def test_a_command_to_a_run_tells_its_id(runs: None, tmp_path: Path) -> None:
    told = json.loads(CliRunner().invoke(main, ["pause", "--json"]).stdout)
    (sent,) = (tmp_path / "runs/2-live/commands").iterdir()
    assert sent.name.endswith(f"-{told['id']}.json")
    expected = {"command": "pause", "run": "2-live", "path": "runs/2-live", "state": "live"}
    assert {name: told[name] for name in expected} == expected
