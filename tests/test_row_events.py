"""Rows as events: how logs count, which facts are learnt late, and what an epoch is."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from engine.logs.found_length import EpochLength
from engine.logs.learnt import Learnt
from engine.logs.row_events import RowEvents
from engine.protocol.events import Alert, EpochEnded, Event, RunStarted, Steps, Watched

Rows = Sequence[tuple[int | None, dict[str, float]]]


def translated(rows: Rows, learnt: Learnt | None = None) -> tuple[list[Event], int]:
    """The events of rows, and how often they were begun again."""
    again = 0
    while True:
        row_events = RowEvents(Watched(program="a log"), learnt)
        events = [event for step, values in rows for event in row_events.add(step, 0.0, values)]
        if not row_events.outdated:
            return events, again
        learnt, again = row_events.learnt, again + 1


def places(rows: Rows) -> list[tuple[int, int]]:
    events, _ = translated(rows)
    return [(e.epoch, e.step) for e in events if isinstance(e, Steps | EpochEnded)]


def ends(rows: Rows) -> list[EpochEnded]:
    return [event for event in translated(rows)[0] if isinstance(event, EpochEnded)]


def units(rows: Rows) -> list[tuple[str, int]]:
    started = [event for event in translated(rows)[0] if isinstance(event, RunStarted)]
    return [(e.watched.unit, e.steps_per_epoch) for e in started if e.watched is not None]


def test_steps_from_zero_are_finished_ones() -> None:
    assert places([(0, {"loss": 1.0}), (1, {"loss": 0.5})]) == [(1, 1), (1, 2)]


def test_the_first_step_before_its_distance_to_the_second_one_counts_from_zero() -> None:
    assert places([(49, {"loss": 1.0}), (99, {"loss": 0.5})]) == [(1, 50), (1, 100)]
    assert places([(50, {"loss": 1.0}), (100, {"loss": 0.5})]) == [(1, 50), (1, 100)]


def test_columns_with_names_that_are_too_long_are_told_once() -> None:
    long = {"a" * 101: 1.0, "b" * 101: 1.0}
    events, _ = translated([(step, {"x": 1.0, **long}) for step in (1, 2, 3)] + [(4, long)])
    (told,) = (event for event in events if isinstance(event, Alert))
    assert told.text.startswith("columns with names of more than 100 characters are not shown")
    assert [event.scalars for event in events if isinstance(event, Steps)] == [{"x": 1.0}] * 3


@pytest.mark.parametrize("written", [1e13, 1e300])
def test_numbers_that_no_event_holds_become_the_nearest_one(written: float) -> None:
    """A damaged cell; the length of an epoch and the batches of one are multiplied with it."""
    most = 10**12
    assert places([(None, {"epoch": written, "loss": 1.0})])[-1] == (most, most)
    assert places([(None, {"epoch": written, "batch": written, "loss": 1.0})])[-1] == (most, most)
    assert places([(None, {"epoch": 1, "batch": -9, "loss": 1.0})])[-1] == (1, 0)
    rows = [(None, {"epoch": e, "step": 8 * e, "val_loss": 1.0}) for e in (1, 2)]
    assert places([*rows, (None, {"epoch": written, "val_loss": 1.0})])[-1] == (most, most)


def test_a_log_of_steps_alone_counts_its_evaluations() -> None:
    rows = [(10, {"loss": 1.0}), (10, {"val_loss": 2.0}), (20, {"loss": 0.5, "val_loss": 1.0})]
    assert [(e.epoch, e.step, e.best) for e in ends(rows)] == [(1, 10, True), (2, 20, True)]
    assert units(rows) == [("step", 1)]


def test_the_length_of_an_epoch_is_told_once_it_is_found() -> None:
    rows = [
        (None, {"step": step, "epoch": epoch, name: 1.0})
        for step, epoch, name in [(1, 1, "loss"), (8, 1, "val_loss"), (9, 2, "loss")]
    ]
    assert units(rows) == [("step", 1), ("epoch", 8)]


def test_keras_tags_of_epochs_stand_beside_tags_of_batches() -> None:
    """TensorBoard(update_freq="batch") of Keras 3.15.1: an epoch of 3 batches, and a second one."""
    rows: Rows = [
        (0, {"batch_loss": 1.0}),
        (1, {"batch_loss": 0.9}),
        (2, {"batch_loss": 0.8}),
        (0, {"epoch_loss": 0.9, "epoch_mae": 0.4}),
        (0, {"validation/epoch_loss": 1.1}),
        (3, {"validation/evaluation_loss_vs_iterations": 1.1}),
        (3, {"batch_loss": 0.7}),
        (5, {"batch_loss": 0.6}),
        (1, {"epoch_loss": 0.65, "epoch_mae": 0.3}),
        (1, {"validation/epoch_loss": 1.0}),
    ]
    found = ends(rows)
    last = {event.epoch: event for event in found}
    assert [(e.step, e.train_loss, e.loss) for e in last.values()] == [
        (3, 0.9, 1.1),
        (6, 0.65, 1.0),
    ]
    assert last[1].scalars == {"epoch_mae": 0.4}
    assert units(rows)[-1] == ("epoch", 3)


def test_keras_leaves_out_epochs_that_end_between_two_records() -> None:
    """TensorBoard(update_freq=2) of Keras 3.15.1 over epochs of 7 batches: no first and third."""
    rows: Rows = [
        *((step, {"train/batch_loss": 1.0}) for step in (2, 4, 6)),
        (7, {"validation/evaluation_loss_vs_iterations": 1.1}),
        *((step, {"train/batch_loss": 0.9}) for step in (8, 10, 12, 14)),
        (1, {"train/epoch_loss": 0.9}),
        (1, {"validation/epoch_loss": 1.0}),
        *((step, {"train/batch_loss": 0.8}) for step in range(16, 30, 2)),
        (3, {"train/epoch_loss": 0.8}),
        (3, {"validation/epoch_loss": 0.9}),
    ]
    last = {event.epoch: (event.train_loss, event.loss) for event in ends(rows)}
    assert last == {2: (0.9, 1.0), 4: (0.8, 0.9)}


def test_a_tag_of_that_name_whose_steps_leap_counts_steps() -> None:
    rows: Rows = [(390, {"epoch_loss": 0.9}), (780, {"epoch_loss": 0.7})]
    assert [e.step for e in ends(rows)] == [390, 780]


def test_an_accuracy_is_in_per_cent_once_it_exceeds_one() -> None:
    rows: Rows = [(1, {"val_acc": 0.5}), (2, {"val_acc": 40.0})]
    assert [e.top1 for e in ends(rows)] == [0.005, 0.4]
    events, again = translated(rows)
    assert again == 1
    told = [event.text for event in events if isinstance(event, Alert)]
    assert told == ["val_acc is read as the validation accuracy (in per cent)"]


def test_the_training_may_have_another_unit_than_the_validation() -> None:
    rows: Rows = [(1, {"train_acc": 0.5, "val_top1": 40.0, "val_top5": 1.0})]
    (ended,) = ends(rows)
    assert (ended.train_top1, ended.top1, ended.top5) == (0.5, 0.4, 0.01)


def test_without_an_accuracy_the_lowest_loss_is_the_best() -> None:
    rows: Rows = [(i, {"val_loss": loss}) for i, loss in enumerate([1.0, float("nan"), 2.0, 0.5])]
    assert [e.best for e in ends(rows)] == [True, False, False, True]
    assert [e.loss for e in ends(rows)] == [1.0, None, 2.0, 0.5]


def test_a_late_row_of_an_older_step_starts_nothing_again() -> None:
    """Several writers of one log are not in step."""
    assert places([(10, {"loss": 1.0}), (5, {"a": 1.0})]) == [(1, 10), (1, 5)]


def test_in_a_log_in_order_it_starts_the_training_again() -> None:
    rows: Rows = [(10, {"loss": 1.0}), (20, {"loss": 0.9}), (15, {"loss": 0.8})]
    events, again = translated(rows, Learnt(restarts=[]))
    assert [e.step for e in events if isinstance(e, Steps)] == [10, 15]
    assert again == 1


@pytest.mark.parametrize(
    ("rows", "length"),
    [
        ([(1, 100, False)], None),
        ([(1, 50, False), (1, 100, True), (2, 150, False)], 100),
        ([(1, 50, False), (1, 350, False), (2, 400, False)], 374),
        ([(3, 101, False), (3, 150, True)], 50),
        # Epochs of unequal lengths: the first one that was told stays.
        ([(1, 100, True), (2, 150, False), (2, 300, False)], 100),
    ],
)
def test_length_of_an_epoch(rows: list[tuple[int, int, bool]], length: int | None) -> None:
    epochs = EpochLength()
    for row in rows:
        epochs.add(*row)
    assert epochs.steps == length


def test_the_length_of_an_epoch_is_right_in_the_end() -> None:
    """A row every 50 steps, epochs of 391: each guess holds until a row contradicts it."""
    epochs, told = EpochLength(), set[int | None]()
    for step in range(50, 391 * 90, 50):
        epochs.add((step - 1) // 391 + 1, step, ends=False)
        told.add(epochs.steps)
    assert epochs.steps == 391
    assert len(told) < 10
