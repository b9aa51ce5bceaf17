"""Tables of models, data sets, recipes and runs on the plain terminal, drawn with rich."""

from __future__ import annotations

import json
import shlex
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import click
import msgspec
from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from engine.catalog import datasets as catalog
from engine.recipes import presets
from engine.run import run_lock, run_search
from engine.run.run_paths import RunDir
from engine.text import duration, harmless
from tui import text
from tui.cli import cli_text
from tui.drawing import architecture_list
from tui.drawing.dataset_availability import availability
from tui.viewer.run_summary import RunSummary, summary

# Cells between two columns.
BETWEEN = 3
# Prose that is narrower is no pleasure to read, and a shorter name says too little.
NARROWEST_PROSE, SHORTEST_NAME = 32, 12


class Column(NamedTuple):
    """A heading, and what becomes of it where the terminal is narrow.

    The highest `rank` is left out first, of equals the last, and the first column never. One that
    may be narrower than its texts is, down to `least` cells: prose is wrapped, and all else cut.
    """

    title: str
    numeric: bool = False
    rank: int = 0
    least: int | None = None
    prose: bool = False


def _print(columns: Sequence[Column], rows: Iterable[Iterable[str]]) -> None:
    """Print a table as wide as the terminal at most; what is no terminal gets all of it."""
    written = [[harmless(cell) for cell in row] for row in rows]
    by_column = zip(*([column.title for column in columns], *written), strict=True)
    widths = [max(map(cell_len, cells)) for cells in by_column]
    terminal = Console()
    room = terminal.width if terminal.is_terminal else sys.maxsize
    kept, widths = fitting(columns, widths, room)
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


def fitting(
    columns: Sequence[Column], widths: Sequence[int], room: int
) -> tuple[list[int], list[int]]:
    """Which of the columns fit into so many cells, and how wide each is then.

    What is left over goes to the first column that was narrowed, then to the next.
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
    """The cells that a table of such columns takes."""
    return sum(widths) + BETWEEN * (len(widths) - 1)


def _json(rows: Any) -> None:
    click.echo(json.dumps(msgspec.to_builtins(rows), indent=2))


def models(as_json: bool) -> None:
    """The architectures, with parameters and multiply-accumulates for 3×32×32 and 10 classes."""
    known = architecture_list.listed(text.BY_FAMILY, "")
    if as_json:
        _json(known)
        return
    shape = architecture_list.InputShape(3, 32, 10)
    columns = architecture_list.columns(known, shape)[:-1]
    news = Column(cli_text.NEWS_COLUMN, rank=len(columns), least=NARROWEST_PROSE, prose=True)
    _print(
        [*(Column(c.heading, c.right, c.rank) for c in columns), news],
        [(*(column.texts[i] for column in columns), a.new) for i, a in enumerate(known)],
    )


def datasets(as_json: bool, data_dir: str) -> None:
    """The data sets, and whether they are on this disk."""
    known = list(catalog.DATA.values())
    if as_json:
        ready = [catalog.located(data, data_dir) is not None for data in known]
        rows = [msgspec.to_builtins(d) | {"ready": r} for d, r in zip(known, ready, strict=True)]
        _json(rows)
        return
    columns = [Column(t, numeric) for t, numeric in cli_text.DATA_COLUMNS]
    name, images, shape, classes, on_disk, source = columns
    source = source._replace(rank=3, least=NARROWEST_PROSE, prose=True)
    _print(
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
            for d in known
        ),
    )


def recipes() -> None:
    """The presets."""
    name, purpose = [Column(t, numeric) for t, numeric in cli_text.RECIPE_COLUMNS]
    purpose = purpose._replace(least=NARROWEST_PROSE, prose=True)
    _print([name, purpose], presets.PRESETS.items())


def runs(runs_dir: Path, as_json: bool) -> None:
    """The runs of a folder, newest first."""
    known = run_search.list_runs(runs_dir)
    found = [summary(run, run_lock.liveness(run)) for run in known]
    if as_json:
        _json(found)
        return
    if not found:
        click.echo(cli_text.no_runs(str(runs_dir)))
        return
    number, name, *columns, started = [Column(t, numeric) for t, numeric in cli_text.RUN_COLUMNS]
    name, started = name._replace(least=SHORTEST_NAME), started._replace(rank=1)
    _print([number, name, *columns, started], [_run_row(run) for run in found])
    for run, told in zip(known, found, strict=True):
        if told.state == "silent":
            click.echo(run_lock.why_not_live(run))
    if barren := [run for run, told in zip(known, found, strict=True) if _is_barren(run, told)]:
        click.echo(cli_text.forgotten(shlex.join(["rm", "-r", str(barren[0].path)])))


def _is_barren(run: RunDir, told: RunSummary) -> bool:
    """Whether a run has failed and there is nothing to go on from, as where its data was missing.

    It stays all the same: its log tells why, and to resume it is to try again.
    """
    spoke = run.journal.exists() and run.journal.stat().st_size > 0
    return told.state == "failed" and spoke and not (run.checkpoints / "last.pt").exists()


def _run_row(run: RunSummary) -> tuple[str, ...]:
    best = "" if run.best_top1 is None else f"{run.best_top1 * 100:.1f}"
    return (
        str(run.number or ""),
        run.name,
        cli_text.STATES[run.state],
        f"{run.epoch}/{run.epochs}" if run.epochs else "",
        best,
        duration(run.seconds) if run.seconds else "",
        time.strftime("%d %b %H:%M", time.localtime(run.started)) if run.started else "",
    )
