"""`cnn-tui export`: the network of a run, and its numbers, in files for other programs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.errors import UsageError
from tui.cli import export_command_text, export_networks, export_numbers
from tui.cli.export_networks import network_options
from tui.cli.export_numbers import number_options
from tui.cli.options import (
    json_option,
    named,
    own_network_option,
    replace_option,
    runs_option,
)
from tui.cli.printed_json import print_object
from tui.cli.taken_run import tell_if_elsewhere
from tui.cli.written_file import WrittenFile

if TYPE_CHECKING:
    from engine.run.run_paths import RunDir


@click.command(help=export_command_text.HELP)
@click.argument("source", default="", metavar="[RUN|FILE]", callback=named)
@network_options
@click.option("--raw", is_flag=True, help=export_command_text.HELP_RAW)
@own_network_option
@number_options
@replace_option
@json_option
@runs_option
def export(
    source: str,
    raw: bool,
    arch: str,
    csv: Path | None,
    tensorboard: Path | None,
    force: bool,
    as_json: bool,
    runs_dir: Path,
    **files: Path | None,
) -> None:
    networks = export_networks.given_files(files)
    if not networks and csv is None and tensorboard is None:
        raise UsageError(export_command_text.NOTHING)
    run: RunDir | None = None
    parts: list[Iterator[WrittenFile]] = []
    if networks or raw or arch:
        from engine.run.saved_file import find_saved

        saved = find_saved(source, runs_dir)
        run = saved.run
        export_networks.check(networks, saved, raw=raw, force=force)
        parts.append(export_networks.write(networks, saved, raw, arch))
    if csv is not None or tensorboard is not None:
        from engine.run.run_search import find_readable

        run = find_readable(runs_dir, source)
        export_numbers.check(csv, tensorboard, force=force)
        parts.append(export_numbers.write(run, csv, tensorboard))
    tell_if_elsewhere(run, runs_dir, source)
    _tell((file for part in parts for file in part), as_json)


def _tell(files: Iterator[WrittenFile], as_json: bool) -> None:
    """Print each file as it is written, or all of them as one object."""
    written = {}
    for file in files:
        written[file.option] = file.found
        if not as_json:
            click.echo(file.sentence)
    if as_json:
        print_object(written)
