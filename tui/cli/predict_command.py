"""`cnn-tui predict`: the classes of images, by a trained network."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.errors import RunError, UsageError
from tui.cli import predict_text
from tui.cli.engine_answers import answers_of
from tui.cli.options import (
    ascii_option,
    computing_option,
    named,
    own_network_option,
    runs_option,
)
from tui.cli.stderr_lines import say
from tui.cli.taken_run import tell_if_elsewhere

if TYPE_CHECKING:
    from engine.protocol.requests import Predict
    from tui.cli.prediction_output import Output

# The largest image that comes through a pipe.
MOST_BYTES = 500_000_000


@click.command("predict", help=predict_text.HELP)
@click.argument("run", metavar="RUN|FILE", callback=named)
@click.argument("images", metavar="IMAGE|FOLDER|- …", nargs=-1, required=True)
@click.option(
    "--top",
    type=click.IntRange(min=1),
    default=5,
    show_default=True,
    metavar="N",
    help=predict_text.HELP_TOP,
)
@click.option("--json", "as_json", is_flag=True, help=predict_text.HELP_JSON)
@click.option("--csv", "as_csv", is_flag=True, help=predict_text.HELP_CSV)
@click.option("--unsure", metavar="P", help=predict_text.HELP_UNSURE)
@own_network_option
@computing_option
@runs_option
@ascii_option
def predict(
    run: str,
    images: tuple[str, ...],
    top: int,
    as_json: bool,
    as_csv: bool,
    unsure: str | None,
    arch: str,
    device: str,
    runs_dir: Path,
    ascii_only: bool,
) -> None:
    from engine.protocol.requests import STDIN, Predict
    from engine.run import conditions
    from engine.run.saved_file import find_saved

    if as_json and as_csv:
        raise UsageError(predict_text.ONE_FORM)
    threshold = None if unsure is None else conditions.parse_share("--unsure", unsure)
    _check_order(run, images, runs_dir)
    _check(images, device)
    saved = find_saved(run, runs_dir)
    tell_if_elsewhere(saved.run, runs_dir, run)
    form = "json" if as_json else "csv" if as_csv else "rows"
    output = _output(form, threshold, top, ascii_only=ascii_only)
    wanted = Predict(
        saved=os.fsencode(saved.path),
        places=tuple(map(os.fsencode, images)),
        content=_content() if STDIN in images else b"",
        arch=arch,
        device=device,
        top=top,
        pictures=output.shows_pictures,
        unsure=threshold,
    )
    if _print(wanted, output):
        raise click.exceptions.Exit(1)


def _output(form: str, unsure: float | None, top: int, *, ascii_only: bool) -> Output:
    """What prints JSON or CSV, or rows for a person."""
    from tui.cli.prediction_output import CsvLines, JsonLines
    from tui.cli.prediction_report import Report

    match form:
        case "json":
            return JsonLines(unsure)
        case "csv":
            return CsvLines(unsure, top)
    return Report(unsure, ascii_only=ascii_only)


def _check_order(first: str, places: Iterable[str], runs_dir: Path) -> None:
    """Raises UsageError where images stand first, and then a run."""
    from engine.protocol.requests import STDIN
    from engine.run import run_search

    if not _holds_images(first):
        return
    for place in places:
        if place != STDIN and (_is_run(place) or not os.path.exists(place)):
            with contextlib.suppress(RunError):
                if run_search.look_for(runs_dir, place) is not None:
                    raise UsageError(predict_text.run_first(place, first))


def _holds_images(place: str) -> bool:
    from engine.data.stored.image_kinds import kind_by_name

    is_image = os.path.isfile(place) and kind_by_name(place) is not None
    return is_image or (os.path.isdir(place) and not _is_run(place))


def _is_run(place: str) -> bool:
    from engine.run.run_at_path import run_at

    return run_at(Path(place)) is not None


def _check(images: tuple[str, ...], device: str) -> None:
    """Raises UsageError for what can be seen to be wrong at once."""
    from engine.protocol.requests import STDIN
    from engine.recipes.recipe import DEVICE_PATTERN

    if not re.match(DEVICE_PATTERN, device):
        raise UsageError(predict_text.unknown_device(device))
    missing = [place for place in images if place != STDIN and not os.path.exists(place)]
    if missing:
        raise UsageError(predict_text.missing(missing))
    for place in images:
        if place != STDIN and not (os.path.isfile(place) or os.path.isdir(place)):
            raise UsageError(predict_text.no_file(place))


def _content() -> bytes:
    """The image that comes through a pipe."""
    if sys.stdin and sys.stdin.isatty():
        raise UsageError(predict_text.STDIN_IS_TERMINAL)
    content = sys.stdin.buffer.read(MOST_BYTES + 1) if sys.stdin else b""
    if not content:
        raise UsageError(predict_text.STDIN_IS_EMPTY)
    if len(content) > MOST_BYTES:
        raise UsageError(predict_text.stdin_too_large(MOST_BYTES))
    return content


def _print(wanted: Predict, output: Output) -> int:
    """Print what is predicted. Returns how many images cannot be read."""
    from engine.protocol.predicted import Judging, Predicted, Unreadable
    from engine.start import network_requests

    unreadable = 0
    with answers_of(network_requests.predictions(wanted), predict_text.STOPPED) as messages:
        for message in messages:
            if isinstance(message, Judging):
                output.begin(message)
            elif isinstance(message, Predicted):
                output.take(message)
            elif isinstance(message, Unreadable):
                unreadable += 1
                _tell(os.fsdecode(message.file), message.why)
    output.end(unreadable)
    return unreadable


def _tell(file: str, why: str) -> None:
    from engine.protocol.requests import STDIN

    piped = file == STDIN
    said = predict_text.stdin_unreadable(why) if piped else predict_text.unreadable(file, why)
    say(f"cnn-tui: {said}")
