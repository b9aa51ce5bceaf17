"""The fold: what a run is now, at fixed memory."""

from __future__ import annotations

import itertools

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.protocol import commands, events
from engine.run.fold import IMAGES_PER_SECOND, MOST_EPOCHS, MOST_SCALARS
from engine.run.history import History
from tests import scripted, scripted_logs


def folded(said: list[events.Event]) -> History:
    history = History()
    history.fold(scripted.stamped(said))
    return history


def test_a_run_in_its_middle() -> None:
    history = folded(scripted.half_a_run())
    assert (history.step, history.epoch, history.progress) == (25, 3, 25 / 40)
    assert [e.epoch for e in history.epochs] == [1, 2]
    assert history.best is not None
    assert history.best.epoch == 2
    assert history.phase is not None
    assert history.phase.name == "training"
    assert history.ended is None


def test_fold_says_what_kinds_came() -> None:
    kinds = History().fold(scripted.stamped([scripted.started(), scripted.steps(1)]))
    assert kinds == {events.RunStarted, events.Steps}


def test_the_best_epoch_is_the_last_that_was_better() -> None:
    said: list[events.Event] = [
        scripted.ended_epoch(1, 0.8),
        scripted.ended_epoch(2, 0.7, best=False),
    ]
    best = folded([scripted.started(), *said]).best
    assert best is not None
    assert best.epoch == 1


def test_the_test_accuracy_is_known_once_the_run_has_ended_with_it() -> None:
    tested = events.RunEnded("done", 2, 0.9, test_loss=0.4, test_top1=0.88)
    assert (folded(scripted.half_a_run()).test_top1, folded([tested]).test_top1) == (None, 0.88)
    assert folded([tested]).test_loss == 0.4
    assert folded([events.RunEnded("done", 2, 0.9)]).test_top1 is None
    assert folded([tested, events.Phase("training")]).test_top1 is None, "it trains again"


def test_the_time_left_counts_evaluations() -> None:
    history = folded(scripted.half_a_run())
    # 15 steps of 64 images at 4,000 a second, and two evaluations of half a second.
    assert history.remaining() == pytest.approx(15 * 64 / 4_000 + 2 * 0.5)


def test_a_batch_larger_than_the_data_set_is_the_data_set() -> None:
    """The loader cuts it; so do the time left and the time of a step."""
    begun = scripted.started()
    assert begun.recipe is not None
    large = msgspec.structs.replace(begun.recipe, batch=4_096)
    said = [*scripted.half_a_run()]
    said[1] = msgspec.structs.replace(begun, recipe=large, train_images=1_000, steps_per_epoch=10)
    history = folded(said)
    assert (folded([begun]).batch, history.batch) == (64, 1_000)
    assert history.remaining() == pytest.approx(15 * 1_000 / 4_000 + 2 * 0.5)


def test_nothing_is_known_before_the_start() -> None:
    history = History()
    assert history.remaining() is None
    assert history.plan is None
    assert (history.progress, history.classes, history.elapsed(5.0)) == (0.0, (), 0.0)


def test_a_run_that_patience_ended_is_done_in_its_last_epoch() -> None:
    said = [*scripted.half_a_run()]
    before = folded(said)
    last = before.epochs[-1].epoch
    done = folded([*said, events.RunEnded("done", step=last * before.steps_per_epoch)])
    assert (done.epoch, before.epoch) == (last, last + 1)
    assert done.epochs_planned is not None
    assert done.epochs_planned > last


def test_a_new_attempt_is_not_ended() -> None:
    said: list[events.Event] = [
        scripted.started(),
        events.RunEnded("stopped", step=5),
        events.Phase("starting"),
    ]
    assert folded(said).ended is None


def test_a_plateaus_factor_is_seen_in_the_rate() -> None:
    said: list[events.Event] = [scripted.started(), scripted.steps(10)]
    history = folded(said)
    assert history.plan is not None
    from engine.recipes.schedule import learning_rate

    assert history.plateau_factor == pytest.approx(0.05 / learning_rate(history.plan, 9))


def at(moments: list[float], said: list[events.Event]) -> History:
    """A history of these events at these times."""
    history = History()
    stamped = scripted.stamped(said)
    history.fold(
        msgspec.structs.replace(event, time=moment)
        for event, moment in zip(stamped, moments, strict=True)
    )
    return history


DAY = 86_400.0


@pytest.mark.parametrize("jump", [DAY, -DAY])
def test_a_clock_that_is_set_neither_adds_time_nor_takes_it(jump: float) -> None:
    said: list[events.Event] = [scripted.started(), *(scripted.steps(step) for step in range(1, 6))]
    history = at([100.0, 102.0, 104.0, 106.0 + jump, 108.0 + jump, 110.0 + jump], said)
    assert history.elapsed(111.0 + jump) == pytest.approx(9.0)
    assert history.elapsed(111.0) == pytest.approx(8.0 + (0.0 if jump > 0 else 30.0))
    assert history.remaining() == pytest.approx(35 * 64 / 4_000 + 5 * 100 / 12_000, rel=0.1)


@pytest.mark.parametrize("jump", [DAY, -DAY])
def test_a_clock_that_is_set_in_a_pause_changes_nothing(jump: float) -> None:
    said: list[events.Event] = [
        scripted.started(),
        events.Phase("paused"),
        events.Phase("training"),
        scripted.steps(1),
    ]
    assert at([100.0, 104.0, 150.0 + jump, 153.0 + jump], said).elapsed(
        153.0 + jump
    ) == pytest.approx(7.0)


def test_a_night_between_two_attempts_is_not_counted() -> None:
    said: list[events.Event] = [
        scripted.started(),
        scripted.steps(1),
        events.Phase("starting"),
        scripted.steps(2),
    ]
    assert at([100.0, 104.0, 40_000.0, 40_003.0], said).elapsed(40_003.0) == pytest.approx(7.0)


def test_a_night_after_a_kill_is_not_counted_although_a_resume_took_events_back() -> None:
    history = History()
    taken_back = 2_000
    first, second, third, fourth = scripted.stamped(
        [scripted.started(), scripted.steps(1), events.Phase("starting"), scripted.steps(2)]
    )
    later = [
        msgspec.structs.replace(event, seq=event.seq + taken_back, time=event.time + DAY / 2)
        for event in (third, fourth)
    ]
    history.fold([first, second, *later])
    spent = second.time - first.time + fourth.time - third.time
    assert history.elapsed(history.last_time) == pytest.approx(spent)


def test_the_midst_of_a_long_run_counts_where_only_its_ends_were_read() -> None:
    history = History()
    first, last = scripted.stamped([scripted.started(), scripted.steps(1)])
    history.fold([first, msgspec.structs.replace(last, seq=50_000, time=first.time + DAY)])
    assert history.elapsed(first.time + DAY) == pytest.approx(DAY)


def test_a_run_started_when_its_first_attempt_did() -> None:
    again: list[events.Event] = [events.Phase("starting"), scripted.started()]
    history = folded([*scripted.half_a_run(), *again, events.Resumed("a2", 9, 3, step=20)])
    assert history.run is not None
    assert history.run.time > history.first_time == scripted.START


def test_the_end_of_an_epoch_brings_the_rate_of_its_last_step() -> None:
    late = msgspec.structs.replace(scripted.ended_epoch(1), lr=2e-7)
    history = folded([scripted.started(), scripted.steps(9), late])
    assert history.steps is not None
    assert (history.steps.step, history.steps.lr, history.lr.last) == (10, 2e-7, 2e-7)
    assert history.steps.loss == scripted.steps(9).loss, "which the first epoch has reported"


def test_an_epoch_without_a_report_of_its_own_is_one() -> None:
    ended = scripted.ended_epoch(1), scripted.ended_epoch(2)
    history = folded([scripted.started(), scripted.steps(1), *ended])
    assert history.steps is not None
    assert (history.steps.loss, history.steps.top1, history.steps.epoch) == (0.5, 0.85, 2)


def points(history: History) -> list[tuple[float, float]]:
    """The curve of the loss; the epochs of `scripted` have 10 steps and a mean of 0.5."""
    return [(point.step, round(point.mean, 3)) for point in history.loss.bins()]


def test_epochs_that_no_report_tells_of_stand_in_the_curve_by_their_means() -> None:
    said: list[events.Event] = [scripted.started(), scripted.steps(1, 2.3)]
    said += [scripted.ended_epoch(1), scripted.ended_epoch(2)]
    history = folded(said)
    assert points(history) == [(1, 2.3), (10, 0.5), (20, 0.5)]
    assert [point.step for point in history.recent] == [1, 10, 20]
    assert history.top1.last == 0.85


def test_an_epoch_is_told_where_its_last_report_lies_in_its_first_half() -> None:
    for step, told in ((4, [(4, 0.7), (10, 0.5)]), (5, [(5, 0.7)])):
        reported = scripted.steps(step, 0.7)
        history = folded([scripted.started(), reported, scripted.ended_epoch(1)])
        assert points(history) == told


def test_a_report_that_blends_whole_epochs_tells_the_speed_and_not_the_loss() -> None:
    said: list[events.Event] = [scripted.started(), scripted.steps(1, 2.3)]
    said += [scripted.ended_epoch(1), scripted.ended_epoch(2), scripted.steps(21, 1.5)]
    history = folded(said)
    assert points(history) == [(1, 2.3), (10, 0.5), (20, 0.5)]
    assert history.steps is not None
    assert (history.steps.step, history.steps.loss) == (21, 0.5)
    assert [report.step for report in history.reports] == [1, 21]
    history.fold([scripted.steps(31, 0.4)])
    assert points(history)[-1] == (31, 0.4), "of no more than an epoch"


def test_a_blend_of_epochs_that_is_not_finite_breaks_the_curve() -> None:
    broken = msgspec.structs.replace(scripted.steps(35), loss=None)
    history = folded([scripted.started(), scripted.steps(1), broken])
    assert history.loss.bins()[-1].broken


@given(st.lists(st.integers(1, 399), unique=True), st.integers(1, 40))
def test_every_epoch_has_a_point_in_its_second_half(reports: list[int], epochs: int) -> None:
    said: list[events.Event] = [scripted.started(epochs=40)]
    for epoch in range(1, epochs + 1):
        within = [step for step in reports if epoch * 10 - 10 < step <= epoch * 10]
        said += [*map(scripted.steps, sorted(within)), scripted.ended_epoch(epoch)]
    steps = [point.step for point in folded(said).recent]
    assert steps == sorted(set(steps))
    assert all(any(10 * e - 5 <= step <= 10 * e for step in steps) for e in range(1, epochs + 1))


def test_no_time_left_is_told_from_the_first_step() -> None:
    history = folded([scripted.started(), scripted.steps(1), scripted.steps(2)])
    assert history.remaining() is None
    history.fold([scripted.steps(3)])
    assert history.remaining() == pytest.approx(37 * 64 / 4_000 + 4 * 100 / 12_000)


def test_a_pause_before_the_training_is_no_training() -> None:
    loading, paused = events.Phase("loading"), events.Phase("paused")
    history = folded([*scripted.half_a_run(), loading, paused])
    assert (history.has_begun, history.step) == (False, 25)
    history.fold([events.Phase("training", step=25), paused])
    assert history.has_begun


def with_scalars(step: int, **scalars: float | None) -> events.Steps:
    return msgspec.structs.replace(scripted.steps(step), scalars=scalars)


def test_each_named_scalar_has_a_curve_of_its_own() -> None:
    ended = msgspec.structs.replace(scripted.ended_epoch(1), scalars={"map50": 0.4})
    history = folded(
        [
            scripted.started(),
            with_scalars(1, gradient_norm=3.0),
            scripted.steps(2),
            with_scalars(3, gradient_norm=None),
            with_scalars(4, gradient_norm=1.0, temperature=0.5),
            ended,
        ]
    )
    found = {name: curve.last for name, curve in history.scalars.items()}
    assert found == {
        IMAGES_PER_SECOND: 4_000.0,
        "gradient_norm": 1.0,
        "temperature": 0.5,
        "map50": 0.4,
    }
    bins = history.scalars["gradient_norm"].bins()
    assert [(one.step, one.mean, one.broken) for one in bins if not one.broken] == [
        (1, 3.0, False),
        (4, 1.0, False),
    ]
    assert [one.step for one in bins if one.broken] == [3]


def test_the_speed_of_an_epoch_counts_where_no_report_came_from_it() -> None:
    history = folded([scripted.started(), scripted.ended_epoch(1)])
    assert history.scalars[IMAGES_PER_SECOND].last == 4_000.0


def test_only_so_many_scalars_are_kept() -> None:
    many = {f"n{i}": 1.0 for i in range(3 * MOST_SCALARS)}
    history = folded([scripted.started(), with_scalars(1, **many), with_scalars(2, **many)])
    assert list(history.scalars) == [IMAGES_PER_SECOND, *many][:MOST_SCALARS]


@pytest.mark.parametrize(
    ("odd", "kept"),
    [
        ('{"":1,"a":2}', {"a": 2.0}),
        (f'{{"{"x" * 101}":1,"a":2}}', {"a": 2.0}),
        ('{"a":"high","b":true,"c":[1],"d":2}', {"a": None, "b": None, "c": None, "d": 2.0}),
    ],
)
def test_an_odd_scalar_costs_itself_and_not_the_report(
    odd: str, kept: dict[str, float | None]
) -> None:
    line = events.encode(with_scalars(1, a=1.0)).decode().replace('{"a":1.0}', odd)
    read = events.decode(line.encode())
    assert isinstance(read, events.Steps)
    assert read.scalars == kept


def test_scalars_are_left_out_of_a_line_that_has_none() -> None:
    assert b"scalars" not in events.encode(scripted.steps(1))
    assert b"scalars" not in events.encode(scripted.ended_epoch(1))
    measured = with_scalars(1, gradient_norm=None)
    assert b'"scalars":{"gradient_norm":null}' in events.encode(measured)
    assert events.decode(events.encode(measured)) == measured
    assert events.decode(events.encode(scripted.steps(1))) == scripted.steps(1)


def test_the_total_of_a_resume_is_not_steering_by_a_person() -> None:
    history = folded([scripted.started(), events.Steered(1.0, 9, 0.05, commands.RESUME, step=20)])
    assert history.epochs_planned == 9
    assert not history.marks
    assert not [event for event in history.log if isinstance(event, events.Steered)]


def test_a_log_with_a_validation_at_every_step_keeps_a_curve_of_it_and_the_best() -> None:
    history = History()
    history.fold([scripted_logs.started()])
    ends = [
        events.EpochEnded(epoch, loss=1.0, best=epoch <= 2, step=epoch)
        for epoch in range(1, 3 * MOST_EPOCHS)
    ]
    history.fold(ends)
    kept = [ended.epoch for ended in history.epochs]
    assert MOST_EPOCHS / 2 < len(kept) <= MOST_EPOCHS
    assert (kept[0], kept[-1]) == (1, ends[-1].epoch), "the newest one is always known"
    assert max(after - before for before, after in itertools.pairwise(kept)) <= 6, "evenly"
    assert history.best == ends[1]
