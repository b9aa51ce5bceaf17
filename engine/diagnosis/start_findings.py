"""Examines what the newest start of a run cost, by phase."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from engine.diagnosis import diagnosis_text as words
from engine.diagnosis.finding import Finding
from engine.errors import RunError
from engine.protocol import events
from engine.run import run_search
from engine.run.journal_search import newest_first

# The newest runs may have ended before their first step.
RUNS = 10


def newest_start(folder: Path) -> Iterator[Finding]:
    """The cost of the newest start among the runs in this folder, if there is any."""
    try:
        runs = run_search.list_runs(folder)
    except RunError:  # told with the folder
        return
    for run in runs[:RUNS]:
        for alert in newest_first(run.journal, events.Alert):
            if alert.code == events.START_COST:
                yield Finding("starts", words.start_of(run.number), alert.text)
                return
