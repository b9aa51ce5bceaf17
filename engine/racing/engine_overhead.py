"""What an engine takes beside its epochs: to start, to load the data, to save and to end."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from pathlib import Path

from engine.queueing import queue_journal
from engine.queueing.queue_dir import QueueDir
from engine.queueing.queue_journal import Entry, Paused, Started
from engine.racing.run_results import RunResults


def usual_overhead(runs_dir: Path, results: Iterable[RunResults]) -> float:
    """The median over these runs, as far as the queue has seen an engine of theirs end, in seconds.

    0 before the first end.
    """
    of_run: dict[str, list[Entry]] = {}
    for entry in queue_journal.read(QueueDir(runs_dir)):
        if not isinstance(entry, Paused):
            of_run.setdefault(entry.run, []).append(entry)
    measured = (_overhead(of_run.get(each.run, []), each) for each in results)
    return statistics.median([found for found in measured if found is not None] or [0.0])


def _overhead(entries: Sequence[Entry], found: RunResults) -> float | None:
    """The seconds an engine of this run takes beside its epochs; None while one trains it."""
    starts = [entry.time for entry in entries if isinstance(entry, Started)]
    ends = [entry.time for entry in entries if not isinstance(entry, Started)]
    if len(starts) != len(ends) or not starts or found.epoch_seconds is None:
        return None
    epochs = found.epoch * found.epoch_seconds
    return max(0.0, (sum(ends) - sum(starts) - epochs) / len(starts))
