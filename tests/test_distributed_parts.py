"""What each of several ranks takes and gets to know, without starting any."""

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
from engine.devices import device_resolution
from engine.distributed.batch_share import WHOLE, BatchShare
from engine.distributed.order_broadcast import Message, OrderBroadcast
from engine.distributed.rank import Rank
from engine.errors import UsageError
from engine.machine import nvml
from engine.models import registry
from engine.process.session import EventStream, Session
from engine.process.worker import Worker
from engine.protocol import commands, events
from engine.protocol.commands import Order
from engine.protocol.events import Event, Gpu
from engine.recipes.recipe_building import build_recipe
from engine.run.journal import Journal
from engine.start import device_request, engine_environment
from engine.training.metrics import Evaluation, RunningMetrics
from engine.training.non_finite_guard import BrokenBatch
from engine.training.trainer import Trainer
from tests import scripted
from tests.loading import run_to_end

CPU = torch.device("cpu")
T = TypeVar("T")


# Data


@pytest.mark.parametrize(("asked", "ranks"), [(64, 3), (7, 2), (65_536, 3), (19, 2), (20, 11)])
def test_the_batch_that_is_advised_can_be_shared(asked: int, ranks: int) -> None:
    """Of 20 images; 52 was advised for 51 of them, over and over."""
    with pytest.raises(UsageError, match="cannot share") as caught:
        loader(BatchShare(0, ranks), asked)
    advised = int(str(caught.value).partition("batch=")[2].partition(",")[0])
    assert loader(BatchShare(0, ranks), advised).batch == advised


def test_fewer_images_than_processes_are_not_helped_by_another_batch() -> None:
    with pytest.raises(UsageError, match="equally: use another number of processes with --gpus"):
        loader(BatchShare(0, 21), 20)


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
    data = run_to_end(load(chosen, 0.0))[1]
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


class Together(Rank):
    """One of two ranks that share the sums, of which the other one adds nothing."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number, self.count = number, 2
        self.given: list[Any] = []

    def sum(self, values: Tensor) -> Tensor:
        return values

    def gather(self, value: T) -> list[T]:
        self.given.append(value)
        return [value]


def test_predictions_come_back_in_the_order_of_the_images() -> None:
    """Two ranks with three batches, of which the second has nothing of the last."""
    answers = torch.tensor([0, 1, 2, 1, 0, 2, 1])
    shares = [[answers[0:2], answers[3:5], answers[6:7]], [answers[2:3], answers[5:6], answers[:0]]]
    sureness = torch.arange(1.0, 8.0)
    sure = [
        [sureness[0:2], sureness[3:5], sureness[6:7]],
        [sureness[2:3], sureness[5:6], sureness[:0]],
    ]
    given = []

    def add(evaluation: Evaluation, number: int) -> None:
        for part, scale in zip(shares[number], sure[number], strict=True):
            evaluation.add(nn.functional.one_hot(part, 3) * scale[:, None], part)

    for number in range(2):
        rank = Together(number)
        evaluation = Evaluation(3, CPU, rank)
        add(evaluation, number)
        evaluation.result()
        given.append(rank.given[-1])

    class Both(Rank):
        def gather(self, value: T) -> list[T]:
            return given

    evaluation = Evaluation(3, CPU, Both())
    add(evaluation, 0)
    result = evaluation.result()
    assert torch.equal(result.cells, answers * 3 + answers)
    assert torch.allclose(result.probability, sureness.exp() / (sureness.exp() + 2))
    assert torch.equal(result.label_probability, result.probability)
    assert result.among_five.all()
    assert len(result.among_five) == 7


def test_sums_of_a_checkpoint_are_taken_up_by_one_rank_alone() -> None:
    sums = torch.tensor([8.0, 3.0], dtype=torch.float64)
    taken = []
    for number in range(2):
        metrics = RunningMetrics(CPU, Together(number))
        metrics.restore(sums, 16)
        taken.append(metrics.epoch_sums())
        assert metrics.epoch_images == 16
    assert torch.equal(taken[0] + taken[1], sums)


# The leader's orders


class Wire:
    """Two ends of a broadcast: the leader's fills a list, which the other rank's empties."""

    def __init__(self, clock: scripted.Clock) -> None:
        self._messages: list[Message] = []
        self.leader = OrderBroadcast(self._send, clock, leads=True)
        self.other = OrderBroadcast(self._receive, clock, leads=False)

    def _send(self, make: Callable[[], Message]) -> Message:
        self._messages.append(make())
        return self._messages[-1]

    def _receive(self, make: Callable[[], Message]) -> Message:
        return self._messages.pop(0)


@pytest.fixture
def clock() -> scripted.Clock:
    return scripted.Clock(0.0)


PAUSE = commands.Pause(id="p", attempt="")


def test_an_order_reaches_both_ranks_at_the_same_step(clock: scripted.Clock) -> None:
    wire = Wire(clock)
    wire.leader.start()
    wire.other.start()
    obeyed: list[tuple[int, Order | None, Order | None]] = []
    for step in range(200):
        clock.now += 0.01
        if step == 100:
            wire.leader.send(PAUSE)
        wire.other.send(commands.Stop(id="", attempt=""))
        assert wire.leader.after_step() == wire.other.after_step(lambda: True)
        orders = (wire.leader.next_order(wait=False), wire.other.next_order(wait=False))
        obeyed.append((step, *orders))
    ((step, *orders_then),) = (found for found in obeyed if found[1:] != (None, None))
    assert 100 <= step <= 110
    assert orders_then == [PAUSE, PAUSE]


def test_the_leader_broadcasts_ten_times_a_second_at_any_pace(clock: scripted.Clock) -> None:
    leader = Wire(clock).leader
    for seconds in (0.001, 0.01, 1.0):
        leader.start()
        times = []
        for _ in range(1000):
            clock.now += seconds
            if leader.after_step(lambda: True):
                times.append(clock.now)
        gaps = [later - earlier for earlier, later in itertools.pairwise(times)][10:]
        assert gaps
        assert max(gaps) == pytest.approx(max(0.1, seconds), rel=0.1)


def test_until_all_are_in_step_the_leader_obeys_by_itself(clock: scripted.Clock) -> None:
    wire = Wire(clock)
    wire.leader.send(PAUSE)
    assert wire.leader.next_order(wait=True) == PAUSE
    assert wire.leader.next_order(wait=False) is None
    assert not wire.leader.in_step
    assert not wire.other.in_step


# Training


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return run_to_end(load(build_recipe()))[1]


def trainer(data: Dataset, rank: Rank) -> Trainer:
    chosen = build_recipe(settings={"precision": "float32", "threads": 1})
    torch.manual_seed(0)
    model = registry.build("lenet5", 1, 32, 10)
    resolved = device_resolution.resolve(chosen, CPU, 32)
    return Trainer(chosen, resolved, CPU, data, model, lambda: 0.0, rank)


class Stricken(Rank):
    """One of two ranks, the other of which has a loss that is not a number."""

    def all(self, holds: bool) -> bool:
        return False

    def gather(self, value: T) -> list[T]:
        other = BrokenBatch(1, "fc3", torch.zeros(1), torch.zeros(1))
        return [value, other]  # type: ignore[list-item]


def test_no_rank_learns_from_a_batch_whose_loss_broke_on_another(digits: Dataset) -> None:
    work = trainer(digits, Stricken())
    before = [weight.clone() for weight in work.model.parameters()]
    next(iter(work.rehearse()))
    assert all(map(torch.equal, before, work.model.parameters()))
    assert work.step == 1
    assert work.broken is not None
    assert work.broken.layer == "fc3"


def test_a_rank_that_torchrun_stops_since_another_failed_says_why(tmp_path: Path) -> None:
    """It is the signal that a person would send, and "stopped" has no reason."""
    refused = "the data is not the one that 1-lenet5-digits was trained on."

    class RankBesideFailedOne(Rank):
        def failure(self) -> str:
            return refused

    def life() -> EventStream:
        yield events.Phase("loading")
        rank.send(commands.Stop(id=commands.SIGNAL, attempt="a1"))
        yield None

    rank, told = RankBesideFailedOne(), list[Event]()
    run = scripted.run_dir(tmp_path)
    session = Session(run, build_recipe(), "a1", Journal(run.journal), told.append, rank)
    worker = Worker(session, life(), rank, told.append)
    worker.run()
    assert (worker.outcome.reason, worker.outcome.exit_code) == ("failed", 1)
    assert isinstance(told[-1], events.RunEnded)
    assert (told[-1].reason, told[-1].error) == ("failed", refused)


def test_ranks_draw_their_own_dropout(digits: Dataset) -> None:
    draws = []
    for number in range(2):
        trainer(digits, Together(number))
        draws.append(torch.rand(4))
    assert not torch.equal(*draws)


def test_a_rank_that_does_not_lead_reports_nothing_of_its_steps(digits: Dataset) -> None:
    class Follower(Together):
        """The leader finds a report due after every step."""

        def report_is_due(self, is_due: Callable[[], bool]) -> bool:
            assert not is_due()
            return True

    work = trainer(digits, Follower(1))
    events_of_steps = [*itertools.islice(work.run(), 5)]
    assert [type(event).__name__ for event in events_of_steps] == ["Phase", *["NoneType"] * 4]
    assert work.step == 4


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
    monkeypatch.setattr(nvml, "gpus", gpus(found))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    chosen = build_recipe(settings=fields)
    if isinstance(expected, int):
        assert device_request.count_ranks(chosen) == expected
    else:
        with pytest.raises(UsageError, match=expected):
            device_request.count_ranks(chosen)


def test_gpus_named_to_all_ranks_of_this_machine_are_ours() -> None:
    named = {"CUDA_VISIBLE_DEVICES": "GPU-0,GPU-1", "LOCAL_WORLD_SIZE": "2"}
    assert nvml.is_ours("GPU-1", named)
    assert not nvml.is_ours("GPU-2", named)
    assert not nvml.is_ours("GPU-1", named | {"LOCAL_WORLD_SIZE": "1"})


def test_processes_share_the_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_environment, "computing_cores", lambda: 8)
    monkeypatch.delenv("OMP_NUM_THREADS")
    chosen = build_recipe(settings={"threads": "auto"})
    counts = [
        engine_environment.environment(chosen, ranks)["OMP_NUM_THREADS"] for ranks in (1, 2, 16)
    ]
    assert counts == ["8", "4", "1"]
