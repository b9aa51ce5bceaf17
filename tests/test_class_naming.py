"""The order of classes and the names under which they are shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.data.inventory.class_naming import order_notes, read_name_pairs, shown_names
from engine.data.inventory.data_inventory import inventory_of
from engine.errors import DataError
from engine.recipes.recipe import Recipe
from engine.recipes.recipe_building import build_recipe
from engine.recipes.recipe_toml import to_toml
from engine.start import recipe_resolution
from tests.test_folder_listing import tree

NUMBERS = ("0", "1", "2", "10", "11")


def numbered(root: Path) -> Path:
    return tree(root, *(f"{name}/{i}.jpg" for name in NUMBERS for i in range(5)))


def test_classes_that_are_numbers_keep_the_order_of_image_folder_and_the_log_warns(
    tmp_path: Path,
) -> None:
    found = inventory_of(Recipe(data=str(numbered(tmp_path))))
    assert found.classes == ("0", "1", "10", "11", "2")
    assert found.notes == (
        "the classes are numbers in the order of their names, 0, 1, 10, as with torchvision's "
        "ImageFolder, and not 0, 1, 2: type --set class_order=natural for the order of numbers.",
    )


def test_the_natural_order_is_a_setting(tmp_path: Path) -> None:
    plain = inventory_of(Recipe(data=str(numbered(tmp_path))))
    found = inventory_of(Recipe(data=str(tmp_path), class_order="natural"))
    assert (found.classes, found.notes) == (NUMBERS, ())
    assert [image for image, _ in found.train] == [image for image, _ in plain.train]
    assert {found.classes[label] for image, label in found.train if "/10/" in f"/{image.name}"} == {
        "10"
    }


def test_only_numbers_in_another_order_are_warned_of() -> None:
    for classes in (("a10", "a2"), ("00", "01", "10"), ("cat", "dog")):
        assert order_notes(classes) == []


@pytest.mark.parametrize(
    ("content", "pairs"),
    [
        ("n01,tench\nn02,goldfish\n", (("n01", "tench"), ("n02", "goldfish"))),
        ('\ufeffn01;"tench; a fish"\nn02;frog\n', (("n01", "tench; a fish"), ("n02", "frog"))),
        ("cat\n\nred fox \n", (("", "cat"), ("", "red fox"))),
    ],
)
def test_a_file_names_classes(
    tmp_path: Path, content: str, pairs: tuple[tuple[str, str], ...]
) -> None:
    (tmp_path / "names.txt").write_text(content)
    assert read_name_pairs(str(tmp_path / "names.txt")) == pairs


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        ("n01 tench, Tinca tinca\nn02 cock\n", ("tench, Tinca tinca", "cock")),
        ("7 n01\n8 n02\n", ("7", "8")),
        ("red fox\narctic wolf\n", ("red fox", "arctic wolf")),
        ("fox\nwolf\n", ("fox", "wolf")),
        ("fox\narctic wolf\n", ("fox", "arctic wolf")),
        ("n02\nn01\n", ("n01", "n02")),
        ("tench, Tinca tinca\nred fox, Vulpes\n", ("tench, Tinca tinca", "red fox, Vulpes")),
        ("n02, red fox\nn01, tench\n", ("tench", "red fox")),
        ("red fox, n02\ntench, n01\n", ("tench", "red fox")),
    ],
)
def test_lines_are_a_class_and_its_name_or_names_in_the_order_of_classes(
    tmp_path: Path, content: str, shown: tuple[str, str]
) -> None:
    (tmp_path / "names.txt").write_text(content)
    recipe = Recipe(class_names=read_name_pairs(str(tmp_path / "names.txt")))
    assert shown_names(["n01", "n02"], recipe) == (shown, [])


def test_a_list_names_classes_that_are_numbers_in_the_order_of_numbers() -> None:
    recipe = Recipe(class_names=(("", "one"), ("", "two"), ("", "ten")))
    assert shown_names(["1", "10", "2"], recipe) == (("one", "ten", "two"), [])


def test_a_list_of_another_length_is_refused() -> None:
    names = Recipe(class_names=(("", "fox"), ("", "wolf"), ("", "owl")))
    said = (
        r"names fox, wolf, owl \(3 lines\), and none of the 2 classes n01, n02: .* one name a line"
    )
    with pytest.raises(DataError, match=said):
        shown_names(["n01", "n02"], names)


def test_two_columns_that_name_other_classes_are_said_to_be_two() -> None:
    with pytest.raises(DataError, match=r"names tench, fox \(2 lines of two columns\), and none"):
        shown_names(["0", "1"], Recipe(class_names=(("tench", "Tinca"), ("fox", "Vulpes"))))


def test_either_column_may_be_that_of_the_classes() -> None:
    recipe = Recipe(class_names=(("class", "name"), ("tench", "n01"), ("frog", "n02")))
    assert shown_names(["n01", "n02"], recipe) == (("tench", "frog"), [])


def test_two_classes_of_one_name_stay_apart_and_one_without_is_said() -> None:
    recipe = Recipe(class_names=(("n1", "crane"), ("n2", "crane")))
    assert shown_names(["n1", "n2", "n3"], recipe) == (
        ("crane (n1)", "crane (n2)", "n3"),
        ["class_names has no name for some classes (1: n3)."],
    )


def test_a_file_of_other_classes_is_refused() -> None:
    with pytest.raises(
        DataError, match=r"names x .*, and none of the 2 classes a, b: write each class"
    ):
        shown_names(["a", "b"], Recipe(class_names=(("x", "y"),)))


@pytest.mark.parametrize(
    ("content", "said"), [(None, "cannot be read .No such file"), ("\n", "is empty")]
)
def test_a_file_that_names_nothing_is_refused(
    tmp_path: Path, content: str | None, said: str
) -> None:
    if content is not None:
        (tmp_path / "names.csv").write_text(content)
    with pytest.raises(DataError, match=said):
        read_name_pairs(str(tmp_path / "names.csv"))


def test_the_recipe_holds_the_names_so_that_a_resume_needs_no_file(tmp_path: Path) -> None:
    tree(tmp_path / "set", *(f"{name}/{i}.jpg" for name in ("n01", "n02") for i in range(5)))
    (tmp_path / "names.csv").write_text("n01,tench\nn02,frog\n")
    sets = [f"data={tmp_path}/set", f"class_names={tmp_path}/names.csv"]
    recipe = recipe_resolution.resolve_recipe(None, sets, {}, tmp_path)
    (tmp_path / "names.csv").unlink()
    (tmp_path / "recipe.toml").write_text(to_toml(recipe))
    again = recipe_resolution.resolve_recipe(str(tmp_path / "recipe.toml"), [], {}, tmp_path)
    assert again == recipe
    assert inventory_of(again).classes == ("tench", "frog")


def test_labels_have_three_forms() -> None:
    assert build_recipe(settings={"labels": "column:dx"}).labels == "column:dx"
    with pytest.raises(Exception, match=r"auto, prefix or column:NAME; .* --labels FILE"):
        build_recipe(settings={"labels": "labels.toml"})
