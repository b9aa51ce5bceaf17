"""What is said about a recipe before its first step."""

from __future__ import annotations

import contextlib
import itertools
from pathlib import Path

import pytest
import torch
from msgspec.structs import replace
from torch import nn

from engine.errors import UsageError
from engine.inspection import layer_events
from engine.models import registry
from engine.process import recipe_checks
from engine.process.session import Session
from engine.protocol import events
from engine.protocol.events import Layer
from engine.recipes.recipe import Recipe
from engine.recipes.recipe_building import build_recipe
from engine.run.journal import Journal
from tests import scripted

NORMED = (Layer("bn", "BatchNorm2d", "", (4, 8, 8), 8, 0),)
FLAT = (*NORMED, Layer("head.bn", "BatchNorm1d", "", (256,), 512, 0))


def said(norms: tuple[Layer, ...] = (), **settings: object) -> list[str]:
    chosen = build_recipe(settings={"data": "cifar10", **settings})
    return list(recipe_checks.warnings(chosen, norms))


def test_a_preset_leaves_no_doubt() -> None:
    assert said(NORMED) == []
    assert said(NORMED, data="digits") == []


def test_batch_norm_wants_a_batch_of_32() -> None:
    assert said(NORMED, batch=32) == said(batch=16) == []
    (sentence,) = said(NORMED, batch=16)
    assert "batch norm sees only 16 images at a time" in sentence
    assert "--set batch=32" in sentence


@pytest.mark.parametrize("flip", [True, "alternating"])
def test_digits_are_not_mirrored(flip: object) -> None:
    (sentence,) = said(data="digits", flip=flip)
    assert "a mirrored image of handwritten digits shows something else" in sentence
    assert said(flip=flip) == []


def test_nor_are_they_to_be_judged_by_their_mirror_images() -> None:
    (sentence,) = said(data="digits", tta=True)
    assert "leave flip and tta false" in sentence


def test_a_rate_is_measured_by_the_presets() -> None:
    assert said(lr=0.4, arch="lenet5") == []
    (sentence,) = said(lr=0.5, arch="lenet5")
    assert "lr = 0.5 is 10 times what sgd usually takes here" in sentence
    assert "--set lr=0.05" in sentence


def test_the_rate_of_another_optimiser_is_measured_by_what_is_usual_for_it() -> None:
    (sentence,) = said(optimizer="adam")
    assert "50 times what adam usually takes" in sentence
    assert said(optimizer="adam", lr=1e-3) == []


def test_a_run_of_few_steps_is_told_to_take_more() -> None:
    recipe = build_recipe(settings={"data": "a/folder", "epochs": 30})
    one, three = (recipe_checks.few_steps(recipe, 128 * n, n) for n in (1, 3))
    assert one.startswith("an epoch has only one step, and the run 30 in all: a smaller batch")
    assert "--set batch=16" in one
    assert three.startswith("an epoch has only 3 steps, and the run 90 in all: a smaller batch")
    assert recipe_checks.few_steps(recipe, 512, 4) == ""
    for other in ({"gpus": 8}, {"gpus": 3}, {"gpus": "all"}, {"accumulate": 32}):
        assert "--set batch=N" in recipe_checks.few_steps(replace(recipe, **other), 194, 1)
    assert "--set batch=N" in recipe_checks.few_steps(recipe, 194, 1, ranks=2)
    assert recipe_checks.few_steps(replace(recipe, epochs=300), 128, 1) == ""


def test_a_batch_that_is_larger_than_the_training_set_is_told_with_a_better_one() -> None:
    recipe = build_recipe(settings={"data": "a/folder", "epochs": 30, "batch": 500})
    assert recipe_checks.batch_of_all(recipe, 192) == (
        "batch 500 is more than the 192 training images: 192 is used."
    )
    assert recipe_checks.batch_of_all(recipe, 500) == ""
    assert "(--set batch=16)" in recipe_checks.few_steps(recipe, 192, 1)


def test_a_batch_for_few_images_is_told_and_is_enough_for_batch_norm() -> None:
    recipe = build_recipe(settings={"data": "a/folder", "arch": "resnet20", "batch": 16})
    sentence = recipe_checks.fitted_batch(recipe, 194, 12)
    assert sentence == (
        "an epoch of the 194 training images has 12 steps with batch 16: the recipe's usual one, "
        "128, is large for so few."
    )
    assert recipe_checks.fitted_batch(replace(recipe, gpus=2), 194, 12) == ""
    assert not [*recipe_checks.warnings(recipe, NORMED, images=194)]
    assert len([*recipe_checks.warnings(recipe, NORMED, images=500)]) == 1
    assert recipe_checks.fitted_batch(recipe, 500, 31) == ""
    assert recipe_checks.fitted_batch(replace(recipe, batch=128), 5000, 39) == ""


@pytest.mark.parametrize(
    ("version", "newer"),
    [
        ("2.14.0", False),
        ("2.14.1+cu130", False),
        ("2.9.3", False),
        ("1.99", False),
        ("2.15.0a0+git1a2b", True),
        ("3.0.0", True),
    ],
)
def test_a_pytorch_newer_than_the_one_tested_is_told(
    version: str, newer: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recipe_checks, "TESTED_TORCH", "2.14")
    said = recipe_checks.untested_torch(version)
    assert said.startswith(f"PyTorch {version} is newer than 2.14") == newer
    assert bool(said) == newer


def test_a_newer_pytorch_is_a_line_in_the_log_of_a_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recipe_checks, "TESTED_TORCH", "1.13")
    run = scripted.run_dir(tmp_path)
    chosen = build_recipe(settings={"epochs": 1, "threads": 1})
    journal = Journal(run.journal)
    with contextlib.closing(Session(run, chosen, "a1", journal, journal.append).train()) as stream:
        said = list(itertools.takewhile(lambda e: not isinstance(e, events.Steps), stream))
    [alert] = [event for event in said if isinstance(event, events.Alert) and event.code == "torch"]
    assert alert.level == "info"
    assert "is newer than 1.13, the newest that cnn-tui was tested with" in alert.text


def test_these_tests_run_with_no_pytorch_newer_than_the_one_tested() -> None:
    """Where they pass with a newer one, `TESTED_TORCH` shall name it."""
    assert recipe_checks.untested_torch(torch.__version__) == ""


def test_one_image_is_too_few_for_a_norm_of_single_values() -> None:
    one, two = (build_recipe(settings={"batch": batch}) for batch in (1, 2))
    for norms in ((), NORMED):
        recipe_checks.check_batch(one, norms, 1)
    recipe_checks.check_batch(two, FLAT, 2)
    with pytest.raises(UsageError, match=r"batch norm head\.bn needs two values.*batch=2"):
        recipe_checks.check_batch(one, FLAT, 1)


class Whitening(nn.BatchNorm2d):
    """A user's own batch norm, under a name of its own."""


class FrozenBatchNorm(nn.Conv2d):
    """Under the name of a batch norm, a layer that sees no batch."""


def norms_of(model: nn.Module) -> tuple[Layer, ...]:
    return recipe_checks.batch_norms(model, layer_events.layers(model, 3, 32))


def test_batch_norms_are_known_by_what_they_are() -> None:
    per_image = nn.InstanceNorm2d(4, affine=True)
    model = nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), per_image, Whitening(4), nn.SyncBatchNorm(4)
    )
    assert [norm.name for norm in norms_of(model)] == ["1", "3", "4"]
    assert norms_of(nn.Sequential(FrozenBatchNorm(3, 4, 1))) == ()


def test_the_article_net_is_found_out_before_pytorch_raises() -> None:
    model = registry.build("article-resnet", 3, 32, 10)
    one = build_recipe(settings={"batch": 1}, flags={"arch": "article-resnet"})
    with pytest.raises(UsageError, match="article-resnet cannot train on one image"):
        recipe_checks.check_batch(one, norms_of(model), 1)
    with pytest.raises(ValueError, match="more than 1 value"):
        model.train()(torch.zeros(1, 3, 32, 32))


def test_a_network_of_one_input_size_is_refused_for_images_that_grow() -> None:
    recipe = Recipe(arch="lenet5", size=32, size_start=16, crop_scale=(0.25, 1.0))
    lenet5, resnet20 = (registry.build(arch, 3, 32, 2) for arch in ("lenet5", "resnet20"))
    recipe_checks.check_growth(Recipe(), lenet5, (3, 32, 32))
    recipe_checks.check_growth(recipe, resnet20, (3, 32, 32))
    with pytest.raises(UsageError, match="lenet5 takes images of 32 pixels alone"):
        recipe_checks.check_growth(recipe, lenet5, (3, 32, 32))
