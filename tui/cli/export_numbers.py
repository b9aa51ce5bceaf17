"""`cnn-tui export --csv` and `--tensorboard`: the numbers of a run, for other programs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tui.cli import export_numbers_text
from tui.cli.options import Command
from tui.cli.stderr_lines import say
from tui.cli.written_file import WrittenFile

if TYPE_CHECKING:
    from engine.run.run_paths import RunDir


def number_options(command: Command) -> Command:
    """`--csv FILE` and `--tensorboard FOLDER`."""
    kind = click.Path(path_type=Path)
    csv = click.option("--csv", type=kind, metavar="FILE", help=export_numbers_text.HELP_CSV)
    tensorboard = click.option(
        "--tensorboard", type=kind, metavar="FOLDER", help=export_numbers_text.HELP_TENSORBOARD
    )
    return csv(tensorboard(command))


def check(csv: Path | None, tensorboard: Path | None, *, force: bool) -> None:
    """Raises UsageError before anything is read or written."""
    from engine.export import event_file
    from engine.run.target_files import check_target

    if csv is not None:
        check_target(csv, force=force)
    if tensorboard is not None:
        event_file.check_folder(tensorboard, force=force)


def write(run: RunDir, csv: Path | None, tensorboard: Path | None) -> Iterator[WrittenFile]:
    """Write what is wanted, and tell each file. A note on a live run goes to stderr.

    Raises UsageError if the run has no numbers, and RunError if they cannot be written.
    """
    from engine.run import run_liveness

    if run_liveness.is_live(run):
        say(f"cnn-tui: {export_numbers_text.still_training(run.label)}")
    if csv is not None:
        yield _to_csv(run, csv)
    if tensorboard is not None:
        yield _to_tensorboard(run, tensorboard)


def _to_csv(run: RunDir, path: Path) -> WrittenFile:
    from engine.export import csv_file

    table = csv_file.write_csv(run, path)
    found = {"file": str(path), "rows": table.rows, "columns": list(table.columns)}
    sentence = export_numbers_text.wrote_csv(str(path), table.rows, len(table.columns))
    return WrittenFile("csv", found, sentence)


def _to_tensorboard(run: RunDir, folder: Path) -> WrittenFile:
    from engine.export import event_file

    curves = event_file.write_events(run, folder)
    path = str(folder / event_file.FILE)
    found = {"file": path, "reports": curves.reports, "tags": list(curves.tags)}
    sentence = export_numbers_text.wrote_events(path, len(curves.tags), str(folder))
    return WrittenFile("tensorboard", found, sentence)
