"""Prints images whose label is doubtful as a table."""

from __future__ import annotations

from collections.abc import Sequence

import click

from engine import numbers
from engine.suspicion import list_text, suspicion_text
from engine.suspicion.repeated_images import RepeatedImages
from engine.suspicion.run_suspects import RunSuspects
from engine.suspicion.suspects import Suspect
from tui.cli.fitted_columns import TableColumn
from tui.cli.tables import print_table

# The shortest names that still tell images and classes apart.
SHORTEST_NAME, SHORTEST_CLASS = 24, 10
# So many groups of equal images are listed.
GROUPS = 10


def print_repeated(found: RepeatedImages, command: str) -> None:
    """What stands twice in the data, if anything; the command lists all of it."""
    if not found.repeated:
        return
    click.echo(suspicion_text.repeated(found))
    shown = found.first(GROUPS)
    for group in shown.repeated:
        click.echo(f"  {suspicion_text.repeated_group(group)}")
    if shown.more:
        click.echo(f"  {suspicion_text.more_repeated(shown.more, command)}")
    click.echo()


def print_hint(command: str) -> None:
    """The command that looks for what stands twice, where nobody has."""
    click.echo(click.style(suspicion_text.nobody_looked(command), dim=True))


def print_suspects(run: str, listed: RunSuspects, names: Sequence[str] | None) -> None:
    """What is said of all images, then the listed ones, by their names or else their indices."""
    for sentence in _told(run, listed):
        click.echo(sentence)
    if not listed.suspects:
        return
    click.echo()
    known = names or [list_text.image_number(suspect.index) for suspect in listed.suspects]
    rows = [
        (str(rank), name, *_cells(suspect, listed))
        for rank, (suspect, name) in enumerate(zip(listed.suspects, known, strict=True), 1)
    ]
    print_table(_columns(listed.suspects[0]), rows)
    click.echo(f"\n{list_text.look_at(listed.first, len(listed.suspects))}")


def _told(run: str, listed: RunSuspects) -> list[str]:
    left_out = [suspicion_text.left_out(listed.left_out)] if listed.left_out else []
    if listed.standing is None or listed.since_epoch is None:
        right = [] if listed.suspects else [list_text.NO_MISTAKES]
        return [suspicion_text.judged(run, listed.epoch), *right, *left_out]
    counted = suspicion_text.counted(run, listed.since_epoch, listed.epoch)
    return [suspicion_text.told(listed.standing), counted, *left_out]


def _columns(first: Suspect) -> list[TableColumn]:
    """The columns for images of this kind; a narrow terminal leaves out the last ones."""
    sure = list_text.AHEAD if first.held_probability is None else list_text.SURE
    since = [] if first.agreed is None else [TableColumn(list_text.SINCE, rank=3)]
    return [
        TableColumn(list_text.RANK, numeric=True),
        TableColumn(list_text.IMAGE, least=SHORTEST_NAME),
        TableColumn(list_text.GIVEN, rank=1, least=SHORTEST_CLASS),
        TableColumn(list_text.HELD, rank=1, least=SHORTEST_CLASS),
        TableColumn(sure, numeric=True, rank=2),
        *since,
    ]


def _cells(suspect: Suspect, listed: RunSuspects) -> tuple[str, ...]:
    """Both classes, how sure the network is of the other one; of a training image, since when."""
    given, held = (listed.classes[number] for number in (suspect.given, suspect.held))
    since = list_text.since(suspect.agreed, listed.epoch)
    return given, held, numbers.share(suspect.sure), *([since] if since else [])
