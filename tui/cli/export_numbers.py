"""`cnn-tui export --csv` and `--tensorboard`: the numbers of a run, for other programs."""

from __future__ import annotations

from pathlib import Path

from engine.export import csv_file, event_file
from engine.export.whole_file import check_target
from engine.run import run_liveness
from engine.run.run_paths import RunDir
from tui.cli import export_numbers_text

# What an export says: for a person, and as the value of its key in JSON.
Said = tuple[str, dict[str, object]]


def check(csv: Path | None, tensorboard: Path | None, *, force: bool) -> None:
    """Raises UsageError before anything is read or written."""
    if csv is not None:
        check_target(csv, force=force)
    if tensorboard is not None:
        event_file.check_folder(tensorboard, force=force)


def notes(run: RunDir) -> list[str]:
    """What to know of the numbers of this run."""
    return [export_numbers_text.still_training(run.label)] if run_liveness.is_live(run) else []


def to_csv(run: RunDir, path: Path) -> Said:
    """Raises UsageError if the run has no numbers, and RunError if they cannot be written."""
    table = csv_file.write_csv(run, path)
    found = {"file": str(path), "rows": table.rows, "columns": list(table.columns)}
    return export_numbers_text.wrote_csv(str(path), table.rows, len(table.columns)), found


def to_tensorboard(run: RunDir, folder: Path) -> Said:
    """Raises UsageError if the run has no numbers, and RunError if they cannot be written."""
    curves = event_file.write_events(run, folder)
    path = str(folder / event_file.FILE)
    found = {"file": path, "reports": curves.reports, "tags": list(curves.tags)}
    return export_numbers_text.wrote_events(path, len(curves.tags), str(folder)), found
