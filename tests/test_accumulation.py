"""A step that learns from its batch in parts is the step that learns from it as a whole."""

from __future__ import annotations

import copy
import dataclasses
import math
import os
import signal
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from engine.checkpoints import checkpoint
from engine.data.base.batch import Batch
from engine.data.base.dataset import Dataset
from engine.devices import device_resolution, gpu_memory
from engine.distributed.rank import Rank
from engine.errors import UsageError
from engine.models import registry
from engine.process import recipe_checks
from engine.protocol import events
from engine.recipes.recipe import Recipe
from engine.recipes.recipe_building import build_recipe, read_recipe
from engine.run.run_paths import RunDir
from engine.start import resume as resuming
from engine.training.learner import Learner
from engine.training.loss import CrossEntropy
from engine.training.memory_trial import fewest_parts
from engine.training.step_rewind import StepRewind
from engine.training.trainer import Trainer
from tests import scripted
from tests.forked_engines import ForkServer, new_run
from tests.processes import events_of, wait_for
from tests.test_recipe_checks import NORMED
from tests.test_trainer import CPU, Ticking, digits, ends, said, small, trainer, weights

__all__ = ["digits"]

CLASSES, IMAGES, SIZE = 5, 24, 8
CLASS_COUNTS = (8, 6, 4, 4, 2)


class Net(nn.Module):
    """A net without batch norm that returns auxiliary logits too, if it is asked."""

    def __init__(self, auxiliary: int) -> None:
        super().__init__()
        self.conv, self.head = nn.Conv2d(1, 4, 3), nn.Linear(4 * 36, CLASSES)
        self.others = nn.ModuleList(nn.Linear(4 * 36, CLASSES) for _ in range(auxiliary))

    def forward(self, images: Tensor) -> Any:
        features = self.conv(images).tanh().flatten(1)
        others = [head(features) for head in self.others]
        return (self.head(features), *others) if others else self.head(features)


def learner(parts: int, auxiliary: int = 0, **settings: Any) -> Learner:
    recipe = small(clip=0.0, **settings)
    resolved = device_resolution.resolve(recipe, CPU, SIZE)
    resolved = msgspec.structs.replace(resolved, accumulate=parts)
    torch.manual_seed(0)
    return Learner(recipe, resolved, CPU, CLASS_COUNTS, Net(auxiliary), Rank())


def batch(mixed: bool) -> Batch:
    torch.manual_seed(1)
    images, labels = torch.randn(IMAGES, 1, SIZE, SIZE), torch.randint(CLASSES, (IMAGES,))
    if not mixed:
        return Batch(images, labels)
    return Batch(images, labels, labels.roll(1), torch.rand(IMAGES), torch.arange(IMAGES))


def doubled(given: Batch) -> Batch:
    share = None if given.share is None else given.share.double()
    return given._replace(images=given.images.double(), share=share)


def gradients(work: Learner, given: Batch) -> list[Tensor]:
    work.learn(given, 1)
    return [weight.grad for weight in work.model.parameters() if weight.grad is not None]


def exact(work: Learner, monkeypatch: pytest.MonkeyPatch) -> Learner:
    """The learner in float64, the loss too."""
    monkeypatch.setattr(Tensor, "float", Tensor.double)
    work.model.double()
    weighed = work._loss.weights
    work._loss = dataclasses.replace(
        work._loss, weights=None if weighed is None else weighed.double()
    )
    return work


@pytest.mark.parametrize("parts", [2, 5, 7, IMAGES])
@pytest.mark.parametrize(
    ("settings", "mixed", "auxiliary"),
    [
        ({}, False, 0),
        ({"label_smoothing": 0.1}, False, 0),
        ({"class_weights": True}, False, 0),
        ({"class_weights": True, "label_smoothing": 0.2}, True, 0),
        ({}, True, 0),
        ({}, False, 1),
        ({"class_weights": True, "label_smoothing": 0.1}, True, 2),
    ],
)
def test_the_gradients_are_those_of_the_whole_batch(
    monkeypatch: pytest.MonkeyPatch,
    settings: dict[str, Any],
    mixed: bool,
    auxiliary: int,
    parts: int,
) -> None:
    """In float64 to 13 digits, and in float32 to 5; five and seven parts differ in size."""
    given = batch(mixed)
    whole, split = (gradients(learner(n, auxiliary, **settings), given) for n in (1, parts))
    assert len(whole) == len(split) == 4 + 2 * auxiliary
    for one, other in zip(split, whole, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-7)
    whole, split = (
        gradients(exact(learner(n, auxiliary, **settings), monkeypatch), doubled(given))
        for n in (1, parts)
    )
    for one, other in zip(split, whole, strict=True):
        assert one.dtype == torch.float64
        torch.testing.assert_close(one, other, rtol=1e-13, atol=1e-15)


def test_loss_and_accuracy_are_those_of_the_whole_batch() -> None:
    found = []
    for parts in (1, 5):
        work = learner(parts, class_weights=True)
        logits = work.learn(batch(mixed=True), 1)
        work.after_step(1, IMAGES)
        assert logits.shape == (IMAGES, CLASSES)
        found.append(work.metrics.totals())
    assert found[1].loss == pytest.approx(found[0].loss, rel=1e-6)
    assert (found[1].top1, found[1].images) == (found[0].top1, found[0].images)


def test_the_parts_of_a_batch_are_all_of_it_in_order() -> None:
    given = batch(mixed=True)
    parts = given.parts(5)
    assert [len(part.labels) for part in parts] == [5, 5, 5, 5, 4]
    for pieces, whole in zip(zip(*parts, strict=True), given, strict=True):
        assert whole is not None
        assert torch.equal(torch.cat([piece for piece in pieces if piece is not None]), whole)


@pytest.mark.parametrize("settings", [{}, {"ema": 0.9, "clip": 0.5}, {"optimizer": "muon"}])
def test_a_training_in_parts_is_that_of_whole_batches(
    digits: Dataset, settings: dict[str, Any]
) -> None:
    """LeNet-5 has no batch norm; in float32 two epochs differ by rounding alone."""
    asked: dict[str, Any] = {"lr": 2e-3, **settings}
    whole, split = (ends(said(trainer(digits, accumulate=n, **asked))) for n in (1, 3))
    for one, other in zip(split, whole, strict=True):
        assert one.train_loss == pytest.approx(other.train_loss, rel=1e-4)
        assert one.loss == pytest.approx(other.loss, rel=1e-3)


NORMS_AND_DROPOUT: dict[str, Any] = {"ema": 0.9, "mixup": 0.4, "accumulate": 3, "lr": 0.01}


def normed(data: Dataset, **settings: Any) -> Trainer:
    """A LeNet with BN statistics and dropout's draws, which a step changes beside the weights."""
    chosen = small(**settings)
    resolved = device_resolution.resolve(chosen, CPU, 32)
    torch.set_num_threads(1)
    torch.manual_seed(0)
    model = nn.Sequential(
        *(nn.Conv2d(1, 4, 5), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(4)),
        *(nn.Flatten(), nn.Dropout(0.2), nn.Linear(4 * 49, 10)),
    )
    return Trainer(chosen, resolved, CPU, data, model, Ticking(0.01))


def same_weights(one: Trainer, other: Trainer) -> bool:
    pairs = zip(one.model.state_dict().values(), other.model.state_dict().values(), strict=True)
    return all(torch.equal(a, b) for a, b in pairs)


@pytest.mark.parametrize("leave_after", [4, 16, 19])
def test_a_training_in_parts_that_is_taken_up_again_is_the_same(
    digits: Dataset, leave_after: int
) -> None:
    whole = normed(digits, **NORMS_AND_DROPOUT)
    said(whole)
    first = normed(digits, **NORMS_AND_DROPOUT)
    life = first.run()
    for _ in range(leave_after):
        next(life)
    state = first.state()
    life.close()
    second = normed(digits, **NORMS_AND_DROPOUT)
    torch.manual_seed(99)
    second.restore(state)
    said(second)
    assert same_weights(second, whole)


def test_a_part_that_breaks_the_loss_leaves_out_the_whole_step(digits: Dataset) -> None:
    """The loss of the third part of the second step is NaN."""
    work = normed(digits, accumulate=4)
    losses, before = broken(work, 7), []
    for _ in work.run():
        if work.step == 1:
            before = weights(work)
        if work.step == 2:
            break
    assert work.broken is not None
    assert (work.broken.step, len(work.broken.images)) == (2, 32)
    assert next(losses) == 8, "the fourth part is left out"
    assert all(map(torch.equal, weights(work), before))
    assert work.is_finite


def broken(work: Trainer, call: int) -> Iterator[int]:
    """Breaks the loss at this call, from 1; the numbers of the calls that come."""
    whole, calls = work._learner._loss, iter(range(1, 10**6))

    class Breaking(CrossEntropy):
        def __call__(self, logits: Tensor, batch: Batch) -> Tensor:
            return whole(logits, batch) * (math.nan if next(calls) == call else 1)

    work._learner._loss = Breaking(whole.smoothing, whole.weights)
    return calls


def test_the_health_of_layers_is_that_of_all_parts(digits: Dataset) -> None:
    """LeNet-5 has no batch norm: a unit is dead in the batch if it is so in all of its parts."""
    looks = []
    for parts in (1, 4):
        found = said(trainer(digits, accumulate=parts, act="relu", tick=3.0))
        looks.append(next(e for e in found if isinstance(e, events.LayerHealth)))
    for whole, split in zip(looks[0].layers, looks[1].layers, strict=True):
        assert whole.layer == split.layer
        assert split.dead == whole.dead
        for name in ("gradient", "update", "mean", "deviation"):
            assert getattr(split, name) == pytest.approx(getattr(whole, name), rel=1e-3)


def test_images_are_evaluated_in_batches_that_fit_as_the_parts_do(digits: Dataset) -> None:
    assert trainer(digits, batch=128)._evaluator.batch == 256
    assert trainer(digits, batch=128, accumulate=5)._evaluator.batch == 2 * 26


# The choice on a GPU, played on a processor


def outcome(trial: Generator[None, None, int]) -> int:
    while True:
        try:
            next(trial)
        except StopIteration as finished:
            return int(finished.value)


@pytest.mark.parametrize("most", [1, 2, 3, 5, 31, 32, 64, 100, 127, 128, 500])
def test_the_fewest_parts_are_found(most: int) -> None:
    """Parts of up to `most` images fit; those of one image are not tried."""
    tried: list[int] = []

    def fits(parts: int) -> bool:
        tried.append(parts)
        return -(-128 // parts) <= most

    expected = next((n for n in range(1, 64) if -(-128 // n) <= most), 64)
    assert outcome(fewest_parts(128, fits)) == expected
    assert len(tried) == len(set(tried)) <= 14


class FakeGpu:
    """The memory of a GPU, in images that fit: a step with more fails as PyTorch says it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, images: int, free: int) -> None:
        self.images, self.largest = images, 0
        monkeypatch.setattr(gpu_memory, "free", lambda device: free)
        monkeypatch.setattr(gpu_memory, "needed", self._needed)
        monkeypatch.setattr(CrossEntropy, "of_output", self._limited(CrossEntropy.of_output))

    def _needed(self, work: Callable[[], None], device: torch.device) -> int | None:
        self.largest = 0
        try:
            work()
            return self.largest
        except torch.OutOfMemoryError:
            return None

    def _limited(self, whole: Callable[..., Any]) -> Callable[..., Any]:
        def of_output(loss: CrossEntropy, output: object, batch: Batch) -> Any:
            self.largest = max(self.largest, len(batch.labels))
            if len(batch.labels) > self.images:
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
            return whole(loss, output, batch)

        return of_output


@pytest.mark.parametrize(("free", "parts"), [(1000, 3), (50, 3), (47, 4), (3, 64)])
def test_a_batch_is_split_as_memory_allows_with_a_tenth_to_spare(
    digits: Dataset, monkeypatch: pytest.MonkeyPatch, free: int, parts: int
) -> None:
    """Fifty images fit at all: 43 do, 128 and 64 do not; 43 of 47 are more than nine tenths."""
    FakeGpu(monkeypatch, 50, free)
    work = trainer(digits, accumulate="auto")
    before, random = weights(work), torch.get_rng_state()
    assert outcome(work.fit_memory()) == work.parts == parts
    assert work._evaluator.batch == 2 * -(-128 // parts)
    assert all(map(torch.equal, weights(work), before)), "a copy was tried"
    assert torch.equal(torch.get_rng_state(), random)
    assert work.step == 0
    if free > 3:
        assert len(ends(said(work))) == 2


def test_a_processor_learns_from_whole_batches_unless_it_is_told() -> None:
    for asked, parts in (("auto", 1), (4, 4)):
        chosen = build_recipe(settings={"accumulate": asked})
        assert device_resolution.resolve(chosen, CPU, 32).accumulate == parts


# What is said


def test_what_batch_norm_sees_is_said_once() -> None:
    assert recipe_checks.learned_in_parts(NORMED, 128, 1) == ""
    assert recipe_checks.learned_in_parts(NORMED, 128, 4) == (
        "a step learns from its 128 images in 4 parts of 32, whose gradients add up to those of "
        "the batch; batch norm takes mean and deviation from each part alone, as with batches of "
        "32."
    )
    plain = recipe_checks.learned_in_parts((), 128, 3)
    assert plain.startswith("a step learns from its 128 images in 3 parts of 42 or 43, whose")
    assert "batch norm" not in plain


def test_batch_norm_wants_parts_of_32() -> None:
    chosen = build_recipe(settings={"data": "cifar10", "batch": 128})
    assert list(recipe_checks.warnings(chosen, NORMED, parts=4)) == []
    (sentence,) = recipe_checks.warnings(chosen, NORMED, parts=8)
    assert "batch norm sees only 16 images at a time" in sentence
    assert "--set batch=256" in sentence


def test_a_resume_is_told_what_it_can_change() -> None:
    chosen = build_recipe(settings={"data": "cifar10", "batch": 128})
    sentence = recipe_checks.resumed_in_parts(chosen, NORMED, 1, 16, 50_000)
    assert "batch norm sees only 8 images at a time" in sentence
    assert "--set accumulate=1 " in sentence
    assert "--set batch" not in sentence
    assert "sees only 2 images" in recipe_checks.resumed_in_parts(chosen, NORMED, 1, 4, 8)
    small = msgspec.structs.replace(chosen, batch=8)
    for recipe, norms, parts in ((chosen, NORMED, 4), (chosen, (), 16), (small, NORMED, 1)):
        assert recipe_checks.resumed_in_parts(recipe, norms, 1, parts, 50_000) == ""


def test_more_parts_than_the_batch_has_images_are_refused_before_there_is_a_run() -> None:
    build_recipe(settings={"batch": 64, "accumulate": 64})
    with pytest.raises(UsageError, match=r"accumulate = 100 .* use --set accumulate=64 or less"):
        build_recipe(settings={"batch": 64, "accumulate": 100})
    with pytest.raises(UsageError, match="--set accumulate=32 or less"):
        build_recipe(settings={"batch": 64, "gpus": 2, "accumulate": 64})


def test_more_parts_than_images_are_refused() -> None:
    recipe_checks.check_batch(build_recipe(), (), 16, 16)
    with pytest.raises(UsageError, match="--set accumulate=16 or less"):
        recipe_checks.check_batch(build_recipe(), (), 16, 17)


# A run

RUN: dict[str, object] = {
    **{"arch": "lenet5", "data": "digits", "seed": 3, "threads": 1, "precision": "float32"},
    **{"memory_format": "contiguous", "dropout": 0.2, "ema": 0.9, "accumulate": 3, "epochs": 2},
}


def alerts(run: RunDir, code: str) -> list[str]:
    return [e.text for e in events_of(run) if isinstance(e, events.Alert) and e.code == code]


def last(run: RunDir) -> list[Tensor]:
    training = checkpoint.load(run.checkpoints / "last.pt").training
    return [*training.weights.values(), *(training.trained_weights or {}).values()]


def stop_in_first_epoch(run: RunDir, fork_server: ForkServer, sign: signal.Signals) -> None:
    """End an engine once it has saved in its first epoch."""
    engine = fork_server.start(run)
    wait_for(lambda: (run.checkpoints / "last.pt").exists() or engine.poll() is not None)
    engine.send_signal(sign)
    engine.wait()


def resume(run: RunDir, fork_server: ForkServer, **settings: object) -> Recipe:
    claim, recipe = resuming.resume(run, resuming.resume_request(run, settings))
    os.close(claim.lock)
    assert fork_server.start(run).wait() == 0
    return recipe


def test_a_run_in_parts_that_is_killed_goes_on_as_if_it_were_not(
    fork_server: ForkServer, tmp_path: Path
) -> None:
    whole, torn = (new_run(tmp_path / n, {**RUN, "save_every": "3steps"}) for n in ("a", "b"))
    assert fork_server.start(whole).wait() == 0
    stop_in_first_epoch(torn, fork_server, signal.SIGKILL)
    assert fork_server.start(torn).wait() == 0
    assert all(map(torch.equal, last(torn), last(whole)))
    assert len(alerts(whole, "accumulate")) == 1
    assert "64 images in 3 parts of 21 or 22" in alerts(whole, "accumulate")[0]


def test_a_run_goes_on_with_other_parts_from_its_last_checkpoint(
    fork_server: ForkServer, tmp_path: Path
) -> None:
    run = new_run(tmp_path, {**RUN, "epochs": 12, "dropout": 0.0, "accumulate": "auto"})
    stop_in_first_epoch(run, fork_server, signal.SIGTERM)
    assert read_recipe(run.recipe).accumulate == 1
    resume(run, fork_server, accumulate=4)
    assert read_recipe(run.recipe).accumulate == 4
    assert any("accumulate = 4 (before: 1)" in text for text in alerts(run, "resume"))
    started = [e for e in events_of(run) if isinstance(e, events.RunStarted)]
    assert [e.resolved.accumulate for e in started if e.resolved is not None] == [1, 4]
    numbers = [e.epoch for e in events_of(run) if isinstance(e, events.EpochEnded)]
    assert numbers == [*range(1, 13)]


def test_auto_is_resolved_again_where_a_resume_asks_for_it(
    fork_server: ForkServer, tmp_path: Path
) -> None:
    run = new_run(tmp_path, RUN)
    stop_in_first_epoch(run, fork_server, signal.SIGTERM)
    resume(run, fork_server, accumulate="auto", epochs=4)
    assert read_recipe(run.recipe).accumulate == 1, "on a processor"
    assert run.recipe.read_text().count("accumulate = 1\n") == 1


def test_a_step_without_memory_is_taken_back_and_the_run_saved_before_it(
    digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second part of a step fails, after BN statistics and random numbers have moved on."""
    settings: dict[str, Any] = {"epochs": 1, "accumulate": 2, "ema": 0.9}
    expected = normed(digits, **settings)
    life = expected.run()
    while expected.step < 3:
        next(life)
    state = copy.deepcopy(expected.state())
    work = normed(digits, **settings)
    life = work.run()
    while work.step < 3:
        next(life)
    assert work.take_back(), "between two steps there is nothing to take back"
    _fail_at_second_part(work, monkeypatch)
    with pytest.raises(torch.OutOfMemoryError):
        list(life)
    assert work.take_back()
    found = work.state()
    assert found.step == state.step
    for name, weight in state.weights.items():
        assert torch.equal(found.weights[name], weight), name
    assert torch.equal(found.random["cpu"], state.random["cpu"])
    assert torch.equal(found.epoch.sums, state.epoch.sums)


def _fail_at_second_part(work: Trainer, monkeypatch: pytest.MonkeyPatch) -> None:
    calls, whole = iter(range(1, 10)), CrossEntropy.of_output

    def of_output(loss: CrossEntropy, output: object, batch: Batch) -> Any:
        if next(calls) == 2:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return whole(loss, output, batch)

    monkeypatch.setattr(CrossEntropy, "of_output", of_output)


def test_a_step_that_may_have_changed_weights_is_not_taken_back(
    digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = trainer(digits, accumulate=2)
    life = work.run()
    while work.step < 1:
        next(life)

    def fail(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory.")

    monkeypatch.setattr(work._learner._optimizers[0], "step", fail)
    with pytest.raises(torch.OutOfMemoryError):
        list(life)
    assert not work.take_back()


class Computed(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Notes what makes or fills tensors."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.operations: list[str] = []

    def __torch_dispatch__(
        self, operation: Any, types: Any, arguments: Any = (), options: Any = None
    ) -> Any:
        if operation is not torch.ops.aten.detach.default:
            self.operations.append(str(operation))
        return operation(*arguments, **(options or {}))


@pytest.mark.parametrize(("parts", "copied"), [(1, 0), (2, 3)])
def test_only_a_step_that_may_lack_memory_copies_statistics(
    digits: Dataset, monkeypatch: pytest.MonkeyPatch, parts: int, copied: int
) -> None:
    remembered: list[StepRewind] = []
    monkeypatch.setattr(StepRewind, "remember", lambda rewind: remembered.append(rewind))
    work = trainer(digits, accumulate=parts)
    life = work.run()
    while work.step < 3:
        next(life)
    assert len(remembered) == copied
    model = nn.BatchNorm2d(3)
    with Computed() as computed:
        StepRewind(model, CPU)
    assert computed.operations == []


def test_resuming_knows_the_fields_that_it_may_change(tmp_path: Path) -> None:
    run = scripted.run_dir(tmp_path)
    assert resuming.resume_request(run, {"accumulate": 2}).settings == {"accumulate": 2}
    with pytest.raises(UsageError, match="accumulate"):
        resuming.resume_request(run, {"accumulate": 0})


# On a GPU

GPU = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")


@GPU
@pytest.mark.parametrize("graph", ["off", "on"])
def test_a_gpu_learns_in_parts_what_it_learns_as_a_whole(digits: Dataset, graph: str) -> None:
    gpu = torch.device("cuda", 0)
    found = []
    for parts in (1, 3):
        asked = {"epochs": 2, "lr": 2e-3, "precision": "float32", "cuda_graph": graph}
        chosen = build_recipe(settings={**asked, "accumulate": parts})
        resolved = device_resolution.resolve(chosen, gpu, 32)
        torch.manual_seed(0)
        model = registry.build("lenet5", 1, 32, 10)
        work = Trainer(chosen, resolved, gpu, digits, model, Ticking(0.01))
        found.append([end.train_loss for end in ends(said(work))])
    assert found[1] == pytest.approx(found[0], rel=1e-3)


@GPU
def test_a_gpu_with_little_memory_gets_parts_that_fit(digits: Dataset) -> None:
    """A limit on the memory of this process plays a small GPU: whole batches do not fit."""
    gpu = torch.device("cuda", 0)
    chosen = build_recipe(
        settings={"epochs": 1, "batch": 1024, "accumulate": "auto", "cuda_graph": "off"},
        flags={"arch": "resnet18"},
    )
    resolved = device_resolution.resolve(chosen, gpu, 32)
    work = Trainer(
        chosen, resolved, gpu, digits, registry.build("resnet18", 1, 32, 10), Ticking(0.01)
    )
    gigabyte = 2**30 / torch.cuda.mem_get_info(gpu)[1]
    torch.cuda.set_per_process_memory_fraction(gigabyte, gpu)
    try:
        assert outcome(work.fit_memory()) == work.parts > 1
        assert len(ends(said(work))) == 1
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0, gpu)
