"""`cnn-tui suspects`: the images of a run whose label a person should look at."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tui.cli import suspects_text
from tui.cli.options import json_option, run_argument, runs_option
from tui.cli.printed_json import print_object
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
    names = run_suspects.names(found, listed)
    if as_json:
        print_object(_plain(found, listed, names))
    else:
        from tui.cli.suspect_table import print_suspects

        print_suspects(found.label, listed, names)


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
