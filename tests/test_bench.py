"""What `make bench` makes of what the benchmarks print."""

from __future__ import annotations

import pytest

from benchmarks.all import TERMINAL, Bound, Verdict, judged
from benchmarks.peer import report

PRINTED = [
    "all panes        1.53 KiB/s    2.40 % of a core",
    "paused         0 bytes in 10 s",
    "first frame    0.612 s, empty app 0.510 s, ratio 1.20",
    "--help         0.140 s",
    "key to cell    median 12 ms, 99 % 34 ms",
    "memory         71 MiB after 5, 72 after 10 million steps",
    "attach         status 0.25 s, a million lines folded 3.38 s; a key meanwhile: median 20 ms, "
    "67 at most",
]


def test_the_words_of_the_reports_are_understood(capsys: pytest.CaptureFixture[str]) -> None:
    found = {"ours": [2.0] * 9, "theirs": [1.0] * 9}
    report(found, {("ours", "theirs"): 1.5, ("theirs", "ours"): 0.6})
    assert [*judged(capsys.readouterr().out.splitlines(), ())] == [
        Verdict("kept", "ours : theirs  2.000   (2.000 to 2.000)   (≥ 1.5)"),
        Verdict("MISSED", "theirs : ours  0.500   (0.500 to 0.500)   (≥ 0.6)"),
    ]


def test_what_is_not_resolved_is_neither_kept_nor_missed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    report({"a": [0.9, 1.1], "b": [1.0, 1.0]}, {("a", "b"): 1.0})
    (verdict,) = judged(capsys.readouterr().out.splitlines(), ())
    assert verdict.word == "not resolved"


def test_figures_of_a_terminal_are_judged_by_what_they_may_be() -> None:
    verdicts = [*judged(PRINTED, TERMINAL)]
    assert [verdict.what for verdict in verdicts if verdict.word == "MISSED"] == [
        "CPU time of the viewer, % of a core  2.40   (≤ 2)",
        "a million lines folded, s  3.38   (≤ 3)",
    ]
    assert len(verdicts) == len(TERMINAL)


def test_a_figure_that_is_not_there_is_a_budget_missed() -> None:
    assert [*judged([], [Bound("bytes", r"^bytes (\d+)", 5)])] == [
        Verdict("MISSED", "bytes: no figure")
    ]
