"""The share of the cores that other programs take from the run."""

from __future__ import annotations

import math

from engine.run.fold import CPU_LOAD, ENGINE_LOAD
from engine.run.history import History
from tui.panes.machine import machine_pane_text

# From this load on, no core is free; then the share of other programs is shown from this one on.
BUSY = 0.9
CROWDED = 0.2
# The share now is a mean over so many seconds: a single sample jumps.
RECENT_SECONDS = 30
# A run's first sample is a mean over a moment, in which this viewer draws its first frame.
FIRST_SECONDS = 1


def taken_by_others(history: History) -> float:
    """The share of the cores that other programs take now.

    0 while a core is free, and while the run wants none because it is paused or over.
    """
    idle = history.paused or history.ended is not None
    return 0.0 if idle else _taken(history, RECENT_SECONDS)


def taken_over_run(history: History) -> float:
    """The share that they have taken over the whole run; 0 if a core was free."""
    return _taken(history, math.inf)


def about(taken: float) -> str:
    """The share in words, the same wherever it is told."""
    return machine_pane_text.about(min(90, 10 * round(10 * taken)))


def _taken(history: History, seconds: float) -> float:
    """The mean over the samples of the last seconds; 0 if it is small."""
    if CPU_LOAD not in history.load:
        return 0.0
    # Each sample of the hardware has both loads, so their bins agree.
    whole, engine = (history.load[name].bins() for name in (CPU_LOAD, ENGINE_LOAD))
    since = max(FIRST_SECONDS, whole[-1].step - seconds)
    shares = [
        all_.mean - ours.mean if all_.mean >= BUSY else 0.0
        for all_, ours in zip(whole, engine, strict=True)
        if all_.step >= since
    ]
    mean = sum(shares) / max(1, len(shares))
    return mean if mean >= CROWDED else 0.0
