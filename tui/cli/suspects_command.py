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
    from engine.suspicion.repeated_images import RepeatedImages
    from engine.suspicion.run_suspects import RunSuspects


@click.command(help=suspects_text.HELP)
@run_argument
@click.option("--validation", is_flag=True, help=suspects_text.HELP_VALIDATION)
@click.option("--count", type=click.IntRange(1), metavar="N", help=suspects_text.HELP_COUNT)
@json_option
@runs_option
def suspects(run: str, validation: bool, count: int | None, as_json: bool, runs_dir: Path) -> None:
    import msgspec

    from engine.run import image_names, run_search
    from engine.suspicion import repeated_images, run_suspects
    from engine.suspicion.inspecting_command import inspecting_command

    found = run_search.find_readable(runs_dir, run)
    tell_if_elsewhere(found, runs_dir, run)
    kept = image_names.read(found)
    among = run_suspects.among(found, "validation" if validation else "training", kept)
    listed = msgspec.structs.replace(among, suspects=among.suspects[: count or among.first])
    names, repeated = run_suspects.names(listed, kept), repeated_images.of_run(found, kept)
    if as_json:
        print_object(_plain(found, listed, names) | _plain_repeated(repeated))
        return
    from tui.cli.suspect_table import print_hint, print_repeated, print_suspects

    command = inspecting_command(found)
    if repeated is not None:
        print_repeated(repeated, command)
    print_suspects(found.label, listed, names)
    # Who has decided on labels has looked; without names, nobody knows which images the run had.
    if repeated is None and names is not None and not found.decisions.exists():
        print_hint(command)


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
        "left_out": listed.left_out,
        "suspects": rows,
    }


def _plain_repeated(found: RepeatedImages | None) -> dict[str, object]:
    if found is None:
        return {"repeated": None, "more_repeated": None}
    groups = [
        {
            "kind": group.kind,
            "count": group.count,
            "images": [image._asdict() for image in group.images],
        }
        for group in found.repeated
    ]
    return {"repeated": groups, "more_repeated": found.more}
