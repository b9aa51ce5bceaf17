"""The places on the x-axis in words: epochs, or steps where the length of an epoch is not known."""

from __future__ import annotations

from engine import numbers
from engine.protocol.events import EpochEnded
from engine.run.history import History
from tui import shared_text
from tui.drawing import drawing_text
from tui.drawing.axis import Unit


def unit(history: History) -> Unit:
    """What the curves are drawn over."""
    return "step" if history.counts_steps else "epoch"


def number(history: History, place: float) -> str:
    """12 at the end of an epoch, 12.45 within the next one; 400k of a step."""
    return numbers.count(place) if history.counts_steps else epoch_number(place)


def epoch_number(epoch: float) -> str:
    """12 at the end of an epoch, 12.45 within the next one."""
    return f"{epoch:.2f}".rstrip("0").rstrip(".")


def at_step(history: History, step: int) -> str:
    """`epoch 12.45`, or `step 400,000`."""
    if history.counts_steps:
        return drawing_text.step_of(step, None)
    return shared_text.at_epoch(epoch_number(step / history.steps_per_epoch))


def at_end(history: History, ended: EpochEnded) -> str:
    """What stands behind `@`: the number of an epoch, or where it ended."""
    return numbers.count(ended.step) if history.counts_steps else f"{ended.epoch}"


def forms(history: History, place: float) -> tuple[str, str, str]:
    """A place within the run in three forms, the longest first."""
    step = round(place * history.steps_per_epoch)
    if history.counts_steps:
        count = numbers.count(step)
        return drawing_text.step_of(step, None), f"{unit(history)} {count}", count
    written = epoch_number(place)
    return drawing_text.at_step(written, step), shared_text.at_epoch(written), written
