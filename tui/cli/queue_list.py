"""Prints a queue: its tables, or JSON."""

from __future__ import annotations

import time

import click

from engine.queueing import queue_halt
from engine.queueing.queue_journal import Ended
from tui.cli import queue_command_text as words
from tui.cli import tables
from tui.cli.fitted_columns import TableColumn
from tui.cli.printed_json import print_object
from tui.viewer import run_list, viewer_text
from tui.viewer.queue_status import QueuedRun, QueueStatus


def print_json(status: QueueStatus) -> None:
    print_object(status)


def print_tables(status: QueueStatus) -> None:
    """What trains and waits, then what has ended lately, then what keeps the rest from starting."""
    if status.runs:
        columns = [TableColumn(title, numeric, rank) for rank, (title, numeric) in _ranked()]
        tables.print_table(columns, map(_row, status.runs))
    else:
        click.echo(words.EMPTY)
    if status.ended:
        columns = [TableColumn(title, numeric) for title, numeric in words.ENDED_COLUMNS]
        columns[-1] = columns[-1]._replace(least=tables.NARROWEST_PROSE, prose=True, rank=1)
        tables.print_table(columns, map(_ended_row, status.ended))
    for sentence in _troubles(status):
        click.echo(sentence)


def _ranked() -> list[tuple[int, tuple[str, bool]]]:
    """The columns, each with its rank: place, run and state stay longest."""
    return [(max(0, at - 2), column) for at, column in enumerate(words.COLUMNS)]


def _row(queued: QueuedRun) -> tuple[str, ...]:
    task, run = queued.task, queued.summary
    return (
        str(queued.place),
        task.run,
        _state(queued),
        run_list.epochs(run) if run is not None else "",
        str(task.until or ""),
        run_list.best(run) if run is not None else "",
        ", ".join(task.begun.devices) if task.begun is not None else "",
        task.race,
    )


def _state(queued: QueuedRun) -> str:
    if queued.summary is None:
        return words.HOW["gone"]
    state = queued.summary.state
    if queued.task.trains or state in ("live", "paused", "silent"):
        return f"{viewer_text.SIGNS[state]} {viewer_text.STATE_WORDS[state]}".strip()
    return viewer_text.STATE_WORDS["queued"]


def _ended_row(ended: Ended) -> tuple[str, ...]:
    moment = time.strftime("%d %b %H:%M", time.localtime(ended.time))
    return moment, ended.run, words.HOW.get(ended.state, ended.state), ended.error


def _troubles(status: QueueStatus) -> list[str]:
    halt = queue_halt.sentence(status.paused, waits=bool(status.runs), works=status.working)
    return [said for said in (words.DISK_FULL if status.disk_full else "", halt) if said]
