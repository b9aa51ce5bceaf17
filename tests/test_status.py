"""`cnn-tui status`: what a run does now, and the events since a number."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from engine.protocol import events
from engine.protocol.events import Event
from engine.run import journal_search, run_creation
from engine.run.events_since import EventsSince
from engine.run.run_paths import RunDir
from tests import scripted
from tui.cli import status_command
from tui.cli.command_line import main
from tui.viewer import run_status


def status(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["status", *map(str, arguments)])


def test_a_journal_that_cannot_be_read_does_not_mean_a_dead_engine(tmp_path: Path) -> None:
    run = scripted.run_dir(tmp_path / "runs", [])
    run.journal.unlink(missing_ok=True)
    run.journal.mkdir()
    for command in ("status", "wait"):
        result = CliRunner().invoke(main, [command, "1"])
        assert (result.exit_code, result.stdout) == (1, "")
        assert "journal.jsonl cannot be read: it is not a regular file; check" in result.stderr


@pytest.fixture
def live(tmp_path: Path) -> RunDir:
    """A run in its third epoch, with an engine, an alert and a checkpoint."""
    run, _ = run_creation.create(tmp_path / "runs", "lenet5-digits", "")
    warning = events.Alert("warning", "dead", "conv1 is dead.", step=22)
    info = events.Alert("info", "start", "the start took 2 s.", step=23)
    saved = events.Checkpointed("last.pt", 2, 250_000, 0.01, "epoch", step=20)
    norm = replace(scripted.steps(26), scalars={"gradient_norm": 0.25})
    scripted.write(run, [*scripted.half_a_run(), saved, warning, info, norm])
    return run


def test_a_screenful(live: RunDir, monkeypatch: pytest.MonkeyPatch) -> None:
    now = run_status.status_now(live, 0).time + 10
    monkeypatch.setattr(status_command, "time", scripted_time(now))
    result = status()
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == (
        "1-lenet5-digits   training   lenet5 on digits   cpu Test\n"
        "  progress    epoch 3/4   step 26/40   65 %\n"
        "  training    loss 0.149   top1 88.0 %   lr 0.0500   4.00k img/s\n"
        "  validation  loss 0.450   top1 90.0 %   top5 99.0 %   epoch 2\n"
        "  best        top1 90.0 %   epoch 2\n"
        "  time        elapsed 48 s   remaining 1.2 s\n"
        "  scalars     gradient_norm 0.250\n"
        "  alert       warning: conv1 is dead.   step 22   12 s ago\n"
        "  checkpoint  last.pt   epoch 2   step 20   250 kB   13 s ago\n"
    )


def scripted_time(now: float) -> Any:
    """The module `time` at this moment."""

    class Time:
        @staticmethod
        def time() -> float:
            return now

    return Time


def test_json_is_one_object_with_the_documented_fields(live: RunDir) -> None:
    told = json.loads(status(1, "--json").stdout)
    assert [*told] == [*run_status.RunStatus.__struct_fields__]
    expected = {
        "state": "live",
        "phase": "training",
        "epoch": 3,
        "epochs": 4,
        "step": 26,
        "steps": 40,
        "step_top1": 0.88,
        "validated_epoch": 2,
        "top1": 0.9,
        "best_top1": 0.9,
        "best_epoch": 2,
        "lr": 0.05,
        "pace": 4000.0,
        "scalars": {"gradient_norm": 0.25},
        "test_top1": None,
        "error": "",
    }
    assert {name: told[name] for name in expected} == expected
    assert told["alert"]["text"] == "conv1 is dead."
    assert told["checkpoint"]["file"] == "last.pt"
    assert told["seq"] == journal_search.last_seq(live.journal)


def test_a_run_that_has_told_nothing_yet(tmp_path: Path) -> None:
    run_creation.create(tmp_path / "runs", "x", "")
    result = status()
    assert result.exit_code == 0
    assert result.stdout.splitlines()[:2] == ["1-x   training", "  training    none yet"]
    told = json.loads(status("--json").stdout)
    assert (told["state"], told["epoch"], told["lr"], told["alert"]) == ("live", 0, None, None)


def test_a_run_that_died_says_why_and_what_is_not_finite_is_null(tmp_path: Path) -> None:
    said: list[Event] = [scripted.started(), replace(scripted.steps(1), loss=None)]
    scripted.run_dir(tmp_path / "runs", said)
    assert "  error       the engine died" in status(1).stdout
    assert "loss nan" in status(1).stdout
    told = json.loads(status(1, "--json").stdout)
    assert (told["state"], told["phase"], told["step_loss"]) == ("failed", "", None)
    assert told["error"].startswith("the engine died")
    assert told["remaining"] is None


def test_the_worst_verdict_of_the_screen_is_not_contradicted(tmp_path: Path) -> None:
    broken = replace(scripted.steps(26), loss=None)
    scripted.run_dir(tmp_path / "runs", [*scripted.half_a_run(), broken])
    said = status(1).stdout
    assert "  verdict     error: the loss is not a number: stop, and start again" in said
    assert "no warning" not in said


def test_the_newest_run_is_meant_and_a_live_one_named(live: RunDir) -> None:
    scripted.run_dir(live.path.parent, scripted.half_a_run(), "2-y")
    result = status()
    assert result.stdout.startswith("2-y   failed")
    assert "2-y, the newest run, is not live; 1-lenet5-digits is" in result.stderr
    assert not status(2).stderr


def test_a_tested_run_with_many_scalars_stays_a_screenful(tmp_path: Path) -> None:
    many = replace(scripted.steps(26), scalars={f"s{i}": float(i) for i in range(9)})
    done = events.RunEnded("done", 2, 0.9, test_loss=0.4, test_top1=0.88, step=40)
    scripted.run_dir(tmp_path / "runs", [*scripted.half_a_run(), many, done])
    shown = status(1).stdout
    assert shown.startswith("1-lenet5-digits   done   lenet5 on digits   cpu Test\n")
    assert "  test        loss 0.400   top1 88.0 %\n" in shown
    assert "s0 0.00, s1 1.00, s2 2.00, s3 3.00, s4 4.00, s5 5.00 and 3 more\n" in shown
    assert len(json.loads(status(1, "--json").stdout)["scalars"]) == 9


def test_no_such_run() -> None:
    result = status("x")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "there is no run 'x'" in result.stderr


def since(seq: int) -> list[dict[str, Any]]:
    return [json.loads(line) for line in status(1, "--since", seq).stdout.splitlines()]


def test_a_script_gets_each_event_once(tmp_path: Path) -> None:
    run = scripted.run_dir(tmp_path / "runs", scripted.half_a_run())
    *told, last = since(0)
    written = [json.loads(line) for line in run.journal.read_text().splitlines()]
    assert told == written
    assert last == {"type": "Since", "seq": len(written), "superseded": []}
    assert since(len(written)) == [last]
    scripted.write(run, [scripted.steps(26)])
    one, last = since(len(written))
    assert (one["type"], one["step"], last["seq"]) == ("Steps", 26, len(written) + 1)


def test_a_script_is_told_what_a_resume_has_undone(tmp_path: Path) -> None:
    said = scripted.half_a_run()
    run = scripted.run_dir(tmp_path / "runs", scripted.resumed(said))
    *told, last = since(len(said) - 2)
    assert [event["type"] for event in told[:2]] == ["Resumed", "Steps"], "undone ones are left out"
    seen = [json.loads(line) for line in run.journal.read_text().splitlines()]
    undone = {event["seq"]: event for event in seen}
    assert [undone[seq]["step"] for seq in last["superseded"]] == [21, 22, 23]
    assert {undone[seq]["type"] for seq in last["superseded"]} == {"Steps"}
    *_, again = since(last["seq"])
    assert again["superseded"] == [], "the script knows it by now"


def test_what_was_seen_and_not_undone_is_what_a_reader_reads(tmp_path: Path) -> None:
    said = scripted.half_a_run()
    run = scripted.run_dir(tmp_path / "runs", scripted.resumed(said))
    *clean, _ = since(0)
    written = [json.loads(line) for line in run.journal.read_text().splitlines()]
    for seq in range(1, len(said) + 1):
        *new, last = since(seq)
        seen = written[:seq] + new
        assert [event for event in seen if event["seq"] not in last["superseded"]] == clean


@given(scripted.ATTEMPTS, st.integers(0, 60))
@example([(5, 9), (3, 9), (2, 9)], 10)
def test_what_is_told_in_two_parts_is_what_is_told_at_once(
    attempts: scripted.Attempts, at: int
) -> None:
    """The first part is what a script was told while the journal was that long."""
    said, _ = scripted.resumed_often(attempts)
    with tempfile.TemporaryDirectory() as folder:
        run = scripted.run_dir(Path(folder), said[:at])
        first = [*EventsSince(run.journal, 0).read()]
        scripted.write(run, said[at:])
        rest = EventsSince(run.journal, at)
        told = [*first, *rest.read()]
        whole = [event.seq for event in EventsSince(run.journal, 0).read()]
    assert {*rest.superseded} <= {event.seq for event in first}
    assert [event.seq for event in told if event.seq not in rest.superseded] == whole


def test_an_event_that_a_journal_holds_twice_is_told_once(tmp_path: Path) -> None:
    run = scripted.run_dir(tmp_path / "runs", scripted.half_a_run())
    lines = run.journal.read_bytes().splitlines(keepends=True)
    run.journal.write_bytes(b"".join([*lines, lines[-1]]))
    *told, _ = since(len(lines) - 2)
    assert [event["seq"] for event in told] == [len(lines) - 1, len(lines)]


def test_torn_lines_do_not_hide_where_to_go_on(tmp_path: Path) -> None:
    run = scripted.run_dir(tmp_path / "runs", scripted.half_a_run())
    lines = run.journal.read_bytes().splitlines(keepends=True)
    torn = b"".join(line + b'{"type":"Steps","se\n' * 3 for line in lines)
    run.journal.write_bytes(torn + b'{"seq":99,"type":"Heart')
    for seq in range(len(lines) + 1):
        *told, last = since(seq)
        assert [event["seq"] for event in told] == [*range(seq + 1, len(lines) + 1)]
        assert last["seq"] == len(lines)


def test_since_decodes_only_what_is_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = scripted.run_dir(tmp_path / "runs")
    scripted.write_many(run.journal, 2000)
    read: list[bytes] = []
    decode_lines = events.decode_lines

    def decoded(lines: bytes) -> list[Event]:
        read.append(lines)
        return decode_lines(lines)

    monkeypatch.setattr(events, "decode_lines", decoded)
    assert [event.seq for event in EventsSince(run.journal, 1990).read()] == [*range(1991, 2001)]
    assert b"".join(read).count(b"\n") == 10


def test_where_the_events_after_a_number_begin(tmp_path: Path) -> None:
    run = scripted.run_dir(tmp_path / "runs")
    scripted.write_many(run.journal, 2000)
    size = run.journal.stat().st_size
    at = journal_search.offset_after(run.journal, 1990)
    assert size - at < 10 * 200
    assert json.loads(run.journal.read_bytes()[at:].splitlines()[0])["seq"] == 1991
    assert journal_search.offset_after(run.journal, 0) == 0
    assert journal_search.offset_after(run.journal, 5000) == size
    assert journal_search.offset_after(Path("missing"), 5) == 0
