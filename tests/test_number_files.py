"""The numbers of a run as files: one clean line after a resume, and whole or not at all."""

from __future__ import annotations

import csv
import errno
import json
import os
import sys
import tempfile
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from msgspec.structs import replace

from engine.errors import RunError
from engine.export import csv_file, event_file
from engine.protocol import events
from engine.protocol.events import Event
from engine.run import reports, run_creation, whole_file
from engine.run.run_paths import RunDir
from tests import scripted
from tui.cli.command_line import main


def export(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["export", *map(str, arguments)])


def rows_of(path: Path) -> list[dict[str, str]]:
    with open(path, newline="") as file:
        return [*csv.DictReader(file)]


@pytest.fixture
def run(tmp_path: Path) -> RunDir:
    return scripted.run_dir(tmp_path / "runs", scripted.resumed(scripted.half_a_run()))


def test_a_table_has_one_row_a_report_and_one_line_after_a_resume(run: RunDir) -> None:
    table = csv_file.write_csv(run, Path("a.csv"))
    rows = rows_of(Path("a.csv"))
    assert table == (reports.NAMES, len(rows))
    assert [int(row["step"]) for row in rows if row["step_loss"]] == [*range(1, 31)]
    assert {row["step_loss"] for row in rows if int(row["step"]) > 20} == {"7.0", ""}
    ended = [row for row in rows if row["best"]]
    assert [(row["epoch"], row["step"], row["top1"]) for row in ended] == [
        ("1", "10", repr(0.8 + 1 / 20)),
        ("2", "20", "0.9"),
        ("3", "30", "0.95"),
    ]
    assert ended[0]["train_loss"] == "0.5"
    assert (ended[0]["step_loss"], ended[0]["balanced"]) == ("", ""), "not measured"
    assert float(rows[0]["time"]) == scripted.START + 3


def test_what_is_not_finite_is_nan_and_scalars_get_columns(tmp_path: Path) -> None:
    said: list[Event] = [
        scripted.started(),
        scripted.steps(1),
        replace(scripted.steps(2), loss=None, scalars={"a,b": 0.5, "loss": 3.0}),
        replace(scripted.steps(3), scalars={"norm": float("nan")}),
        replace(scripted.ended_epoch(1), loss=None, scalars={"norm": 2.0}),
        events.RunEnded("done", 1, 0.9, test_loss=0.5, test_top1=0.88, step=10),
    ]
    csv_file.write_csv(scripted.run_dir(tmp_path / "runs", said), Path("a.csv"))
    first, second, third, ended, test = rows_of(Path("a.csv"))
    assert [*first][len(reports.NAMES) :] == ["a,b", "scalar/loss", "norm"]
    assert {len(row) for row in (first, second, third, ended, test)} == {len(first)}
    assert (first["step_loss"], first["norm"]) == ("2.07", "")
    assert (second["step_loss"], second["a,b"], second["scalar/loss"]) == ("NaN", "0.5", "3.0")
    assert third["norm"] == "NaN"
    assert (ended["loss"], ended["norm"]) == ("NaN", "2.0")
    assert (test["epoch"], test["step"], test["test_top1"]) == ("1", "10", "0.88")


@given(scripted.ATTEMPTS)
def test_the_steps_rise_by_one_after_any_number_of_resumes(attempts: scripted.Attempts) -> None:
    said, trained = scripted.resumed_often(attempts)
    with tempfile.TemporaryDirectory() as folder:
        run = scripted.run_dir(Path(folder), said)
        found = [reports.numbers_of(report) for report in reports.all_reports(run.journal, 999)]
    assert {numbers["step"]: numbers["step_loss"] for numbers in found} == trained
    assert [numbers["step"] for numbers in found] == [*range(1, len(trained) + 1)]


def test_a_test_whose_epoch_and_loss_are_unknown_is_a_row() -> None:
    ended = events.RunEnded("done", test_top1=0.5, step=7)
    assert reports.numbers_of(ended) == {"time": 0.0, "step": 7, "test_top1": 0.5}


def test_a_journal_that_is_read_while_it_grows_ends_where_it_began(run: RunDir) -> None:
    until = 12
    assert [report.step for report in reports.all_reports(run.journal, until)] == [*range(1, 10)]


def test_a_resume_while_the_journal_is_read_is_told(
    run: RunDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.run.journal_tail.PART_BYTES", 1000)
    reading = reports.all_reports(run.journal, 10**6)
    next(reading)
    run.journal.write_bytes(b"\n" + run.journal.read_bytes())
    with pytest.raises(RunError, match="resumed while its journal was read"):
        list(reading)


def test_the_command_writes_a_table_and_says_so(run: RunDir) -> None:
    result = export(1, "--csv", "a.csv")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "wrote a.csv: 33 reports in 20 columns\n"
    told = json.loads(export(1, "--csv", "a.csv", "--force", "--json").stdout)
    assert told == {"csv": {"file": "a.csv", "rows": 33, "columns": [*reports.NAMES]}}


def test_a_run_that_still_trains_is_taken_as_it_is(tmp_path: Path) -> None:
    live, _ = run_creation.create(tmp_path / "runs", "x", "")
    scripted.write(live, scripted.half_a_run())
    result = export("x", "--csv", "a.csv")
    assert result.exit_code == 0
    assert result.stderr == (
        "cnn-tui: 1-x is still training: what is written ends with its newest report.\n"
    )


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ["--csv", "there.csv"],
            "there.csv exists already: add --force to replace it, or name another file.",
        ),
        (["--csv", "folder"], "folder is no regular file: name another one."),
        (["--csv", "/dev/null", "--force"], "/dev/null is no regular file"),
        (["--csv", "circle"], "circle is no regular file: name another one."),
        (["--csv", "circle", "--force"], "circle is no regular file: name another one."),
        (["--csv", "away"], "away lies in a folder that does not exist"),
        (["--csv", f"{'long' * 100}/a.csv"], "lies in a folder that does not exist"),
        (["--tensorboard", "circle"], "circle is a file: --tensorboard takes a folder."),
        (
            ["--csv", "no/a.csv"],
            "no/a.csv lies in a folder that does not exist: make it, or name another.",
        ),
        ([], "nothing says what to export: "),
        (["--tensorboard", "there.csv"], "there.csv is a file: --tensorboard takes a folder."),
        (
            ["--tensorboard", "logs"],
            "holds events.out.tfevents.1.host, whose curves TensorBoard",
        ),
        (["--tensorboard", "ours"], "events.out.tfevents.cnn-tui exists already: add --force"),
    ],
)
def test_what_would_be_lost_is_refused(
    run: RunDir,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    sentence: str,
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: object())
    Path("there.csv").write_text("mine")
    Path("circle").symlink_to("circle")
    Path("away").symlink_to("gone/a.csv")
    for folder in ("folder", "logs", "ours"):
        Path(folder).mkdir()
    Path("logs/events.out.tfevents.1.host").touch()
    Path("ours", event_file.FILE).touch()
    result = export(1, *arguments)
    assert result.exit_code == 2
    assert result.stderr.startswith("cnn-tui: ")
    assert sentence in result.stderr
    assert Path("there.csv").read_text() == "mine"


def test_a_run_without_numbers_leaves_no_file(tmp_path: Path) -> None:
    scripted.run_dir(tmp_path / "runs", [scripted.started()])
    result = export(1, "--csv", "a.csv")
    assert result.exit_code == 2
    assert "1-lenet5-digits has reported no numbers yet: wait for its first steps" in result.stderr
    assert not Path("a.csv").exists()


def test_a_missing_package_is_answered_by_the_command_that_installs_it(
    run: RunDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    result = export(1, "--tensorboard", "tb", "--csv", "a.csv")
    assert result.exit_code == 2
    assert result.stderr == (
        "cnn-tui: --tensorboard needs the package tensorboard, which is not installed: type "
        f"`{sys.executable} -m pip install tensorboard`.\n"
    )
    assert not Path("tb").exists()
    assert not Path("a.csv").exists()


def test_a_full_disk_leaves_what_was_there(run: RunDir, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    Path("a.csv").write_text("old")
    monkeypatch.setattr(os, "fsync", full)
    result = export(1, "--csv", "a.csv", "--force")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "a.csv cannot be written: No space left on device; free some space" in result.stderr
    assert Path("a.csv").read_text() == "old"
    assert sorted(os.listdir()) == ["a.csv", "runs"]


def test_a_name_that_no_file_can_have_is_said_in_a_sentence(run: RunDir) -> None:
    result = export(1, "--csv", "long" * 100)
    assert result.exit_code == 1
    assert "long cannot be written: File name too long; choose a shorter name, or" in result.stderr
    result = export(1, "--csv", "long" * 100, "--force")
    assert "long cannot be written: File name too long; choose a shorter name, or" in result.stderr


def test_a_journal_that_cannot_be_read_is_said_in_a_sentence(run: RunDir) -> None:
    run.journal.unlink()
    run.journal.mkdir()
    result = export(1, "--csv", "a.csv")
    assert result.exit_code == 1
    assert result.stderr == (
        "cnn-tui: runs/1-lenet5-digits/journal.jsonl cannot be read: it is not a regular file; "
        "check its owner and the disk.\n"
    )
    assert not Path("a.csv").exists()


def test_a_link_stays_one_and_a_new_file_has_the_usual_rights() -> None:
    Path("target").write_text("old")
    Path("link").symlink_to("target")
    with whole_file.whole_file(Path("link")) as file:
        file.write(b"new")
    assert Path("link").is_symlink()
    assert Path("target").read_text() == "new"
    usual = Path("usual")
    usual.touch()
    assert Path("target").stat().st_mode == usual.stat().st_mode


def test_a_folder_that_was_made_in_vain_is_removed() -> None:
    with pytest.raises(RunError), whole_file.made_folder(Path("a")):
        raise RunError
    assert not Path("a").exists()
    with whole_file.made_folder(Path("a")):
        Path("a/file").touch()
    assert Path("a/file").exists()
