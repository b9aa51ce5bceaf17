"""What is said about a recipe before its first step."""

from __future__ import annotations

import pytest
import torch

from engine import models
from engine.errors import UsageError
from engine.inspection import layer_events
from engine.process import recipe_checks
from engine.protocol.events import Layer
from engine.recipes import recipe

PLAIN = (Layer("conv", "Conv2d", "3×3", (4, 8, 8), 10, 10),)
NORMED = (*PLAIN, Layer("bn", "BatchNorm2d", "", (4, 8, 8), 8, 0))
FLAT = (*NORMED, Layer("head.bn", "BatchNorm1d", "", (256,), 512, 0))


def said(layers: tuple[Layer, ...] = PLAIN, **settings: object) -> list[str]:
    return list(
        recipe_checks.doubts(recipe.build(settings={"data": "cifar10", **settings}), layers)
    )


def test_a_preset_leaves_no_doubt() -> None:
    assert said(NORMED) == []
    assert said(NORMED, data="digits") == []


def test_batch_norm_wants_a_batch_of_32() -> None:
    assert said(NORMED, batch=32) == said(PLAIN, batch=16) == []
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


def test_one_image_is_too_few_for_a_norm_of_single_values() -> None:
    one, two = (recipe.build(settings={"batch": batch}) for batch in (1, 2))
    for layers in (PLAIN, NORMED):
        recipe_checks.check_batch(one, layers)
    recipe_checks.check_batch(two, FLAT)
    with pytest.raises(UsageError, match=r"batch norm head\.bn needs two values.*batch=2"):
        recipe_checks.check_batch(one, FLAT)


def test_the_article_net_is_found_out_before_pytorch_raises() -> None:
    model = models.build("article-resnet", 3, 32, 10)
    one = recipe.build(settings={"batch": 1}, flags={"arch": "article-resnet"})
    with pytest.raises(UsageError, match="article-resnet cannot train on one image"):
        recipe_checks.check_batch(one, layer_events.layers(model, 3, 32))
    with pytest.raises(ValueError, match="more than 1 value"):
        model.train()(torch.zeros(1, 3, 32, 32))
