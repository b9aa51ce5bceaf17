"""A compiled training: the same model, seen by the same eyes, and taken up again exactly."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch._dynamo.testing import CompileCounterWithBackend

from cnn_tui.untouched import untouched
from engine.data.base.dataset import Dataset
from engine.devices import device_resolution, forward_pass
from engine.models import registry
from engine.models.layer_options import LayerOptions
from engine.protocol import events
from engine.recipes.recipe_building import build_recipe
from engine.run.run_paths import RunDir
from engine.training.trainer import Trainer
from tests.forked_engines import ForkServer, new_run
from tests.processes import TIMEOUT, LiveJournal
from tests.test_trainer import CPU, Ticking, digits, ends, said, weights

__all__ = ["digits"]


@pytest.fixture
def traced(monkeypatch: pytest.MonkeyPatch) -> CompileCounterWithBackend:
    """Compiled by what stands before the compilers: it traces the passes, and makes no kernels."""
    torch.compiler.reset()
    counter = CompileCounterWithBackend("aot_eager")

    def compiled(model: nn.Module) -> Callable[[Tensor], Tensor]:
        return torch.compile(model, backend=counter)

    monkeypatch.setattr(forward_pass, "compiled", compiled)
    return counter


def plain(data: Dataset, tick: float = 0.01, accumulate: int = 1) -> Trainer:
    """A LeNet with all that a pass may leave its marks on: BN statistics and dropout's draws."""
    torch.set_num_threads(1)
    settings = {"epochs": 2, "precision": "float32", "lr": 0.01, "accumulate": accumulate}
    chosen = build_recipe(settings=settings)
    torch.manual_seed(0)
    model = registry.build("lenet5", 1, 32, 10, LayerOptions("default", True, 0.2))
    resolved = device_resolution.resolve(chosen, CPU, 32)
    return Trainer(chosen, resolved, CPU, data, model, Ticking(tick))


def compiled(data: Dataset, tick: float = 0.01, accumulate: int = 1) -> Trainer:
    work = plain(data, tick, accumulate)
    work.compile()
    return work


def health(found: list[events.Event]) -> list[events.LayerHealth]:
    return [event for event in found if isinstance(event, events.LayerHealth)]


@pytest.mark.usefixtures("traced")
def test_compiling_changes_nothing(digits: Dataset) -> None:
    """Neither weights nor the random state; the losses are those of the model as it is."""
    expected = ends(said(plain(digits)))
    for one, other in zip(ends(said(compiled(digits))), expected, strict=True):
        assert one.train_loss == pytest.approx(other.train_loss, rel=1e-4)
        assert one.loss == pytest.approx(other.loss, rel=1e-3)


def test_layers_are_seen_although_a_compiled_pass_calls_no_hooks(
    digits: Dataset, traced: CompileCounterWithBackend
) -> None:
    expected = health(said(plain(digits)))
    found = health(said(compiled(digits, tick=3.0)))
    assert traced.frame_count == 1, "hooks would have it compiled again"
    assert [[layer.layer for layer in one.layers] for one in found[:1]] == [
        ["conv1", "bn1", "conv2", "bn2", "fc1", "fc2", "fc3"]
    ]
    for ours, theirs in zip(found[0].layers, expected[0].layers, strict=True):
        for name in ("gradient", "update", "mean", "deviation"):
            assert getattr(ours, name) == pytest.approx(getattr(theirs, name), rel=1e-2)


@pytest.mark.usefixtures("traced")
def test_looking_at_layers_leaves_no_trace_in_the_weights(digits: Dataset) -> None:
    seldom = compiled(digits, tick=0.0)
    few = health(said(seldom))
    often = compiled(digits, tick=3.0)
    many = health(said(often))
    assert len(few) == 1 < len(many)
    for one, other in zip(weights(seldom), weights(often), strict=True):
        assert torch.equal(one, other)


def test_parts_of_all_sizes_are_compiled_before_the_first_step(
    digits: Dataset, traced: CompileCounterWithBackend
) -> None:
    """The batch of 64 has parts of 22, 21 and 21."""
    work = compiled(digits, tick=3.0, accumulate=3)
    before = traced.frame_count
    found = said(work)
    assert traced.frame_count == before == 2
    for one, other in zip(ends(found), ends(said(plain(digits, accumulate=3))), strict=True):
        assert one.train_loss == pytest.approx(other.train_loss, rel=1e-4)
    expected = health(said(plain(digits, accumulate=3)))[0]
    for ours, theirs in zip(health(found)[0].layers, expected.layers, strict=True):
        assert (ours.layer, ours.dead) == (theirs.layer, theirs.dead)
        assert ours.mean == pytest.approx(theirs.mean, rel=1e-2)


@pytest.mark.usefixtures("traced")
def test_a_compiled_run_taken_up_again_is_the_same_run(digits: Dataset) -> None:
    whole = compiled(digits)
    said(whole)
    first = compiled(digits)
    life = first.run()
    for _ in range(7):
        next(life)
    state = first.state()
    life.close()
    second = compiled(digits)
    torch.manual_seed(99)
    second.restore(state)
    said(second)
    for one, other in zip(weights(whole), weights(second), strict=True):
        assert torch.equal(one, other)


def test_what_is_computed_untouched_leaves_statistics_and_random_numbers() -> None:
    model = nn.Sequential(nn.BatchNorm1d(4), nn.Dropout())
    buffers = [buffer.clone() for buffer in model.buffers()]
    before = torch.get_rng_state()
    with untouched(model, torch.device("cpu")):
        model(torch.randn(8, 4))
    assert torch.equal(torch.get_rng_state(), before)
    for buffer, was in zip(model.buffers(), buffers, strict=True):
        assert torch.equal(buffer, was)


# In an engine

NET = """
from torch import nn

def small(classes, in_channels):
    return nn.Sequential(
        nn.Conv2d(in_channels, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(2 * 30 * 30, classes)
    )
"""


@pytest.fixture
def run(tmp_path: Path) -> RunDir:
    """A run that is to be compiled, of a model that takes the compilers little time."""
    (tmp_path / "net.py").write_text(NET)
    flags = {"arch": "net.py:small", "data": "digits", "epochs": 1, "compile": "on"}
    return new_run(Path("runs"), {**flags, "threads": 1, "precision": "float32"})


def resolved_compile(run: RunDir) -> str:
    return run.recipe.read_text().split("[resolved]")[1].split("compile = ")[1].splitlines()[0]


@pytest.mark.skipif(shutil.which("g++") is None, reason="PyTorch compiles with g++ on a processor")
def test_an_engine_compiles_and_trains(fork_server: ForkServer, run: RunDir) -> None:
    engine = fork_server.start(run)
    assert (engine.wait(), engine.stderr) == (0, "")
    journal = LiveJournal(run.journal)
    assert journal.has(lambda e: isinstance(e, events.Phase) and e.name == "compiling")
    assert not any(isinstance(e, events.Alert) and e.code == "compile" for e in journal.events)
    assert resolved_compile(run) == '"on"'
    assert len(health(journal.events)[0].layers) == 2


def test_where_it_cannot_be_compiled_it_is_said_and_trained_all_the_same(
    run: RunDir, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # Not of the fork_server, where PyTorch has already looked for its compiler.
    monkeypatch.setenv("CXX", "/nowhere")
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path / "kernels"))
    command = [sys.executable, "-m", "engine", str(run.path), "--lines"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    journal = LiveJournal(run.journal)
    assert journal.has(lambda e: isinstance(e, events.Alert) and "--compile off" in e.text)
    assert resolved_compile(run) == '"off"'
