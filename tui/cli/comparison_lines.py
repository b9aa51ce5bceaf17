"""Prints several trainings side by side."""

from __future__ import annotations

from collections.abc import Iterable

import click
from rich.console import Console
from rich.text import Text

from engine.comparison import comparison_tables
from engine.comparison import comparison_text as words
from engine.comparison.compared_pairs import PairImages
from engine.comparison.comparison import Comparison
from engine.comparison.comparison_tables import ComparisonTable
from tui.cli.fitted_columns import TableColumn
from tui.cli.tables import print_table

# The shortest names that still tell trainings apart, and groups of them.
SHORTEST_NAME, SHORTEST_GROUP = 12, 28


def print_comparison(found: Comparison) -> None:
    """Tables of results, of folded seeds and of paired tests, and what the tests say."""
    _print(comparison_tables.results_table(found))
    if groups := comparison_tables.groups_table(found):
        click.echo()
        _print(groups, SHORTEST_GROUP)
        click.echo(words.FOLDED)
        _print_lines(filter(None, [comparison_tables.told_recipes(found)]))
    _print_tests(found)
    if accuracies := comparison_tables.accuracies_table(found):
        click.echo()
        _print(accuracies)
        click.echo(words.ACCURACIES_ARE)
    if found.images is not None:
        _print_images(found, found.images)
    _print_lines(comparison_tables.untested(found))


def _print_tests(found: Comparison) -> None:
    if table := comparison_tables.pairs_table(found):
        click.echo()
        _print(table)
    if matrix := comparison_tables.matrix_table(found):
        click.echo()
        _print(matrix)
        click.echo(words.MATRIX_MEANS)
    if said := comparison_tables.told_pairs(found):
        _print_lines([*said, "", words.ONE_NETWORK])


def _print_images(found: Comparison, images: PairImages) -> None:
    """Where two trainings differ: classes, and images by their index."""
    if not images.classes:
        return
    click.echo()
    _print(comparison_tables.classes_table(images.classes))
    _print_lines(comparison_tables.told_images(found))


def _print_lines(lines: Iterable[str]) -> None:
    """Sentences after a blank line; a terminal wraps them between words."""
    if said := [*lines]:
        console = Console(highlight=False)
        text = "\n".join(["", *said])
        if console.is_terminal:
            console.print(Text(text))
        else:
            click.echo(text)


def _print(table: ComparisonTable, least: int = SHORTEST_NAME) -> None:
    """Names shrink in a narrow terminal; then it leaves out the last columns."""
    print_table(
        [
            TableColumn(head.title, head.numeric, i, None if head.numeric else least)
            for i, head in enumerate(table.columns)
        ],
        table.rows,
    )
