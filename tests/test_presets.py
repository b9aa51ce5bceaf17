"""Presets: all of them build, and those of a paper do what the paper says."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable

import pytest
from msgspec.structs import replace

from engine.catalog import datasets
from engine.catalog.architectures import ARCHITECTURES, has_weights
from engine.errors import UsageError
from engine.process import recipe_checks
from engine.recipes import equivalent_command, presets, schedule
from engine.recipes.recipe import Recipe, Resolved
from engine.recipes.recipe_building import (
    SeenImages,
    build_for_images,
    build_recipe,
    difference_from_preset,
    fields_for_device,
)
from engine.recipes.recipe_toml import to_toml
from engine.recipes.schedule import Plateau
from engine.recipes.styles import LIBRARY_STYLES, STYLES

STEPS = 781  # of 50,000 images in batches of 64, the incomplete one dropped


def preset(name: str, arch: str = "resnet18", data: str = "cifar10") -> Recipe:
    return build_recipe(flags={"preset": name, "arch": arch, "data": data})


@pytest.mark.parametrize("name", presets.PRESETS)
@pytest.mark.parametrize("data", datasets.DATASETS)
def test_every_preset_is_possible_everywhere(name: str, data: str) -> None:
    for arch in ARCHITECTURES:
        chosen = preset(name, arch, data)
        assert chosen.preset == name
        assert not chosen.flip or datasets.DATASETS[data].mirrored
        assert max(chosen.milestones, default=0) <= chosen.epochs


def test_every_style_is_in_the_tables_and_every_architecture_in_the_catalogue() -> None:
    styles = {style for rows in presets.FIELDS_BY_STYLE.values() for style in rows} - {""}
    assert styles <= set(STYLES.values())
    assert set(LIBRARY_STYLES.values()) <= styles
    assert set(STYLES) <= set(ARCHITECTURES)
    assert set(presets.FIELDS_BY_STYLE) == set(presets.UNMIRRORED) == set(presets.PRESETS)


def test_an_unlisted_architecture_gets_the_common_row() -> None:
    assert presets.preset("best", "torchvision/regnet_y_400mf", "a/folder")["epochs"] == 200


@pytest.mark.parametrize(
    ("library", "ours"),
    [
        *(
            ("torchvision/convnext_tiny", "convnext-tiny"),
            ("timm/convnextv2_nano", "convnext-tiny"),
        ),
        ("timm/tf_efficientnet_lite0", "efficientnet-b0"),
        *(("torchvision/mobilenet_v3_small", "mobilenet-v2"), ("torchvision/alexnet", "alexnet")),
        *(("torchvision/vgg16", "vgg16"), ("torchvision/vgg16_bn", "vgg16-bn")),
        *(("timm/resnext50_32x4d", "resnet50"), ("torchvision/wide_resnet50_2", "resnet50")),
        *(("torchvision/resnet34", "resnet34"), ("timm/repvgg_a0", "resnet18")),
    ],
)
@pytest.mark.parametrize("name", ["quick", "best", "photo"])
def test_a_librarys_network_is_trained_as_ours_of_its_style(
    library: str, ours: str, name: str
) -> None:
    for weights in ("", "weights.pth"):
        flags = {"preset": name, "data": "a/folder", "init_from": weights}
        expected = build_recipe(flags=flags | {"arch": ours})
        built = build_recipe(flags=flags | {"arch": library})
        assert built == replace(expected, arch=library, drop_path="default")
        assert difference_from_preset(built, ("drop_path", "optimizer", "lr")) == {}


def test_a_small_set_gets_small_batches_at_a_rate_to_match() -> None:
    assert (preset("quick", "lenet5", "digits").batch, preset("quick").batch) == (64, 128)
    assert preset("quick", "lenet5", "digits").lr == preset("quick", "lenet5").lr
    large, small = preset("quick", "speednet"), preset("quick", "speednet", "digits")
    assert (large.batch, small.batch) == (1024, 64)
    assert small.lr == pytest.approx(large.lr / 8)


# The article


def test_article_is_the_tutorials() -> None:
    chosen = preset("article", "article-resnet")
    assert (
        difference_from_preset(
            chosen, ["epochs", "batch", "optimizer", "lr", "rotate", "shift", "zoom", "flip"]
        )
        == {}
    )
    assert (chosen.epochs, chosen.batch, chosen.optimizer, chosen.lr) == (120, 64, "adam", 1e-3)
    assert (chosen.momentum, chosen.beta2, chosen.eps) == (0.9, 0.999, 1e-7)
    assert (chosen.rotate, chosen.shift, chosen.zoom, chosen.flip) == (15.0, 0.1, 0.1, True)
    assert (chosen.fill, chosen.crop, chosen.weight_decay) == ("nearest", 0, 0.0)
    assert not chosen.plateau


def tutorials_schedule(epoch: int) -> float:
    """The function that the tutorial gives to LearningRateScheduler; epochs count from 0."""
    rate = 1e-3
    if epoch > 75:
        rate *= 0.1
    if epoch > 100:
        rate *= 0.1
    return rate


def keras(losses: list[float], lr_schedule: Callable[[int], float] | None) -> list[float]:
    """The rate of each epoch under Keras' callbacks in their documented order.

    LearningRateScheduler sets the rate as an epoch begins; ReduceLROnPlateau (factor 0.2,
    patience 5, floor 1e-5, least improvement 1e-4) may lower it as the epoch ends.
    """
    rate, best, waited, rates = 1e-3, math.inf, 0, []
    for epoch, loss in enumerate(losses):
        if lr_schedule is not None:
            rate = lr_schedule(epoch)
        rates.append(rate)
        if loss < best - 1e-4:
            best, waited = loss, 0
        else:
            waited += 1
            if waited >= 5:
                rate, waited = max(rate * 0.2, 1e-5), 0
    return rates


# A loss that falls for 30 epochs and then no more, so that a plateau would act.
LOSSES = [2.0 - 0.05 * min(epoch, 30) for epoch in range(120)]


def trained(chosen: Recipe, losses: list[float] = LOSSES) -> list[float]:
    """Our rates in the first and the last step of each epoch, which must be the same."""
    plan, state, found = schedule.plan(chosen, STEPS), Plateau(), []
    for epoch, loss in enumerate(losses):
        first, last = (
            schedule.learning_rate(plan, step, state.factor)
            for step in (epoch * STEPS, (epoch + 1) * STEPS - 1)
        )
        assert first == last
        found.append(first)
        if chosen.plateau:
            state = schedule.after_epoch(state, loss, chosen)
    return found


def test_article_has_the_rates_that_the_tutorials_callbacks_give() -> None:
    """Where the scheduler sets the rate anew each epoch, so that the plateau never acts."""
    found = trained(preset("article", "article-resnet"))
    assert found == pytest.approx(keras(LOSSES, tutorials_schedule))
    drops = [epoch + 1 for epoch in range(1, 120) if found[epoch] < found[epoch - 1]]
    assert drops == [77, 102]


def test_article_plateau_lets_the_plateau_act_on_top() -> None:
    found = trained(preset("article-plateau", "article-resnet"))
    assert found[:30] == [1e-3] * 30
    assert found[40] < 1e-3
    assert min(found) == pytest.approx(1e-5)
    assert found == sorted(found, reverse=True)


# A flat loss, one that falls by less than 1e-4 and by less than its 1e-4th part, and a broken one.
PLATEAUS = [
    [2.0] * 20,
    [50.0 - 0.001 * epoch for epoch in range(20)],
    [0.1 - 5e-5 * epoch for epoch in range(20)],
    [1.0, math.nan, 0.9, *[0.95] * 4, 0.8, *[math.nan] * 12],
]


@pytest.mark.parametrize("losses", PLATEAUS)
def test_article_plateau_counts_as_keras_does(losses: list[float]) -> None:
    constant = {"arch": "article-resnet", "data": "cifar10", "schedule": "constant"}
    found = trained(build_recipe(settings={**constant, "preset": "article-plateau"}), losses)
    assert found == pytest.approx(keras(losses, None))


def test_a_flat_loss_lowers_the_rate_of_article_plateau_from_the_epochs_7_and_12_on() -> None:
    found = trained(preset("article-plateau", "article-resnet"), [2.0] * 14)
    drops = [epoch + 1 for epoch in range(1, 14) if found[epoch] < found[epoch - 1]]
    assert drops == [7, 12]


def test_a_run_that_started_before_a_field_was_there_goes_on_without_it() -> None:
    """Whatever its preset says today."""
    now = preset("article-plateau", "article-resnet")
    assert now.plateau_rule == "keras"
    resolved = Resolved(
        device="cpu", precision="float32", memory_format="contiguous", threads=1, size=32
    )
    written = to_toml(now, resolved)
    assert build_recipe(file=tomllib.loads(written)).plateau_rule == "keras"
    lines = [line for line in written.splitlines() if not line.startswith("plateau_rule")]
    older = tomllib.loads("\n".join(lines))
    assert build_recipe(file=older).plateau_rule == "pytorch"
    elsewhere = build_recipe(file=fields_for_device(older, "cpu"))
    assert (elsewhere.plateau_rule, elsewhere.plateau) == ("pytorch", True)


# Papers


@pytest.mark.parametrize("arch", ["resnet20", "resnet56", "resnet110", "plain20"])
def test_he_et_al_train_64_000_steps_with_drops_after_32_000_and_48_000(arch: str) -> None:
    chosen = preset("best", arch)
    per_epoch = 50_000 // chosen.batch
    plan = schedule.plan(chosen, per_epoch)
    assert plan.steps == pytest.approx(64_000, abs=per_epoch)
    assert plan.milestones == pytest.approx((32_000, 48_000), abs=per_epoch)
    assert (chosen.optimizer, chosen.lr, chosen.momentum) == ("sgd", 0.1, 0.9)
    assert (chosen.weight_decay, chosen.decay_norms, chosen.nesterov) == (1e-4, True, False)
    assert (chosen.crop, chosen.flip, chosen.batch) == (4, True, 128)
    assert (chosen.warmup > 0) == (arch == "resnet110")


def test_speednet_has_jordans_rates_for_the_mean_loss() -> None:
    """The paper's 9 and 0.012 are a kilostep's, for the sum over 1024 images."""
    kilostep = 1024 * (1 + 1 / (1 - 0.85))
    lr = 9 / kilostep * 1024
    decay_in_a_step = 0.012 * 1024 / kilostep
    chosen = preset("best", "speednet")
    assert chosen.lr == pytest.approx(lr, rel=0.01)
    assert chosen.lr * chosen.weight_decay == pytest.approx(decay_in_a_step, rel=0.01)
    assert (chosen.momentum, chosen.batch, chosen.norm_bias_lr) == (0.85, 1024, 64.0)
    plan = schedule.plan(chosen, 48)
    rates = [schedule.learning_rate(plan, step) for step in range(plan.steps)]
    assert rates.index(max(rates)) / plan.steps == pytest.approx(0.23, abs=0.01)


# Photographs


def test_photo_trains_on_growing_random_crops() -> None:
    chosen = preset("photo", data="a/folder")
    assert (chosen.size, chosen.size_start, chosen.crop_pct) == (224, 128, 0.95)
    assert (chosen.crop_scale, chosen.crop) == ((0.25, 1.0), 0)
    assert (chosen.auto_augment, chosen.erasing) == ("trivialaugment", 0.1)
    assert (chosen.label_smoothing, chosen.ema) == (0.1, 0.9998)
    assert (chosen.mixup, chosen.cutmix) == (0.0, 0.0)
    deep = preset("photo", "resnet50", "a/folder")
    assert (deep.mixup, deep.cutmix) == (0.2, 1.0)
    assert preset("photo", "convnext-tiny", "a/folder").drop_path == 0.1
    assert preset("photo", "efficientnet-b0", "a/folder").optimizer == "adamw"


@pytest.mark.parametrize("arch", [a for a in ARCHITECTURES if has_weights(a)])
def test_photo_is_milder_from_pretrained_weights(arch: str) -> None:
    scratch = preset("photo", arch, "a/folder")
    flags = {"preset": "photo", "arch": arch, "data": "a/folder", "pretrained": True}
    tuned = build_recipe(flags=flags)
    assert tuned.pretrained
    assert tuned.optimizer == ("adamw" if arch == "convnext-tiny" else "sgd")
    assert tuned.optimizer != scratch.optimizer or tuned.lr < scratch.lr
    assert tuned.epochs < scratch.epochs
    assert tuned.crop_scale[0] > scratch.crop_scale[0]
    assert tuned.auto_augment == "none"
    assert tuned.normalise == "auto"
    assert difference_from_preset(tuned) == {"pretrained": True}
    assert equivalent_command.of(tuned) == (
        f"cnn-tui --arch {arch} --data a/folder --recipe photo --set pretrained=true"
    )


def test_photo_is_as_mild_from_a_file_of_weights() -> None:
    flags = {"preset": "photo", "arch": "resnet18", "data": "a/folder"}
    pretrained = build_recipe(flags={**flags, "pretrained": True})
    given = build_recipe(flags={**flags, "init_from": "resnet18.pth"})
    assert given == replace(pretrained, pretrained=False, init_from="resnet18.pth")
    assert difference_from_preset(given) == {"init_from": "resnet18.pth"}
    assert recipe_checks.usual_rate(given) == given.lr
    assert build_recipe(flags={**flags, "init_from": "1", "lr": 0.05}).lr == 0.05


def test_the_other_presets_are_the_same_from_pretrained_weights() -> None:
    for name in ("quick", "best"):
        plain = presets.preset(name, "resnet18", "a/folder")
        assert presets.preset(name, "resnet18", "a/folder", fine_tunes=True) == plain


def test_published_sets_keep_their_size() -> None:
    chosen = preset("photo", data="cifar10")
    assert (chosen.size, chosen.size_start, chosen.crop_pct) == ("auto", 0, 1.0)
    assert chosen.crop_scale == (0.25, 1.0)
    assert preset("photo", data="digits").crop_scale == ()


def test_photo_does_not_grow_where_a_smaller_size_is_given() -> None:
    given = {"preset": "photo", "arch": "resnet18", "data": "a/folder", "size": 96}
    assert build_recipe(flags=given).size_start == 0
    assert build_recipe(flags=given | {"size": 128}).size_start == 128
    with pytest.raises(UsageError, match="size_start = 112 is larger than the size of 96"):
        build_recipe(flags=given | {"size_start": 112})


def test_random_resized_crops_take_the_place_of_the_shift_of_a_preset() -> None:
    given = {"preset": "quick", "arch": "resnet20", "data": "cifar10", "crop_scale": (0.5, 1.0)}
    assert build_recipe(flags=given).crop == 0
    with pytest.raises(UsageError, match="crop and crop_scale both move"):
        build_recipe(flags=given | {"crop": 4})


@pytest.mark.parametrize(
    ("arch", "side", "name"),
    [
        *(("resnet18", 192, "photo"), ("resnet18", 191, "quick"), ("resnet18", 0, "quick")),
        *(("convnext-tiny", 400, "photo"), ("torchvision/regnet_y_400mf", 400, "photo")),
        *(("timm/resnet26", 400, "photo"), ("lenet5", 400, "quick"), ("resnet20", 400, "quick")),
        ("net.py:make", 400, "quick"),
    ],
)
def test_auto_is_photo_for_photographs_and_networks_made_for_them(
    arch: str, side: int, name: str
) -> None:
    flags = {"arch": arch, "data": "a/folder"}
    assert build_for_images(SeenImages(side), flags=flags).preset == name
    assert build_for_images(SeenImages(side), flags=flags | {"preset": "auto"}).preset == name
    assert build_for_images(SeenImages(side), flags=flags | {"preset": "best"}).preset == "best"


def test_auto_leaves_photo_where_given_fields_exclude_it() -> None:
    flags = {"arch": "resnet18", "data": "a/folder"}
    assert build_for_images(SeenImages(400), settings={"crop": 4}, flags=flags).preset == "quick"
    assert build_for_images(SeenImages(400), settings={"lr": 0.3}, flags=flags).preset == "photo"
    with pytest.raises(UsageError, match="crop and crop_scale both"):
        build_recipe(settings={"crop": 4}, flags=flags | {"preset": "photo"})


def test_auto_without_a_look_at_the_images_is_quick() -> None:
    assert build_recipe(flags={"preset": "auto"}).preset == "quick"


def test_a_resumed_run_keeps_its_canvas() -> None:
    resolved = {"size": 224, "canvas": 448}
    file = {"crop_scale": [0.25, 1.0], "data": "a/folder", "resolved": resolved}
    assert build_recipe(file=file).canvas == 448
    assert build_recipe(file=fields_for_device(file, "cpu")).canvas == 448
    older = {"data": "a/folder", "resolved": {"size": 64}}
    assert (build_recipe(file=older).size, build_recipe(file=older).crop_scale) == (64, ())


# Small sets


@pytest.mark.parametrize(
    ("images", "batch"),
    [(0, 128), (100, 16), (194, 16), (300, 32), (600, 64), (1023, 64), (1024, 128), (50_000, 128)],
)
def test_an_epoch_of_few_images_has_enough_steps(images: int, batch: int) -> None:
    flags = {"arch": "lenet5", "data": "a/folder"}
    seen = SeenImages(32, images)
    chosen = build_for_images(seen, flags=flags)
    assert chosen == replace(build_for_images(SeenImages(32), flags=flags), batch=batch)
    assert build_for_images(seen, settings={"batch": 128}, flags=flags).batch == 128
    assert build_for_images(seen, file={"batch": 96, "preset": "best"}, flags=flags).batch == 96
    assert build_for_images(seen, flags=flags | {"gpus": 2}).batch == 128
    assert build_for_images(seen, flags=flags | {"accumulate": 100}).batch == 128


def test_the_rate_shrinks_with_a_batch_above_128() -> None:
    flags: dict[str, object] = {"arch": "speednet", "data": "a/folder", "preset": "best"}
    seen, plain = SeenImages(32, 200), build_recipe(flags=flags)
    assert plain.batch == 1024
    assert build_for_images(seen, flags=flags).lr == plain.lr / 8
    assert build_for_images(seen, flags=flags | {"lr": 0.5}).lr == 0.5


@pytest.mark.parametrize(
    ("images", "batch"), [(1023, 64), (1024, 128), (8191, 512), (presets.ENOUGH_IMAGES, 1024)]
)
def test_no_preset_has_a_cliff_where_its_batch_is_large(images: int, batch: int) -> None:
    flags = {"arch": "speednet", "data": "a/folder", "preset": "best"}
    chosen = build_for_images(SeenImages(32, images), flags=flags)
    assert chosen.batch == batch
    assert chosen.lr == 1.17 * max(batch, 128) / 1024


def test_a_run_that_started_before_keeps_its_batch() -> None:
    """Its file has the batch; where it is missing, it is the default, as in `Recipe`."""
    old = {"preset": "quick", "data": "a/folder", "resolved": {"size": 64}}
    assert build_for_images(SeenImages(32, 100), file=old).batch == Recipe().batch
