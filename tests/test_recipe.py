"""Recipes: layers in their order, every field checked, written as TOML and read again."""

from __future__ import annotations

import contextlib
import tomllib
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import UsageError
from engine.recipes import recipe_text
from engine.recipes.recipe import FIELDS, Recipe, Resolved
from engine.recipes.recipe_building import build_recipe, difference_from_preset
from engine.recipes.recipe_toml import parse_setting, read_fields, to_toml

RESOLVED = Resolved(
    device="cpu", precision="bf16", memory_format="channels-last", threads=2, size=32
)


def refused(**settings: object) -> str:
    with pytest.raises(UsageError) as caught:
        build_recipe(settings=settings)
    assert caught.value.exit_code == 2
    return str(caught.value)


def test_later_layers_win() -> None:
    file = {"lr": 0.3, "batch": 16, "precision": "auto", "resolved": {"precision": "bf16"}}
    chosen = build_recipe(file=file, settings={"batch": 32, "seed": 1}, flags={"seed": 2})
    assert (chosen.lr, chosen.batch, chosen.seed, chosen.precision) == (0.3, 32, 2, "bf16")


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("colour", "`cnn-tui recipes quick` shows all of them."),
        ("learning_rate", "did you mean lr?"),
        ("WD", "did you mean weight_decay?"),
        ("batch_size", "did you mean batch?"),
        ("Epoch", "did you mean epochs?"),
        ("momentun", "did you mean momentum?"),
        ("optim", "did you mean optimizer?"),
    ],
)
def test_only_a_field_that_is_near_is_suggested(key: str, said: str) -> None:
    assert refused(**{key: 1}) == f"there is no recipe field '{key}': {said}"


def test_a_name_that_other_programs_use_leads_to_a_field() -> None:
    assert {*recipe_text.SYNONYMS.values()} <= {*FIELDS}
    assert not {*recipe_text.SYNONYMS} & {*FIELDS}


def test_of_names_that_begin_alike_the_first_is_suggested() -> None:
    assert "did you mean resnet18?" in refused(arch="resnet")


def test_a_gpu_that_was_named_is_the_one_that_a_resume_takes() -> None:
    file = {"device": "cuda:1", "resolved": {"device": "cuda"}}
    assert build_recipe(file=file).device == "cuda:1"
    assert build_recipe(file={**file, "device": "auto"}).device == "cuda"


def test_a_small_set_gets_small_batches_and_no_flip() -> None:
    digits = build_recipe(flags={"data": "digits"})
    assert (digits.batch, digits.flip) == (64, False)
    assert build_recipe(flags={"data": "cifar10"}).flip


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"lr": -1}, "lr = -1 is not possible: lr must be a number above 0 and at most 1000."),
        ({"epochs": 0}, "epochs must be a whole number from 1 to 1000000."),
        ({"lr": float("nan")}, "lr = nan is not possible"),
        ({"lr": float("inf")}, "lr = inf is not possible"),
        ({"lr": 10**400}, "is not possible"),
        ({"schedule": "cosin"}, "schedule must be constant, step, cosine, onecycle or linear."),
        ({"momentum": 1.0}, "momentum must be a number from 0 to below 1."),
        ({"device": "gpu"}, "device must be auto, cpu, cuda or cuda:N."),
        ({"threads": 0}, "threads must be auto or a whole number from 1 to 1024."),
        ({"flip": 1}, "flip must be true or false or alternating."),
        ({"zoom": 1.0}, "zoom must be a number from 0 to below 1."),
        ({"hue": 0.6}, "hue must be a number from 0 to 0.5."),
        ({"erasing": -0.1}, "erasing must be a number from 0 to 1."),
        ({"fill": "mirror"}, "fill must be nearest, constant or reflect."),
        ({"ema": 1.0}, "ema must be a number from 0 to below 1."),
        ({"patience": -1}, "patience must be a whole number from 0 to 1000000."),
        ({"milestones": [0]}, "milestones must be a list, each a whole number from 1 to 1000000."),
        ({"epochs": 2.5}, "epochs = 2.5 is not possible"),
        ({"epoch": 3}, "there is no recipe field 'epoch': did you mean epochs?"),
        ({"arch": "resnet19"}, "no architecture 'resnet19': did you mean resnet18?"),
        ({"arch": "\x1b[31m"}, r"no architecture '\x1b[31m'"),
        ({"preset": "fast"}, "no recipe 'fast'"),
    ],
)
def test_a_wrong_value_names_the_field_and_what_it_allows(
    settings: dict[str, object], sentence: str
) -> None:
    said = refused(**settings)
    assert sentence in said
    assert "\n" not in said


@pytest.mark.parametrize(
    ("setting", "parsed"),
    [
        ("lr=0.1", ("lr", 0.1)),
        ("milestones=[3, 5]", ("milestones", [3, 5])),
        ("schedule=cosine", ("schedule", "cosine")),
        ("flip=true", ("flip", True)),
        ("weight-decay = 1e-4", ("weight_decay", 1e-4)),
        ("lr=nan=1", ("lr", "nan=1")),
        ("lr=.01", ("lr", 0.01)),
        ("lr=1.", ("lr", 1.0)),
        ("lr=1e-3", ("lr", 0.001)),
        ("lr=+0.1", ("lr", 0.1)),
        ("lr=-.5E1", ("lr", -5.0)),
        ("epochs=007", ("epochs", 7)),
        ("lr=1,5", ("lr", "1,5")),
        ("name=1.2.3", ("name", "1.2.3")),
        ('data="a b"', ("data", "a b")),
    ],
)
def test_a_setting_is_a_key_and_a_toml_value(setting: str, parsed: tuple[str, object]) -> None:
    assert parse_setting(setting) == parsed


def test_a_setting_without_a_value_says_how_it_is_done() -> None:
    with pytest.raises(UsageError, match="KEY=VALUE"):
        parse_setting("lr")


def test_a_recipe_survives_its_file(tmp_path: Path) -> None:
    chosen = build_recipe(settings={"milestones": [3, 5], "lr": 1e-7, "data_dir": 'a"\\\x7f\n飞'})
    (tmp_path / "r.toml").write_text(to_toml(chosen))
    assert build_recipe(file=read_fields(tmp_path / "r.toml")) == chosen


def test_a_resolved_recipe_is_repeated_as_it_ran() -> None:
    text = to_toml(build_recipe(), RESOLVED)
    again = build_recipe(file=tomllib.loads(text))
    for key in Resolved.__struct_fields__:
        assert getattr(again, key) == getattr(RESOLVED, key)


def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "r.toml").write_bytes(b"\xef\xbb\xbflr = 0.05\r\nepochs = 1\r\n")
    assert read_fields(tmp_path / "r.toml") == {"lr": 0.05, "epochs": 1}


@pytest.mark.parametrize(
    ("content", "way_out"),
    [
        (b"lr = .01", "TOML writes numbers in full (0.01, 1.0)"),
        (b"flip = True", "true and false in small letters"),
        (b"act = relu", "words in quotes"),
        ("lr = 0.1  # größer".encode("utf-16"), "since it is not UTF-8: save it with that"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_with_the_way_out(
    tmp_path: Path, content: bytes, way_out: str
) -> None:
    (tmp_path / "r.toml").write_bytes(content)
    with pytest.raises(UsageError) as caught:
        read_fields(tmp_path / "r.toml")
    assert way_out in str(caught.value)


def test_a_number_in_quotes_is_shown_in_quotes() -> None:
    with pytest.raises(UsageError, match=r'lr = "0.1" is not possible: lr must be a number'):
        build_recipe(settings={"lr": "0.1"})


@pytest.mark.parametrize("content", [b"lr =", b"\xff\xfe", b"a = " + b"[" * 50_000])
def test_a_broken_file_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "r.toml").write_bytes(content)
    with pytest.raises(UsageError, match="cannot be read"):
        read_fields(tmp_path / "r.toml")


def test_the_difference_to_the_preset_repeats_the_recipe() -> None:
    chosen = build_recipe(settings={"lr": 0.2, "epochs": 3}, flags={"arch": "lenet5"})
    assert difference_from_preset(chosen) == {"lr": 0.2, "epochs": 3}


def test_every_field_has_a_default_that_it_allows() -> None:
    for key, value in msgspec.structs.asdict(Recipe()).items():
        build_recipe(settings={key: value})


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=8), json_values))
def test_any_values_make_a_recipe_or_one_sentence(file: dict[str, object]) -> None:
    built = None
    with contextlib.suppress(UsageError):
        built = build_recipe(file=file)
    if built is not None:
        assert build_recipe(file=tomllib.loads(to_toml(built))) == built
