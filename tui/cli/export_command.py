"""`cnn-tui export`: files of a run for other programs."""

from __future__ import annotations

import json
from pathlib import Path

import click

from engine.errors import UsageError
from tui.cli import export_numbers_text
from tui.cli.options import json_option, runs_option

_FILE = click.Path(path_type=Path)


@click.command(help=export_numbers_text.HELP_EXPORT)
@click.argument("run")
@click.option("--csv", type=_FILE, metavar="FILE", help=export_numbers_text.HELP_CSV)
@click.option(
    "--tensorboard", type=_FILE, metavar="FOLDER", help=export_numbers_text.HELP_TENSORBOARD
)
@click.option("--force", is_flag=True, help=export_numbers_text.HELP_REPLACE)
@json_option
@runs_option
def export(
    run: str,
    csv: Path | None,
    tensorboard: Path | None,
    force: bool,
    as_json: bool,
    runs_dir: Path,
) -> None:
    from engine.run import run_search
    from tui.cli import export_numbers

    if csv is None and tensorboard is None:
        raise UsageError(export_numbers_text.NOTHING)
    found = run_search.find(runs_dir, run)
    export_numbers.check(csv, tensorboard, force=force)
    for note in export_numbers.notes(found):
        click.echo(f"cnn-tui: {note}", err=True)
    written = {}
    if csv is not None:
        written["csv"] = export_numbers.to_csv(found, csv)
    if tensorboard is not None:
        written["tensorboard"] = export_numbers.to_tensorboard(found, tensorboard)
    if as_json:
        click.echo(json.dumps({key: value for key, (_, value) in written.items()}, indent=2))
    else:
        for sentence, _ in written.values():
            click.echo(sentence)
