"""The rows of the machine pane: hardware load, limit of the speed, and time of an epoch."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from msgspec import UNSET

from engine import numbers
from engine.protocol.events import Hardware
from engine.run.history import History
from tui import shared_text
from tui.drawing import axis, cells, drawing_text, spark
from tui.drawing.cells import Ink, Row, Span
from tui.drawing.frame import fitting
from tui.drawing.table import widest
from tui.panes.machine import machine_pane_text
from tui.panes.machine.gpu_rows import FULL, gpu_rows, meter, used_of
from tui.panes.machine.load_curves import load_curves
from tui.panes.machine.other_programs import about, taken_by_others

if TYPE_CHECKING:
    from tui.terminal.viewer_cost import ViewerCost

METER = 16
# The least width of the values on the right of a meter.
VALUES = 20
# The wait for images is a mean over this many reports.
REPORTS = 120
# With less free space than this, or than this many checkpoints need, the disk is nearly full.
DISK_BYTES = 1e9
DISK_CHECKPOINTS = 3


def machine_pane(
    history: History, width: int, height: int, cost: ViewerCost | None = None, user: str = ""
) -> list[Row]:
    """One row for each fact, with its label; unknown facts are left out.

    `cost` is the cost of the viewer itself, `user` the name of its user.
    """
    entries = list(_entries(history, width, cost, user))
    label = widest([name for name, _ in entries]) + 2
    rows = [
        cells.row(" ", Span(cells.fit_text(name, label), "dim"), *values)
        for name, values in entries
    ]
    if history.hardware is None and not entries:
        rows = [cells.row(Span(" " + machine_pane_text.NO_HARDWARE, "dim"))]
    rows = [cells.shortened(row, width) for row in rows]
    curves = load_curves(history, width, height - len(rows) - 1)
    return cells.filled([*rows, (), *curves], width, height)


def rows_hidden(history: History, width: int, height: int, cost: ViewerCost | None = None) -> int:
    """The number of rows that do not fit."""
    return max(0, len(list(_entries(history, width, cost, ""))) - height)


def bounds(history: History) -> list[tuple[str, float]]:
    """The parts of the time of the run with their shares, the largest first; empty if unknown.

    The recent reports give the shares of waiting for images and of computing. The last epoch gives
    the share of its validation.
    """
    recent = itertools.islice(reversed(history.reports), REPORTS)
    known = [w for s in recent if math.isfinite(w := numbers.number(s.waited))]
    if not known:
        return []
    waited = axis.share(sum(known) / len(known), 0.0, 1.0)
    validation = 0.0
    if history.epochs:
        last = history.epochs[-1]
        evaluation = numbers.number(last.evaluation_seconds)
        whole = numbers.number(last.seconds) + evaluation
        validation = axis.share(evaluation, 0.0, whole) if whole > 0 else 0.0
    steps = 1 - validation
    shares = [
        (shared_text.COMPUTE, steps * (1 - waited)),
        (shared_text.INPUT, steps * waited),
        (shared_text.EVALUATION, validation),
    ]
    return sorted(shares, key=lambda share: -share[1])


def _entries(
    history: History, width: int, cost: ViewerCost | None, user: str
) -> Iterator[tuple[str, Row]]:
    """The facts with their labels, the least important last."""
    room = max(0, min(max(METER, width // 4), width - 11 - VALUES))
    sample = history.hardware
    if sample is not None:
        yield from gpu_rows(sample.gpus, room, user)
        who = machine_pane_text.ENGINE if history.watched is None else machine_pane_text.SCRIPT
        yield from _host(sample, room, width - 9, who)
    if history.steps is not None and history.has_speed:
        yield machine_pane_text.SPEED, _speed(history, room, width - 9)
        if shares := bounds(history):
            yield machine_pane_text.BOUND, _bound(history, shares, width - 9)
    last = history.epochs[-1] if history.epochs else None
    if last is not None and (last.seconds, last.evaluation_seconds) != (UNSET, UNSET):
        train, validation = last.seconds, last.evaluation_seconds
        spent = machine_pane_text.epoch_time(numbers.duration(train), numbers.duration(validation))
        yield shared_text.EPOCH, cells.row(spent)
    if cost is not None:
        share, kib = f"{100 * cost.share:.1f}", f"{cost.bytes_per_second / 1024:.1f}"
        yield machine_pane_text.VIEWER, cells.row(machine_pane_text.viewer_cost(share, kib))
    if sample is not None:
        yield machine_pane_text.DISK, _disk(history, sample)


def _host(sample: Hardware, room: int, width: int, who: str) -> Iterator[tuple[str, Row]]:
    """CPU and memory: one row for a run on GPUs, two rows for a run on the CPU.

    `who` is the process that trains.
    """
    load = numbers.whole(sample.cpu).rjust(2)
    drawn = meter(sample.cpu, room)
    whole = f" {machine_pane_text.cpu_share(load, sample.cores)}"
    engine = numbers.size(sample.engine_memory)
    if any(gpu.ours for gpu in sample.gpus):
        ram = f"   {machine_pane_text.RAM} {engine}"
        forms = [cells.row(*drawn, end) for end in (f"{whole}{ram}", f" {load} %{ram}")]
        yield machine_pane_text.CPU, fitting(forms, width) or forms[-1]
        return
    engine_cpu = f"   {who} {numbers.whole(sample.engine_cpu)} %"
    forms = [cells.row(*drawn, end) for end in (f"{whole}{engine_cpu}", f" {load} %{engine_cpu}")]
    yield machine_pane_text.CPU, fitting(forms, width) or forms[-1]
    share = sample.memory_used / sample.memory_total if sample.memory_total else 0.0
    used = used_of(sample.memory_used, sample.memory_total)
    forms = [
        cells.row(*meter(share, room, FULL), end)
        for end in (f" {used}   {who} {engine}", f" {used}")
    ]
    yield machine_pane_text.MEMORY, fitting(forms, width) or forms[-1]


def _speed(history: History, room: int, width: int) -> Row:
    """Images per second: the newest reports over their time, and the pace of the status row."""
    points = [(s.time, numbers.number(s.images_per_second)) for s in history.reports]
    if not points:
        return ()
    span = spark.recent_span([time for time, _ in points])
    newest = spark.over_time(points, room, span)
    # Some headroom, so that a steady speed is not a solid block.
    known = [speed for speed in newest if speed is not None and math.isfinite(speed)]
    top = 1.2 * max(known, default=1.0)
    line = Span(spark.with_gaps(newest, 0.0, top), "dim")
    written = f" {numbers.speed(history.pace)}"
    forms = [cells.row(line, written)]
    if history.batch is not None and history.pace:
        step = machine_pane_text.step_time(_brief(history.batch / history.pace))
        forms.insert(0, cells.row(line, f"{written}   {step}"))
        forms.insert(0, cells.row(*forms[0], Span(f"   {drawing_text.last(span)}", "dim")))
    return fitting(forms, width) or forms[-1]


def _bound(history: History, shares: Sequence[tuple[str, float]], width: int) -> Row:
    """`by compute 88 %`, the share of other programs, and the other limits if they fit."""
    (what, share), *others = shares
    taken = taken_by_others(history)
    ink: Ink = "warning" if what == shared_text.INPUT and not history.paused else "plain"
    head = Span(machine_pane_text.bound_by(what, numbers.whole(share)), ink)
    rest = [
        Span(f"   {machine_pane_text.share_of_time(w, numbers.whole(s))}", "dim") for w, s in others
    ]
    forms: list[Row] = [(head, *rest[:shown]) for shown in (2, 1, 0)]
    if taken:
        others_share = Span(f"   {machine_pane_text.cores_taken(about(taken))}", "warning")
        longer = others_share._replace(text=others_share.text + machine_pane_text.OF_THE_CORES)
        forms = [(head, longer, *rest[:shown]) for shown in (2, 1, 0)]
        alone = others_share._replace(text=machine_pane_text.cores_taken_brief(about(taken)))
        forms += [(head, others_share), (alone,)]
    return fitting(forms, width) or forms[-1]


def _disk(history: History, sample: Hardware) -> Row:
    saved = history.checkpoint
    least = max(DISK_BYTES, DISK_CHECKPOINTS * saved.bytes if saved else 0)
    ink: Ink = "warning" if sample.disk_free < least else "plain"
    free = Span(machine_pane_text.disk_free(numbers.size(sample.disk_free)), ink)
    if saved is None:
        return cells.row(free)
    cost = machine_pane_text.checkpoint_cost(numbers.size(saved.bytes), _brief(saved.seconds))
    return cells.row(free, "   ", cost)


def _brief(seconds: float) -> str:
    """Milliseconds below a second: 40 ms; else as other durations."""
    short = axis.share(seconds, 0.0, 1.0) < 1.0
    if not short:
        return numbers.duration(seconds)
    milliseconds = 1000 * seconds
    return f"{milliseconds:.1f} ms" if milliseconds < 9.95 else f"{milliseconds:.0f} ms"
