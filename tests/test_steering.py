"""Steering: what a person changes in a run that trains, and that nothing is lost by it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest
import torch
from msgspec.structs import replace
from textual.pilot import Pilot
from textual.widgets import Input, Label

from engine.data.base.dataset import Dataset
from engine.distributed.rank import Rank
from engine.errors import UsageError
from engine.process.session import EventStream, Session
from engine.process.worker import Worker
from engine.protocol import commands, events
from engine.protocol.events import Event
from engine.recipes.recipe_building import build_recipe
from engine.run import lock_owner, run_lock, spool
from engine.run.history import History
from engine.run.journal import Journal
from engine.run.journal_reader import JournalReader
from engine.run.run_paths import RunDir
from engine.training.progress import Progress
from engine.training.trainer import Trainer
from tests import scripted
from tests.test_dashboard import app_of, notes
from tests.test_trainer import digits, ends, said, trainer, weights
from tui.drawing import cells
from tui.drawing.status_rows import status_row
from tui.screens import screen_text
from tui.screens.dashboard import Dashboard
from tui.screens.steer import SteerScreen, epochs_change, rate_change
from tui.viewer.run_summary import summarize

__all__ = ["digits"]  # the fixture

COSINE: dict[str, Any] = {"schedule": "cosine", "lr": 0.1, "warmup": 0, "epochs": 4}


STEPS_PER_EPOCH = 11


class Steerable(Protocol):
    def steer(self, command: commands.Steer) -> events.Steered: ...


def steer(work: Steerable, **changes: Any) -> events.Steered:
    return work.steer(commands.Steer(id="c1", attempt="a1", **changes))


def at(step: int, **settings: Any) -> Progress:
    """The progress of a training that stands at this step."""
    progress = Progress(build_recipe(settings={**COSINE, **settings}), STEPS_PER_EPOCH)
    progress.step, progress.ended_epochs = step, step // STEPS_PER_EPOCH
    return progress


def planned(step: int, epochs: int) -> float:
    """The rate of a step in a run that was meant to have so many epochs, and was never steered."""
    return at(0, epochs=epochs).rate(step)


def test_a_factor_scales_the_rest_of_the_plan_and_factors_compose() -> None:
    work = at(10)
    event = steer(work, scale=0.5)
    assert (event.factor, event.epochs, event.step, event.command) == (0.5, 4, 10, "c1")
    assert event.lr == pytest.approx(0.5 * planned(10, 4))
    assert steer(work, scale=0.5).factor == 0.25
    assert work.rate(20) == pytest.approx(0.25 * planned(20, 4))


def test_a_rate_is_that_of_the_next_step_and_the_plan_follows_from_it() -> None:
    work = at(10)
    steer(work, scale=0.1)
    event = steer(work, lr=0.02)
    assert event.lr == pytest.approx(0.02)
    assert event.factor == pytest.approx(0.02 / planned(10, 4))
    assert work.rate(30) == pytest.approx(event.factor * planned(30, 4))


def test_other_epochs_lay_the_plan_anew_from_this_step() -> None:
    work = at(10)
    event = steer(work, epochs=8)
    assert (event.factor, event.epochs) == (1.0, 8)
    assert work.plan.steps == 8 * STEPS_PER_EPOCH
    assert event.lr == work.rate(10) == pytest.approx(planned(10, 8))
    assert work.rate(10) > planned(10, 4)


def test_rate_and_epochs_at_once() -> None:
    work = at(10)
    event = steer(work, lr=0.03, epochs=6)
    assert event.epochs == 6
    assert event.lr == pytest.approx(0.03)
    assert event.factor == pytest.approx(0.03 / planned(10, 6))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({}, "nothing to change"),
        ({"lr": 0.0}, "above 0"),
        ({"lr": -0.1}, "above 0"),
        ({"lr": float("nan")}, "above 0"),
        ({"lr": float("inf")}, "above 0"),
        ({"lr": 1001.0}, "at most 1000"),
        ({"scale": 0.0}, "above 0"),
        ({"scale": 1e6}, "at most 1000"),
        ({"scale": 999.0, "epochs": 10**9}, "at most 1,000,000 epochs"),
        ({"epochs": 1}, "it is in epoch 2"),
        ({"epochs": 0}, "it is in epoch 2"),
        ({"epochs": -3, "lr": 0.1}, "it is in epoch 2"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    changes: dict[str, Any], sentence: str
) -> None:
    work = at(STEPS_PER_EPOCH + 1)
    steer(work, scale=0.5)
    before = work.plan, work.steering
    with pytest.raises(UsageError, match=sentence):
        steer(work, **changes)
    assert (work.plan, work.steering) == before


def test_factors_cannot_pile_up_beyond_any_rate() -> None:
    work = at(0)
    steer(work, scale=1000.0, sure=True)
    with pytest.raises(UsageError, match="at most 1000"):
        steer(work, scale=1000.0, sure=True)
    assert steer(work, scale=0.001).factor == pytest.approx(1.0)


def test_a_planned_rate_of_zero_cannot_be_scaled_to_another() -> None:
    work = at(0)
    work.step, work.ended_epochs = work.plan.steps, 3
    for changes in ({"lr": 0.1}, {"scale": 2.0}):
        with pytest.raises(UsageError, match="give more epochs"):
            steer(work, **changes)
    assert steer(work, lr=0.1, epochs=5).lr == pytest.approx(0.1)


def test_after_the_last_epoch_there_is_nothing_to_steer(digits: Dataset) -> None:
    work = trainer(digits, epochs=1)
    said(work)
    with pytest.raises(UsageError, match="the last epoch has ended"):
        steer(work, epochs=9)
    again = trainer(digits, epochs=1)
    again.restore(work.state())
    assert steer(again, epochs=2).epochs == 2, "a resumed run has not yet ended again"


def test_a_run_steered_to_fewer_epochs_ends_and_its_events_agree(digits: Dataset) -> None:
    work = trainer(digits, tick=0.3, epochs=5)
    found: list[Event] = []
    for event in work.run():
        found += [event] if event is not None else []
        if (
            work.step == work.steps_per_epoch + 2
            and work.progress.plan.steps == 5 * work.steps_per_epoch
        ):
            found.append(steer(work, epochs=2))
    assert [e.epoch for e in ends(found)] == [1, 2]
    history = History()
    start = replace(scripted.started(epochs=5), steps_per_epoch=work.steps_per_epoch)
    history.fold(scripted.stamped([start, *found]))
    assert (history.epochs_planned, history.epoch, history.progress) == (2, 2, 1.0)
    assert history.remaining() == 0.0


def test_a_run_given_more_epochs_in_its_last_evaluation_goes_on(digits: Dataset) -> None:
    work = trainer(digits, epochs=1)
    found = []
    for event in work.run():
        found.append(event)
        if isinstance(event, events.Phase) and event.name == "evaluating" and work.epoch == 1:
            steer(work, epochs=2)
    assert [e.epoch for e in ends([e for e in found if e is not None])] == [1, 2]


def steered_run(work: Trainer, at_yield: int) -> list[Event]:
    """All that a run says which is steered after so many yields."""
    found: list[Event | None] = []
    for i, event in enumerate(work.run()):
        found.append(event)
        if i == at_yield:
            found.append(steer(work, scale=0.3, epochs=3))
    return [event for event in found if event is not None]


@pytest.mark.parametrize("leave_after", [9, 20])
def test_a_steered_run_taken_up_again_is_the_same_run(digits: Dataset, leave_after: int) -> None:
    """Left in the epoch in which it was steered, and in the one after."""
    whole = trainer(digits, epochs=2)
    expected = ends(steered_run(whole, 5))
    first = trainer(digits, epochs=2)
    life = first.run()
    before: list[Event | None] = []
    for i in range(leave_after):
        before.append(next(life))
        if i == 5:
            steer(first, scale=0.3, epochs=3)
    state = first.state()
    life.close()
    second = trainer(digits, epochs=2)
    second.restore(state)
    found = ends([e for e in [*before, *said(second)] if e is not None])
    assert [(e.train_loss, e.loss, e.lr) for e in found] == [
        (e.train_loss, e.loss, e.lr) for e in expected
    ]
    assert len(found) == 3
    for one, other in zip(weights(whole), weights(second), strict=True):
        assert torch.equal(one, other)


def read(path: Path) -> History:
    history = History()
    for batch in JournalReader(path).slices():
        history = History() if batch.from_start else history
        history.fold(batch.events)
    return history


def steered(step: int, factor: float, epochs: int) -> events.Steered:
    return events.Steered(factor, epochs, 0.05 * factor, "c1", step=step)


def test_a_resume_from_before_takes_a_steering_back(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j")
    for event in (scripted.started(), steered(2, 0.5, 9), scripted.steps(3)):
        journal.append(event)
    kept = journal.seq
    journal.append(steered(4, 0.1, 30))
    history = read(tmp_path / "j")
    assert (history.steered_factor, history.epochs_planned) == (0.1, 30)
    journal.append(events.Resumed("a2", from_seq=kept, epoch=1, step=3))
    history = read(tmp_path / "j")
    assert (history.steered_factor, history.epochs_planned) == (0.5, 9)
    assert [mark.step for mark in history.marks if mark.kind == "steer"] == [2]


def test_lists_of_runs_and_the_status_count_the_epochs_as_they_are_now(tmp_path: Path) -> None:
    run = scripted.run_dir(tmp_path, [*scripted.half_a_run(), steered(25, 0.5, 3)])
    assert summarize(run, "gone").epochs == 3
    history = read(run.journal)
    assert history.remaining() == pytest.approx(5 * 64 / 4_000 + 0.5)
    row = status_row(history, 60, history.last_time)
    assert "● training 3/3" in cells.text(row)


def test_before_the_training_there_is_nothing_to_steer(tmp_path: Path) -> None:
    run, told = scripted.run_dir(tmp_path), list[Event]()
    rank = Rank()

    def life() -> EventStream:
        yield events.Phase("loading")
        rank.send(commands.Steer(id="c7", attempt="a1", scale=0.5))
        yield None

    session = Session(run, build_recipe(), "a1", Journal(run.journal), told.append)
    Worker(session, life(), rank, told.append).run()
    [alert] = [event for event in told if isinstance(event, events.Alert)]
    assert (alert.level, alert.code, alert.command) == ("warning", "steer", "c7")
    assert alert.text.startswith("nothing is trained yet (loading)")


# The dialog


@pytest.mark.parametrize(
    ("typed", "changes"),
    [
        ("0.01", {"lr": 0.01}),
        ("1e-3", {"lr": 0.001}),
        ("x0.5", {"scale": 0.5}),
        ("*0.5", {"scale": 0.5}),
        ("× 2", {"scale": 2.0}),
    ],
)
def test_a_rate_or_a_factor(typed: str, changes: dict[str, float]) -> None:
    assert rate_change(typed) == changes


@pytest.mark.parametrize("typed", ["fast", "x", "0,5", "0", "-1", "nan", "inf", "x1e9", "0x5"])
def test_what_is_no_rate_is_answered_by_a_sentence(typed: str) -> None:
    with pytest.raises(ValueError, match=r"learning rate (is a number|or factor must be above 0)"):
        rate_change(typed)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("2", "it is in epoch 3"),
        ("many", "whole number"),
        ("3.5", "whole number"),
        ("-3", "whole number"),
        ("٣", "whole number"),
        ("9" * 5000, "at most 1,000,000"),
    ],
)
def test_what_is_no_end_is_answered_by_a_sentence(typed: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        epochs_change(typed, 3)
    assert epochs_change("3", 3) == {"epochs": 3}


@pytest.fixture
def live(tmp_path: Path) -> Iterator[RunDir]:
    run = scripted.run_dir(tmp_path / "runs", scripted.half_a_run())
    lock = run_lock.acquire(run)
    yield run
    os.close(lock)


def sent(run: RunDir) -> list[tuple[float | None, float | None, int | None]]:
    owner = lock_owner.read_owner(run)
    assert owner is not None
    found = spool.Spool(run, owner.attempt, lambda file, why: None).take()
    return [(c.lr, c.scale, c.epochs) for c in found if isinstance(c, commands.Steer)]


async def retype(pilot: Pilot[str], typed: str) -> None:
    await pilot.press("end", *["backspace"] * 12, *typed)


@pytest.mark.parametrize(
    ("rate", "epochs", "command"),
    [
        ("x0.5", None, (None, 0.5, None)),
        ("0.01", "9", (0.01, None, 9)),
        (None, "9", (None, None, 9)),
    ],
)
async def test_s_steers_by_what_was_changed(
    live: RunDir,
    rate: str | None,
    epochs: str | None,
    command: tuple[float | None, float | None, int | None],
) -> None:
    async with app_of(live).run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("s")
        form: object = pilot.app.screen
        assert isinstance(form, SteerScreen)
        if rate is not None:
            await retype(pilot, rate)
        await pilot.press("down")
        if epochs is not None:
            await retype(pilot, epochs)
        await pilot.press("enter")
        assert isinstance(pilot.app.screen, Dashboard)
    assert sent(live) == [command]


@pytest.mark.parametrize("typed", ["50", "x1000"])
async def test_a_rate_far_above_the_recipe_is_asked_about(live: RunDir, typed: str) -> None:
    async with app_of(live).run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("s")
        await retype(pilot, typed)
        await pilot.press("enter")
        question = str(pilot.app.screen.query_one(".wrong", Label).render())
        assert "times the recipe's: press Enter again if you mean it" in question
        assert sent(live) == []
        await pilot.press("enter")
        assert isinstance(pilot.app.screen, Dashboard)
    owner = lock_owner.read_owner(live)
    assert owner is not None
    [command] = spool.Spool(live, owner.attempt, lambda file, why: None).take()
    assert isinstance(command, commands.Steer)
    assert command.sure


async def test_another_rate_is_asked_about_anew(live: RunDir) -> None:
    async with app_of(live).run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("s")
        for typed in ("50", "60"):
            await retype(pilot, typed)
            await pilot.press("enter")
            assert isinstance(pilot.app.screen, SteerScreen)
        await retype(pilot, "0.01")
        await pilot.press("enter")
    assert sent(live) == [(0.01, None, None)]


@pytest.mark.parametrize("key", ["enter", "escape"])
async def test_what_is_left_as_it_was_sends_nothing(live: RunDir, key: str) -> None:
    async with app_of(live).run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("s")
        assert [i.value for i in pilot.app.screen.query(Input)] == ["0.05", "4"]
        await pilot.press(key)
        assert isinstance(pilot.app.screen, Dashboard)
    assert sent(live) == []


async def test_a_bad_entry_is_answered_in_the_dialog_and_can_be_mended(live: RunDir) -> None:
    async with app_of(live).run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("s")
        await retype(pilot, "fast")
        await pilot.press("enter")
        assert screen_text.NOT_A_RATE in str(pilot.app.screen.query_one(".wrong", Label).render())
        await retype(pilot, "x2")
        await pilot.press("enter")
    assert sent(live) == [(None, 2.0, None)]


async def test_a_run_that_is_over_is_not_steered(tmp_path: Path) -> None:
    said = [*scripted.half_a_run(), events.RunEnded("done", 2, 0.9, seconds=60.0, step=40)]
    run = scripted.run_dir(tmp_path / "runs", said)
    async with app_of(run).run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("s")
        assert isinstance(pilot.app.screen, Dashboard)
        [note] = notes(pilot)
        assert note == "1-lenet5-digits is not running. Press R to resume it for more epochs."


async def test_the_dialog_holds_the_rate_that_was_steered_before_a_step_is_made_with_it(
    tmp_path: Path,
) -> None:
    steered = events.Steered(0.5, 4, 0.025, step=25)
    run = scripted.run_dir(tmp_path / "runs", [*scripted.half_a_run(), steered])
    lock = run_lock.acquire(run)
    async with app_of(run).run_test(size=(80, 24)) as pilot:
        await pilot.press("s")
        assert pilot.app.screen.query_one("#rate", Input).value == "0.025"
    os.close(lock)


@pytest.mark.parametrize("resumed", [False, True])
@pytest.mark.parametrize("phases", [("loading",), ("loading", "paused")])
async def test_before_the_training_what_is_typed_waits_in_the_dialog(
    tmp_path: Path, resumed: bool, phases: tuple[events.PhaseName, ...]
) -> None:
    before: list[Event] = scripted.half_a_run() if resumed else []
    run = scripted.run_dir(tmp_path / "runs", [*before, *map(events.Phase, phases)])
    lock = run_lock.acquire(run)
    async with app_of(run).run_test(size=(80, 24)) as pilot:
        await pilot.press("s")
        await retype(pilot, "x0.5")
        await pilot.press("enter")
        form: object = pilot.app.screen
        assert isinstance(form, SteerScreen)
        complaint = str(form.query_one(".wrong", Label).render())
        assert complaint == screen_text.steer_later(phases[-1])
        journal = Journal(run.journal)
        for event in (scripted.started(), events.Phase("training")):
            journal.append(event)
        await pilot.press("enter")
        assert isinstance(pilot.app.screen, Dashboard)
        assert sent(run) == [(None, 0.5, None)]
    os.close(lock)


async def test_a_run_that_ends_under_the_dialog_is_said_in_it(tmp_path: Path) -> None:
    run = scripted.run_dir(tmp_path / "runs", scripted.half_a_run())
    lock = run_lock.acquire(run)
    async with app_of(run).run_test(size=(80, 24)) as pilot:
        await pilot.press("s")
        await retype(pilot, "x0.5")
        os.close(lock)
        await pilot.press("enter")
        complaint = str(pilot.app.screen.query_one(".wrong", Label).render())
        assert complaint == "1-lenet5-digits is not running. Go on with: cnn-tui resume 1"
