"""The list of devices that can train."""

from __future__ import annotations

from engine import numbers
from engine.machine import cgroups, gpu_numbering, nvml
from engine.protocol import events
from tui.drawing.table import Column
from tui.screens.launcher import launcher_text
from tui.screens.launcher.new_run import AUTO
from tui.widgets.chooser import Chooser


class DeviceBox(Chooser):
    """`auto`, each usable GPU by the number that torch gives it, and the CPU."""

    def on_mount(self) -> None:
        gpus = nvml.usable_gpus()
        keys = [AUTO, *(f"cuda:{gpu.cuda}" for gpu in gpus), "cpu"]
        names = [
            launcher_text.DEVICE_AUTO if gpus else launcher_text.DEVICE_AUTO_CPU,
            *(_name_and_memory(gpu) for gpu in gpus),
            launcher_text.cores(cgroups.usable_cores()),
        ]
        self.fill(keys, [Column("", keys), Column("", names)])


def _name_and_memory(gpu: events.Gpu) -> str:
    """The name and the free memory of a GPU, unless torch may number GPUs differently than NVML."""
    if not gpu_numbering.ordered_as_by_nvml():
        return launcher_text.DEVICE_UNKNOWN
    return f"{gpu.name}   {numbers.size(gpu.memory_total - gpu.memory_used)} free"
