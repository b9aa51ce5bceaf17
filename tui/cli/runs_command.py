"""`cnn-tui runs`: the runs of a folder as a table, or as lines of JSON."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from engine.errors import UsageError
from tui.cli import runs_text
from tui.cli.options import json_option, runs_option

if TYPE_CHECKING:
    from engine.run.conditions import Condition
    from tui.viewer.run_summary import RunSummary


class Selection(NamedTuple):
    """Which runs are asked for: a condition, a column to sort by, and how many at most."""

    condition: str | None
    order: str | None
    limit: int | None


@click.command(help=runs_text.HELP)
@click.option("--filter", "condition", metavar="CONDITION", help=runs_text.HELP_FILTER)
@click.option("--sort", "order", metavar="[-]COLUMN", help=runs_text.HELP_SORT)
@click.option("--columns", metavar="A,B,C", help=runs_text.HELP_COLUMNS)
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help=runs_text.HELP_LIMIT)
@click.option("--trash", is_flag=True, help=runs_text.HELP_TRASH)
@json_option
@runs_option
def runs(
    condition: str | None,
    order: str | None,
    columns: str | None,
    limit: int | None,
    trash: bool,
    as_json: bool,
    runs_dir: Path,
) -> None:
    from engine.run import run_trash

    folder = run_trash.trash_of(runs_dir) if trash else runs_dir
    selection = Selection(condition, order, limit)
    if as_json:
        if columns is not None:
            raise UsageError(runs_text.COLUMNS_OF_JSON)
        _print_json(folder, selection)
    else:
        _print_table(folder, selection, columns)


def selected(folder: Path, selection: Selection) -> Iterator[RunSummary]:
    """The runs that are asked for; unless they are sorted, each as soon as it is known.

    Raises UsageError for a condition that is none, and for an unknown column.
    """
    from tui.viewer import run_selection
    from tui.viewer.run_index import RunIndex

    now = time.time()
    condition: Condition | None = None
    if selection.condition is not None:
        condition = run_selection.parse(selection.condition)
    if selection.order is not None:
        run_selection.in_order([], selection.order, now)
    found: Iterable[RunSummary] = RunIndex(folder).stream()
    if condition is not None:
        found = run_selection.holding(found, condition, now)
    if selection.order is not None:
        found = run_selection.in_order([*found], selection.order, now)
    return itertools.islice(found, selection.limit)


def _print_json(folder: Path, selection: Selection) -> None:
    from tui.cli.printed_json import print_line

    shown = 0
    for run in selected(folder, selection):
        print_line(run)
        shown += 1
    if not shown and selection.condition is not None:
        none(folder, selection)  # raises for a name that no run has


def _print_table(folder: Path, selection: Selection, columns: str | None) -> None:
    from tui.cli import run_notices, run_table
    from tui.viewer import run_columns

    names = run_columns.USUAL if columns is None else columns.split(",")
    chosen = [run_columns.column(name.strip()) for name in names]
    found = selected(folder, selection)
    shown = [*run_table.printed(found, chosen, chosen=columns is not None)]
    for line in run_notices.below(shown) if shown else [none(folder, selection)]:
        click.echo(line)


def none(folder: Path, selection: Selection) -> str:
    """Why there is no run to show. Raises UsageError for a name that no run has."""
    from engine.run import run_search, run_text
    from engine.run.run_paths import TRASH
    from tui.viewer import run_selection
    from tui.viewer.run_index import RunIndex

    if not run_search.list_runs(folder):
        is_trash = folder.name == TRASH
        return (runs_text.empty_trash if is_trash else run_text.no_runs)(folder)
    assert selection.condition is not None  # it leaves out each run
    condition = run_selection.parse(selection.condition)
    every = [*RunIndex(folder).stream()]
    run_selection.check_names(every, condition)
    meant = run_selection.whole_words(every, condition, time.time())
    return runs_text.none_meets(selection.condition, meant)
