"""Words about the export of numbers."""

from __future__ import annotations

import shlex

from engine.text import harmless

HELP_CSV = "Write the numbers as a table, one row for each report."
HELP_TENSORBOARD = "Write the numbers as curves for TensorBoard into this folder."


def still_training(run: str) -> str:
    return f"{harmless(run)} is still training: what is written ends with its newest report."


def wrote_csv(path: str, rows: int, columns: int) -> str:
    return f"wrote {harmless(path)}: {rows:,} reports in {columns} columns"


def wrote_events(path: str, curves: int, folder: str) -> str:
    command = shlex.join(["tensorboard", "--logdir", folder])
    return f"wrote {harmless(path)}: {curves} curves; see them with `{harmless(command)}`"
