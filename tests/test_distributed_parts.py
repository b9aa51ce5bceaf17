"""What each of several processes takes and is told, without starting any."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from engine.data.augmentation.augmentation import Augmentation
from engine.data.base.dataset import Dataset, Images
from engine.data.base.seeds import seeded_generator
from engine.data.loaders import loader_choice
from engine.data.loaders.resident_loader import ResidentLoader
from engine.data.loaders.streaming_loader import StreamingLoader
from engine.data.loading import load
from engine.devices import device as devices
from engine.distributed.batch_share import WHOLE, BatchShare
from engine.distributed.ranks import Ranks, World
from engine.errors import UsageError
from engine.machine import hardware
from engine.models import registry
from engine.protocol import commands
from engine.protocol.commands import Order
from engine.protocol.events import Gpu
from engine.recipes.recipe_building import build_recipe
from engine.start import device_request, engine_environment
from engine.training.metrics import Evaluation, RunningMetrics
from engine.training.non_finite_guard import BrokenBatch
from engine.training.trainer import Trainer
from tests import scripted
from tests.loading import finished

CPU = torch.device("cpu")
T = TypeVar("T")


# Data


def loader(part: BatchShare = WHOLE, batch: int = 6) -> ResidentLoader:
    """Twenty random images, labelled by their index."""
    pixels = torch.randint(
        0, 256, (20, 1, 4, 4), dtype=torch.uint8, generator=seeded_generator(CPU, 0)
    )
    return ResidentLoader(
        Images(pixels, torch.arange(20)),
        mean=(0.5,),
        std=(0.5,),
        batch=batch,
        seed=0,
        augmentation=Augmentation(),
        device=CPU,
        memory_format=torch.contiguous_format,
        part=part,
    )


@pytest.mark.parametrize("ranks", [2, 3])
def test_the_parts_of_each_batch_are_the_batch(ranks: int) -> None:
    parts = [loader(BatchShare(rank, ranks)).batches(2, first=1) for rank in range(ranks)]
    for whole, *own in zip(loader().batches(2, first=1), *parts, strict=True):
        assert [len(batch.labels) for batch in own] == [6 // ranks] * ranks
        assert torch.equal(torch.cat([batch.labels for batch in own]), whole.labels)
        assert torch.equal(torch.cat([batch.images for batch in own]), whole.images)


def test_evaluation_comes_to_each_image_once_in_as_many_batches_on_every_rank() -> None:
    images = Images(torch.zeros(7, 1, 4, 4, dtype=torch.uint8), torch.arange(7))
    own = [list(loader(BatchShare(rank, 2)).evaluation_batches(images, 3)) for rank in range(2)]
    assert [[len(labels) for _, labels in batches] for batches in own] == [[2, 2, 1], [1, 1, 0]]
    assert sorted(int(n) for batches in own for _, labels in batches for n in labels) == [*range(7)]


def test_a_batch_that_cannot_be_shared_equally_is_refused() -> None:
    with pytest.raises(UsageError, match="4 processes cannot share a batch of 6 images"):
        loader(BatchShare(0, 4))


def test_a_streamed_set_is_parted_in_the_same_way(tmp_path: Path) -> None:
    for index in range(12):
        file = tmp_path / "ab"[index % 2] / f"{index}.png"
        file.parent.mkdir(exist_ok=True)
        Image.new("L", (16, 16), index * 20).save(file)
    chosen = build_recipe(settings={"data": str(tmp_path), "loader": "streaming", "batch": 4})
    data = finished(load(chosen, 0.0))[1]
    taken = []
    for part in (BatchShare(), BatchShare(0, 2), BatchShare(1, 2)):
        with contextlib.closing(
            loader_choice.loader(chosen, data, CPU, torch.contiguous_format, 1, part)
        ) as stream:
            assert isinstance(stream, StreamingLoader)
            trained = [batch.labels.clone() for batch in stream.batches(1)]
            looked_at = [y.clone() for _, y in stream.evaluation_batches(data.validation, 8)]
        taken.append((trained, looked_at))
    for whole, first, second in zip(*(trained for trained, _ in taken), strict=True):
        assert torch.equal(torch.cat([first, second]), whole)
    counts = [sum(map(len, looked_at)) for _, looked_at in taken]
    assert counts[0] == counts[1] + counts[2]


class Together(World):
    """Ranks of which all but this one have given their values."""

    def __init__(self, rank: int, others: list[World]) -> None:
        super().__init__()
        self.rank, self.size, self.others = rank, 1 + len(others), others
        self.given: list[Any] = []

    def summed(self, values: Tensor) -> Tensor:
        self.given.append(values.clone())
        return values

    def gathered(self, value: T) -> list[T]:
        self.given.append(value)
        return [value]


def test_predictions_come_back_in_the_order_of_the_images() -> None:
    """Two ranks with three batches, of which the second has nothing of the last."""
    answers = torch.tensor([0, 1, 2, 1, 0, 2, 1])
    shares = [[answers[0:2], answers[3:5], answers[6:7]], [answers[2:3], answers[5:6], answers[:0]]]
    given = []
    for rank, own in enumerate(shares):
        world = Together(rank, [])
        evaluation = Evaluation(3, CPU, world)
        for part in own:
            evaluation.add(nn.functional.one_hot(part, 3).float(), part)
        evaluation.result()
        given.append(world.given[-1])

    class Both(World):
        def gathered(self, value: T) -> list[T]:
            return given

    evaluation = Evaluation(3, CPU, Both())
    for part in shares[0]:
        evaluation.add(nn.functional.one_hot(part, 3).float(), part)
    assert torch.equal(evaluation.result().predictions, answers)


def test_sums_of_a_checkpoint_are_taken_up_by_one_rank_alone() -> None:
    sums = torch.tensor([8.0, 3.0], dtype=torch.float64)
    taken = []
    for rank in range(2):
        tally = RunningMetrics(CPU, Together(rank, [World()]))
        tally.restore(sums, 16)
        taken.append(tally.epoch_sums())
        assert tally.epoch_images == 16
    assert torch.equal(taken[0] + taken[1], sums)


# What rank 0 says


class Wire(Ranks):
    """A rank whose values travel by a list, which rank 0 fills and the other empties."""

    def __init__(self, rank: int, wire: list[Any]) -> None:
        names = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE")
        super().__init__(dict(zip(names, (str(rank), "2", str(rank), "2"), strict=True)))
        self._wire = wire

    def told(self, make: Callable[[], T]) -> T:
        if self.leads:
            self._wire.append(make())
            return self._wire[-1]  # type: ignore[no-any-return]
        return self._wire.pop(0)  # type: ignore[no-any-return]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> scripted.Clock:
    found = scripted.Clock(0.0)
    monkeypatch.setattr("engine.distributed.ranks.time.monotonic", found)
    return found


def pair() -> tuple[Wire, Wire]:
    wire: list[Any] = []
    return Wire(0, wire), Wire(1, wire)


PAUSE = commands.Pause(id="p", attempt="")


def test_an_order_reaches_both_ranks_at_the_same_step(clock: scripted.Clock) -> None:
    leader, other = pair()
    leader.anew()
    other.anew()
    heard: list[tuple[int, Order | None, Order | None]] = []
    for step in range(200):
        clock.now += 0.01
        if step == 100:
            leader.put(PAUSE)
        other.put(commands.Stop(id="", attempt=""))
        assert leader.agreed(lambda: False) == other.agreed(lambda: True)
        heard.append((step, leader.take(wait=False), other.take(wait=False)))
    ((step, *orders),) = (found for found in heard if found[1:] != (None, None))
    assert 100 <= step <= 110
    assert orders == [PAUSE, PAUSE]


def test_rank_0_speaks_ten_times_a_second_at_any_pace(clock: scripted.Clock) -> None:
    leader, _ = pair()
    for seconds in (0.001, 0.01, 1.0):
        leader.anew()
        said = []
        for _ in range(1000):
            clock.now += seconds
            if leader.agreed(lambda: True):
                said.append(clock.now)
        gaps = [later - earlier for earlier, later in itertools.pairwise(said)][10:]
        assert gaps
        assert max(gaps) == pytest.approx(max(0.1, seconds), rel=0.1)


def test_until_all_are_in_step_rank_0_hears_for_itself() -> None:
    leader, other = pair()
    leader.put(PAUSE)
    assert leader.take(wait=True) == PAUSE
    assert leader.take(wait=False) is None
    assert not leader.together
    assert not other.together


# Training


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return finished(load(build_recipe()))[1]


def trainer(data: Dataset, world: World) -> Trainer:
    chosen = build_recipe(settings={"precision": "float32", "threads": 1})
    torch.manual_seed(0)
    model = registry.build("lenet5", 1, 32, 10)
    return Trainer(chosen, devices.resolve(chosen, CPU, 32), CPU, data, model, lambda: 0.0, world)


class Stricken(World):
    """One of two ranks, the other of which has a loss that is not a number."""

    def all(self, holds: bool) -> bool:
        return False

    def gathered(self, value: T) -> list[T]:
        other = BrokenBatch(1, "fc3", torch.zeros(1), torch.zeros(1))
        return [value, other]  # type: ignore[list-item]


def test_no_rank_learns_from_a_batch_whose_loss_broke_on_another(digits: Dataset) -> None:
    work = trainer(digits, Stricken())
    before = [weight.clone() for weight in work.model.parameters()]
    running = work.run()
    while work.step == 0:
        next(running)
    assert all(map(torch.equal, before, work.model.parameters()))
    assert work.step == 1
    assert work.broken is not None
    assert work.broken.layer == "fc3"


def test_ranks_draw_their_own_dropout(digits: Dataset) -> None:
    draws = []
    for rank in range(2):
        trainer(digits, Together(rank, [World()]))
        draws.append(torch.rand(4))
    assert not torch.equal(*draws)


# Starting


def gpus(count: int) -> Callable[[], tuple[Gpu, ...]]:
    return lambda: tuple(Gpu(n, "H100", False, 0.0, 0, 1, cuda=n) for n in range(count))


@pytest.mark.parametrize(
    ("fields", "found", "expected"),
    [
        ({"gpus": 1}, 0, 1),
        ({"gpus": "all"}, 4, 4),
        ({"gpus": 2, "device": "cuda"}, 4, 2),
        ({"gpus": 8, "device": "cpu"}, 0, 8),
        ({"gpus": 8}, 4, "there are 4 usable GPUs, not 8"),
        ({"gpus": "all"}, 0, "no usable GPU for --gpus"),
        ({"gpus": 2, "device": "cuda:1"}, 4, "--gpus takes the first GPUs"),
        ({"gpus": 3, "batch": 64}, 4, "use --set batch=66"),
    ],
)
def test_how_many_processes_train(
    monkeypatch: pytest.MonkeyPatch, fields: dict[str, Any], found: int, expected: int | str
) -> None:
    monkeypatch.setattr(hardware, "gpus", gpus(found))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    chosen = build_recipe(settings=fields)
    if isinstance(expected, int):
        assert device_request.count_ranks(chosen) == expected
    else:
        with pytest.raises(UsageError, match=expected):
            device_request.count_ranks(chosen)


def test_gpus_named_to_all_ranks_of_this_machine_are_ours() -> None:
    named = {"CUDA_VISIBLE_DEVICES": "GPU-0,GPU-1", "LOCAL_WORLD_SIZE": "2"}
    assert hardware.is_ours("GPU-1", named)
    assert not hardware.is_ours("GPU-2", named)
    assert not hardware.is_ours("GPU-1", named | {"LOCAL_WORLD_SIZE": "1"})


def test_processes_share_the_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_environment, "usable_cores", lambda: 8)
    monkeypatch.delenv("OMP_NUM_THREADS")
    chosen = build_recipe(settings={"threads": "auto"})
    counts = [
        engine_environment.environment(chosen, ranks)["OMP_NUM_THREADS"] for ranks in (1, 2, 16)
    ]
    assert counts == ["8", "4", "1"]
