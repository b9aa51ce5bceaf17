"""Tables of models, data sets, recipes and runs on the plain terminal, drawn with rich."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import click
import msgspec
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from engine import catalog, presets, rundir
from engine.text import duration, harmless
from tui import picker, text
from tui.datalist import availability
from tui.summary import Summary, summary


class Column(NamedTuple):
    """A heading, whether its cells are numbers, and whether each stays in one line."""

    title: str
    numeric: bool = False
    whole: bool = False


def _print(columns: Iterable[Column], rows: Iterable[Iterable[str]]) -> None:
    table = Table(box=SIMPLE_HEAD, header_style="dim", pad_edge=False)
    for column in columns:
        table.add_column(
            column.title, justify="right" if column.numeric else "left", no_wrap=column.whole
        )
    for row in rows:
        table.add_row(*(Text(harmless(cell)) for cell in row))
    Console().print(table)


def _json(rows: Any) -> None:
    click.echo(json.dumps(msgspec.to_builtins(rows), indent=2))


def models(as_json: bool) -> None:
    """The architectures, with parameters and multiply-accumulates for 3×32×32 and 10 classes."""
    known = picker.listed(text.BY_FAMILY, "")
    if as_json:
        _json(known)
        return
    shape = picker.Shape(3, 32, 10)
    columns = picker.columns(known, shape)[:-1]
    _print(
        [*(Column(c.heading, c.right) for c in columns), Column(text.NEWS_COLUMN)],
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
    columns = [Column(t, numeric) for t, numeric in text.DATA_COLUMNS]
    _print(
        columns,
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
    columns = [Column(t, numeric) for t, numeric in text.RECIPE_COLUMNS]
    _print(columns, presets.PRESETS.items())


def runs(runs_dir: Path, as_json: bool) -> None:
    """The runs of a folder, newest first."""
    known = rundir.runs(runs_dir)
    found = [summary(run, rundir.life(run)) for run in known]
    if as_json:
        _json(found)
        return
    if not found:
        click.echo(text.no_runs(str(runs_dir)))
        return
    columns = [Column(t, numeric, whole=True) for t, numeric in text.RUN_COLUMNS]
    _print(columns, (_run_row(run) for run in found))
    for run, told in zip(known, found, strict=True):
        if told.state == "silent":
            click.echo(rundir.absence(run))


def _run_row(run: Summary) -> tuple[str, ...]:
    best = "" if run.best_top1 is None else f"{run.best_top1 * 100:.1f}"
    return (
        str(run.number or ""),
        run.name,
        text.STATES[run.state],
        f"{run.epoch}/{run.epochs}" if run.epochs else "",
        best,
        duration(run.seconds) if run.seconds else "",
        time.strftime("%d %b %H:%M", time.localtime(run.started)) if run.started else "",
    )
