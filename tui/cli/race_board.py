"""Prints the leader board of a race."""

from __future__ import annotations

from pathlib import Path

import click

from engine.numbers import duration, percent
from engine.racing.leader_board import Board, Standing
from tui.cli.fitted_columns import TableColumn
from tui.cli.tables import print_table
from tui.drawing import race_rows_text as words

SHORTEST_RECIPE = 16


def print_board(board: Board, runs_dir: Path) -> None:
    """A line on the race, a row for each recipe, best first, and in the end which is the best."""
    click.echo(words.head(board))
    several = board.race.seeds > 1
    columns = [
        TableColumn("", numeric=True),
        TableColumn(words.RECIPE, least=SHORTEST_RECIPE),
        TableColumn(words.TOP1, numeric=True),
        *([TableColumn(words.DEVIATION, numeric=True, rank=1)] if several else []),
        TableColumn(words.RUNS),
        TableColumn(words.EPOCHS, numeric=True, rank=2),
        TableColumn(words.TIME, numeric=True, rank=3),
    ]
    rows = enumerate(board.standings, start=1)
    print_table(columns, (_row(place, standing, several=several) for place, standing in rows))
    for failure in words.failures(board):
        click.echo(failure)
    if gone := words.gone(board):
        click.echo(gone)
    for sentence in words.conclusions(board, runs_dir):
        click.echo(sentence)


def _row(place: int, standing: Standing, *, several: bool) -> tuple[str, ...]:
    rows = standing.rows
    deviation = "" if standing.deviation is None else percent(standing.deviation)
    return (
        str(place),
        words.recipe(standing),
        "" if standing.mean is None else percent(standing.mean),
        *([deviation] if several else []),
        words.states(rows),
        words.epochs(rows),
        duration(sum(row.elapsed for row in rows)),
    )
