from __future__ import annotations

import pytest

from engine.events import Layer
from tests.drawing import examples
from tests.drawing.examples import drawn
from tui.drawing import cells
from tui.drawing.layers import layer_facts, layer_table
from tui.drawing.table import abbreviated

LAYERS = examples.layers()


def test_a_wide_table_has_all_columns_and_says_what_is_below() -> None:
    assert drawn(layer_table(LAYERS[-6:], 76, 5)) == [
        " layer                  kernel  output      params  MMAC  share",
        " layer4.0.conv2         3×3     512×4×4  2,359,296  37.7  ▇▇▇▇▇▇▇▇",
        " layer4.0.downsample.0  1×1 /2  512×4×4    131,072   2.1  ▌",
        " layer4.1.conv1         3×3     512×4×4  2,359,296  37.7  ▇▇▇▇▇▇▇▇",
        " … 3 more",
    ]


def test_the_end_of_the_table() -> None:
    assert drawn(layer_table(LAYERS, 60, 4, first=len(LAYERS) - 2)) == [
        " layer                  kernel  output        params  MMAC",
        " avgpool                        512×1×1",
        " fc                     512→10   10            5,130   0.0",
        "",
    ]


def test_a_narrow_table_keeps_names_and_parameters() -> None:
    assert drawn(layer_table(LAYERS, 24, 4, first=7)) == [
        " layer           params",
        " ….downsample.0   8.19k",
        " layer2.1.conv1    147k",
        " … 13 more",
    ]


def test_an_offset_beyond_the_end_shows_the_last_layer() -> None:
    assert drawn(layer_table(LAYERS, 24, 2, first=500))[1] == " fc               5.13k"


def test_one_row_is_a_layer_without_the_heading() -> None:
    assert drawn(layer_table(LAYERS, 24, 1)) == [" conv1            1.73k"]


def test_names_of_other_scripts_and_control_characters_keep_the_columns_straight() -> None:
    table = [
        Layer("卷积层", "Conv2d", "3×3", (8, 4, 4), 10, 0),
        Layer("\x1b[2J", "Conv2d", "", (8, 4, 4), 20, 0),
    ]
    rows = layer_table(table, 40, 3)
    assert drawn(rows) == [
        " layer    kernel  output  params  MMAC",
        " 卷积层   3×3     8×4×4       10",
        " \\x1b[2J          8×4×4       20",
    ]
    assert {cells.width(row) for row in rows} == {40}


def test_names_are_abbreviated_from_the_left() -> None:
    assert abbreviated("layer1.0.conv1", 8) == "…0.conv1"
    assert abbreviated("卷积层", 4) == "…层 "
    assert abbreviated("conv1", 8) == "conv1   "
    assert abbreviated("layer1", 1) == "…"


def test_before_the_run_starts() -> None:
    assert drawn(layer_table((), 50, 1)) == [" the layer table comes with the start of the run"]


@pytest.mark.parametrize(
    ("room", "facts"),
    [
        (29, "11.16 M parameters   555 MMAC"),
        (28, "11.2M   555 MMAC"),
        (15, "11.2M"),
        (4, ""),
    ],
)
def test_facts_become_shorter(room: int, facts: str) -> None:
    assert cells.text(layer_facts(examples.run_started(), room)) == facts


def test_facts_before_the_run_starts() -> None:
    assert layer_facts(None, 80) == ()
