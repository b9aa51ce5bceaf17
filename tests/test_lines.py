"""What `--no-ui` prints."""

from __future__ import annotations

import msgspec
import pytest

from engine.machine import machine_text
from engine.process.lines import Lines
from engine.protocol import commands, events
from tests import scripted


def said(script: list[events.Event]) -> list[str]:
    lines = Lines("1")
    return [line for event in scripted.stamped(script) for line in lines.of(event)]


def test_a_run_from_start_to_end() -> None:
    script: list[events.Event] = [
        events.Phase("loading", note="digits"),
        events.Phase("loading", 0.5, "digits"),
        scripted.started(),
        scripted.steps(1),
        scripted.steps(2),
        scripted.ended_epoch(1),
        events.Checkpointed("last.pt", 1, 9, 0.1, "command", step=10),
        events.Alert("warning", "x", "mind the gap"),
        events.RunEnded("done", 1, 0.9, seconds=75.0),
    ]
    assert said(script) == [
        "loading digits",
        "run 1-lenet5-digits",
        "lenet5 on digits: 6,582 parameters, 362k MAC, 640 training and 100 validation images, "
        "10 classes",
        "cpu Test, float32, contiguous, batch 64, 4 epochs of 10 steps, seed 0",
        "epoch 1/4  step 1/40  loss 2.07  acc 13.0 %  lr 0.0500  4.00k img/s",
        "epoch 1/4  train  0.500  85.0 %  val  0.450  90.0 %  2.0 s + 0.5 s  4.00k img/s  best",
        "saved last.pt at step 10",
        "warning: mind the gap",
        "done after 1:15 – best 90.0 % at epoch 1",
        "to show it: cnn-tui report 1",
    ]


def test_an_epoch_of_one_step_has_one_step() -> None:
    [*_, last] = said([msgspec.structs.replace(scripted.started(), steps_per_epoch=1)])
    assert "4 epochs of 1 step, seed 0" in last


def test_steps_are_said_every_few_seconds() -> None:
    script: list[events.Event] = [
        scripted.started(),
        *(scripted.steps(step) for step in range(1, 12)),
    ]
    assert [line.split()[3] for line in said(script)[3:]] == ["1/40", "6/40", "11/40"]


def test_numbers_that_are_none_are_said_so() -> None:
    broken = msgspec.structs.replace(scripted.steps(1), loss=None)
    assert "loss nan" in said([scripted.started(), broken])[3]


def test_weighed_classes_have_their_balanced_accuracy() -> None:
    ended = msgspec.structs.replace(scripted.ended_epoch(1), balanced=0.755)
    assert "val  0.450  90.0 % balanced  75.5 %  " in said([scripted.started(), ended])[-1]


def test_nothing_from_outside_reaches_the_terminal_raw() -> None:
    alert = events.Alert("warning", "x", "\x1b[2J gone")
    assert said([alert]) == ["warning: \\x1b[2J gone"]


def test_steering_is_said_and_the_epochs_are_those_that_are_now_planned() -> None:
    lines = said(
        [
            scripted.started(),
            events.Steered(0.5, 40, 0.0125, "c1", step=1234),
            scripted.steps(20),
            events.Steered(1.0, 40, 0.025, "c1", step=1235),
            events.Steered(1.0, 1, 0.025, "c1", step=1236),
        ]
    )
    anew = "in all, with a new plan of the rate"
    assert lines[3] == (
        f"steered at step 1,234: 40 epochs {anew}, lr 0.0125, 0.5 times the planned one"
    )
    assert lines[4].startswith("epoch 2/40  step 20/400  ")
    assert lines[5] == "steered at step 1,235: lr 0.025"
    assert lines[6] == f"steered at step 1,236: 1 epoch {anew}, lr 0.025"


def test_a_run_that_was_steered_goes_on_with_its_own_total() -> None:
    steered = events.Steered(1.0, 1, 0.0125, "c1", seq=7)
    lines = Lines("1", [steered])
    assert "1 epoch of 10 steps" in lines.of(scripted.started())[2]
    later = msgspec.structs.replace(scripted.steps(6), time=scripted.START)
    lines.of(events.Resumed("a2", 7, 1, step=5, seq=9))
    assert lines.of(later)[0].startswith("epoch 1/1  step 6/10 ")


def test_what_was_steered_after_the_checkpoint_is_taken_back() -> None:
    lines = Lines("1", [events.Steered(1.0, 40, 0.0125, "c1", seq=7)])
    lines.of(scripted.started())
    later = msgspec.structs.replace(scripted.steps(6), time=scripted.START)
    lines.of(events.Resumed("a2", 6, 1, step=5, seq=9))
    assert lines.of(later)[0].startswith("epoch 1/4  step 6/40 ")


def test_what_was_steered_before_the_checkpoint_stands() -> None:
    lines = Lines("1", [events.Steered(1.0, 40, 0.0125, seq=5)])
    lines.of(scripted.started())
    lines.of(events.Steered(1.0, 50, 0.0125, "c1", seq=6))
    lines.of(events.Steered(1.0, 60, 0.0125, "c2", seq=7))
    lines.of(events.Resumed("a1", 6, 1, step=5, seq=9))
    rolled_back = events.Steered(0.1, 50, 0.00125, step=5, seq=10)
    assert lines.of(rolled_back) == ["steered at step 5: lr 0.00125, 0.1 times the planned one"]
    lines.of(events.Resumed("a2", 5, 1, step=5, seq=12))
    later = msgspec.structs.replace(scripted.steps(6), time=scripted.START)
    assert lines.of(later)[0].startswith("epoch 1/40  step 6/400 ")


def test_a_stopped_run_says_how_to_go_on() -> None:
    assert said([scripted.started(), events.RunEnded("stopped")])[-1].endswith(
        "go on with: cnn-tui resume 1"
    )


@pytest.mark.parametrize("jump", [86_400.0, -86_400.0])
def test_lines_go_on_after_the_clock_was_set(jump: float) -> None:
    lines = Lines()
    began, *steps = scripted.stamped([scripted.started(), scripted.steps(1), scripted.steps(2)])
    lines.of(began)
    assert lines.of(steps[0])
    assert lines.of(msgspec.structs.replace(steps[1], time=steps[1].time + jump))


def test_the_total_of_a_resume_has_no_line_of_its_own() -> None:
    total = events.Steered(1.0, 40, 0.025, commands.RESUME, step=20)
    assert said([scripted.started(), total])[3:] == []


def test_a_dry_run_of_a_new_run_names_none() -> None:
    lines = Lines(named=False)
    assert lines.of(scripted.started())[0].startswith("lenet5 on digits")
    assert lines.of(events.RunEnded("stopped")) == ["stopped after 0.0 s"]


def test_a_phase_of_the_start_is_said_once_and_a_pause_each_time() -> None:
    phases = [("loading", "model"), ("loading", machine_text.MEASURES), ("loading", "model")]
    phases += [("loading", machine_text.WAITS), ("paused", ""), ("training", ""), ("paused", "")]
    assert said([events.Phase(name, note=note) for name, note in phases]) == [  # type: ignore[arg-type]
        "loading model",
        machine_text.MEASURES,
        machine_text.WAITS,
        "paused",
        "paused",
    ]
