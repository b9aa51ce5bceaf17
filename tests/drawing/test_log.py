from __future__ import annotations

import pytest

from engine import events
from engine.events import Event
from engine.history import History
from tests.drawing import examples
from tests.drawing.examples import clock, drawn
from tui.drawing import cells
from tui.drawing.log import log_line, log_pane

CASES: list[tuple[Event, str]] = [
    (
        events.Alert(level="warning", code="x", text="the loss is \x1b[31m", time=5.0),
        " 00:00:05  ! the loss is \\x1b[31m",
    ),
    (
        events.Resumed(attempt="a", from_seq=3, epoch=5, step=4000),
        " 00:00:00  ↻ resumed     in epoch 5, from step 4,000",
    ),
    (
        events.RunEnded(reason="failed", error="out of memory"),
        " 00:00:00  ✗ failed      out of memory",
    ),
    (
        events.RunEnded(reason="done", best_epoch=28, best_top1=0.949, seconds=320.0),
        " 00:00:00  ✓ done        94.9 % at epoch 28, 5:20",
    ),
    (
        events.Checkpointed(
            file="last.pt", epoch=4, bytes=9, seconds=0.04, reason="command", step=640
        ),
        " 00:00:00    checkpoint  by you, step 640 → last.pt",
    ),
    (
        examples.run_started(),
        " 22:13:20    started     resnet18 on cifar10, recipe quick, cuda:1 NV…",
    ),
]


@pytest.mark.parametrize(("event", "line"), CASES)
def test_one_row_an_event(event: Event, line: str) -> None:
    assert drawn(log_pane([event], 70, 1, clock)) == [line]


def test_newest_first_from_an_offset() -> None:
    log = examples.half_done().log
    assert drawn(log_pane(log, 70, 3, clock)) == [
        " 22:15:21  ◆ best        88.5 % at epoch 12 → best.pt",
        " 22:15:21    epoch  12   loss .391 / .404   acc 87.8 / 88.5   11 s",
        " 22:15:11  ◆ best        87.8 % at epoch 11 → best.pt",
    ]
    assert log_pane(log, 70, 1, clock, first=2) == log_pane(log, 70, 3, clock)[2:]


def test_an_error_is_in_its_ink() -> None:
    row = log_pane([events.RunEnded(reason="failed", error="no")], 40, 1, clock)[0]
    assert [span.ink for span in row if span.text.strip()] == ["dim", "error", "error", "error"]


def test_the_strip_leaves_out_what_each_epoch_brings() -> None:
    assert cells.text(log_line(examples.half_done(), 100, clock)).rstrip() == (
        " 22:15:21 ◆ best 88.5 % at epoch 12 → best.pt"
        "     22:15:11 ◆ best 87.8 % at epoch 11 → best.pt"
    )


def test_a_narrow_strip_has_whole_entries_and_cuts_the_only_one() -> None:
    history = examples.half_done()
    assert cells.text(log_line(history, 60, clock)).rstrip() == (
        " 22:15:21 ◆ best 88.5 % at epoch 12 → best.pt"
    )
    assert cells.text(log_line(history, 40, clock)) == " 22:15:21 ◆ best 88.5 % at epoch 12 → b…"


def test_nothing_happened_yet() -> None:
    assert cells.text(log_line(History(), 10, clock)) == " " * 10
    assert drawn(log_pane([], 10, 2, clock)) == ["", ""]
