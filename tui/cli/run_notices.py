"""What is said below a table of runs: why some failed or are silent, and which can be deleted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from engine.run import run_liveness
from engine.run.run_paths import RunDir
from tui.cli import runs_text
from tui.viewer.run_summary import RunSummary

# So many runs are explained; of more, only the number is said.
MOST_EXPLAINED = 10


def below(shown: Sequence[RunSummary]) -> Iterator[str]:
    """The lines below a table of these runs."""
    unclear = [run for run in shown if run.state == "silent" or run.error]
    for run in unclear[:MOST_EXPLAINED]:
        yield _why(run, RunDir(Path(run.path)))
    if len(unclear) > MOST_EXPLAINED:
        yield runs_text.more_failed(len(unclear) - MOST_EXPLAINED)
    if empty := next(filter(_saved_nothing, shown), None):
        yield runs_text.can_be_deleted(RunDir(Path(empty.path)).selector)


def _why(summary: RunSummary, run: RunDir) -> str:
    if summary.state == "silent":
        return run_liveness.why_not_live(run)
    return runs_text.why_failed(run.label, summary.error)


def _saved_nothing(summary: RunSummary) -> bool:
    """Whether a run failed before its first checkpoint, for instance because its data was missing.

    Such a run is not deleted: its log says why it failed, and `resume` tries again.
    """
    if summary.state != "failed" or not summary.started:
        return False
    if summary.program and summary.epoch:
        return False  # of a program, the numbers are all there is
    return not (RunDir(Path(summary.path)).checkpoints / "last.pt").exists()
