"""A history as points, of a journal that is read without what is not compared."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from msgspec.structs import replace

from engine.protocol import events
from engine.protocol.events import Event
from engine.protocol.step_columns import StepColumns
from engine.run.history import History
from engine.run.journal_reader import JournalReader
from tests import scripted, scripted_logs, watched_runs
from tui.viewer import traced_journal
from tui.viewer.run_summary import read_history
from tui.viewer.traced_history import NOT_COMPARED, TracedHistory
from tui.viewer.traced_journal import TracedJournal


def folded(journal: Path) -> TracedHistory:
    folding = TracedJournal(journal)
    while folding.fold_slice().more:
        pass
    assert isinstance(folding.history, TracedHistory)
    return folding.history


def test_the_points_are_the_reports_of_the_journal(tmp_path: Path) -> None:
    run = scripted.run_dir(tmp_path, scripted.half_a_run())
    quantities = folded(run.journal).quantities
    steps, _, values = quantities["train_loss"].columns
    assert steps.tolist() == [*range(1, 26)]
    assert values[4] == pytest.approx(2.3 * 0.9**5)
    assert quantities["top1"].columns[0].tolist() == [10, 20]
    assert quantities["top1"].columns[2].tolist() == pytest.approx([0.85, 0.9])


def test_a_resume_takes_the_lost_steps_away(tmp_path: Path) -> None:
    run = scripted.run_dir(tmp_path, scripted.resumed(scripted.half_a_run()))
    steps, _, values = folded(run.journal).quantities["train_loss"].columns
    assert steps.tolist() == [*range(1, 31)]
    assert values[20:].tolist() == [7.0] * 10


@given(scripted.ATTEMPTS)
def test_time_and_place_are_those_of_any_history(
    tmp_path_factory: pytest.TempPathFactory, attempts: scripted.Attempts
) -> None:
    said, _ = scripted.resumed_often(attempts)
    run = scripted.run_dir(tmp_path_factory.mktemp("run"), said)
    traced, plain = folded(run.journal), read_history(run)
    for name in ("step", "last_seq", "last_time", "epochs", "ended", "phase"):
        assert getattr(traced, name) == getattr(plain, name), name
    assert traced.elapsed(traced.last_time) == pytest.approx(plain.elapsed(plain.last_time))
    assert traced.pace == plain.pace


def test_a_pause_takes_no_time_of_the_run(tmp_path: Path) -> None:
    said: list[Event] = [
        scripted.started(),
        scripted.steps(1),
        events.Phase("paused", step=1),
        *(events.Heartbeat() for _ in range(20)),
        events.Phase("training", step=1),
        scripted.steps(2),
    ]
    run = scripted.run_dir(tmp_path, said)
    _, elapsed, _ = folded(run.journal).quantities["train_loss"].columns
    assert (elapsed[1] - elapsed[0]) == 2.0


def test_an_epoch_without_reports_is_a_point_of_the_training(tmp_path: Path) -> None:
    run = scripted.run_dir(tmp_path, [scripted.started(), scripted.ended_epoch(1)])
    assert folded(run.journal).quantities["train_loss"].columns[2].tolist() == [0.5]


def test_a_number_that_was_not_finite_is_a_gap(tmp_path: Path) -> None:
    broken = replace(scripted.steps(2), loss=None)
    run = scripted.run_dir(tmp_path, [scripted.started(), scripted.steps(1), broken])
    values = folded(run.journal).quantities["train_loss"].columns[2]
    assert np.isnan(values).tolist() == [False, True]


def test_columns_of_a_log_become_points() -> None:
    history = TracedHistory()
    steps = np.array([1, 2, 3])
    times = scripted.START + np.array([0.0, 5.0, 6.0])
    columns = StepColumns(epoch=1, steps=steps, times=times, loss=np.array([3.0, np.inf, 1.0]))
    history.fold([scripted_logs.started(), columns])
    _, elapsed, values = history.quantities["train_loss"].columns
    assert np.diff(elapsed).tolist() == [5.0, 1.0]
    assert values[[0, 2]].tolist() == [3.0, 1.0]
    assert np.isnan(values[1])


def test_what_is_not_compared_is_not_decoded(tmp_path: Path) -> None:
    run = scripted.run_dir(tmp_path, scripted.half_a_run())
    every = [e for part in JournalReader(run.journal).slices() for e in part.events]
    kept = [e for part in JournalReader(run.journal, NOT_COMPARED).slices() for e in part.events]
    assert any(isinstance(event, events.Confusion) for event in every)
    assert kept == [event for event in every if not isinstance(event, NOT_COMPARED)]


def test_a_torn_line_among_those_left_out_is_read_once_it_is_whole(tmp_path: Path) -> None:
    run = scripted.run_dir(tmp_path, scripted.half_a_run())
    content = run.journal.read_bytes()
    start = content.index(b'{"type":"Confusion"')
    run.journal.write_bytes(content[:start] + b"\0" * 40 + b"\n" + content[start:])
    assert folded(run.journal).quantities["train_loss"].columns[0].tolist() == [*range(1, 26)]


def test_of_a_long_journal_the_epochs_are_there_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(traced_journal, "LONG", 0)
    run = scripted.run_dir(tmp_path, scripted.half_a_run())
    folding = TracedJournal(run.journal)
    assert folding.fold_slice().more
    assert isinstance(folding.history, TracedHistory)
    assert folding.history.quantities["top1"].columns[0].tolist() == [10, 20]
    assert len(folding.history.quantities["train_loss"]) == 2
    assert folding.history.read_share < 1.0
    while folding.fold_slice().more:
        pass
    assert len(folded(run.journal).quantities["train_loss"]) == 25


def test_a_watched_script_with_many_scalars_keeps_the_first(tmp_path: Path) -> None:
    history = TracedHistory()
    scalars = {f"norm{i}": 1.0 for i in range(99)}
    told = events.Steps(1, scalars=scalars, step=1, time=scripted.START + 1)
    history.fold([watched_runs.started(time=scripted.START), told])
    assert len(history.quantities) == 64
    assert history.has_more_scalars


def test_the_usual_history_is_no_other_one() -> None:
    plain, traced = History(), TracedHistory()
    for history in (plain, traced):
        history.fold(scripted.stamped(scripted.half_a_run()))
    assert plain.progress == traced.progress
    assert plain.best == traced.best


def test_of_a_very_long_journal_the_newest_epochs_are_there_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only its end is searched, and what a resume there took away is left out."""
    said = scripted.resumed(scripted.half_a_run())
    run = scripted.run_dir(tmp_path, said)
    first = run.journal.read_bytes().index(b'"type":"EpochEnded"')
    monkeypatch.setattr(traced_journal, "LONG", 0)
    monkeypatch.setattr(traced_journal, "END_BYTES", run.journal.stat().st_size - first - 1)
    folding = TracedJournal(run.journal)
    folding.fold_slice()
    whole = folded(run.journal)
    assert folding.history.run == whole.run
    assert folding.history.epochs == whole.epochs[1:]
