"""`cnn-tui export`: files of a run for other programs."""

from __future__ import annotations

import json
from pathlib import Path

import click

from engine.errors import UsageError
from tui.cli import export_numbers, export_numbers_text
from tui.cli.export_numbers import number_options
from tui.cli.options import json_option, named, runs_option


@click.command(help=export_numbers_text.HELP_EXPORT)
@click.argument("run", callback=named)
@number_options
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

    if csv is None and tensorboard is None:
        raise UsageError(export_numbers_text.NOTHING)
    found = run_search.find_readable(runs_dir, run)
    export_numbers.check(csv, tensorboard, force=force)
    written = {}
    for file in export_numbers.write(found, csv, tensorboard):
        written[file.key] = file.found
        if not as_json:
            click.echo(file.sentence)
    if as_json:
        click.echo(json.dumps(written, indent=2))
