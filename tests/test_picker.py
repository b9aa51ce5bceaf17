"""The comparison of architectures: order, filter, counts for the input, and the drawing."""

from __future__ import annotations

import pytest

from engine.catalog.architectures import ARCHITECTURES
from engine.catalog.data_shape import DataShape
from engine.catalog.datasets import DATASETS
from tui import shared_text
from tui.drawing import architecture_list, cells, drawing_text


def keys(order: str = shared_text.BY_FAMILY, wanted: str = "") -> list[str]:
    return [a.key for a in architecture_list.matching(order, wanted)]


def test_all_are_listed_in_the_order_of_the_catalogue() -> None:
    assert keys() == list(ARCHITECTURES)


@pytest.mark.parametrize(
    ("wanted", "first", "without"),
    [("resnet1", "resnet18", "lenet5"), ("LeNet", "lenet5", "vgg16"), ("shortcut", "", "lenet5")],
)
def test_a_filter_looks_at_key_title_family_and_news(wanted: str, first: str, without: str) -> None:
    found = keys(wanted=wanted)
    assert found
    assert without not in found
    assert first in ("", found[0])


def test_orders() -> None:
    assert keys(drawing_text.BY_YEAR)[0] == "lenet5"
    by_parameters = [ARCHITECTURES[key].parameters for key in keys(drawing_text.BY_PARAMETERS)]
    assert by_parameters == sorted(by_parameters)
    best = [ARCHITECTURES[key].top1 or 0 for key in keys(drawing_text.BY_TOP1)]
    assert best == sorted(best, reverse=True)


def test_counts_are_those_of_the_input() -> None:
    resnet = ARCHITECTURES["resnet18"]
    assert architecture_list.parameters(resnet, DataShape(3, 32, 10)) == "11.2M"
    assert architecture_list.macs(resnet, DataShape(3, 32, 10)) == "555M"
    assert architecture_list.macs(resnet, DataShape(3, 48, 10)).startswith("≈")
    assert architecture_list.parameters(ARCHITECTURES["lenet5"], DataShape(1, 32, 10)) == "61.7k"
    assert architecture_list.shape_of(DATASETS["digits"]) == DataShape(1, 32, 10)


def test_details_draw_the_stages_narrowing() -> None:
    rows = [
        cells.text(row)
        for row in architecture_list.details(ARCHITECTURES["resnet18"], DataShape(3, 32, 10))
    ]
    assert rows[0].startswith(" ResNet-18   2015")
    bars = [row.count("▇") for row in rows if "×" in row and "▇" in row]
    assert bars == sorted(bars, reverse=True)
    assert bars[0] == architecture_list.WIDEST
    assert "2 × [3×3, 3×3]" in "".join(rows)


def test_the_last_stage_has_the_classes_of_the_data_and_the_stages_the_form_for_its_size() -> None:
    resnet = ARCHITECTURES["resnet18"]
    for shape, stem in ((DataShape(3, 32, 3), "64×32×32"), (DataShape(3, 224, 3), "64×56×56")):
        rows = [cells.text(row) for row in architecture_list.details(resnet, shape)]
        assert rows[-1].split() == ["linear", "3", "▇", "from", "512"]
        assert rows[2].endswith(f"for images of 3×{shape.size}×{shape.size}")
        assert rows[3].rstrip() == " ImageNet:   top-1 accuracy 69.8 %"
        assert stem in rows[5]
        title = architecture_list.stages_title(resnet, shape)
        assert title == f"Stages at {shape.size}×{shape.size}"


def test_every_architecture_has_details() -> None:
    for a in ARCHITECTURES.values():
        assert architecture_list.details(a, DataShape(3, 32, 10))
