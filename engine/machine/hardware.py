"""Samples of the machine: CPU, memory, disk and GPUs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import psutil

from engine.machine.nvml import Gpus
from engine.protocol import events


class Sampler:
    """Takes samples of the machine, and of the processes that train on it.

    Loads are means since the last sample.
    """

    def __init__(self, folder: Path, processes: Sequence[psutil.Process]) -> None:
        """`folder` is on the disk whose free space is told."""
        self._folder, self._processes = folder, processes
        self._cores = psutil.cpu_count() or 1
        self._gpus = Gpus(processes)
        psutil.cpu_percent()
        self._load()

    def _load(self) -> float:
        """The number of cores that this run's processes kept busy since the last call."""
        return sum(process.cpu_percent() for process in self._processes) / 100

    def sample(self) -> events.Hardware:
        memory = psutil.virtual_memory()
        return events.Hardware(
            cores=self._cores,
            cpu=psutil.cpu_percent() / 100,
            engine_cpu=self._load() / self._cores,
            memory_used=memory.total - memory.available,
            memory_total=memory.total,
            engine_memory=sum(process.memory_info().rss for process in self._processes),
            disk_free=psutil.disk_usage(str(self._folder)).free,
            gpus=self._gpus.sample(),
        )
