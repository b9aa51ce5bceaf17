"""Prints tables of models, data sets, recipes and logs with rich."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Iterable, Sequence
from typing import Literal

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from engine.catalog import datasets as catalog
from engine.logs.log_search import FoundLog, FoundLogs
from engine.numbers import size
from engine.recipes import presets
from engine.text import harmless
from tui import shared_text
from tui.cli import cli_text
from tui.cli.fitted_columns import TableColumn, fit_columns, table_width, widest_cells
from tui.drawing import architecture_list
from tui.drawing.dataset_availability import availability
from tui.viewer import log_list

# Narrower prose is hard to read.
NARROWEST_PROSE = 32


def print_table(columns: Sequence[TableColumn], rows: Iterable[Iterable[str]]) -> None:
    """Print a table at most as wide as the terminal; a pipe or a file gets all columns."""
    written = [[harmless(cell) for cell in row] for row in rows]
    terminal = Console()
    room = terminal.width if terminal.is_terminal else sys.maxsize
    kept, widths = fit_columns(columns, widest_cells(columns, written), room)
    table = Table(box=SIMPLE_HEAD, header_style="dim", pad_edge=False, show_edge=False)
    for i in kept:
        column = columns[i]
        justify: Literal["left", "right"] = "right" if column.numeric else "left"
        table.add_column(column.title, justify=justify, no_wrap=not column.prose, width=widths[i])
    for row in written:
        table.add_row(*(Text(row[i]) for i in kept))
    Console(width=table_width([widths[i] for i in kept])).print(table)
    if left_out := [column.title for i, column in enumerate(columns) if i not in kept]:
        click.echo(cli_text.left_out(left_out))


def models() -> None:
    """The architectures, with parameters and multiply-accumulates for 3×32×32 and 10 classes."""
    known = architecture_list.matching(shared_text.BY_FAMILY, "")
    columns = architecture_list.columns(known, architecture_list.CIFAR10)[:-1]
    news = TableColumn(cli_text.NEWS_COLUMN, rank=len(columns), least=NARROWEST_PROSE, prose=True)
    print_table(
        [*(TableColumn(c.heading, c.right, c.rank) for c in columns), news],
        [(*(column.texts[i] for column in columns), a.new) for i, a in enumerate(known)],
    )
    shape = architecture_list.CIFAR10
    images = f"{shape.channels}×{shape.size}×{shape.size}"
    legend = f"{cli_text.counted_for(images, shape.classes)}\n{cli_text.RESULTS}"
    Console().print(Text(legend))


def datasets(data_dir: str) -> None:
    """The data sets, and whether they are on this disk."""
    columns = [TableColumn(t, numeric) for t, numeric in cli_text.DATA_COLUMNS]
    name, images, shape, classes, on_disk, source = columns
    source = source._replace(rank=3, least=NARROWEST_PROSE, prose=True)
    print_table(
        [name, images, shape._replace(rank=1), classes._replace(rank=2), on_disk, source],
        (
            (
                d.key,
                f"{d.train_images:,} + {d.test_images:,}",
                f"{d.channels}×{d.size}×{d.size}",
                str(len(d.classes)),
                availability(d, data_dir),
                d.source,
            )
            for d in catalog.DATASETS.values()
        ),
    )


def recipes() -> None:
    """The presets."""
    name, purpose = [TableColumn(t, numeric) for t, numeric in cli_text.RECIPE_COLUMNS]
    purpose = purpose._replace(least=NARROWEST_PROSE, prose=True)
    print_table([name, purpose], presets.CHOICES.items())


def logs(found: FoundLogs) -> None:
    """The logs below a folder, live ones first, each with the command that shows it."""
    now = time.time()
    columns = [TableColumn(title, numeric) for title, numeric in cli_text.LOG_COLUMNS]
    print_table(columns, (_log_row(log, now) for log in log_list.ordered(found.logs, now)))
    if not found.whole:
        click.echo(cli_text.PART_OF_LOGS)


def _log_row(log: FoundLog, now: float) -> tuple[str, ...]:
    command = shlex.join(["cnn-tui", "attach", str(log.path)])
    return command, log_list.kind(log), size(log.bytes), log_list.grew(log, now)
