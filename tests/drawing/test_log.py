from __future__ import annotations

import pytest
from msgspec.structs import replace

from engine.protocol import events
from engine.protocol.events import Event
from engine.run.history import History
from tests.drawing import examples
from tests.drawing.examples import clock, drawn
from tui.drawing import cells
from tui.drawing.log_lines import entry, log_line, log_pane, matching
from tui.shared_text import GoOn

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
        events.Steered(0.5, 40, 0.0365, "c1", step=1215),
        " 00:00:00  s steered     lr 0.0365, 40 epochs, the plan × 0.5, from s…",
    ),
    (
        events.Steered(1.0, 22, 0.0365, "c1", step=1215),
        " 00:00:00  s steered     lr 0.0365, 22 epochs, from step 1,215",
    ),
    (
        events.RunEnded(reason="failed", error="out of memory"),
        " 00:00:00  ✗ failed      out of memory",
    ),
    (
        events.RunEnded(reason="done", best_epoch=28, best_top1=0.949, seconds=320.0),
        " 00:00:00  ✓ done        94.9 % at epoch 28",
    ),
    (
        events.RunEnded(reason="done", best_epoch=28, best_top1=0.949, test_top1=0.9312),
        " 00:00:00  ✓ done        94.9 % at epoch 28, 93.1 % on the test images",
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
        " 22:15:21    epoch  12   loss 0.391 / 0.404   acc 87.8 / 88.5   11 s",
        " 22:15:11  ◆ best        87.8 % at epoch 11 → best.pt",
    ]
    assert log_pane(log, 70, 1, clock, first=2) == log_pane(log, 70, 3, clock)[2:]


def test_checkpoints_that_come_by_themselves_are_left_out() -> None:
    saved = events.Checkpointed(
        file="last.pt", epoch=4, bytes=9, seconds=0.04, reason="epoch", step=640
    )
    asked = replace(saved, reason="command")
    assert matching([saved, asked, replace(saved, reason="interval")], "", clock) == [asked]


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


def test_how_to_go_on_stands_at_the_end_of_the_strip() -> None:
    history, go_on = examples.half_done(), GoOn("go on with:", "cnn-tui resume 43")
    assert cells.text(log_line(history, 80, clock, go_on)) == (
        " 22:15:21 ◆ best 88.5 % at epoch 12 → best.pt     go on with: cnn-tui resume 43 "
    )
    row = log_line(history, 60, clock, go_on)
    assert cells.text(row) == " 22:15:21 ◆ best 88.5 % at …  go on with: cnn-tui resume 43 "
    assert cells.text(log_line(history, 45, clock, go_on)).strip() == str(go_on)


def test_how_to_report_on_a_run_stands_there_unless_it_goes_on() -> None:
    history, command = examples.half_done(), "cnn-tui report 43"
    row = log_line(history, 60, clock, report=command)
    assert cells.text(row) == " 22:15:21 ◆ best 88.5 % at …  to show it: cnn-tui report 43 "
    go_on = GoOn("go on with:", "cnn-tui resume 43")
    assert "report" not in cells.text(log_line(history, 80, clock, go_on, command))


def test_a_low_pane_has_whole_sentences_where_they_fit() -> None:
    said = [events.Alert("warning", "x", "one two three four five six", time=5.0)]
    whole = [" 00:00:05  ! one two three four", "             five six", ""]
    assert drawn(log_pane(said, 33, 3, clock)) == whole
    assert drawn(log_pane(said, 33, 1, clock)) == [" 00:00:05  ! one two three four …"]


def test_nothing_happened_yet() -> None:
    assert cells.text(log_line(History(), 10, clock)) == " " * 10
    assert drawn(log_pane([], 60, 2, clock)) == [
        " epochs, checkpoints and alerts appear here",
        "",
    ]


def test_a_filter_keeps_what_has_its_words_in_whatever_case() -> None:
    log = examples.half_done().log
    found = matching(log, "BEST 8", clock)
    assert [entry(event).rest[:13] for event in found[:2]] == ["88.5 % at epo", "87.8 % at epo"]
    assert drawn(log_pane(log, 60, 1, clock, first=1, wanted="best 8")) == [
        " 22:15:11  ◆ best        87.8 % at epoch 11 → best.pt"
    ]
    assert drawn(log_pane(log, 60, 2, clock, wanted="no such words")) == [
        " nothing in the log fits the filter",
        "",
    ]


def test_a_filter_finds_alerts_by_their_level_and_all_by_their_time() -> None:
    alert = events.Alert(level="warning", code="x", text="mind the gap", time=65.0)
    log: list[Event] = [alert, events.Resumed(attempt="a", from_seq=3, epoch=5, step=4000)]
    assert matching(log, "warning", clock) == [alert]
    assert matching(log, "00:01:05", clock) == [alert]


LONG = events.Alert(
    level="error",
    code="loss",
    text="the loss is not a number any more: lower the rate, or 看看学习率是不是太高了 first",
)


def test_a_tall_pane_has_whole_sentences_and_a_low_one_cuts_them() -> None:
    rows = drawn(log_pane([LONG, examples.run_started()], 50, 16, clock))
    assert rows[:4] == [
        " 22:13:20    started     resnet18 on cifar10, rec…",
        " 00:00:00  ✗ the loss is not a number any more:",
        "             lower the rate, or",
        "             看看学习率是不是太高了 first",
    ]
    assert drawn(log_pane([LONG], 50, 2, clock))[0].endswith("number any more: l…")


def test_a_word_longer_than_the_row_is_broken_and_a_tiny_pane_breaks_nothing() -> None:
    path = events.Alert(level="info", code="x", text="see /" + "very" * 12 + " now", time=5.0)
    rows = drawn(log_pane([path], 40, 16, clock))
    assert rows[:4] == [
        " 00:00:05  · see",
        "             /veryveryveryveryveryveryv",
        "             eryveryveryveryveryvery",
        "             now",
    ]
    assert drawn(log_pane([path], 20, 16, clock))[1] == ""


def test_a_strip_ends_a_sentence_that_is_too_long_where_a_part_of_it_ends() -> None:
    history = History()
    said = "the first loss is 2.30, as it should be: a guess among 10 classes has ln 10 = 2.30."
    history.fold([events.Alert("info", "x", said, time=5.0)])
    assert cells.text(log_line(history, 80, clock)).rstrip() == (
        " 00:00:05 · the first loss is 2.30, as it should be …"
    )
    assert cells.text(log_line(history, 40, clock)) == " 00:00:05 · the first loss is 2.30, as …"
    short = "see: " + "very " * 12
    history.fold([events.Alert("info", "x", short, time=5.0)])
    assert cells.text(log_line(history, 40, clock)).endswith("very ve…"), "too little would be left"
