"""Prints tables of models, data sets, recipes and runs with rich."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import click
from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from engine.catalog import datasets as catalog
from engine.logs.log_search import FoundLog, FoundLogs
from engine.numbers import duration, size
from engine.recipes import presets
from engine.run import run_liveness, run_search, run_text
from engine.run.run_paths import RunDir
from engine.text import harmless
from tui import shared_text
from tui.cli import cli_text
from tui.drawing import architecture_list
from tui.drawing.dataset_availability import availability
from tui.viewer import log_list, run_list, viewer_text
from tui.viewer.run_summary import RunSummary, summarize

# Cells between two columns.
BETWEEN = 3
# Narrower prose is hard to read, and a shorter name says too little.
NARROWEST_PROSE, SHORTEST_NAME = 32, 12


class TableColumn(NamedTuple):
    """A heading, and how the column shrinks in a narrow terminal.

    The column with the highest `rank` is left out first; among equal ranks, the last one. The first
    column always stays. A column with `least` can shrink to that many cells: prose is wrapped,
    other text is cut.
    """

    title: str
    numeric: bool = False
    rank: int = 0
    least: int | None = None
    prose: bool = False


def print_table(columns: Sequence[TableColumn], rows: Iterable[Iterable[str]]) -> None:
    """Print a table at most as wide as the terminal; a pipe or a file gets all columns."""
    written = [[harmless(cell) for cell in row] for row in rows]
    by_column = zip(*([column.title for column in columns], *written), strict=True)
    widths = [max(map(cell_len, cells)) for cells in by_column]
    terminal = Console()
    room = terminal.width if terminal.is_terminal else sys.maxsize
    kept, widths = fit_columns(columns, widths, room)
    table = Table(box=SIMPLE_HEAD, header_style="dim", pad_edge=False, show_edge=False)
    for i in kept:
        column = columns[i]
        justify: Literal["left", "right"] = "right" if column.numeric else "left"
        table.add_column(column.title, justify=justify, no_wrap=not column.prose, width=widths[i])
    for row in written:
        table.add_row(*(Text(row[i]) for i in kept))
    Console(width=_width([widths[i] for i in kept])).print(table)
    if left_out := [column.title for i, column in enumerate(columns) if i not in kept]:
        click.echo(cli_text.left_out(left_out))


def fit_columns(
    columns: Sequence[TableColumn], widths: Sequence[int], room: int
) -> tuple[list[int], list[int]]:
    """The indices of the columns that fit into `room` cells, and the widths of all columns.

    Spare cells go to the first column that has shrunk, then to the next.
    """
    fitted = [
        w if c.least is None else min(c.least, w) for c, w in zip(columns, widths, strict=True)
    ]
    kept = list(range(len(columns)))
    optional = sorted(kept[1:], key=lambda i: columns[i].rank)
    while optional and _width([fitted[i] for i in kept]) > room:
        kept.remove(optional.pop())
    for i in kept:
        spare = max(0, room - _width([fitted[j] for j in kept]))
        fitted[i] = min(widths[i], fitted[i] + spare)
    return kept, fitted


def _width(widths: Sequence[int]) -> int:
    """The cells that a table of columns of these widths takes."""
    return sum(widths) + BETWEEN * (len(widths) - 1)


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
    print_table([name, purpose], presets.PRESETS.items())


def runs(runs_dir: Path) -> None:
    """The runs of a folder, newest first; below the table, notes on silent and failed ones."""
    known = run_search.list_runs(runs_dir)
    found = [summarize(run, run_liveness.liveness(run)) for run in known]
    if not found:
        click.echo(run_text.no_runs(runs_dir))
        return
    tested = any(run.test_top1 is not None for run in found)
    print_table(_run_columns(tested), [_run_row(run, tested) for run in found])
    for run, row in zip(known, found, strict=True):
        if row.state == "silent":
            click.echo(run_liveness.why_not_live(run))
        elif row.error:
            click.echo(cli_text.why_failed(run.label, row.error))
    if empty := [run for run, row in zip(known, found, strict=True) if _saved_nothing(run, row)]:
        click.echo(cli_text.can_be_deleted(shlex.join(["rm", "-r", str(empty[0].path)])))


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


def _run_columns(tested: bool) -> list[TableColumn]:
    """The columns of runs, with the test accuracy if one of them was tested."""
    columns = [TableColumn(title, numeric) for title, numeric in cli_text.RUN_COLUMNS]
    number, name, *columns, started = columns
    name, started = name._replace(least=SHORTEST_NAME), started._replace(rank=1)
    seconds = columns.pop()
    test = [TableColumn(cli_text.TEST_COLUMN, numeric=True)] if tested else []
    return [number, name, *columns, *test, seconds, started]


def _saved_nothing(run: RunDir, row: RunSummary) -> bool:
    """Whether a run failed before its first checkpoint, for instance because its data was missing.

    Such a run is not deleted: its log says why it failed, and `resume` tries again.
    """
    started = run.journal.exists() and run.journal.stat().st_size > 0
    if row.program and row.epoch:
        return False  # of a program, the numbers are all there is
    return row.state == "failed" and started and not (run.checkpoints / "last.pt").exists()


def _run_row(run: RunSummary, tested: bool) -> tuple[str, ...]:
    sign, word = viewer_text.SIGNS[run.state], viewer_text.STATE_WORDS[run.state]
    return (
        str(run.number or ""),
        run.name,
        f"{sign} {word}".strip(),
        run_list.epochs(run),
        run_list.best(run),
        *([run_list.tested(run)] if tested else []),
        duration(run.seconds) if run.seconds else "",
        time.strftime("%d %b %H:%M", time.localtime(run.started)) if run.started else "",
    )
