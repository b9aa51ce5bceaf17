"""The rows of the machine pane: hardware load, limit of the speed, and time of an epoch."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence

from msgspec import UNSET

from engine.protocol.events import Gpu, Hardware
from engine.run.history import History
from engine.text import harmless
from tui import shared_text
from tui.drawing import axis, cells, numbers, spark
from tui.drawing.cells import Ink, Row, Span
from tui.drawing.frame import fitting
from tui.drawing.table import widest
from tui.panes.machine import machine_pane_text
from tui.terminal.viewer_cost import ViewerCost

METER = 16
# The least width of the values on the right of a meter.
VALUES = 20
# Below this share a GPU is idle.
IDLE = 0.01
# From this share on, memory is nearly full.
FULL = 0.95
# If the run trains on more GPUs than this, each takes one row.
DETAILED = 2
# From this load on, no core is free; then the share of other programs is shown from this one on.
BUSY = 0.9
CROWDED = 0.2
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
    return cells.filled((cells.shortened(row, width) for row in rows), width, height)


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
        whole = last.seconds + last.evaluation_seconds
        validation = axis.share(last.evaluation_seconds, 0.0, whole) if whole > 0 else 0.0
    steps = 1 - validation
    shares = [
        (shared_text.COMPUTE, steps * (1 - waited)),
        (shared_text.INPUT, steps * waited),
        (shared_text.EVALUATION, validation),
    ]
    return sorted(shares, key=lambda share: -share[1])


def taken_by_others(sample: Hardware | None) -> float:
    """The share of the cores that other programs take; 0 while a core is free."""
    if sample is None or sample.cpu < BUSY:
        return 0.0
    others = sample.cpu - sample.engine_cpu
    return others if others >= CROWDED else 0.0


def _entries(
    history: History, width: int, cost: ViewerCost | None, user: str
) -> Iterator[tuple[str, Row]]:
    """The facts with their labels, the least important last."""
    room = max(0, min(max(METER, width // 4), width - 11 - VALUES))
    sample = history.hardware
    if sample is not None:
        yield from _gpus(sample.gpus, room, user)
        yield from _host(sample, room, width - 9)
    if history.steps is not None:
        yield machine_pane_text.SPEED, _speed(history, room, width - 9)
        if shares := bounds(history):
            yield machine_pane_text.BOUND, _bound(shares, taken_by_others(sample), width - 9)
    if history.epochs:
        last = history.epochs[-1]
        train, validation = last.seconds, last.evaluation_seconds
        spent = machine_pane_text.epoch_time(numbers.duration(train), numbers.duration(validation))
        yield shared_text.EPOCH, cells.row(spent)
    if cost is not None:
        share, kib = f"{100 * cost.share:.1f}", f"{cost.bytes_per_second / 1024:.1f}"
        yield machine_pane_text.VIEWER, cells.row(machine_pane_text.viewer_cost(share, kib))
    if sample is not None:
        yield machine_pane_text.DISK, _disk(history, sample)


# GPUs


def _gpus(gpus: Sequence[Gpu], room: int, user: str) -> Iterator[tuple[str, Row]]:
    """Two rows for each GPU that trains, or one if there are many, and one row for all others.

    One more row is for GPUs that are hidden from the run: only NVML numbers these.
    """
    ours = sorted((gpu for gpu in gpus if gpu.ours), key=_cuda)
    for gpu in ours:
        used = _used(gpu.memory_used, gpu.memory_total)
        if len(ours) > DETAILED:
            yield f"cuda:{_cuda(gpu)}", cells.row(*_gpu(gpu, room // 2), f"   {used}")
            continue
        yield f"cuda:{_cuda(gpu)}", _gpu(gpu, room)
        share = gpu.memory_used / gpu.memory_total if gpu.memory_total else 0.0
        yield machine_pane_text.MEMORY, cells.row(*_meter(share, room, FULL), f" {used}")
    hidden = [gpu for gpu in gpus if _is_hidden(gpu, gpus)]
    found = sorted((gpu for gpu in gpus if gpu not in hidden), key=_cuda)
    for name, some in ((machine_pane_text.OTHERS, found), (machine_pane_text.HIDDEN, hidden)):
        if others := _others(some, user):
            yield name, cells.row("   ".join(others))


def _cuda(gpu: Gpu) -> int:
    """The number of a GPU in torch; if it has none, its number in NVML."""
    return gpu.index if gpu.cuda is UNSET else gpu.cuda


def _is_hidden(gpu: Gpu, gpus: Sequence[Gpu]) -> bool:
    """Whether torch numbers other GPUs but not this one; old journals have no such numbers."""
    return not gpu.ours and gpu.cuda is UNSET and any(other.cuda is not UNSET for other in gpus)


def _used(used: float, total: float) -> str:
    """4.1 of 24 GB, or 980 MB of 24 GB if the units differ."""
    part, whole = numbers.size(used), numbers.size(total)
    number, _, unit = part.partition(" ")
    return machine_pane_text.used_of(number if whole.endswith(f" {unit}") else part, whole)


def _meter(share: float, room: int, full: float = math.inf) -> Row:
    """`▇▇▇▁▁`, in the ink of a warning from the share `full` on."""
    drawn = spark.meter(share, room)
    filled = drawn.rstrip("▁")
    ink: Ink = "warning" if share >= full else "rate"
    return cells.row(Span(filled, ink), Span(drawn[len(filled) :], "border"))


def _gpu(gpu: Gpu, room: int) -> Row:
    values = f" {numbers.whole(gpu.utilisation):>2} %"
    for measured, unit in ((gpu.temperature, "°C"), (gpu.power, "W")):
        written = numbers.rounded(measured)
        values += f"   {written} {unit}" if written != shared_text.NAN else ""
    return cells.row(*_meter(gpu.utilisation, room), values)


def _others(gpus: Sequence[Gpu], user: str) -> list[str]:
    """For each GPU the users with their memory, or its load; then the numbers of idle GPUs."""
    taken = []
    for gpu in gpus:
        if gpu.holders:
            held = ", ".join(_holder(h.user, h.memory, user) for h in gpu.holders)
            taken.append(f"{_cuda(gpu)} {held}")
        elif not gpu.ours and gpu.utilisation >= IDLE:
            taken.append(f"{_cuda(gpu)} {numbers.whole(gpu.utilisation)} %")
    free = [str(_cuda(g)) for g in gpus if not (g.ours or g.holders or g.utilisation >= IDLE)]
    return [*taken, f"{' '.join(free)} {machine_pane_text.IDLE}"] if free else taken


def _holder(holder: str, memory: int, user: str) -> str:
    names = {user: shared_text.YOU, "?": machine_pane_text.SOMEONE}
    name = cells.fit_text(names.get(holder, harmless(holder)), 12).rstrip()
    return f"{name} {numbers.size(memory)}" if memory > 0 else name


# The rest of the machine


def _host(sample: Hardware, room: int, width: int) -> Iterator[tuple[str, Row]]:
    """CPU and memory: one row for a run on GPUs, two rows for a run on the CPU."""
    load = numbers.whole(sample.cpu).rjust(2)
    meter = _meter(sample.cpu, room)
    whole = f" {machine_pane_text.cpu_share(load, sample.cores)}"
    engine = numbers.size(sample.engine_memory)
    if any(gpu.ours for gpu in sample.gpus):
        ram = f"   {machine_pane_text.RAM} {engine}"
        forms = [cells.row(*meter, end) for end in (f"{whole}{ram}", f" {load} %{ram}")]
        yield machine_pane_text.CPU, fitting(forms, width) or forms[-1]
        return
    engine_cpu = f"   {machine_pane_text.ENGINE} {numbers.whole(sample.engine_cpu)} %"
    forms = [cells.row(*meter, end) for end in (f"{whole}{engine_cpu}", f" {load} %{engine_cpu}")]
    yield machine_pane_text.CPU, fitting(forms, width) or forms[-1]
    share = sample.memory_used / sample.memory_total if sample.memory_total else 0.0
    used = _used(sample.memory_used, sample.memory_total)
    forms = [
        cells.row(*_meter(share, room, FULL), end)
        for end in (f" {used}   {machine_pane_text.ENGINE} {engine}", f" {used}")
    ]
    yield machine_pane_text.MEMORY, fitting(forms, width) or forms[-1]


def _speed(history: History, room: int, width: int) -> Row:
    """Images per second: a sparkline of the recent reports, and the last value."""
    points = [(s.step, numbers.number(s.images_per_second)) for s in history.reports]
    newest = spark.latest(points, room)
    # Some headroom, so that a steady speed is not a solid block.
    top = 1.2 * max((speed for speed in newest if math.isfinite(speed)), default=1.0)
    line = Span(spark.sparkline(newest, room, low=0.0, high=top), "dim")
    if not points:
        return cells.row(line)
    speed = points[-1][1]
    written = f" {numbers.speed(speed)}"
    forms = [cells.row(line, written)]
    if history.run is not None and math.isfinite(speed) and speed > 0:
        step = machine_pane_text.step_time(_brief(history.run.recipe.batch / speed))
        forms.insert(0, cells.row(line, f"{written}   {step}"))
    return fitting(forms, width) or forms[-1]


def _bound(shares: Sequence[tuple[str, float]], taken: float, width: int) -> Row:
    """`by compute 88 %`, the share of other programs, and the other limits if they fit."""
    (what, share), *others = shares
    ink: Ink = "warning" if what == shared_text.INPUT else "plain"
    head = Span(machine_pane_text.bound_by(what, numbers.whole(share)), ink)
    rest = [
        Span(f"   {machine_pane_text.share_of_time(w, numbers.whole(s))}", "dim") for w, s in others
    ]
    forms: list[Row] = [(head, *rest[:shown]) for shown in (2, 1, 0)]
    if taken:
        others_share = Span(f"   {machine_pane_text.cores_taken(numbers.whole(taken))}", "warning")
        longer = others_share._replace(text=others_share.text + machine_pane_text.OF_THE_CORES)
        forms = [(head, longer, *rest[:shown]) for shown in (2, 1, 0)]
        forms += [(head, others_share), (others_share._replace(text=others_share.text.strip()),)]
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
