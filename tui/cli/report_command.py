"""`cnn-tui report`: a report on a run, or on several, as one file that a browser shows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.errors import UsageError
from tui.cli import report_command_text
from tui.cli.engine_answers import answers_of
from tui.cli.options import json_option, replace_option, runs_argument, runs_option
from tui.cli.printed_json import print_object
from tui.cli.taken_run import tell_if_elsewhere

if TYPE_CHECKING:
    from engine.run.run_paths import RunDir


@click.command(help=report_command_text.HELP)
@runs_argument
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
    runs: tuple[str, ...],
    output: Path | None,
    no_images: bool,
    pictures: Path | None,
    force: bool,
    as_json: bool,
    runs_dir: Path,
) -> None:
    from engine.protocol.answers import Written
    from engine.report import report_target
    from engine.run.target_files import target_file
    from engine.start import report_requests

    found = [run for selector in runs or ("",) for run in _found(runs_dir, selector)]
    _check_different(found)
    target = output or report_requests.usual_file(found)
    report_target.check(target, pictures, force=force)
    with target_file(target) as file:
        request = report_requests.report(found, file.temporary, pictures, images=not no_images)
        with answers_of(request, report_command_text.STOPPED) as answers:
            for answer in answers:
                assert isinstance(answer, Written)
                file.keep()
                _tell(target.absolute(), answer.bytes, as_json=as_json)


def _found(runs_dir: Path, selector: str) -> list[RunDir]:
    """Raises RunError."""
    from engine.run import run_search

    if runs := run_search.of_race(runs_dir, selector):
        return runs
    run = run_search.find(runs_dir, selector)
    tell_if_elsewhere(run, runs_dir, selector)
    return [run]


def _check_different(runs: Sequence[RunDir]) -> None:
    """Raise UsageError where a run is named twice."""
    known = set[Path]()
    for run in runs:
        if run.path.resolve() in known:
            raise UsageError(report_command_text.named_twice(run.label))
        known.add(run.path.resolve())


def _tell(path: Path, length: int, *, as_json: bool) -> None:
    """Print what was written for a person, or as one JSON object."""
    if as_json:
        print_object({"file": str(path), "bytes": length})
    else:
        click.echo(report_command_text.written(path, length))
