"""`cnn-tui report`: a report on a run, as one file that a browser shows."""

from __future__ import annotations

import os
from pathlib import Path

import click

from tui.cli import report_command_text
from tui.cli.engine_answers import answers_of
from tui.cli.options import json_option, replace_option, run_argument, runs_option
from tui.cli.printed_json import print_object
from tui.cli.taken_run import tell_if_elsewhere


@click.command(help=report_command_text.HELP)
@run_argument
@click.option(
    "--output", "-o", type=click.Path(path_type=Path), metavar="FILE",
    help=report_command_text.HELP_OUTPUT,
)  # fmt: skip
@click.option("--no-images", is_flag=True, help=report_command_text.HELP_NO_IMAGES)
@click.option(
    "--pictures", type=click.Path(path_type=Path), metavar="FOLDER",
    help=report_command_text.HELP_PICTURES,
)  # fmt: skip
@replace_option
@json_option
@runs_option
def report(
    run: str,
    output: Path | None,
    no_images: bool,
    pictures: Path | None,
    force: bool,
    as_json: bool,
    runs_dir: Path,
) -> None:
    from engine.protocol.answers import Written
    from engine.protocol.requests import Report
    from engine.recipes import watched_recipe
    from engine.recipes.recipe import Recipe
    from engine.recipes.recipe_building import read_recipe
    from engine.report import report_target
    from engine.run import run_search
    from engine.run.target_files import target_file
    from engine.start import network_requests

    found = run_search.find(runs_dir, run)
    tell_if_elsewhere(found, runs_dir, run)
    target = output or Path(f"{found.label}.html")
    report_target.check(target, pictures, force=force)
    with target_file(target) as file:
        wanted = Report(
            run=os.fsencode(found.path.resolve()),
            target=os.fsencode(file.temporary.absolute()),
            pictures=os.fsencode(pictures.absolute()) if pictures is not None else b"",
            images=not no_images,
        )
        program = watched_recipe.watched_program(found.recipe)
        recipe = read_recipe(found.recipe) if program is None else Recipe()
        request = network_requests.report(wanted, recipe)
        with answers_of(request, report_command_text.STOPPED) as answers:
            for answer in answers:
                assert isinstance(answer, Written)
                file.keep()
                _tell(target.absolute(), answer.bytes, as_json=as_json)


def _tell(path: Path, length: int, *, as_json: bool) -> None:
    """Print what was written for a person, or as one JSON object."""
    if as_json:
        print_object({"file": str(path), "bytes": length})
    else:
        click.echo(report_command_text.written(path, length))
