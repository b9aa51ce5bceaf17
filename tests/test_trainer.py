"""The loop: what it says and when, and that it can be left and taken up again anywhere."""

from __future__ import annotations

import copy
import itertools
import math
from typing import Any

import pytest
import torch
from msgspec import UNSET
from torch import nn

from engine.checkpoints.run_state import TrainingState
from engine.data.base.dataset import Dataset
from engine.data.loaders import loader_choice
from engine.data.loading import load
from engine.devices import device_resolution
from engine.errors import RunError
from engine.models import registry
from engine.protocol import events
from engine.recipes.recipe import Recipe
from engine.recipes.recipe_building import build_recipe
from engine.training import training_text
from engine.training.loss import CrossEntropy
from engine.training.pace import Pace
from engine.training.trainer import Trainer
from tests import scripted
from tests.loading import pixels as loaded

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def digits() -> Dataset:
    loading = load(build_recipe())
    while True:
        try:
            next(loading)
        except StopIteration as finished:
            data: Dataset = finished.value
            return data


class Ticking:
    """A clock that moves on by a fixed time whenever it is asked."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.now = seconds, 0.0

    def __call__(self) -> float:
        self.now += self.seconds
        return self.now


def small(**settings: Any) -> Recipe:
    """A recipe that is soon trained, the same everywhere."""
    usual = {"epochs": 2, "batch": 128, "precision": "float32", "threads": 1}
    return build_recipe(settings={**usual, **settings})


def trainer(
    data: Dataset, model: nn.Module | None = None, tick: float = 0.01, **settings: Any
) -> Trainer:
    torch.set_num_threads(1)
    chosen = small(**settings)
    resolved = device_resolution.resolve(chosen, CPU, 32)
    torch.manual_seed(chosen.seed)
    model = model or registry.build("lenet5", 1, 32, 10)
    return Trainer(chosen, resolved, CPU, data, model, Ticking(tick))


def said(work: Trainer) -> list[events.Event]:
    return [event for event in work.run() if event is not None]


def kinds(found: list[events.Event]) -> list[str]:
    return [type(event).__name__ for event in found]


def ends(found: list[events.Event]) -> list[events.EpochEnded]:
    return [e for e in found if isinstance(e, events.EpochEnded)]


def test_weights_are_finite_unless_they_began_otherwise(digits: Dataset) -> None:
    """A mask of infinity belongs to the network; else no checkpoint of it would be written."""
    model = registry.build("lenet5", 1, 32, 10)
    model.register_buffer("mask", torch.full((2, 2), -torch.inf))
    model.register_buffer("scale", torch.ones(2))
    work = trainer(digits, model)
    assert work.is_finite
    work.model.get_buffer("scale")[0] = torch.nan
    assert not work.is_finite


def test_an_epoch_is_steps_evaluation_confusion_maps_and_its_end(digits: Dataset) -> None:
    found = said(trainer(digits, tick=0.0, epochs=1))
    assert kinds(found) == [
        "FeatureMaps",
        "FeatureMaps",
        "Phase",
        "Steps",
        "Alert",
        "LayerHealth",
        "Phase",
        "Confusion",
        "FeatureMaps",
        "FeatureMaps",
        "EpochEnded",
    ]


def test_a_report_brings_the_gradient_norm_that_was_measured_before_it(digits: Dataset) -> None:
    reports = [e for e in said(trainer(digits, tick=0.3, epochs=1)) if isinstance(e, events.Steps)]
    norms = {e.step: e.scalars["gradient_norm"] or 0.0 for e in reports if e.scalars}
    assert 1 in norms, "the first step is inspected"
    assert all(norm > 0 for norm in norms.values())
    assert 1 < len(norms) < len(reports), "only some steps are inspected"


def test_every_step_and_every_evaluation_batch_yields(digits: Dataset) -> None:
    work = trainer(digits, tick=0.0, epochs=1)
    assert sum(event is None for event in work.run()) == 10 + math.ceil(355 / 256)


def test_reports_come_twice_a_second_and_after_an_hour_every_five_seconds() -> None:
    clock = scripted.Clock(0.0)
    pace = Pace(clock)
    due = []
    for tenth in range(40_000):
        clock.now = tenth / 8
        if pace.is_due("steps"):
            due.append(clock.now)
    assert due[:3] == [0.5, 1.0, 1.5]
    assert [at for at in due if at > 3600.0][:3] == [3605.0, 3610.0, 3615.0]


def test_a_report_waits_until_it_is_due(digits: Dataset) -> None:
    assert kinds(said(trainer(digits, tick=0.0, epochs=2))).count("Steps") == 1


def validated(model: nn.Module, data: Dataset) -> tuple[torch.Tensor, float]:
    """Logits and top-1 accuracy on the validation set, computed by hand."""
    pixels = loaded(data.validation).float() / 255
    mean, std = torch.tensor(data.mean), torch.tensor(data.std)
    inputs = (pixels - mean.view(1, -1, 1, 1)) / std.view(1, -1, 1, 1)
    with torch.no_grad():
        logits = model.eval()(inputs)
    return logits, float((logits.argmax(1) == data.validation.labels).double().mean())


def test_numbers_are_those_of_the_model(digits: Dataset) -> None:
    work = trainer(digits, epochs=1)
    found = said(work)
    (end,) = ends(found)
    logits, top1 = validated(work.model, digits)
    assert end.top1 == pytest.approx(top1, abs=1e-6)
    assert end.loss == pytest.approx(
        float(torch.nn.functional.cross_entropy(logits, digits.validation.labels)), rel=1e-4
    )
    matrix = next(e for e in found if isinstance(e, events.Confusion))
    assert sum(map(sum, matrix.counts)) == 355
    assert sum(row[i] for i, row in enumerate(matrix.counts)) == round(top1 * 355)
    kept = work.inspector.evaluated
    assert kept is not None
    assert kept.epoch == matrix.epoch
    for true, predicted in itertools.product(range(10), repeat=2):
        assert len(kept.images(true, predicted)) == matrix.counts[true][predicted]
    for cell in matrix.worst:
        for image in cell.images:
            assert digits.validation.labels[image] == cell.true
            assert logits[image].argmax() == cell.predicted


def test_the_first_loss_is_that_of_a_guess(digits: Dataset) -> None:
    found = said(trainer(digits))
    first = next(e for e in found if isinstance(e, events.Steps))
    assert first.step == 1
    assert first.loss == pytest.approx(math.log(10), rel=0.1)
    (alert,) = (e for e in found if isinstance(e, events.Alert))
    assert (alert.level, alert.code, alert.step) == ("info", "first-loss", 1)
    assert "as it should be" in alert.text


@pytest.mark.parametrize(
    ("loss", "said"),
    [
        (2.5, "as it should be"),
        (2.81, "0.507 above a guess: "),
        (1.5, "0.803 below a guess: "),
        (3.4, "too large"),
    ],
)
def test_a_first_loss_is_judged_by_its_distance(loss: float, said: str) -> None:
    assert said in training_text.first_loss(loss, math.log(10), 10)


@pytest.mark.parametrize(("scale", "sentence"), [(100.0, "too large"), (None, "knows the answers")])
def test_a_first_loss_that_is_no_guess_says_what_that_means(
    digits: Dataset, scale: float | None, sentence: str
) -> None:
    work = trainer(digits, epochs=1)
    if scale is None:
        answers = trainer(digits, epochs=6, lr=0.05)
        said(answers)
        work.model.load_state_dict(answers.model.state_dict())
    else:
        with torch.no_grad():
            [*work.model.parameters()][-2].mul_(scale)
    alerts = [e.text for e in said(work) if isinstance(e, events.Alert)]
    assert sentence in alerts[0]


def weights(work: Trainer) -> list[torch.Tensor]:
    return [p.detach().clone() for p in work.model.parameters()]


PLATEAU: dict[str, Any] = {"plateau": True, "plateau_patience": 0, "optimizer": "adam", "lr": 1e-3}
AVERAGE: dict[str, Any] = {"ema": 0.9, "label_smoothing": 0.1, "clip": 0.5, "class_weights": True}
MUON: dict[str, Any] = {"optimizer": "muon", "lr": 2e-3, "schedule": "linear", "peak": 0.3}
MIXED: dict[str, Any] = {
    "mixup": 0.4,
    "cutmix": 1.0,
    "cutout": 8,
    "erasing": 0.5,
    "brightness": 0.2,
    "zoom": 0.1,
}
ALTERNATING: dict[str, Any] = {"flip": "alternating", "crop": 2, "rotate": 0.0, "shift": 0.0}
PATIENCE: dict[str, Any] = {"lr": 1e-9, "patience": 2, "epochs": 9, "schedule": "constant"}


@pytest.mark.parametrize(
    ("settings", "leave_after"),
    [
        *((PLATEAU, leave_after) for leave_after in (4, 16, 19, 27)),
        *((AVERAGE, leave_after) for leave_after in (16, 19)),
        (MUON, 16),
        (MIXED, 16),
        (ALTERNATING, 27),
        (PATIENCE, 46),
    ],
)
def test_a_run_taken_up_again_is_the_same_run(
    digits: Dataset, settings: dict[str, Any], leave_after: int
) -> None:
    """4, 16 and 27 yields are inside an epoch, 19 is inside an evaluation."""
    whole = trainer(digits, **settings)
    expected = ends(said(whole))
    first = trainer(digits, **settings)
    life = first.run()
    before = [next(life) for _ in range(leave_after)]
    state = first.state()
    life.close()
    second = trainer(digits, **settings)
    torch.manual_seed(99)
    second.restore(state)
    after = said(second)
    found = ends([e for e in [*before, *after] if e is not None])
    assert [(e.train_loss, e.loss, e.top1, e.lr, e.best) for e in found] == [
        (e.train_loss, e.loss, e.top1, e.lr, e.best) for e in expected
    ]
    for one, other in zip(weights(whole), weights(second), strict=True):
        assert torch.equal(one, other)


def test_leaving_in_the_midst_leaks_no_mode(digits: Dataset) -> None:
    work = trainer(digits)
    for _ in work.run():
        assert torch.is_grad_enabled()
        assert not torch.is_autocast_enabled("cpu")


def test_a_loss_that_explodes_is_told_once_and_trained_on(digits: Dataset) -> None:
    work = trainer(digits, tick=0.3)
    with torch.no_grad():
        next(work.model.parameters()).fill_(float("nan"))
    found = said(work)
    assert [e.code for e in found if isinstance(e, events.Alert)] == ["loss"]
    assert [e.loss for e in ends(found)] == [None, None]
    assert all(e.loss is None for e in found if isinstance(e, events.Steps))


def test_a_rehearsal_is_one_step_and_one_batch(digits: Dataset) -> None:
    work = trainer(digits)
    assert kinds([e for e in work.rehearse() if e is not None]) == ["Steps"]
    assert work.step == 1


def test_a_plateau_lowers_the_rate(digits: Dataset) -> None:
    work = trainer(digits, epochs=3, lr=1e-9, schedule="constant", plateau=True, plateau_patience=0)
    rates = [e.lr for e in ends(said(work))]
    assert rates == pytest.approx([1e-9, 1e-9, 2e-10])


def test_patience_ends_a_run_that_gets_no_better(digits: Dataset) -> None:
    work = trainer(digits, **PATIENCE)
    assert [e.best for e in ends(said(work))] == [True, False, False]
    assert work.progress.ended_early
    again = trainer(digits, **PATIENCE)
    again.restore(work.state())
    assert ends(said(again)) == []


def test_a_run_that_is_given_more_is_patient_anew(digits: Dataset) -> None:
    work = trainer(digits, **PATIENCE)
    said(work)
    again = trainer(digits, **PATIENCE)
    again.restore(work.state())
    again.progress.restart_patience()
    assert [e.epoch for e in ends(said(again))] == [4, 5]
    assert again.state().patient_since == 3


def test_a_run_that_gets_better_has_patience(digits: Dataset) -> None:
    assert len(ends(said(trainer(digits, epochs=3, patience=1, lr=0.02, rotate=0.0)))) == 3


def test_the_average_is_what_is_validated_and_saved_as_the_model(digits: Dataset) -> None:
    work = trainer(digits, epochs=1, ema=0.9)
    (end,) = ends(said(work))
    saved = work.state()
    model = registry.build("lenet5", 1, 32, 10)
    model.load_state_dict(saved.weights)
    assert end.top1 == pytest.approx(validated(model, digits)[1], abs=1e-6)
    assert end.top1 != validated(work.model, digits)[1]
    assert saved.trained_weights is not None
    assert torch.equal(saved.trained_weights["conv1.weight"], weights(work)[0])


def test_the_gradient_is_cut_to_its_largest_norm(digits: Dataset) -> None:
    settings: dict[str, Any] = {
        "lr": 1.0,
        "momentum": 0.0,
        "weight_decay": 0.0,
        "schedule": "constant",
    }
    for clip, cut in ((1e-3, True), (1e3, False)):
        work = trainer(digits, clip=clip, **settings)
        before = weights(work)
        list(work.rehearse())
        moved = [new - old for new, old in zip(weights(work), before, strict=True)]
        norm = float(torch.stack([part.norm() for part in moved]).norm())
        assert norm == pytest.approx(clip, rel=0.01) if cut else norm > 0.1


def test_weighed_classes_report_their_mean_recall(digits: Dataset) -> None:
    found = said(trainer(digits, epochs=1, class_weights=True))
    (end,) = ends(found)
    matrix = next(e for e in found if isinstance(e, events.Confusion))
    recalls = [row[i] / sum(row) for i, row in enumerate(matrix.counts)]
    assert end.balanced == pytest.approx(sum(recalls) / 10)
    assert ends(said(trainer(digits, epochs=1)))[0].balanced is UNSET


def test_mixed_images_count_by_their_dominant_label(digits: Dataset) -> None:
    """With a rate of next to nothing the weights stay, so that the epoch can be counted again."""
    settings: dict[str, Any] = {"epochs": 1, "lr": 1e-12, "cutmix": 1.0, "label_smoothing": 0.1}
    work = trainer(digits, **settings)
    (end,) = ends(said(work))
    loss, hits, images = 0.0, 0, 0
    again = loader_choice.loader(small(**settings), digits, CPU, torch.contiguous_format)
    for batch in again.batches(1):
        with torch.no_grad():
            logits = work.model(batch.images)
        loss += float(CrossEntropy(0.1, None)(logits, batch)) * len(logits)
        hits += int((logits.argmax(1) == batch.dominant).sum())
        images += len(logits)
        assert not torch.equal(batch.dominant, batch.labels)
    assert end.train_loss == pytest.approx(loss / images, rel=1e-5)
    assert end.train_top1 == pytest.approx(hits / images)


def test_a_frozen_trunk_moves_when_its_epochs_are_over(digits: Dataset) -> None:
    work = trainer(digits, freeze=1)
    conv = work.model.get_submodule("conv1")
    assert isinstance(conv, nn.Conv2d)
    before = conv.weight.clone()
    stayed = [
        torch.equal(conv.weight, before)
        for event in work.run()
        if isinstance(event, events.EpochEnded)
    ]
    assert stayed == [True, False]


def test_a_checkpoint_of_other_steps_is_refused_with_what_changed(digits: Dataset) -> None:
    state = trainer(digits, batch=128).state()
    with pytest.raises(RunError, match="batch 128 → 64"):
        trainer(digits, batch=64).restore(state)


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "muon"])
def test_what_a_gpu_has_saved_goes_on_on_a_processor(digits: Dataset, optimizer: str) -> None:
    def onward(state: TrainingState) -> dict[str, torch.Tensor]:
        work = trainer(digits, optimizer=optimizer)
        work.restore(copy.deepcopy(state))
        said(work)
        return work.model.state_dict()

    work = trainer(digits, optimizer=optimizer)
    for _ in itertools.islice(work.run(), 5):
        pass
    state = work.state()
    ours = onward(state)
    for group in (group for part in state.optimizers for group in part["param_groups"]):
        group["lr"] = torch.tensor(group["lr"])
        if "capturable" in group:
            group["capturable"] = True
    state.random["cuda"] = torch.zeros(16, dtype=torch.uint8)
    for name, weight in onward(state).items():
        assert torch.equal(weight, ours[name])
