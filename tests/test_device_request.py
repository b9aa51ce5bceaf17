"""What is known of the device before an engine starts."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from msgspec import UNSET, UnsetType

from engine.errors import UsageError
from engine.machine import nvml
from engine.protocol.events import Gpu
from engine.start import device_request


def gpus(numbers: Sequence[int | UnsetType]) -> Callable[[], tuple[Gpu, ...]]:
    """GPUs with these numbers of torch's, which one that is hidden from it does not have."""
    return lambda: tuple(
        Gpu(index, "H100", False, 0.0, 0, 1, cuda=number) for index, number in enumerate(numbers)
    )


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """No sign of a GPU on this machine."""
    monkeypatch.setattr(nvml, "gpus", gpus([]))
    monkeypatch.setattr(device_request, "GPU_SIGNS", ())


@pytest.mark.parametrize(
    ("device", "numbers", "sentence"),
    [
        ("cuda", [], "no usable GPU for --device cuda: use --device cpu or auto"),
        ("cuda:7", [], "no usable GPU for --device cuda:7"),
        ("cuda", [UNSET, UNSET], "no usable GPU for --device cuda"),
        ("cuda:2", [0, 1, UNSET], "there is no cuda:2: this machine has 2 usable"),
        ("cuda:1", [0, 2], "there is no cuda:1: this machine has 2 usable"),
    ],
)
def test_a_gpu_that_is_not_here_is_refused_before_anything_starts(
    monkeypatch: pytest.MonkeyPatch, device: str, numbers: list[int | UnsetType], sentence: str
) -> None:
    monkeypatch.setattr(nvml, "gpus", gpus(numbers))
    monkeypatch.setattr(device_request, "GPU_SIGNS", ("/dev/null",) if numbers else ())
    with pytest.raises(UsageError, match=sentence):
        device_request.check_device(device)


@pytest.mark.parametrize(
    ("device", "numbers"),
    [
        ("auto", []),
        ("cpu", []),
        ("cuda", [0]),
        ("cuda:0", [0]),
        ("cuda:1", [0, 1]),
        ("cuda:2", [0, 2]),
    ],
)
@pytest.mark.usefixtures("nowhere")
def test_a_device_that_is_here_is_taken(
    monkeypatch: pytest.MonkeyPatch, device: str, numbers: list[int | UnsetType]
) -> None:
    monkeypatch.setattr(nvml, "gpus", gpus(numbers))
    device_request.check_device(device)


@pytest.mark.usefixtures("nowhere")
def test_where_nvml_cannot_tell_the_engine_finds_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device_request, "GPU_SIGNS", ("/dev/null",))
    device_request.check_device("cuda:1")
