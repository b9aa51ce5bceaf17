"""Sentences about the limit of the speed of the run, and remedies."""

from __future__ import annotations

from collections.abc import Iterator

from engine import numbers
from engine.run.history import History
from tui import shared_text
from tui.panes.machine import machine_pane_text
from tui.panes.machine.machine_rows import bounds
from tui.panes.machine.other_programs import about, taken_by_others, taken_over_run

# Other programs with at least this share of the CPU are its limit, and not the network.
MOST = 0.5


def sentences(history: History) -> Iterator[str]:
    shares = bounds(history)
    if not shares:
        yield machine_pane_text.EXPLAIN_MACHINE
        return
    what, share = shares[0]
    yield machine_pane_text.explain_limit(what, numbers.whole(share))
    over = history.ended is not None
    taken = taken_over_run(history) if over else taken_by_others(history)
    on_cpu = history.run is not None and history.run.device.partition(" ")[0] == "cpu"
    needs_cpu = what == shared_text.INPUT or (what == shared_text.COMPUTE and on_cpu)
    if not (needs_cpu and taken >= MOST):
        compute = machine_pane_text.explain_compute("CPU" if on_cpu else "GPU")
        yield machine_pane_text.EXPLAIN_LIMITS.get(what, compute)
    if taken:
        yield machine_pane_text.explain_cores(about(taken), over=over)
    gpus = history.hardware.gpus if history.hardware else ()
    if any(gpu.ours and gpu.holders for gpu in gpus):
        yield machine_pane_text.EXPLAIN_OTHERS
