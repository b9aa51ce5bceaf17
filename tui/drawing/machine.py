"""The machine pane: how busy the hardware is, and what an epoch costs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from engine.events import Gpu, Hardware
from engine.history import History
from tui import text
from tui.drawing import axis, cells, numbers, spark
from tui.drawing.cells import Row, Span
from tui.drawing.frame import fitting
from tui.drawing.table import widest

METER = 16
# What stands at the right of a meter, at the least.
VALUES = 20
# Below this share a GPU is idle.
IDLE = 0.01


def machine_pane(history: History, width: int, height: int) -> list[Row]:
    """One row a fact, each below its label; what is not known yet is left out."""
    entries = list(_entries(history, width))
    label = widest([name for name, _ in entries]) + 2
    rows = [
        cells.row(" ", Span(cells.fit_text(name, label), "dim"), *values)
        for name, values in entries
    ]
    if history.hardware is None and not entries:
        rows = [cells.row(Span(" " + text.NO_HARDWARE, "dim"))]
    blank: list[Row] = [()] * (height - len(rows))
    return [cells.fit(cells.shortened(row, width), width) for row in [*rows, *blank][:height]]


def _entries(history: History, width: int) -> Iterator[tuple[str, Row]]:
    room = max(0, min(METER, width - 11 - VALUES))
    if history.hardware is not None:
        yield from _gpus(history.hardware.gpus, room)
        yield text.CPU, _processor(history.hardware, room, width - 9)
    if history.steps is not None:
        yield text.SPEED, _speed(history, room)
    if history.epochs:
        last = history.epochs[-1]
        train, validation = last.seconds, last.evaluation_seconds
        cost = text.epoch_time(numbers.duration(train), numbers.duration(validation))
        yield text.EPOCH, cells.row(cost)
    if history.hardware is not None:
        yield text.DISK, _disk(history, history.hardware)


def _gpus(gpus: Sequence[Gpu], room: int) -> Iterator[tuple[str, Row]]:
    """Two rows for each GPU that trains, one for all others."""
    for gpu in gpus:
        if gpu.ours:
            yield f"cuda:{gpu.index}", _gpu(gpu, room)
            used = text.used_of(_number(gpu.memory_used), numbers.size(gpu.memory_total))
            share = gpu.memory_used / gpu.memory_total if gpu.memory_total else 0.0
            yield text.MEMORY, cells.row(Span(spark.meter(share, room), "dim"), f" {used}")
    others = [f"{gpu.index} {_load(gpu.utilisation)}" for gpu in gpus if not gpu.ours]
    if others:
        yield text.OTHERS, cells.row("   ".join(others))


def _number(size: float) -> str:
    """Bytes without their unit, which the total after it has: 4.1 of 24 GB."""
    return numbers.size(size).split(" ")[0]


def _gpu(gpu: Gpu, room: int) -> Row:
    values = f" {numbers.whole(gpu.utilisation):>2} %"
    for measured, unit in ((gpu.temperature, "°C"), (gpu.power, "W")):
        written = numbers.rounded(measured)
        values += f"   {written} {unit}" if written != text.NAN else ""
    return cells.row(Span(spark.meter(gpu.utilisation, room), "dim"), values)


def _load(utilisation: float) -> str:
    return f"{numbers.whole(utilisation)} %" if utilisation >= IDLE else text.IDLE


def _processor(sample: Hardware, room: int, width: int) -> Row:
    """The load of the machine and the memory of the engine."""
    load = numbers.whole(sample.cpu).rjust(2)
    ram = f"   {text.RAM} {numbers.size(sample.engine_memory)}"
    meter = Span(spark.meter(sample.cpu, room), "dim")
    long = cells.row(meter, f" {text.cpu_share(load, sample.cores)}{ram}")
    return fitting([long], width) or cells.row(meter, f" {load} %{ram}")


def _speed(history: History, room: int) -> Row:
    """Images a second: the recent steps, and the last of them."""
    points = [(s.step, numbers.number(s.images_per_second)) for s in history.recent]
    newest = spark.latest(points, room)
    # Headroom, so that a steady speed is not a solid block.
    top = 1.2 * max((speed for speed in newest if math.isfinite(speed)), default=1.0)
    line = spark.sparkline(newest, room, low=0.0, high=top)
    return cells.row(Span(line, "dim"), f" {numbers.speed(points[-1][1])}" if points else "")


def _disk(history: History, sample: Hardware) -> Row:
    free = text.disk_free(numbers.size(sample.disk_free))
    saved = history.checkpoint
    if saved is None:
        return cells.row(free)
    cost = text.checkpoint_cost(numbers.size(saved.bytes), _brief(saved.seconds))
    return cells.row(free, "   ", cost)


def _brief(seconds: float) -> str:
    """40 ms, else as any other time."""
    short = axis.share(seconds, 0.0, 1.0) < 1.0
    return f"{numbers.rounded(1000 * seconds)} ms" if short else numbers.duration(seconds)
