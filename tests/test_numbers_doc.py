"""docs/numbers.md: its commands work as they stand, and its tables name what there is."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from engine.export import event_file
from engine.protocol import events
from engine.run import conditions, reports, run_fields
from engine.run.run_paths import RunDir
from tests import scripted
from tests.page_commands import commands_of
from tui.cli import wait_command
from tui.cli.command_line import main
from tui.viewer.run_columns import COLUMNS
from tui.viewer.run_status import RunStatus
from tui.viewer.run_summary import RunSummary

DOC = (Path(__file__).parents[1] / "docs/numbers.md").read_text()
COMMANDS = commands_of(DOC)


def table(heading: str) -> list[list[str]]:
    """The rows of the table whose head begins with this cell, each as its cells."""
    (found,) = re.findall(
        rf"^\| {re.escape(heading)} \|.*\n\|[-|]+\n((?:\|.*\n)+)", DOC, re.MULTILINE
    )
    return [[cell.strip() for cell in row.strip("|\n").split("|")] for row in found.splitlines()]


def named(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


@pytest.fixture
def run(tmp_path: Path) -> RunDir:
    """Run 43, which is done."""
    done = events.RunEnded("done", 3, 0.95, step=40)
    said = [*scripted.resumed(scripted.half_a_run()), done]
    return scripted.run_dir(tmp_path / "runs", said, "43-lenet5-digits")


@pytest.mark.parametrize("command", [c for c in COMMANDS if "--tensorboard" not in c])
def test_a_command_works_as_it_stands(run: RunDir, command: str) -> None:
    result = CliRunner().invoke(main, shlex.split(command))
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout


def test_the_columns_are_those_of_the_table(run: RunDir) -> None:
    assert [name for row in table("column") for name in named(row[0])] == [*reports.NAMES]
    (event,) = (e for e in scripted.half_a_run() if isinstance(e, events.Steps) and e.step == 1)
    groups = {"steps": reports.numbers_of(event)}
    groups["epochs"] = {**reports.numbers_of(scripted.ended_epoch(1)), "balanced": None}
    ended = events.RunEnded("done", 1, test_loss=1.0, test_top1=0.5)
    groups["test"] = reports.numbers_of(ended)
    for name, where, *_ in table("column"):
        having = {group for group, numbers in groups.items() if named(name)[0] in numbers}
        optional = {"steps"} if name == "`waited`" else set()
        assert having | optional == (groups.keys() if where == "all" else {*where.split(", ")})


def test_the_fields_are_those_of_the_status() -> None:
    rows = table("field")
    assert [name for row in rows for name in named(row[0])] == [*RunStatus.__struct_fields__]
    assert tuple(named(rows[1][1])) == run_fields.STATES


def test_the_exit_codes_are_those_of_wait() -> None:
    listed = {named(outcome)[0]: int(code) for code, outcome, _ in table("exit code") if outcome}
    assert listed == wait_command.EXIT_CODES


def test_the_curves_are_those_of_the_file() -> None:
    for numbers, curves in table("number"):
        pairs = zip(named(numbers), named(curves), strict=True)
        assert all(event_file.tag_of(number) == curve for number, curve in pairs)


def test_each_term_is_taken_and_names_its_kind() -> None:
    kind_of = run_fields.kind_in(run_fields.RUN_FIELDS)
    for term, takes in table("term"):
        (written,) = named(term)
        kind = conditions.parse(written, kind_of).terms[0].kind
        fields = [name for name in named(takes) if name in run_fields.RUN_FIELDS]
        assert all(kind_of(name) == kind for name in fields)
    shares = {name for name, kind in run_fields.RUN_FIELDS.items() if kind == conditions.Share()}
    assert shares < {*named(table("term")[0][1])}


def test_every_command_with_json_is_listed() -> None:
    listed = {*named(DOC.partition("## JSON")[2].partition("which print")[0])} - {"--json"}
    options = {name: {o for p in c.params for o in p.opts} for name, c in main.commands.items()}
    assert listed == {name for name, words in options.items() if "--json" in words}


def test_the_line_of_since_is_as_written(run: RunDir) -> None:
    assert '`{"type": "Since", "seq": N, "superseded": [...]}`' in DOC
    *_, last = CliRunner().invoke(main, ["status", "43", "--since", "10"]).stdout.splitlines()
    assert [*json.loads(last)] == ["type", "seq", "superseded"]


def test_the_fields_of_runs_are_those_of_the_table() -> None:
    told = [name for row in table("of a run") for name in named(row[0])]
    assert sorted(told) == sorted(RunSummary.__struct_fields__)


def test_every_column_is_named() -> None:
    listed = DOC.partition("the names are those of columns:")[2].partition("and every field")[0]
    assert named(listed) == [*COLUMNS]
