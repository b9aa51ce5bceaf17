"""Answers to looks inside: one event in `probes/ID.json`, the newest few kept."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from engine import commands, events
from engine.errors import UsageError
from engine.events import Event
from engine.rundir import RunDir, write_durably

if TYPE_CHECKING:
    from engine.answers import Answers

KEPT = 16


def answer(run: RunDir, question: commands.Probe, answers: Answers, epoch: int, step: int) -> None:
    """Answer a look inside; one that asks for what there is not, by an `Alert`. Raises OSError."""
    try:
        content: Event = answers.to(question, epoch, step)
    except UsageError as error:
        content = events.Alert("warning", "probe", str(error), command=question.id, step=step)
    os.makedirs(run.probes, mode=0o700, exist_ok=True)
    write_durably(run.probes / f"{question.id}.json", events.encode(content))
    kept = sorted(run.probes.glob("*.json"), key=lambda path: path.stat().st_mtime_ns)
    for old in kept[:-KEPT]:
        old.unlink(missing_ok=True)


def answer_to(run: RunDir, question: str) -> Event | None:
    """The answer, or None while there is none."""
    try:
        return events.decode((run.probes / f"{question}.json").read_bytes())
    except (OSError, *events.UNREADABLE):
        return None
