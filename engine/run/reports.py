"""The numbers that a run reports, by the names that files, conditions and `status` share.

A name means one thing. `train_loss` is the mean over an epoch, `step_loss` the one over the steps
since the last report, and `loss` belongs to the validation images.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TypeAlias

from msgspec import UNSET

from engine.errors import RunError
from engine.protocol.events import EpochEnded, Event, MaybeMeasured, Measured, RunEnded, Steps
from engine.run import run_text
from engine.run.journal_reader import JournalReader

Report: TypeAlias = Steps | EpochEnded | RunEnded
Numbers: TypeAlias = dict[str, Measured]

# All names but those of the scalars, in the order of the columns of a table.
NAMES = (
    "time",
    "epoch",
    "step",
    "step_loss",
    "step_top1",
    "train_loss",
    "train_top1",
    "loss",
    "top1",
    "top5",
    "balanced",
    "best",
    "lr",
    "images_per_second",
    "waited",
    "seconds",
    "evaluation_seconds",
    "left_out",
    "test_loss",
    "test_top1",
)
_TAKEN = frozenset(NAMES)
# What only the end of a run reports.
NAMES_AT_THE_END = ("test_loss", "test_top1")


def scalar_name(name: str) -> str:
    """The name of a scalar, which a person chose: never one of `NAMES`."""
    return f"scalar/{name}" if name in _TAKEN else name


def numbers_of(report: Report) -> Numbers:
    """The numbers of one report; None stands for one that is not finite.

    What was not measured has no entry.
    """
    match report:
        case Steps():
            told = _of_steps(report)
        case EpochEnded():
            told = _of_epoch(report)
        case RunEnded():
            return _measured(_of_end(report))
    found = _measured(told)
    for name, value in report.scalars.items():
        found[scalar_name(name)] = value
    return found


def _measured(told: Mapping[str, MaybeMeasured]) -> Numbers:
    return {name: value for name, value in told.items() if value is not UNSET}


def _of_steps(report: Steps) -> dict[str, MaybeMeasured]:
    return {
        "time": report.time,
        "epoch": report.epoch,
        "step": report.step,
        "step_loss": report.loss,
        "step_top1": report.top1,
        "lr": report.lr,
        "images_per_second": report.images_per_second,
        "waited": report.waited,
    }


def _of_epoch(report: EpochEnded) -> dict[str, MaybeMeasured]:
    return {
        "time": report.time,
        "epoch": report.epoch,
        "step": report.step,
        "train_loss": report.train_loss,
        "train_top1": report.train_top1,
        "loss": report.loss,
        "top1": report.top1,
        "top5": report.top5,
        "balanced": report.balanced,
        "best": UNSET if report.best is UNSET else int(report.best),
        "lr": report.lr,
        "images_per_second": report.images_per_second,
        "seconds": report.seconds,
        "evaluation_seconds": report.evaluation_seconds,
        "left_out": report.left_out,
    }


def _of_end(report: RunEnded) -> dict[str, MaybeMeasured]:
    """The results of the best epoch on the test images."""
    return {
        "time": report.time,
        "step": report.step,
        "epoch": report.best_epoch,
        "test_loss": report.test_loss,
        "test_top1": report.test_top1,
    }


def reports_in(new: Iterable[Event]) -> Iterator[Report]:
    """The reports with numbers among these events; the end of a run is one if it was tested."""
    for event in new:
        if isinstance(event, Steps | EpochEnded) or (
            isinstance(event, RunEnded) and event.test_top1 is not UNSET
        ):
            yield event


def all_reports(journal: Path, until: int) -> Iterator[Report]:
    """Every report of a journal up to the event with this number, without superseded ones.

    Raises RunError if the run is resumed or its journal is replaced meanwhile.
    """
    began = False
    for batch in JournalReader(journal).slices():
        if began and batch.from_start:
            raise RunError(run_text.JOURNAL_CHANGED)
        began = True
        for report in reports_in(batch.events):
            if report.seq > until:
                return
            yield report
