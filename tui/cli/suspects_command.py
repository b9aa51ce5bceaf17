"""`cnn-tui suspects`: the images of a run whose label a person should look at."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.errors import EngineError
from tui.cli import suspects_text
from tui.cli.options import json_option, run_argument, runs_option
from tui.cli.printed_json import print_object
from tui.cli.stderr_lines import say
from tui.cli.taken_run import tell_if_elsewhere

if TYPE_CHECKING:
    from engine.run.run_paths import RunDir
    from engine.suspicion.run_suspects import RunSuspects


@click.command(help=suspects_text.HELP)
@run_argument
@click.option("--validation", is_flag=True, help=suspects_text.HELP_VALIDATION)
@json_option
@runs_option
def suspects(run: str, validation: bool, as_json: bool, runs_dir: Path) -> None:
    from engine.run import run_search
    from engine.suspicion import run_suspects

    found = run_search.find_readable(runs_dir, run)
    tell_if_elsewhere(found, runs_dir, run)
    among = run_suspects.among_validation if validation else run_suspects.among_training
    listed = among(found)
    names = _names(found, listed)
    if as_json:
        print_object(_plain(found, listed, names))
    else:
        from tui.cli.suspect_table import print_suspects

        print_suspects(found.label, listed, names)


def _names(run: RunDir, listed: RunSuspects) -> Sequence[str] | None:
    """The names of the listed images in the data set; None where they are not found, which is told.

    Raises UsageError for a recipe that cannot be read.
    """
    from engine.protocol.requests import NameImages
    from engine.recipes.recipe_building import read_recipe
    from engine.run.kept_decisions import with_kept
    from engine.start import data_requests

    if not listed.suspects:
        return None
    wanted = NameImages(
        recipe=with_kept(read_recipe(run.recipe), run),
        code=os.fsencode(run.data_code),
        split=listed.split,
        digest=listed.digest,
        indices=tuple(suspect.index for suspect in listed.suspects),
    )
    try:
        names = data_requests.image_names(wanted).answer().names
    except EngineError as error:
        say(f"cnn-tui: {suspects_text.unnamed(str(error))}")
        return None
    if names is None:
        say(f"cnn-tui: {suspects_text.OTHER_IMAGES}")
        return None
    return [os.fsdecode(name) for name in names]


def _plain(run: RunDir, listed: RunSuspects, names: Sequence[str] | None) -> dict[str, object]:
    """The object that is printed, with classes by their names."""
    import msgspec

    known: Sequence[str | None] = names or [None] * len(listed.suspects)
    rows = [
        {
            **msgspec.to_builtins(suspect),
            "name": name,
            "given": listed.classes[suspect.given],
            "held": listed.classes[suspect.held],
        }
        for suspect, name in zip(listed.suspects, known, strict=True)
    ]
    return {
        "run": run.label,
        "split": listed.split,
        "epoch": listed.epoch,
        "since_epoch": listed.since_epoch,
        "standing": listed.standing,
        "suspects": rows,
    }
