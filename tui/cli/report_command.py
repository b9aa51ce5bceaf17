"""`cnn-tui report`: a report on a run, as one file that a browser shows."""

from __future__ import annotations

from pathlib import Path

import click

from tui.cli import report_command_text
from tui.cli.engine_answers import answers_of
from tui.cli.options import json_option, run_argument, runs_option
from tui.cli.printed_json import print_object


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
@click.option("--force", is_flag=True, help=report_command_text.HELP_FORCE)
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
    from engine.run import run_search
    from engine.start import report_request

    found = run_search.find(runs_dir, run)
    target = output or Path(f"{found.label}.html")
    request = report_request.report(found, target, pictures, images=not no_images, force=force)
    with answers_of(request, report_command_text.STOPPED) as answers:
        for answer in answers:
            if isinstance(answer, Written):
                if as_json:
                    print_object({"file": answer.path, "bytes": answer.bytes})
                else:
                    click.echo(report_command_text.written(answer.path, answer.bytes))
