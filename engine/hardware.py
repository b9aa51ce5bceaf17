"""Samples of the machine: processor, memory, disk, and GPUs by NVML."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import psutil
from msgspec import UNSET

from engine import events

# The processes of other containers and of other users' namespaces have no name here.
UNKNOWN_USER = "?"


def cores() -> int:
    """The processor cores that this process may use."""
    return len(os.sched_getaffinity(0))


def gpus() -> tuple[events.Gpu, ...]:
    """The GPUs of this machine as they are now."""
    return _Gpus().sample()


class Sampler:
    """Takes samples; loads are means since the sample before."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process = psutil.Process()
        self._cores = psutil.cpu_count() or 1
        self._gpus = _Gpus()
        psutil.cpu_percent()
        self._process.cpu_percent()

    def sample(self) -> events.Hardware:
        memory = psutil.virtual_memory()
        return events.Hardware(
            cores=self._cores,
            cpu=psutil.cpu_percent() / 100,
            engine_cpu=self._process.cpu_percent() / 100 / self._cores,
            memory_used=memory.total - memory.available,
            memory_total=memory.total,
            engine_memory=self._process.memory_info().rss,
            disk_free=psutil.disk_usage(str(self._folder)).free,
            gpus=self._gpus.sample(),
        )


class _Gpus:
    """What NVML says of each GPU; nothing where there is no NVIDIA driver."""

    def __init__(self) -> None:
        import pynvml

        self._nvml = pynvml
        self._handles: list[Any] = []
        try:
            pynvml.nvmlInit()
            count = pynvml.nvmlDeviceGetCount()
            self._handles = [pynvml.nvmlDeviceGetHandleByIndex(i) for i in range(count)]
        except pynvml.NVMLError:
            self._handles = []

    def sample(self) -> tuple[events.Gpu, ...]:
        gpus = []
        for index, handle in enumerate(self._handles):
            try:
                gpus.append(self._one(index, handle))
            except self._nvml.NVMLError:
                continue
        return tuple(gpus)

    def _one(self, index: int, handle: Any) -> events.Gpu:
        nvml = self._nvml
        memory = nvml.nvmlDeviceGetMemoryInfo(handle)
        celsius = self._if_known(
            lambda: float(nvml.nvmlDeviceGetTemperature(handle, nvml.NVML_TEMPERATURE_GPU))
        )
        watts = self._if_known(lambda: nvml.nvmlDeviceGetPowerUsage(handle) / 1000)
        # Under MIG there is no utilisation, and drivers may hide the processes of others.
        busy = self._if_known(lambda: nvml.nvmlDeviceGetUtilizationRates(handle).gpu / 100)
        here = os.getpid() in {process.pid for process in self._processes(handle)}
        return events.Gpu(
            index=index,
            name=_text(nvml.nvmlDeviceGetName(handle)),
            ours=here or _is_ours(_text(nvml.nvmlDeviceGetUUID(handle))),
            utilisation=busy or 0.0,
            memory_used=memory.used,
            memory_total=memory.total,
            temperature=UNSET if celsius is None else celsius,
            power=UNSET if watts is None else watts,
            holders=_holders(self._processes(handle)),
        )

    def _processes(self, handle: Any) -> list[Any]:
        """Those that compute on a GPU; none where the driver hides them."""
        try:
            return list(self._nvml.nvmlDeviceGetComputeRunningProcesses(handle))
        except self._nvml.NVMLError:
            return []

    def _if_known(self, ask: Callable[[], float]) -> float | None:
        """Some GPUs have no such sensor."""
        try:
            return ask()
        except self._nvml.NVMLError:
            return None


def _holders(processes: Iterable[Any]) -> tuple[events.Holder, ...]:
    """Who holds how much beside this process, the most first."""
    held: dict[str, int] = {}
    for process in processes:
        if process.pid != os.getpid():
            user = _user(process.pid)
            held[user] = held.get(user, 0) + (process.usedGpuMemory or 0)
    most = sorted(held.items(), key=lambda item: -item[1])
    return tuple(events.Holder(user, memory) for user, memory in most)


def _user(pid: int) -> str:
    try:
        return psutil.Process(pid).username()
    except (psutil.Error, KeyError):
        return UNKNOWN_USER


def _text(name: str | bytes) -> str:
    return name.decode() if isinstance(name, bytes) else name


def _is_ours(uuid: str, environment: Mapping[str, str] = os.environ) -> bool:
    """In a container NVML may not see our process: then a GPU named to us alone is ours."""
    return environment.get("CUDA_VISIBLE_DEVICES", "") == uuid
