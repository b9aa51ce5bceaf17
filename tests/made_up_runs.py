"""Summaries of runs that no folder has."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

from msgspec.structs import replace

from tests.scripted import START
from tui.viewer.run_index import RunIndex
from tui.viewer.run_summary import RunSummary

DONE = RunSummary(
    number=1,
    name="lenet5-digits",
    path="/runs/1-lenet5-digits",
    state="done",
    arch="lenet5",
    data="digits",
    epoch=9,
    epochs=9,
    best_top1=0.9,
    test_top1=None,
    seconds=90.0,
    remaining=None,
    started=START,
    top1=(0.25, 0.5, 0.9),
    preset="quick",
    settings={"lr": 0.05},
    changed=("lr",),
    best_epoch=3,
)


def variant(number: int, **fields: Any) -> RunSummary:
    name = f"run{number}"
    return replace(DONE, number=number, name=name, path=f"/runs/{number}-{name}", **fields)


LIVE = variant(2, state="live", best_top1=0.2, epoch=2, remaining=30.0)
FAILED = variant(3, state="failed", best_top1=None, error="the loss is no number.", top1=())
TAGGED = variant(4, state="stopped", best_top1=0.95, tags=("night", "keep"), note="for the talk")


class Summaries(RunIndex):
    """Summaries that no folder has."""

    def __init__(self, runs: Sequence[RunSummary]) -> None:
        self._made = runs

    def stream(self) -> Generator[RunSummary, None, None]:
        yield from self._made
