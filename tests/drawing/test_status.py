from __future__ import annotations

import pytest
from msgspec.structs import replace

from engine.machine import machine_text
from engine.protocol import events
from engine.protocol.events import PhaseName
from engine.run.history import History
from tests.drawing import examples
from tests.drawing.examples import clock
from tui.drawing import cells
from tui.drawing.status_rows import progress_row, state, status_row


def _status(history: History, width: int, pausing: bool = False) -> str:
    row = status_row(history, width, history.last_time, clock, pausing=pausing)
    return cells.text(row)


@pytest.mark.parametrize(
    ("width", "text"),
    [
        (
            120,
            " run 43 resnet18 · cifar10 · cuda:1 bf16                   "
            "● training   epoch 13/30   5.14k img/s   3:06 left, at 22:18 ",
        ),
        (80, " run 43 resnet18 · cifar10             ● training 13/30  5.14k img/s  3:06 left "),
        (60, " run 43 resnet18   ● training 13/30  5.14k img/s  3:06 left "),
        (43, " run 43        ● training 13/30  3:06 left "),
        (40, " run 43     ● training 13/30  3:06 left "),
        (20, "   ● training 13/30 "),
    ],
)
def test_the_row_becomes_shorter_and_keeps_the_state(width: int, text: str) -> None:
    assert _status(examples.half_done(), width) == text


def _phase(name: PhaseName, fraction: float | None = None) -> History:
    history = examples.just_started()
    phase = events.Phase(name=name, time=history.last_time)
    history.fold([phase if fraction is None else replace(phase, fraction=fraction)])
    return history


def test_evaluations_too_short_to_be_seen_are_part_of_the_training() -> None:
    history = examples.half_done()
    history.fold([replace(history.epochs[-1], seconds=0.2), events.Phase("evaluating")])
    assert state(history).word == "training"
    history.fold([events.Phase("evaluating", note="test")])
    assert state(history).word == "testing"


@pytest.mark.parametrize(
    ("name", "fraction", "shown"),
    [
        ("loading", 0.37, "● loading 37 %"),
        ("training", None, "● training"),
        ("evaluating", None, "● evaluating"),
        ("saving", None, "● saving"),
        ("paused", None, "‖ paused"),
    ],
)
def test_states(name: PhaseName, fraction: float | None, shown: str) -> None:
    found = state(_phase(name, fraction))
    assert f"{found.sign} {found.word}" == shown


@pytest.mark.parametrize("known", [False, True])
def test_what_is_loaded_is_said_where_there_is_room(known: bool) -> None:
    history = examples.half_done() if known else History()
    history.fold([events.Phase("downloading", 0.37, "cifar10", time=history.last_time)])
    assert "● downloading cifar10 37 %" in _status(history, 120)
    assert "● downloading 37 %" in _status(history, 28)
    assert "left" not in _status(history, 120), "which an attempt that has begun would tell"
    history.fold([events.Phase("loading", note=machine_text.MEASURES, time=history.last_time)])
    assert f"● {machine_text.MEASURES}" in _status(history, 120)


def test_a_pause_that_was_asked_for_shows_at_once() -> None:
    assert "‖ pausing 13/30" in _status(examples.half_done(), 80, pausing=True)


def test_ends() -> None:
    assert _status(examples.done(), 80).endswith("✓ done 30/30  5:13  ◆ 94.9 @29 ")
    assert _status(examples.done(), 40) == " run 43  ✓ done 30/30  5:13  ◆ 94.9 @29 "
    for reason, shown in (("stopped", "· stopped"), ("failed", "✗ failed")):
        history = examples.half_done()
        history.fold([events.RunEnded(reason="failed" if reason == "failed" else "stopped")])
        assert shown in _status(history, 80)


def test_before_the_first_event() -> None:
    row = status_row(History(), 40, 0.0, label="7-lenet5")
    assert cells.text(row) == " run 7 lenet5                ○ starting "


def test_a_run_that_was_moved_has_the_number_of_its_folder() -> None:
    """`cnn-tui attach 43` would show another run."""
    row = status_row(examples.half_done(), 80, 0.0, label="51-resnet18-cifar10")
    assert cells.text(row).startswith(" run 51 ")


def test_the_device_is_named_by_its_model() -> None:
    for device, shown in (
        ("cuda:0 NVIDIA GeForce RTX 4090", "cuda:0 4090"),
        ("cuda:3 NVIDIA H100 80GB HBM3", "cuda:3 H100"),
        ("cpu AMD EPYC", "cpu"),
    ):
        history = History()
        history.fold([replace(examples.run_started(), device=device)])
        assert f" · {shown} · bf16 · batch 512" in _status(history, 100)


def test_progress_with_the_best_epoch() -> None:
    history = examples.half_done()
    assert cells.text(progress_row(history, 60)) == (
        " ━━━━━━━━━━━━━━━━━━━◆────────────────────────────  41 %     "
    )
    history.epochs[-1] = replace(history.epochs[-1], best=False)
    assert cells.text(progress_row(history, 60)) == (
        " ━━━━━━━━━━━━━━━━━◆━╺────────────────────────────  41 %     "
    )


def test_progress_at_its_ends() -> None:
    assert cells.text(progress_row(examples.just_started(), 20)) == " ────────   0 %     "
    done = examples.done()
    done.epochs.clear()
    assert cells.text(progress_row(done, 20)) == " ━━━━━━━━ 100 %     "
    assert cells.text(progress_row(done, 5)) == " 100 "


def test_a_wide_terminal_says_more() -> None:
    history = examples.half_done()
    assert _status(history, 200) == (
        " run 43 resnet18-cifar10 · cuda:1 A5000 · bf16 · batch 512 · channels-last · seed 0"
        + " " * 37
        + "● training   epoch 13/30   step 1,215/2,940   5.14k img/s   3:06 left, at 22:18 "
    )


def test_a_test_at_the_end_is_said_so() -> None:
    history = examples.half_done()
    history.fold([events.Phase(name="evaluating", note="test")])
    assert state(history).word == "testing"


def test_what_was_steered_counts() -> None:
    history = examples.half_done()
    history.fold([events.Steered(1.0, 14, 0.01, step=history.step, time=history.last_time)])
    assert " ● training 13/14  5.14k img/s  17 s left " in _status(history, 80)
    assert cells.text(progress_row(history, 60)).rstrip().endswith("89 %")


def test_a_pause_does_not_make_the_time_left_longer() -> None:
    """Here the run pauses for an hour, and then goes on as before."""
    history = examples.half_done()
    before = history.remaining()
    began = history.last_time
    history.fold([events.Phase(name="paused", time=began, step=history.step)])
    elapsed = history.elapsed(began)
    history.fold([events.Phase(name="training", time=began + 3600, step=history.step)])
    assert history.remaining() == before
    assert history.elapsed(began + 3600) == pytest.approx(elapsed)


def _left(history: History, **recipe: object) -> float:
    assert history.run is not None
    assert history.recipe is not None
    history.run = replace(history.run, recipe=replace(history.recipe, **recipe))
    remaining = history.remaining()
    assert remaining is not None
    return remaining


def test_the_time_left_counts_every_evaluation_and_the_test() -> None:
    history = examples.half_done()
    steps = _left(history) - 18 * 0.8
    assert steps == pytest.approx(1725 * 512 / 5100, rel=0.02)
    assert _left(history, holdout=0.1) == pytest.approx(steps + 19 * 0.8)
    history.epochs.pop()
    assert _left(history, holdout=0.0) == pytest.approx(steps + 19 * 0.8), "one goes on now"
    history.epochs.clear()
    speed = 1725 * 512 / steps
    assert _left(history) == pytest.approx(steps + 30 * 10_000 / (3 * speed))
