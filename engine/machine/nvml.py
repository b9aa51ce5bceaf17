"""The GPUs of the machine, from NVML."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Set
from typing import Any

import psutil
from msgspec import UNSET, UnsetType

from engine.machine import gpu_numbering
from engine.protocol import events

# The name for the user of a process in another container or user namespace.
UNKNOWN_USER = "?"


def gpus() -> tuple[events.Gpu, ...]:
    """The current state of this machine's GPUs."""
    return Gpus(run_processes()).sample()


def usable_gpus() -> tuple[events.Gpu, ...]:
    """The GPUs that torch sees, in torch's order: the first one is `cuda:0`."""
    numbered = {gpu.cuda: gpu for gpu in gpus() if gpu.cuda is not UNSET}
    return tuple(numbered[number] for number in sorted(numbered))


def run_processes(pid: int | None = None) -> list[psutil.Process]:
    """A process that trains, this one if none is given; under torchrun, all ranks of this machine.

    Raises psutil.NoSuchProcess if it is gone.
    """
    process = psutil.Process(pid)
    if "TORCHELASTIC_RUN_ID" not in os.environ:
        return [process]
    return psutil.Process(process.ppid()).children()


class Gpus:
    """Samples the GPUs that NVML lists; there are none without an NVIDIA driver.

    The run's are those that these processes use.
    """

    def __init__(self, run: Iterable[psutil.Process]) -> None:
        import pynvml

        self._nvml = pynvml
        self._run_pids = {process.pid for process in run}
        self._handles: list[Any] = []
        self._uuids: list[str] = []
        try:
            pynvml.nvmlInit()
            count = pynvml.nvmlDeviceGetCount()
            self._handles = [pynvml.nvmlDeviceGetHandleByIndex(i) for i in range(count)]
            self._uuids = [self._uuid(handle) for handle in self._handles]
        except pynvml.NVMLError:
            self._handles = []

    def sample(self) -> tuple[events.Gpu, ...]:
        gpus, numbers = [], gpu_numbering.cuda_numbers(self._uuids)
        for index, handle in enumerate(self._handles):
            try:
                gpus.append(self._sample(index, handle, numbers.get(index, UNSET)))
            except self._nvml.NVMLError:
                continue
        return tuple(gpus)

    def _uuid(self, handle: Any) -> str:
        """The UUID of a GPU; "" for one that has fallen off the bus."""
        try:
            return _decoded(self._nvml.nvmlDeviceGetUUID(handle))
        except self._nvml.NVMLError:
            return ""

    def _sample(self, index: int, handle: Any, number: int | UnsetType) -> events.Gpu:
        nvml = self._nvml
        memory = nvml.nvmlDeviceGetMemoryInfo(handle)
        celsius = self._if_supported(
            lambda: float(nvml.nvmlDeviceGetTemperature(handle, nvml.NVML_TEMPERATURE_GPU))
        )
        watts = self._if_supported(lambda: nvml.nvmlDeviceGetPowerUsage(handle) / 1000)
        # Under MIG there is no utilisation, and drivers may hide the processes of other users.
        busy = self._if_supported(lambda: nvml.nvmlDeviceGetUtilizationRates(handle).gpu / 100)
        processes = self._processes(handle)
        here = self._run_pids & {process.pid for process in processes}
        return events.Gpu(
            index=index,
            name=_decoded(nvml.nvmlDeviceGetName(handle)),
            ours=bool(here) or is_ours(self._uuids[index]),
            utilisation=busy or 0.0,
            memory_used=memory.used,
            memory_total=memory.total,
            temperature=UNSET if celsius is None else celsius,
            power=UNSET if watts is None else watts,
            holders=_holders(processes, self._run_pids),
            cuda=number,
        )

    def _processes(self, handle: Any) -> list[Any]:
        """The processes that compute on a GPU; none if the driver hides them."""
        try:
            return list(self._nvml.nvmlDeviceGetComputeRunningProcesses(handle))
        except self._nvml.NVMLError:
            return []

    def _if_supported(self, read: Callable[[], float]) -> float | None:
        """The value of a sensor; None if the GPU has no such sensor."""
        try:
            return read()
        except self._nvml.NVMLError:
            return None


def _holders(processes: Iterable[Any], run_pids: Set[int]) -> tuple[events.Holder, ...]:
    """The users of other processes and the memory that they hold, largest first."""
    held: dict[str, list[int]] = {}
    for process in processes:
        if process.pid not in run_pids:
            held.setdefault(user_of(process.pid), []).append(process.usedGpuMemory or 0)
    holders = (events.Holder(user, sum(each), len(each)) for user, each in held.items())
    return tuple(sorted(holders, key=lambda holder: -holder.memory))


def user_of(pid: int) -> str:
    """The user of a process; `UNKNOWN_USER` if it cannot be found out."""
    try:
        return psutil.Process(pid).username()
    except (psutil.Error, KeyError):
        return UNKNOWN_USER


def _decoded(name: str | bytes) -> str:
    return name.decode() if isinstance(name, bytes) else name


def is_ours(uuid: str, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether CUDA_VISIBLE_DEVICES assigns this GPU to the run.

    In a container, NVML may not see the run's processes. Then a GPU belongs to the run if the
    variable names it and names no more GPUs than the run has ranks.
    """
    named = environment.get("CUDA_VISIBLE_DEVICES", "").split(",")
    return uuid in named and len(named) <= int(environment.get("LOCAL_WORLD_SIZE", "1"))
