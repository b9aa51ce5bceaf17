from __future__ import annotations

import pytest

from engine.protocol.events import Health, Layer, LayerHealth
from engine.run.layer_diagnosis import Diagnosis
from tests.drawing import examples
from tests.drawing.examples import drawn
from tui.drawing import cells
from tui.drawing.cells import Row
from tui.drawing.table import abbreviated
from tui.panes.layers import layers_explanation
from tui.panes.layers.layer_columns import LayerTable, LayerView
from tui.panes.layers.layer_rows import (
    explanation,
    layer_facts,
    layer_pane,
    rows_room,
    rows_shown,
    scrolled,
)
from tui.panes.layers.stage_tree import opened_at_first

LAYERS = examples.layers()
TABLE = LayerTable(LAYERS, 32)
AT_FIRST = LayerView(opened_at_first(TABLE.tree))
SMALL = (
    Layer("conv1", "Conv2d", "5×5", (6, 28, 28), 156, 117_600, 5),
    Layer("pool1", "AvgPool2d", "2×2 /2", (6, 14, 14), 0, 0, 6),
    Layer("block.conv", "Conv2d", "3×3", (16, 10, 10), 2_416, 240_000, 41),
    Layer("block.norm", "BatchNorm2d", "", (16, 10, 10), 32, 0, 41),
    Layer("fc", "Linear", "400→10", (10,), 4_010, 4_000),
)
REPORT = LayerHealth(
    (
        Health("conv1", 0.021, 1e-3, -0.13, 0.91, 0.0),
        Health("block.conv", 0.02, 2e-3, 0.001, 1.2, 0.31),
        Health("block.norm", 0.002, 1e-4, 0.5, 1.0),
        Health("fc", 0.09, 8e-4, 1.4, 4.4),
    )
)


def pane(
    table: LayerTable,
    width: int,
    height: int,
    view: LayerView | None = None,
    report: LayerHealth | None = None,
) -> list[str]:
    """The rows as text, without the blanks at their ends."""
    seen = view or LayerView(opened_at_first(table.tree))
    return drawn(layer_pane(table, Diagnosis(report), seen, width, height, "health will come"))


def test_stages_and_blocks_sum_what_is_in_them() -> None:
    assert pane(TABLE, 76, 8) == [
        " layer               kernel    output        params         MMAC",
        " conv1               3×3        64×32×32      1,728          1.8",
        " ▾ layer1            2 blocks   64×32×32    147,456        151.0 ▇▇▇▇▇",
        "   ▸ .0              3×3 ×2     64×32×32     73,728         75.5 ▇▇",
        "   ▸ .1              3×3 ×2     64×32×32     73,728         75.5 ▇▇",
        " ▾ layer2            2 blocks  128×16×16    524,288        134.2 ▇▇▇▇",
        "   ▸ .0              3×3 ×2    128×16×16    229,376         58.7 ▇▇",
        " health will come",
    ]


def test_a_narrow_table_keeps_names_and_parameters() -> None:
    assert pane(TABLE, 24, 4) == [
        " layer           params",
        " conv1            1.73k",
        " ▾ layer1          147k",
        "   ▸ .0           73.7k",
    ]


def test_one_row_is_a_layer_without_the_heading() -> None:
    assert pane(TABLE, 24, 1) == [" conv1            1.73k"]


def test_an_offset_beyond_the_end_shows_the_last_rows() -> None:
    closed = LayerView(first=500)
    assert pane(TABLE, 60, 3, closed) == [
        " layer          kernel    output        params   MMAC",
        " avgpool        pool      512×1×1",
        " fc             512→10     10            5,130    0.0",
    ]


WIDE = [
    " layer     kernel  output    params  MMAC    RF      grad           up"
    "d/w       mean ± dev        dead",
    " conv1     5×5      6×28×28     156  0.12    5    0.0210  ▇▇▇▇    1.00"
    "e-3   -0.130   ±  0.910      0 %",
    " pool1     2×2 /2   6×14×14                  6",
    "›▾ block   3×3     16×10×10   2,448  0.24   41>   0.0200  ▇▇▇▇    2.00"
    "e-3    0.500   ±  1.00      31 % ! dead",
    "     conv  3×3     16×10×10   2,416  0.24   41>   0.0200  ▇▇▇▇    2.00"
    "e-3    0       ±  1.20      31 % ! dead",
    "     norm  norm    16×10×10      32         41>   2.00e-3 ▇▇      1.00e-4    0.500   ±  1.00",
    " fc        400→10  10         4,010  0.00  all    0.0900  ▇▇▇▇▇   8.00e-4    1.40    ±  4.40",
    " gradient by depth  ▆▆█  conv1 : fc = 0.23    ! block.conv dead",
]


def test_the_health_of_each_layer_and_the_worst_of_each_group() -> None:
    table = LayerTable(SMALL, 32)
    view = LayerView(opened_at_first(table.tree), selected=2)
    assert pane(table, 120, 8, view, REPORT) == WIDE


@pytest.mark.parametrize(
    ("width", "heading"),
    [
        (83, "layer kernel output params MMAC RF grad upd/w mean ± dev dead"),
        (82, "layer kernel output params MMAC RF grad upd/w dead"),
        (65, "layer kernel output params MMAC RF grad dead"),
        (58, "layer output params MMAC RF grad dead"),
        (51, "layer output params RF grad dead"),
        (46, "layer output params grad dead"),
        (41, "layer params grad dead"),
        (31, "layer params grad"),
        (25, "layer grad"),
        (18, "layer"),
    ],
)
def test_the_least_telling_columns_go_first(width: int, heading: str) -> None:
    rows = pane(LayerTable(SMALL, 32), width, 4, report=REPORT)
    assert " ".join(rows[0].split()) == heading


def test_a_narrow_table_has_two_digits_below_each_other() -> None:
    rows = pane(LayerTable(SMALL, 32), 78, 8, report=REPORT)
    assert [row[49:] for row in rows[:6]] == [
        "  grad     upd/w   dead",
        "0.021  ▆  1.0e-3    0 %",
        "",
        "0.020  ▆  2.0e-3   31 % !",
        "0.020  ▆  2.0e-3   31 % !",
        "2.0e-3 ▄  1.0e-4",
    ]


def test_columns_stay_where_they_are_whatever_is_measured() -> None:
    table = LayerTable(SMALL, 32)
    broken = LayerHealth(
        tuple(Health(name, None, 3e-12, -123.0, 5.0, 1.0) for name in ("conv1", "block.conv"))
    )
    before, after = (pane(table, 120, 8, report=report) for report in (REPORT, broken))
    assert before[0] == after[0]
    assert after[1].endswith("nan             3.00e-12  -123      ±  5.00     100 % ! exploding")


def test_layers_that_do_not_learn_have_no_gradient() -> None:
    frozen = LayerHealth((Health("conv1", None, None, 0.1, 1.0), *REPORT.layers[1:]))
    row = pane(LayerTable(SMALL, 32), 78, 6, report=frozen)[1]
    assert row.split()[-3:] == ["5", "–", "–"]


def test_the_ink_of_a_number_says_what_is_wrong() -> None:
    table = LayerTable(SMALL, 32)
    view = LayerView(opened_at_first(table.tree))
    rows = layer_pane(table, Diagnosis(REPORT), view, 78, 8)
    inks = {span.text.strip(): span.ink for span in rows[3]}
    assert (inks["31 %"], inks["!"], inks["0.020"]) == ("warning", "warning", "plain")
    assert {span.ink for span in rows[2] if span.text.strip()} == {"dim"}


def test_names_of_other_scripts_and_control_characters_keep_the_columns_straight() -> None:
    table = [
        Layer("卷积层", "Conv2d", "3×3", (8, 4, 4), 10, 0),
        Layer("\x1b[2J", "Conv2d", "", (8, 4, 4), 20, 0),
    ]
    rows = layer_pane(LayerTable(table), Diagnosis(None), LayerView(), 40, 3)
    assert drawn(rows) == [
        " layer    kernel  output  params  MMAC",
        " 卷积层   3×3     8×4×4       10",
        " \\x1b[2J  conv2d  8×4×4       20",
    ]
    assert {cells.width(row) for row in rows} == {40}


def test_a_thousand_layers_are_drawn_a_screen_at_a_time() -> None:
    deep = [
        Layer(f"layer{i}.{j}.conv{k}", "Conv2d", "3×3", (8, 8, 8), 100, 100)
        for i in range(5)
        for j in range(100)
        for k in range(2)
    ]
    table = LayerTable(deep, 32)
    everything = frozenset(range(len(table.tree)))
    columns = table.columns([700, 701], LayerView(everything), Diagnosis(None), 80)
    assert {len(column.texts) for column in columns} == {2}
    assert pane(table, 80, 4, LayerView(everything, first=10_000))[-1].startswith("       conv1")


def facts_of(node: int) -> str:
    row: Row = explanation(LayerTable(SMALL, 32), Diagnosis(REPORT), node)
    return cells.text(row)


def test_the_chosen_row_in_words() -> None:
    assert facts_of(0) == "conv1   2 % of the parameters, 33 % of the MACs"
    assert facts_of(2) == "block   dead: 31 % of its units are 0 for every image"
    assert facts_of(4) == "block.norm   0 % of the parameters, 0 % of the MACs   RF 41 > 32 px"
    assert facts_of(1) == "pool1   "


def test_what_is_wrong_in_words() -> None:
    report = LayerHealth(
        (
            Health("conv1", 1e-6, 1e-8, 0.0, 1.0),
            Health("block.conv", 2e4, 3.0, 0.0, 1.0),
            *(Health(f"other{i}", 0.1, 1e-3, 0.0, 1.0) for i in range(8)),
        )
    )
    table, diagnosis = LayerTable(SMALL, 32), Diagnosis(report)
    assert cells.text(explanation(table, diagnosis, 0)) == (
        "conv1   vanishing: gradient 1.0e-6, a thousandth of the others or less"
    )
    assert cells.text(explanation(table, diagnosis, 2)) == (
        "block   exploding: gradient 2.0e4, update 3.0 of its weights"
    )


def test_the_window_follows_the_choice() -> None:
    assert [rows_room(height) for height in (1, 2, 5, 6, 20)] == [1, 1, 4, 4, 18]
    assert (scrolled(0, 3, 4), scrolled(0, 4, 4), scrolled(7, 6, 4)) == (0, 1, 6)
    assert (rows_shown(15, 0, 8), rows_shown(15, 99, 8), rows_shown(6, 0, 8)) == (
        "1–6 of 15",
        "10–15 of 15",
        "",
    )


def test_names_are_abbreviated_from_the_left() -> None:
    assert abbreviated("layer1.0.conv1", 8) == "…0.conv1"
    assert abbreviated("卷积层", 4) == "…层 "
    assert abbreviated("conv1", 8) == "conv1   "
    assert abbreviated("layer1", 1) == "…"
    assert abbreviated("    downsample.0", 12) == "    …ample.0"
    assert abbreviated("  ▸ transition", 10) == "  ▸ …ition"
    assert abbreviated("      conv1", 5) == "…onv1"


def test_before_the_run_starts() -> None:
    assert pane(LayerTable(()), 50, 1) == [" the layer table comes with the start of the run"]


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


def test_a_network_in_which_nothing_can_look_says_so() -> None:
    none, sight = LayerView(), Diagnosis(None)
    before, closed = LayerTable((), 0), LayerTable((), 32)
    said = [drawn(layer_pane(table, sight, none, 60, 1))[0] for table in (before, closed)]
    assert said == [
        " the layer table comes with the start of the run",
        " nothing can look inside this network: it is TorchScript",
    ]
    explained = [[*layers_explanation.sentences(table, sight)][1] for table in (before, closed)]
    assert explained[0] == "The layer table comes with the start of the run."
    assert explained[1].startswith("Nothing can look inside this network, which is TorchScript")
