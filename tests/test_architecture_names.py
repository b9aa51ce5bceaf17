"""Names of architectures, and what a recipe may ask of which."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from engine.catalog import architecture_names
from engine.catalog.architecture_names import LibraryModel, UserFunction
from engine.errors import EngineError, RunError, UsageError
from engine.recipes.recipe import Recipe
from engine.recipes.recipe_building import build_recipe
from engine.recipes.recipe_toml import to_toml
from engine.run import run_creation
from engine.run.run_paths import RunDir
from engine.start import launch, recipe_resolution

RUNS = Path("runs")


def refused(**settings: object) -> str:
    with pytest.raises(UsageError) as caught:
        build_recipe(settings=settings)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("arch", "library", "user", "short"),
    [
        ("resnet18", None, None, "resnet18"),
        (
            "torchvision/regnet_y_400mf",
            LibraryModel("torchvision", "regnet_y_400mf"),
            None,
            "regnet_y_400mf",
        ),
        (
            "timm/resnet50.a1_in1k",
            LibraryModel("timm", "resnet50.a1_in1k"),
            None,
            "resnet50.a1_in1k",
        ),
        ("./a b/net.py:make", None, UserFunction(Path("a b/net.py"), "make"), "net"),
        ("C:/net.py:make_2", None, UserFunction(Path("C:/net.py"), "make_2"), "net-make_2"),
    ],
)
def test_names_have_three_more_forms(
    arch: str, library: LibraryModel | None, user: UserFunction | None, short: str
) -> None:
    assert architecture_names.library_model(arch) == library
    assert architecture_names.user_function(arch) == user
    assert architecture_names.short_name(arch) == short
    assert build_recipe(settings={"arch": arch}).arch == arch


@pytest.mark.parametrize(
    "arch",
    [
        "",
        "torchvision/",
        "keras/resnet50",
        "timm/a/b",
        "net.py",
        "net.py:",
        "net.py:1x",
        "net:make",
    ],
)
def test_others_are_refused(arch: str) -> None:
    assert "there is no architecture" in refused(arch=arch)


@pytest.mark.parametrize(
    ("arch", "name"),
    [
        ("resnet18", "resnet18-digits"),
        ("torchvision/regnet_y_400mf", "regnet_y_400mf-digits"),
        ("/home/me/net.py:_make", "net-_make-digits"),
        ("/home/me/net.py:make", "net-digits"),
        ("/home/me/__.py:make", "model-digits"),
        ("/home/me/net.py:größe", "net-gr--e-digits"),
    ],
)
def test_a_run_is_named_by_the_last_part(arch: str, name: str) -> None:
    assert launch.default_name(build_recipe(settings={"arch": arch})) == name
    assert run_creation.NAME.fullmatch(name)


# What a recipe asks for


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"arch": "resnet18", "act": "gelu"}, "act cannot be set for resnet18: leave it out, or"),
        ({"arch": "vgg16", "bn": False}, "family LeNet, CIFAR ResNet, plain or article ResNet."),
        ({"arch": "convnext-tiny", "dropout": 0.1}, "family LeNet, AlexNet, VGG, CIFAR ResNet,"),
        ({"arch": "speednet", "bn": True}, "bn cannot be set for speednet"),
        ({"arch": "torchvision/vgg11", "dropout": 0.1}, "dropout cannot be set for torchvision/"),
        ({"act": "swish"}, "act must be default, relu, tanh, sigmoid or gelu."),
        ({"dropout": 1}, "dropout must be default or a number from 0 to below 1."),
        ({"bn": "no"}, "bn must be default or true or false."),
        ({"arch": "lenet5", "pretrained": True}, "no pretrained weights for lenet5: leave"),
        ({"arch": "timm/resnet18", "pretrained": True}, "or use torchvision/NAME or an"),
        ({"arch": "vgg16", "pretrained": True, "size": 32}, "larger than 64 pixels, not 32"),
    ],
)
def test_what_an_architecture_does_not_have_is_refused(
    settings: dict[str, object], sentence: str
) -> None:
    assert sentence in refused(**settings)


def test_what_it_has_is_taken() -> None:
    chosen = build_recipe(settings={"arch": "lenet5", "act": "relu", "bn": True, "dropout": 0})
    assert (chosen.act, chosen.bn, chosen.dropout) == ("relu", True, 0.0)
    assert build_recipe(settings={"arch": "speednet", "act": "relu"}).act == "relu"


def test_pretrained_brings_224_pixels_with_it() -> None:
    flags = {"arch": "resnet50", "pretrained": True}
    assert build_recipe(flags=flags).size == 224
    assert build_recipe(settings={"size": 128}, flags=flags).size == 128
    assert build_recipe(flags={"arch": "torchvision/swin_t", "pretrained": True}).size == 224


# Files and runs on the disk


def chosen(**flags: object) -> Recipe:
    return recipe_resolution.resolve_recipe(None, (), {"data": "digits", **flags}, RUNS)


def test_the_users_own_file_becomes_absolute() -> None:
    Path("net.py").write_text("def make(classes): ...\n")
    assert chosen(arch="net.py:make").arch == f"{Path('net.py').resolve()}:make"
    with pytest.raises(UsageError, match=r"there is no file nets\.py to build the model from"):
        chosen(arch="nets.py:make")


def run_with(*files: str, **settings: object) -> RunDir:
    """A run of these settings that has saved such checkpoints."""
    toml = to_toml(build_recipe(settings=settings))
    claim = run_creation.create(RUNS, "before", toml)
    for file in files:
        (claim.run.checkpoints / file).touch()
    return claim.run


def test_a_run_to_begin_with_means_its_best_weights_and_its_architecture() -> None:
    run = run_with("last.pt", "best.pt", arch="resnet20", act="gelu")
    expected = str((run.checkpoints / "best.pt").resolve())
    for said in ("1", "before", str(run.path), str(run.checkpoints / "best.pt")):
        built = chosen(init_from=said)
        assert (built.init_from, built.arch, built.act) == (expected, "resnet20", "gelu")
    assert chosen(init_from="1", arch="resnet56").arch == "resnet56"


def test_without_a_best_epoch_the_last_weights_are_meant() -> None:
    run = run_with("last.pt")
    assert chosen(init_from="1").init_from == str((run.checkpoints / "last.pt").resolve())


def test_a_checkpoint_of_no_run_says_nothing_of_the_architecture(tmp_path: Path) -> None:
    torch.save({}, tmp_path / "some.pt")
    built = chosen(init_from="some.pt")
    assert (built.init_from, built.arch) == (str((tmp_path / "some.pt").resolve()), "lenet5")


@pytest.mark.parametrize(
    ("said", "error", "sentence"),
    [
        ("1", UsageError, "has saved no checkpoint yet"),
        ("other", RunError, "there is no file other, and there is no run 'other' in the folder"),
    ],
)
def test_weights_that_are_not_there_are_told(
    said: str, error: type[EngineError], sentence: str
) -> None:
    run_with()
    with pytest.raises(error, match=sentence):
        chosen(init_from=said)
