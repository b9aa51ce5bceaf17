"""Samples of the machine, with a driver that says what the test wants."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
from msgspec import UnsetType

from engine.machine import gpu_numbering, nvml
from engine.machine.hardware import Sampler
from engine.protocol import events
from engine.recipes.recipe import Recipe
from engine.start import engine_environment

MINE = os.getpid()


Held = list[tuple[int, int | None]]


class RefusedError(Exception):
    """What NVML raises."""


def fake_nvml(
    *holders: Held | None, sensors: bool = True, broken: int | None = None
) -> SimpleNamespace:
    """A fake NVML. `holders` are (pid, bytes), one for each GPU; None if the driver hides them."""

    def memory(handle: int) -> SimpleNamespace:
        if handle == broken:
            raise RefusedError
        return SimpleNamespace(used=4_100, total=24_000)

    def sensor(value: Any) -> Any:
        if not sensors:
            raise RefusedError
        return value

    def processes(handle: int) -> list[Any]:
        held = holders[handle]
        if held is None:
            raise RefusedError
        return [SimpleNamespace(pid=pid, usedGpuMemory=used) for pid, used in held]

    return SimpleNamespace(
        NVMLError=RefusedError,
        NVML_TEMPERATURE_GPU=0,
        nvmlInit=lambda: None,
        nvmlDeviceGetCount=lambda: len(holders),
        nvmlDeviceGetHandleByIndex=lambda index: index,
        nvmlDeviceGetMemoryInfo=memory,
        nvmlDeviceGetTemperature=lambda handle, which: sensor(64),
        nvmlDeviceGetPowerUsage=lambda handle: sensor(211_000),
        nvmlDeviceGetUtilizationRates=lambda handle: SimpleNamespace(gpu=sensor(97)),
        nvmlDeviceGetName=lambda handle: b"NVIDIA RTX A5000",
        nvmlDeviceGetUUID=lambda handle: f"GPU-{handle}",
        nvmlDeviceGetComputeRunningProcesses=processes,
    )


@pytest.fixture(autouse=True)
def all_visible(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has hidden a GPU, unless a test does."""
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)


def sampled(monkeypatch: pytest.MonkeyPatch, driver: SimpleNamespace) -> tuple[events.Gpu, ...]:
    monkeypatch.setitem(sys.modules, "pynvml", driver)
    monkeypatch.setattr(nvml, "user_of", lambda pid: {1: "anna", 2: "li.wei", 3: "li.wei"}[pid])
    return nvml.gpus()


def test_what_nvml_says(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = sampled(monkeypatch, fake_nvml([(MINE, 4_000)], []))
    assert first == events.Gpu(
        0, "NVIDIA RTX A5000", True, 0.97, 4_100, 24_000, temperature=64.0, power=211.0, cuda=0
    )
    assert not second.ours


def test_who_holds_a_gpu_beside_this_run_the_most_first(monkeypatch: pytest.MonkeyPatch) -> None:
    held: Held = [(1, 500), (2, 300), (MINE, 4_000), (3, 900), (2, None)]
    (gpu,) = sampled(monkeypatch, fake_nvml(held))
    assert gpu.holders == (events.Holder("li.wei", 1_200, 3), events.Holder("anna", 500, 1))


def test_missing_sensors_and_hidden_processes_leave_the_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (gpu,) = sampled(monkeypatch, fake_nvml(None, sensors=False))
    assert gpu == events.Gpu(0, "NVIDIA RTX A5000", False, 0.0, 4_100, 24_000, cuda=0)


def test_a_gpu_that_fell_off_the_bus_hides_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [gpu.index for gpu in sampled(monkeypatch, fake_nvml([], [], broken=0))] == [1]


def numbered(gpus: tuple[events.Gpu, ...]) -> list[int | None]:
    """Torch's number of each GPU in NVML's order, None for those that it does not find."""
    return [None if isinstance(gpu.cuda, UnsetType) else gpu.cuda for gpu in gpus]


@pytest.mark.parametrize(
    ("named", "numbers"),
    [
        (None, [0, 1, 2]),
        ("2,0", [1, None, 0]),
        ("GPU-1,GPU-2", [None, 0, 1]),
        ("", [None, None, None]),
    ],
)
def test_each_gpu_has_the_number_that_torch_gives_it(
    monkeypatch: pytest.MonkeyPatch, named: str | None, numbers: list[int | None]
) -> None:
    visible_devices(monkeypatch, named)
    found = sampled(monkeypatch, fake_nvml([], [], []))
    assert [gpu.index for gpu in found] == [0, 1, 2]
    assert numbered(found) == numbers
    usable = nvml.usable_gpus()
    assert [gpu.cuda for gpu in usable] == list(range(len(usable)))
    assert all(numbers[gpu.index] == gpu.cuda for gpu in usable)


def visible_devices(monkeypatch: pytest.MonkeyPatch, named: str | None) -> None:
    if named is None:
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    else:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", named)


UUIDS = ("GPU-12ab", "GPU-12cd", "GPU-77ef", "GPU-80aa")


@pytest.mark.parametrize(
    ("named", "places"),
    [
        ("3, 1", [3, 1]),
        ("1,9,0", [1]),
        ("1,-1,0", [1]),
        ("-1", []),
        ("none", []),
        ("1,x,0", [1]),
        ("2gpu,+0", [2, 0]),
        ("1,1", []),
        ("GPU-77,GPU-12cd", [2, 1]),
        ("GPU-77,GPU-12,GPU-80", [2]),
        ("GPU-77,GPU-99,GPU-80", [2]),
        ("GPU-77,0", [2]),
        ("GPU-77,GPU-77ef", []),
        ("0,GPU-77", [0]),
        ("MIG-1,MIG-2", [0, 1]),
    ],
)
def test_what_cuda_makes_of_the_names_of_gpus(named: str, places: list[int]) -> None:
    assert gpu_numbering.visible_gpus(UUIDS, {"CUDA_VISIBLE_DEVICES": named}) == places


def torch_cuda(*uuids: str, begun: bool = True) -> SimpleNamespace:
    """What `torch.cuda` says in a process that uses these GPUs."""
    return SimpleNamespace(
        is_initialized=lambda: begun,
        device_count=lambda: len(uuids),
        get_device_properties=lambda number: SimpleNamespace(uuid=uuids[number]),
    )


def test_where_torch_uses_gpus_it_numbers_them_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as where the user has CUDA put the fastest first."""
    visible_devices(monkeypatch, None)
    monkeypatch.setitem(sys.modules, "torch.cuda", torch_cuda("2", "0"))
    assert numbered(sampled(monkeypatch, fake_nvml([], [], []))) == [1, None, 0]
    monkeypatch.setitem(sys.modules, "torch.cuda", torch_cuda("of a part"))
    assert numbered(sampled(monkeypatch, fake_nvml([], [], []))) == [0, 1, 2]
    monkeypatch.setitem(sys.modules, "torch.cuda", torch_cuda(begun=False))
    assert numbered(sampled(monkeypatch, fake_nvml([], [], []))) == [0, 1, 2]
    monkeypatch.setitem(sys.modules, "torch.cuda", SimpleNamespace())  # half imported
    assert numbered(sampled(monkeypatch, fake_nvml([], [], []))) == [0, 1, 2]


@pytest.mark.parametrize(("said", "order"), [("", "PCI_BUS_ID"), ("FASTEST_FIRST",) * 2])
def test_cuda_orders_as_nvml_unless_the_user_says_otherwise(
    monkeypatch: pytest.MonkeyPatch, said: str, order: str
) -> None:
    monkeypatch.delenv("CUDA_DEVICE_ORDER", raising=False)
    if said:
        monkeypatch.setenv("CUDA_DEVICE_ORDER", said)
    assert engine_environment.environment(Recipe())["CUDA_DEVICE_ORDER"] == order


def test_a_gpu_named_to_us_alone_is_ours() -> None:
    assert nvml.is_ours("GPU-1", {"CUDA_VISIBLE_DEVICES": "GPU-1"})
    assert not nvml.is_ours("GPU-0", {"CUDA_VISIBLE_DEVICES": "GPU-0,GPU-1"})
    assert not nvml.is_ours("GPU-0", {})


def test_a_process_that_is_gone_belongs_to_nobody_known() -> None:
    assert nvml.user_of(MINE) == psutil.Process().username()
    assert nvml.user_of(2**22 + 5) == "?"


def test_a_machine_without_a_driver(tmp_path: Path) -> None:
    sample = Sampler(tmp_path, nvml.run_processes()).sample()
    assert 0 <= sample.cpu <= 1
    assert sample.cores >= 1
    assert 0 < sample.engine_memory < sample.memory_total
    assert 0 < sample.memory_used <= sample.memory_total
    assert sample.disk_free > 0
