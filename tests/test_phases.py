"""What is said about the data when it is loaded."""

from __future__ import annotations

import pytest
import torch

from engine.data import preparation
from engine.data.base.dataset import Dataset, Images
from engine.data.decoding.image_format import ImageFormat
from engine.protocol.events import Alert
from engine.recipes.recipe import Resolved
from engine.recipes.recipe_building import build_recipe

RESOLVED = Resolved(
    device="cpu", precision="float32", memory_format="contiguous", threads=1, size=8
)
FORM = ImageFormat(1, 8)


def images(counts: list[int]) -> Images:
    """So many images of each class."""
    labels = torch.arange(len(counts)).repeat_interleave(torch.tensor(counts))
    return Images(torch.zeros(len(labels), 1, 8, 8, dtype=torch.uint8), labels)


def warned(training: list[int], validation: list[int], **settings: object) -> list[str]:
    classes = tuple("abc"[: len(training)])
    splits = images(training), images(validation)
    data = Dataset(classes, *splits, "separate", (0.5,), (0.2,), FORM)
    said = preparation.data_alerts(data, build_recipe(settings=settings), RESOLVED, 1e9)
    return [e.text for e in said if isinstance(e, Alert) and e.level == "warning"]


def test_a_class_that_prevails_is_told_with_what_a_guess_is_worth() -> None:
    (sentence,) = warned([10, 970, 20], [2, 48, 0])
    assert "97.0 % of the training images are of the class 'b'" in sentence
    assert "right for 96.0 % of the validation images" in sentence
    assert "class_weights=true" in sentence
    (sentence,) = warned([10, 970, 20], [2, 48, 0], class_weights=True)
    assert "class_weights" not in sentence


@pytest.mark.parametrize(("training", "warnings"), [([80, 20], 1), ([79, 21], 0), ([5, 5, 5], 0)])
def test_up_to_a_fifth_of_others_is_few(training: list[int], warnings: int) -> None:
    assert len(warned(training, training)) == warnings


def test_what_is_only_good_to_know_is_no_warning() -> None:
    splits = images([5, 5]), images([5, 5])
    notes, remarks = ("some are missing",), ("a README is left out",)
    data = Dataset(("a", "b"), *splits, "separate", (0.5,), (0.2,), FORM, notes, remarks=remarks)
    alerts = preparation.data_alerts(data, build_recipe(), RESOLVED, 1e9)
    told = [(e.level, e.text) for e in alerts if isinstance(e, Alert) and e.code == "data"]
    assert told == [("warning", notes[0]), ("info", remarks[0])]
