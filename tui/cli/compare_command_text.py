"""Words of `cnn-tui compare`."""

from __future__ import annotations

HELP = """\
Compare runs and logs: curves, settings, exact tests.

The curves of all lie in one plot. The settings that differ, the spread over seeds and a paired test
of each two runs that were validated on the same images say what a difference is worth. A log of
another program is named by its path, and a folder of logs means all of them; race:LABEL means
all runs of a race. Where nothing can be drawn, and with --json, the comparison is printed.
"""
HELP_X = "what the curves are drawn against"
HELP_BASELINE = "the run that the others are compared with, one of those named"


def no_baseline(baseline: str) -> str:
    return f"--baseline {baseline} is none of the runs that are compared: name it among them, too."
