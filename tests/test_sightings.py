"""What the steps say about each training image is summed up, and changes no weights."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any, TypeVar

import msgspec
import pytest
import torch
from torch import Tensor

from engine.checkpoints import checkpoint
from engine.checkpoints.run_state import SightingsState, TrainingState
from engine.data.base.batch import Batch
from engine.data.base.dataset import Dataset
from engine.distributed.rank import Rank
from engine.process.session import AttemptOptions
from engine.process.sighted_images import sightings_file
from engine.protocol import events
from engine.recipes.recipe_building import read_recipe
from engine.run import sightings_file as files
from engine.run.run_paths import RunDir
from engine.training import sightings
from engine.training.memory_trial import MemoryTrial
from engine.training.sightings import Sightings
from engine.training.trainer import Trainer
from tests.processes import TIMEOUT, events_of
from tests.test_accumulation import broken, normed
from tests.test_replay import recording, training
from tests.test_resume_checks import Trained
from tests.test_trainer import CPU, digits, said, trainer, weights
from tests.test_until import attempt, new_run

__all__ = ["digits", "recording"]

T = TypeVar("T")
IMAGES, CLASSES, BATCH = 40, 5, 16
NOBODY = IMAGES


class Step:
    """A batch and its logits, of which some rows do not count; the images are all different."""

    def __init__(self, seed: int, *, mixed: bool) -> None:
        torch.manual_seed(seed)
        indices = torch.randperm(IMAGES)[:BATCH]
        indices[3] = indices[7] = NOBODY
        labels = indices % CLASSES
        share = torch.rand(BATCH) if mixed else None
        if share is not None:
            share[0] = 0.5
        images = torch.empty(BATCH, 0)
        self.batch = Batch(images, labels, labels.roll(1) if mixed else None, share, indices)
        self.logits = torch.randn(BATCH, CLASSES)
        self.logits[5, 2], self.logits[9, 0], self.logits[11, 4] = math.nan, math.inf, -math.inf
        self.hits = self.logits.argmax(1) == self.batch.dominant

    def rows(self) -> Iterator[tuple[int, int, Tensor]]:
        """The image, its label and its logits of each row that counts."""
        assert self.batch.indices is not None
        for row in range(BATCH):
            index, logits = int(self.batch.indices[row]), self.logits[row]
            whole = self.batch.share is None or float(self.batch.share[row]) >= 0.5
            if index != NOBODY and whole and all(map(math.isfinite, logits.tolist())):
                yield index, int(self.batch.labels[row]), logits


def counted(steps: list[list[Step]], *, gathers: bool, rank: Rank | None = None) -> Sightings:
    """What is counted of the steps of each epoch."""
    found = Sightings(IMAGES, CLASSES, CPU, rank or Rank(), gathers=gathers)
    for epoch, of_epoch in enumerate(steps, 1):
        found.begin_epoch(epoch)
        for step in of_epoch:
            found.add(step.batch, step.logits, step.hits)
        found.end_epoch()
    return found


def assert_equal(one: SightingsState | None, other: SightingsState | None) -> None:
    assert one is not None
    assert other is not None
    assert one.since == other.since
    assert one.sums.keys() == other.sums.keys()
    for name in one.sums:
        assert torch.equal(one.sums[name], other.sums[name]), name


@pytest.mark.parametrize("gathers", [False, True])
@pytest.mark.parametrize("mixed", [False, True])
def test_the_sums_are_those_of_a_plain_loop(gathers: bool, mixed: bool) -> None:
    steps = [[Step(epoch, mixed=mixed)] for epoch in range(1, 8)]
    sums = counted(steps, gathers=gathers).state().sums
    counts, agreed = [0] * IMAGES, [0] * IMAGES
    logits = torch.zeros(IMAGES, CLASSES)
    for epoch, (step,) in enumerate(steps, 1):
        for index, label, said_of_it in step.rows():
            counts[index] += 1
            logits[index] += said_of_it
            if int(said_of_it.argmax()) == label:
                agreed[index] = epoch
    assert sums["counts"].tolist() == counts
    assert sums["agreed"].tolist() == agreed
    assert torch.equal(sums["logits"], logits)
    assert 0 < sum(counts) < 7 * BATCH
    assert max(agreed) > 1


@pytest.mark.parametrize("gathers", [False, True])
def test_margins_stand_for_too_many_logits(gathers: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sightings, "MOST_BYTES", 4 * IMAGES * CLASSES - 1)
    steps = [[Step(epoch, mixed=False)] for epoch in range(1, 8)]
    found = counted(steps, gathers=gathers)
    assert not found.keeps_logits
    margins, held = [0.0] * IMAGES, [-1] * IMAGES
    for (step,) in steps:
        for index, label, logits in step.rows():
            shares = logits.softmax(0).tolist()
            rival = max((k for k in range(CLASSES) if k != label), key=shares.__getitem__)
            margins[index] += shares[label] - shares[rival]
            held[index] = rival
    state = found.state()
    assert {*state.sums} == {"counts", "agreed", "margins", "rivals"}
    file = sightings_file(state, torch.arange(IMAGES), "", 7)
    assert file.held is not None
    assert file.margins is not None
    assert file.held.tolist() == held
    means = [total / max(1, n) for total, n in zip(margins, file.sightings, strict=True)]
    assert file.margins.tolist() == pytest.approx(means, abs=1e-6)
    assert -1 in held


def test_many_steps_together_are_the_same_bits_as_each_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Within an epoch too, where a block ends in the midst of it."""
    monkeypatch.setattr(sightings, "TOGETHER", 3 * BATCH * CLASSES)
    one, two = Step(1, mixed=True), Step(2, mixed=True)
    assert one.batch.indices is not None
    rest = torch.tensor([i for i in range(IMAGES) if i not in one.batch.indices])[:BATCH]
    two.batch = two.batch._replace(indices=rest, labels=rest % CLASSES)
    steps = [[one, two]] * 40
    alone, together = (counted(steps, gathers=gathers).state() for gathers in (False, True))
    assert_equal(together, alone)
    assert int(alone.sums["counts"].max()) == 40


def test_an_image_takes_at_most_80_bytes_with_ten_classes() -> None:
    images = 5000
    found = Sightings(images, 10, CPU, Rank(), gathers=True)
    taken = sum(each.untyped_storage().nbytes() for each in found._sums.values())
    assert 40 * images < taken <= 80 * images
    many = Sightings(images, 100_000, CPU, Rank(), gathers=True)
    assert sum(each.untyped_storage().nbytes() for each in many._sums.values()) <= 80 * images


# Several ranks


class OneOfTwo(Rank):
    """A rank that shares its tensors with the other one, which calls in another thread."""

    def __init__(self, number: int, given: list[Tensor], barrier: Barrier) -> None:
        super().__init__()
        self.number, self.count, self.alone = number, 2, False
        self._given, self._barrier = given, barrier

    def sum(self, values: Tensor) -> Tensor:
        return self._shared(values, torch.add)

    def largest(self, values: Tensor) -> Tensor:
        return self._shared(values, torch.maximum)

    def _shared(self, values: Tensor, reduce: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
        self._given[self.number] = values.clone()
        self._barrier.wait(TIMEOUT)
        found = reduce(*self._given)
        self._barrier.wait(TIMEOUT)
        return found


def of_two_ranks() -> list[Sightings]:
    given, barrier = [torch.empty(0)] * 2, Barrier(2)
    ranks = [OneOfTwo(number, given, barrier) for number in range(2)]
    return [Sightings(IMAGES, CLASSES, CPU, rank, gathers=True) for rank in ranks]


def of_leader(both: list[Sightings], call: Callable[[Sightings], T]) -> T:
    """What the leader gets of a call that both ranks make at once."""
    with ThreadPoolExecutor(2) as pool:
        return next(iter(pool.map(call, both)))


def halves(step: Step) -> list[Step]:
    """The same step for each of two ranks."""
    parts = [copy.copy(step), copy.copy(step)]
    for part, rows in zip(parts, (slice(0, 8), slice(8, BATCH)), strict=True):
        part.batch = Batch(*(None if each is None else each[rows] for each in step.batch))  # type: ignore[arg-type]
        part.logits, part.hits = step.logits[rows], step.hits[rows]
    return parts


@pytest.mark.parametrize("most", [sightings.MOST_BYTES, 0])
@pytest.mark.parametrize("resumed_after", [None, 3])
def test_two_ranks_count_what_one_does_bit_for_bit(
    monkeypatch: pytest.MonkeyPatch, resumed_after: int | None, most: int
) -> None:
    monkeypatch.setattr(sightings, "MOST_BYTES", most)
    steps = [Step(epoch, mixed=False) for epoch in range(1, 8)]
    both = of_two_ranks()
    for epoch, step in enumerate(steps, 1):
        for one, part in zip(both, halves(step), strict=True):
            one.begin_epoch(epoch)
            one.add(part.batch, part.logits, part.hits)
        if epoch == resumed_after:
            state = of_leader(both, Sightings.state)
            for one in both:
                one.restore(state, epoch)
        of_leader(both, Sightings.end_epoch)
    expected = counted([[step] for step in steps], gathers=False)
    assert_equal(of_leader(both, Sightings.state), expected.state())


# A training


def state_of(work: Trainer) -> SightingsState:
    found = copy.deepcopy(work.state().sightings)
    assert found is not None
    return found


MIXED: dict[str, Any] = {"mixup": 0.3, "cutmix": 0.5, "dropout": 0.2, "crop": 2, "lr": 0.02}


@pytest.mark.parametrize("settings", [{}, MIXED, {"accumulate": 3, "ema": 0.9}])
def test_the_weights_are_the_same_with_it_and_without(
    digits: Dataset, settings: dict[str, Any]
) -> None:
    on, off = (trainer(digits, suspects=value, **settings) for value in ("on", "off"))
    told = [[e for e in said(work) if isinstance(e, events.EpochEnded)] for work in (on, off)]
    assert [(e.train_loss, e.loss) for e in told[0]] == [(e.train_loss, e.loss) for e in told[1]]
    assert all(map(torch.equal, weights(on), weights(off)))
    assert off.state().sightings is None
    assert int(state_of(on).sums["counts"].sum()) > 0


def test_each_step_counts_each_of_its_images_once(digits: Dataset) -> None:
    work = trainer(digits, epochs=3)
    said(work)
    sums = state_of(work).sums
    assert int(sums["counts"].sum()) == work.step * 128
    assert int(sums["counts"].max()) == 3
    assert sums["logits"].shape == (len(digits.train), 10)
    assert {*sums["agreed"].tolist()} <= {0, 1, 2, 3}
    assert 3 in sums["agreed"]


def test_the_parts_of_a_batch_count_as_the_batch_does(digits: Dataset) -> None:
    """LeNet-5 has no batch norm: only rounding differs."""
    whole, split = (trainer(digits, epochs=1, accumulate=n, lr=1e-3) for n in (1, 3))
    for work in (whole, split):
        said(work)
    ours, theirs = state_of(split).sums, state_of(whole).sums
    assert torch.equal(ours["counts"], theirs["counts"])
    assert torch.allclose(ours["logits"], theirs["logits"], atol=1e-4)


@pytest.mark.parametrize("together", [1, 4])
@pytest.mark.parametrize("settings", [{}, {"mixup": 0.2}, {"accumulate": 3}])
def test_replayed_steps_count_what_others_do(
    digits: Dataset, recording: list[int], together: int, settings: dict[str, Any]
) -> None:
    asked = {"ema": 0.0, "batch": 64, "epochs": 3, **settings}
    plain = training(digits, "off", **asked)
    replayed = training(digits, "on", together=together, **asked)
    for work in (plain, replayed):
        said(work)
    assert recording
    assert_equal(state_of(replayed), state_of(plain))


def left(data: Dataset, steps: int, **settings: Any) -> tuple[Trainer, TrainingState]:
    """A training that is left after so many steps, and its state."""
    work = trainer(data, epochs=3, **settings)
    life = work.run()
    while work.step < steps:
        next(life)
    state = copy.deepcopy(work.state())
    life.close()
    return work, state


@pytest.mark.parametrize("steps", [4, 11, 17])
def test_a_training_that_is_taken_up_again_counts_the_same(digits: Dataset, steps: int) -> None:
    whole = trainer(digits, epochs=3, **MIXED)
    said(whole)
    _, state = left(digits, steps, **MIXED)
    again = trainer(digits, epochs=3, **MIXED)
    again.restore(state)
    said(again)
    assert_equal(state_of(again), state_of(whole))


def test_a_step_whose_loss_breaks_counts_what_it_saw_until_then(digits: Dataset) -> None:
    """The third of four parts of the second step breaks: 32 images a part."""
    work = normed(digits, accumulate=4)
    broken(work, 7)
    life = work.run()
    while work.step < 2:
        next(life)
    assert int(state_of(work).sums["counts"].sum()) == 128 + 96


def test_a_roll_back_takes_back_what_was_counted(digits: Dataset) -> None:
    work, state = left(digits, 14)
    kept = copy.deepcopy(state)
    life = work.run()
    while work.step < 20:
        next(life)
    life.close()
    assert work.sightings is not None
    assert work.sightings._waiting, "steps that are still to be summed up"
    work.restore(kept)
    assert_equal(state_of(work), kept.sightings)


def test_from_a_checkpoint_without_them_they_are_counted_anew(digits: Dataset) -> None:
    work, state = left(digits, 14)
    work.restore(msgspec.structs.replace(state, sightings=None))
    found = state_of(work)
    assert found.since == work.epoch == 2
    assert not any(bool(each.any()) for each in found.sums.values())


def test_what_is_tried_for_its_memory_is_not_counted(
    digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first trial takes two steps of a copy."""
    tried: list[int] = []

    def fits(trial: MemoryTrial, parts: int) -> bool:
        trial._steps()
        tried.append(parts)
        return True

    monkeypatch.setattr(MemoryTrial, "fits", fits)
    monkeypatch.setattr("engine.devices.gpu_memory.free", lambda device: 1 << 30)
    work = trainer(digits)
    assert [*work.fit_memory()] == []
    assert tried == [1]
    assert not state_of(work).sums["counts"].any()


# A run


def test_a_run_writes_them_at_the_end_of_each_epoch(finished_run: RunDir) -> None:
    saved = {name: checkpoint.load(finished_run.checkpoints / name) for name in FILES}
    description = saved["last.pt"].description
    assert description is not None
    found = files.read(finished_run.sightings, len(description.classes))
    assert found is not None
    assert (found.epoch, found.since_epoch, found.digest) == (2, 1, description.train.digest)
    assert len(found.labels) == description.train.images
    assert found.logits is not None
    state = saved["last.pt"].training.sightings
    assert state is not None
    sums, counts = state.sums["logits"], state.sums["counts"].clamp(min=1)
    assert torch.equal(torch.from_numpy(found.logits), sums / counts[:, None])
    assert saved["best.pt"].training.sightings is None
    assert (found.logits.argmax(1) == found.labels).mean() > 0.5


FILES = ("last.pt", "best.pt")


def test_a_run_without_them_writes_none_and_may_begin_later(tmp_path: Path) -> None:
    run = new_run(tmp_path, suspects="off")
    attempt(run, until=1)
    assert not run.sightings.exists()
    text = run.recipe.read_text()
    run.recipe.write_text(text.replace('suspects = "off"', 'suspects = "on"'))
    assert read_recipe(run.recipe).suspects == "on"
    attempt(run, until=3)
    found = files.read(run.sightings, 10)
    assert found is not None
    assert (found.since_epoch, found.epoch, int(found.sightings.max())) == (2, 3, 2)


def test_other_images_are_counted_from_the_next_epoch(tmp_path: Path) -> None:
    made = Trained(tmp_path)
    made.train()
    before = files.read(made.run.sightings, 2)
    first = sorted(made.images.rglob("*.png"))[0]
    first.rename(first.with_name("renamed.png"))
    made.train(AttemptOptions(force=True, epochs=4))
    after = files.read(made.run.sightings, 2)
    assert before is not None
    assert after is not None
    assert after.digest != before.digest
    assert (before.since_epoch, after.since_epoch, after.epoch) == (1, 3, 4)
    assert int(after.sightings.max()) == 2


@pytest.mark.parametrize(("most", "told"), [(0, 1), (sightings.MOST_BYTES, 0)])
def test_the_log_says_where_only_margins_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int, told: int
) -> None:
    monkeypatch.setattr(sightings, "MOST_BYTES", most)
    run = new_run(tmp_path)
    attempt(run, until=1)
    alerts = [e for e in events_of(run) if isinstance(e, events.Alert) and e.code == "suspects"]
    assert [alert.level for alert in alerts] == ["info"] * told
    found = files.read(run.sightings, 10)
    assert found is not None
    assert (found.margins is not None, found.logits is None) == (bool(told), bool(told))
