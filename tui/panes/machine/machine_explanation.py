"""Sentences about the limit of the speed of the run, and remedies."""

from __future__ import annotations

from collections.abc import Iterator

from engine import numbers
from engine.run.history import History
from tui.panes.machine import machine_pane_text
from tui.panes.machine.machine_rows import bounds, taken_by_others


def sentences(history: History) -> Iterator[str]:
    shares = bounds(history)
    if not shares:
        yield machine_pane_text.EXPLAIN_MACHINE
        return
    what, share = shares[0]
    yield machine_pane_text.explain_limit(what, numbers.whole(share))
    yield machine_pane_text.EXPLAIN_LIMITS[what]
    if taken_by_others(history):
        yield machine_pane_text.EXPLAIN_CORES
    gpus = history.hardware.gpus if history.hardware else ()
    if any(gpu.ours and gpu.holders for gpu in gpus):
        yield machine_pane_text.EXPLAIN_OTHERS
