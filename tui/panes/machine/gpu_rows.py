"""The rows of the GPUs, those of the run and all others, and the meters in these rows."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from msgspec import UNSET

from engine import numbers
from engine.protocol.events import Gpu
from engine.text import harmless
from tui import shared_text
from tui.drawing import cells, spark
from tui.drawing.cells import Ink, Row, Span
from tui.panes.machine import machine_pane_text

# Below this share a GPU is idle.
IDLE = 0.01
# From this share on, memory is nearly full.
FULL = 0.95
# If the run trains on more GPUs than this, each takes one row.
DETAILED = 2


def gpu_rows(gpus: Sequence[Gpu], room: int, user: str) -> Iterator[tuple[str, Row]]:
    """Two rows for each GPU that trains, or one if there are many, and one row for all others.

    One more row is for GPUs that are hidden from the run: only NVML numbers these.
    """
    ours = sorted((gpu for gpu in gpus if gpu.ours), key=_cuda)
    for gpu in ours:
        used = used_of(gpu.memory_used, gpu.memory_total)
        if len(ours) > DETAILED:
            yield f"cuda:{_cuda(gpu)}", cells.row(*_gpu(gpu, room // 2), f"   {used}")
            continue
        yield f"cuda:{_cuda(gpu)}", _gpu(gpu, room)
        share = gpu.memory_used / gpu.memory_total if gpu.memory_total else 0.0
        yield machine_pane_text.MEMORY, cells.row(*meter(share, room, FULL), f" {used}")
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


def used_of(used: float, total: float) -> str:
    """4.1 of 24 GB, or 980 MB of 24 GB if the units differ."""
    part, whole = numbers.size(used), numbers.size(total)
    number, _, unit = part.partition(" ")
    return machine_pane_text.used_of(number if whole.endswith(f" {unit}") else part, whole)


def meter(share: float, room: int, full: float = math.inf) -> Row:
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
    return cells.row(*meter(gpu.utilisation, room), values)


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
