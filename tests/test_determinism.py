"""Deterministic kernels: who asks for them, and what is said where there are none."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from engine.data.base.dataset import Dataset
from engine.devices import device_resolution
from engine.devices.determinism import DeterministicKernels
from engine.errors import UsageError
from engine.models import registry
from engine.protocol import events
from engine.recipes.recipe_building import build_recipe
from engine.recipes.recipe_toml import to_toml
from engine.start import engine_environment
from engine.training.trainer import Trainer
from tests.test_replay import GPU, complaints, on_a_gpu, taken_up_again
from tests.test_trainer import CPU, Ticking, digits, said, small, weights

__all__ = ["digits"]

CUDA = torch.device("cuda", 0)
WORKSPACE = "CUBLAS_WORKSPACE_CONFIG"


@pytest.fixture
def as_before() -> Iterator[None]:
    """Take back what a process asks of PyTorch for the rest of its life."""
    cudnn = torch.backends.cudnn
    before = cudnn.deterministic, cudnn.benchmark
    with warnings.catch_warnings():
        yield
    cudnn.deterministic, cudnn.benchmark = before
    torch.use_deterministic_algorithms(False)
    torch.utils.deterministic.fill_uninitialized_memory = True  # type: ignore[attr-defined]


class Unpools(nn.Module):
    """A net with an operation that has no deterministic kernel, on a CPU either."""

    def __init__(self) -> None:
        super().__init__()
        self.net = registry.build("lenet5", 1, 32, 10)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        pooled, places = F.max_pool2d(images, 2, return_indices=True)
        logits: torch.Tensor = self.net(images + F.max_unpool2d(pooled, places, (2, 2)))
        return logits


# Who asks


@pytest.mark.parametrize(("asked", "gpu"), [("auto", "off"), ("off", "off"), ("on", "on")])
def test_a_gpu_is_asked_only_where_the_recipe_says_so(
    monkeypatch: pytest.MonkeyPatch, asked: str, gpu: str
) -> None:
    monkeypatch.setattr(device_resolution, "multiplies_bf16", lambda device: True)
    chosen = build_recipe(settings={"deterministic": asked})
    assert device_resolution.resolve(chosen, CUDA, 32).deterministic == gpu
    resolved = device_resolution.resolve(chosen, CPU, 32)
    assert resolved.deterministic == "off", "its kernels always are"
    assert f'deterministic = "{asked}"' in to_toml(chosen)
    assert 'deterministic = "off"' in to_toml(chosen, resolved).split("[resolved]")[1]


def test_other_words_are_refused() -> None:
    with pytest.raises(UsageError, match="deterministic must be auto, off or on"):
        build_recipe(settings={"deterministic": "perhaps"})


def test_the_environment_fixes_the_workspaces_of_cublas_unless_the_user_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(WORKSPACE, raising=False)
    asks = build_recipe(settings={"deterministic": "on"})
    assert WORKSPACE not in engine_environment.environment(build_recipe())
    assert engine_environment.environment(asks)[WORKSPACE] == ":4096:8"
    monkeypatch.setenv(WORKSPACE, ":16:8")
    assert engine_environment.environment(asks)[WORKSPACE] == ":16:8"


@pytest.mark.usefixtures("as_before")
def test_pytorch_is_asked_without_the_filling_of_new_tensors() -> None:
    DeterministicKernels()
    assert torch.are_deterministic_algorithms_enabled()
    assert torch.backends.cudnn.deterministic
    assert not torch.backends.cudnn.benchmark
    assert not torch.empty(10_000).isnan().all()


# What has none


@pytest.mark.usefixtures("as_before")
def test_an_operation_without_such_a_kernel_is_told_once_and_the_training_goes_on(
    digits: Dataset,
) -> None:
    chosen = small(epochs=1)
    resolved = msgspec.structs.replace(
        device_resolution.resolve(chosen, CPU, 32), deterministic="on"
    )
    found = said(Trainer(chosen, resolved, CPU, digits, Unpools(), Ticking(0.01)))
    assert [e.text for e in found if isinstance(e, events.Alert) and e.code == "deterministic"] == [
        "max_unpooling2d_forward_out has no kernel that computes the same bits every time, so two "
        "runs of this seed may differ; if they must not, replace the layer that needs it."
    ]
    assert isinstance(found[-1], events.EpochEnded)


@pytest.mark.usefixtures("as_before")
def test_other_warnings_stay_warnings() -> None:
    with warnings.catch_warnings(record=True) as shown:
        kernels = DeterministicKernels()
        warnings.warn("something else", UserWarning, stacklevel=2)
    assert [str(each.message) for each in shown] == ["something else"]
    assert kernels.pop_missing() == []


# On a GPU


def trained(data: Dataset, **settings: Any) -> list[torch.Tensor]:
    work = on_a_gpu(data, "on", deterministic="on", precision="bf16", **settings)
    assert not complaints(said(work))
    return weights(work)


@GPU
@pytest.mark.usefixtures("as_before")
@pytest.mark.parametrize("optimizer", ["sgd", "adamw", "muon"])
def test_two_trainings_of_one_seed_are_equal_bit_for_bit(digits: Dataset, optimizer: str) -> None:
    one, other = (trained(digits, optimizer=optimizer) for _ in range(2))
    assert all(map(torch.equal, one, other))


@GPU
@pytest.mark.usefixtures("as_before")
def test_a_replayed_training_equals_an_eager_one_bit_for_bit(digits: Dataset) -> None:
    """So the layers may be measured at any step: such a step is not replayed."""
    plain = on_a_gpu(digits, "off", deterministic="on", precision="bf16")
    said(plain)
    assert all(map(torch.equal, trained(digits), weights(plain)))


@GPU
@pytest.mark.usefixtures("as_before")
def test_a_training_that_is_taken_up_again_is_equal_bit_for_bit(digits: Dataset) -> None:
    whole, _, again = taken_up_again(lambda: on_a_gpu(digits, "on", deterministic="on"))
    said(again)
    assert all(map(torch.equal, weights(again), weights(whole)))


@GPU
@pytest.mark.usefixtures("as_before")
def test_a_gpu_tells_of_a_pooling_that_has_no_such_kernel() -> None:
    kernels = DeterministicKernels()
    images = torch.rand(2, 3, 14, 14, device=CUDA, requires_grad=True)
    F.adaptive_avg_pool2d(images, 6).sum().backward()  # type: ignore[no-untyped-call]
    assert kernels.pop_missing() == ["adaptive_avg_pool2d_backward_cuda"]
