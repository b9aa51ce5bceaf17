from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from engine.protocol import events
from engine.run.history import History
from tests.drawing import examples
from tests.drawing.examples import drawn
from tui.drawing import cells
from tui.drawing.cells import Span
from tui.drawing.shades import blocks, pictured, shades
from tui.panes.maps import maps_explanation
from tui.panes.maps.available_maps import AvailableMaps
from tui.panes.maps.kernel_rows import kernels_facts, kernels_foot, kernels_pane, kernels_range
from tui.panes.maps.map_border import (
    maps_facts,
    maps_foot,
    maps_label,
    maps_range,
    named,
    waiting_foot,
)
from tui.panes.maps.map_layout import map_layout, maps_tiles
from tui.panes.maps.map_rows import MapView, maps_pane, ordered

EVENT = examples.feature_maps()


def test_shades_are_means_of_areas_light_ones_dense() -> None:
    assert shades(bytes([0, 255]), 1, 1, 2, 2, 1) == [" @"]
    assert shades(bytes(range(0, 256, 16)), 1, 4, 4, 4, 2) == ["..:-", "**#%"]


def test_shades_of_colours_are_their_luminance() -> None:
    red, green, blue = bytes([255, 0, 0]), bytes([0, 255, 0]), bytes([0, 0, 255])
    assert shades(red + green + blue, 3, 1, 3, 3, 1) == [":+."]


def test_shades_enlarge_a_small_picture() -> None:
    assert shades(bytes([0, 255, 255, 0]), 1, 2, 2, 4, 4) == ["  @@", "  @@", "@@  ", "@@  "]


def test_shades_of_a_truncated_or_empty_picture() -> None:
    assert shades(bytes([255]), 1, 1, 2, 2, 1) == ["@ "]
    assert shades(b"", 0, 0, 0, 3, 2) == ["   ", "   "]


def test_a_block_is_two_pixels_and_equal_neighbours_are_one_span() -> None:
    picture = bytes([0, 0, 255, 0, 0, 128])
    black, grey, white = "#080808", "#808080", "#eeeeee"
    assert blocks(picture, 1, 2, 3, 3, 1) == [
        (Span("  ", "plain", ("", black)), Span("▀", "plain", (white, grey)))
    ]


def test_blocks_of_three_channels_are_in_their_colours() -> None:
    assert blocks(bytes([255, 7, 0, 16, 128, 9]), 3, 2, 1, 1, 1) == [
        (Span("▀", "plain", ("#f80080", "#001008")),)
    ]


def test_a_picture_without_bytes_is_black_and_one_without_pixels_blank() -> None:
    assert pictured(events.Picture(1, 2, 2, "a"), 2, 1, True) == (
        (Span("  ", "plain", ("", "#080808")),),
    )
    assert pictured(events.Picture(0, 0, 0, ""), 2, 1, True) == ((Span("  "),),)


def test_the_image_stands_beside_the_channels_in_the_same_rows() -> None:
    assert drawn(maps_pane(EVENT, examples.CIFAR10, 36, 5)) == [
        " input    │ c03 █    c17 ▄",
        "   :==-   │   .-=:     .-=-.",
        "  *#-:+#. │  +#-:+#.  -%=:=%-",
        "  **:.=%: │  *#. -%:  =%: :%=",
        "   -++=.  │   -+*+:    -+*+-",
    ]


@given(st.integers(1, 300), st.integers(1, 210), st.integers(1, 64))
def test_a_spot_of_the_image_is_found_again_in_each_channel(
    count: int, width: int, height: int
) -> None:
    """At any size the image and the channels have one scale, and nothing leaves the pane."""
    layout = map_layout(count, width, height)
    assert (layout.tiles.cols, layout.tiles.rows) == (2 * layout.side, layout.side)
    if layout.tiles.capacity:
        across = layout.across * (2 * layout.side + 1)
        assert across + (0 if layout.tall else 2 * layout.side + 3) <= width
        assert layout.down * (layout.side + 1) <= height


def test_predictions_stand_below_the_image_where_there_is_room() -> None:
    rows = drawn(maps_pane(EVENT, examples.CIFAR10, 78, 20))
    assert [row[:22].rstrip() for row in rows[10:14]] == [
        " true horse         │",
        " ✓ horse     81.0 % │",
        "   dog       15.0 % │",
        "   deer       2.0 % │",
    ]
    assert rows[0].startswith(" input              │ c03 mean █ ")
    assert rows[10].endswith("│ c41 mean ▃         c22 mean ▂         c09 mean ▂")


def test_a_true_class_that_is_too_long_says_so() -> None:
    rows = drawn(maps_pane(replace(EVENT, true=0), examples.CIFAR10, 30, 16))
    [true] = [row.partition(" │")[0] for row in rows if row.startswith(" true")]
    assert true == " true airpla…"


def test_a_wrong_prediction_carries_a_cross_and_a_bar_its_track() -> None:
    wrong = replace(EVENT, true=5)
    rows = drawn(maps_pane(wrong, examples.CIFAR10, 118, 34))
    below = [row[1 : row.index("│")].rstrip() for row in rows if "%" in row and "▁" in row]
    assert [row.split()[0] for row in below] == ["✗", "✓", "deer"]
    assert [row.split()[-2:] for row in below] == [["81.0", "%"], ["15.0", "%"], ["2.0", "%"]]
    assert [row.count("▇") + row.count("▁") for row in below] == [12] * 3
    assert [row.count("▇") for row in below] == [10, 2, 0]


def test_a_narrow_high_pane_has_the_channels_below() -> None:
    rows = drawn(maps_pane(EVENT, examples.CIFAR10, 48, 30))
    assert rows[1].endswith("true horse")
    assert rows[2].endswith("✓ horse ▇▇▇▇▇▇▇▇▇▇▇▁▁▁  81.0 %")
    assert rows[8] == ""
    assert rows[9].split() == ["c03", "mean", "█", "c17", "mean", "▄", "c05", "mean", "▃"]


def test_a_very_narrow_pane_has_the_predictions_below_the_image() -> None:
    rows = drawn(maps_pane(EVENT, examples.CIFAR10, 32, 54))
    labels = [row.strip() for row in rows if "true" in row or " % " in row + " "]
    assert labels[0] == "true horse"
    assert labels[1].startswith("✓ horse ▇")


def test_what_cannot_be_decoded_is_dark() -> None:
    broken = replace(EVENT, picture=events.Picture(1, 2, 2, "a"))
    assert drawn(maps_pane(broken, (), 12, 3))[1][:6].strip(" │") == ""


def test_maps_are_as_large_as_lets_all_of_them_be_there() -> None:
    assert maps_tiles(EVENT, 80, 18)[:2] == (3, 2)
    many = replace(EVENT, maps=EVENT.maps * 20)
    assert maps_tiles(many, 80, 18)[:2] == (3, 2)


@pytest.mark.parametrize(
    ("count", "tiles"),
    [
        (1, (2, 1, 64, 32)),
        (6, (3, 2, 48, 24)),
        (16, (6, 3, 26, 13)),
        (64, (12, 6, 14, 7)),
        (256, (14, 7, 12, 6)),
    ],
)
def test_a_large_pane_is_filled(count: int, tiles: tuple[int, int, int, int]) -> None:
    maps = (EVENT.maps * 50)[:count]
    assert maps_tiles(replace(EVENT, maps=maps), 198, 54)[:4] == tiles


def test_a_large_pane_has_a_large_image() -> None:
    rows = drawn(maps_pane(EVENT, examples.CIFAR10, 198, 54))
    assert [row.index("│") for row in rows[:25]] == [50] * 25
    assert rows[25].split()[:2] == ["true", "horse"]


def test_the_strongest_come_first_and_what_is_not_finite_last() -> None:
    first, second, third, *_ = EVENT.maps
    shuffled = replace(
        EVENT,
        maps=(
            replace(third, high=None),
            first,
            replace(second, high=9.0),
            replace(third, channel=1),
        ),
    )
    assert [m.channel for m in ordered(shuffled, strongest=True)] == [17, 3, 1, 5]
    assert ordered(shuffled, strongest=False) == list(shuffled.maps)
    assert "c05 ·" in drawn(maps_pane(shuffled, (), 78, 5, MapView(3, strongest=True)))[0]


def test_pages_of_channels() -> None:
    assert drawn(maps_pane(EVENT, (), 36, 5, MapView(first=3)))[0][11:] == " c41 ▃    c22 ▂"
    assert cells.text(maps_range(EVENT, 36, 5, MapView(first=3))) == "4-5 of 64"
    last = MapView(first=99, strongest=True)
    assert cells.text(maps_range(EVENT, 36, 5, last)) == "6-6 of 64  strongest first"
    assert maps_range(EVENT, 4, 0, MapView()) == maps_range(None, 36, 5, MapView()) == ()


def test_kernels_are_as_large_as_lets_all_of_them_be_there() -> None:
    six = examples.kernels()
    assert drawn(kernels_pane(six, 22, 9))[:5] == [
        " c00     c01",
        " ::::--  ======",
        " ----==  ++++++",
        " ==++++  ++++++",
        " c02     c03",
    ]
    assert cells.text(kernels_range(six, 22, 9, 0)) == "1-4 of 6"
    assert cells.text(kernels_range(six, 22, 9, 4)) == "5-6 of 6"
    assert max(len(row) for row in drawn(kernels_pane(six, 78, 20))) > 50
    large = drawn(kernels_pane(six, 198, 54))
    assert max(len(row) for row in large) > 140
    assert len([row for row in large if row]) > 45
    assert cells.text(kernels_foot(six, "epoch 2")) == "conv1  6 kernels of 3×3×3   epoch 2"
    assert cells.text(kernels_facts(six, 40)) == "weights -0.420 dark, +0.420 light"
    assert kernels_facts(six, 9) == ()


def test_kernels_of_three_channels_are_in_colours() -> None:
    [_, first, *_] = kernels_pane(examples.kernels(), 22, 9, coloured=True)
    assert {span.colours for span in first if span.colours}


def test_facts_say_what_the_image_is_taken_for_and_whether_that_is_right() -> None:
    facts = maps_facts(EVENT, examples.CIFAR10, 40)
    assert cells.text(facts) == "✓ horse 81.0 %"
    assert facts[0].ink == "good"
    wrong = replace(EVENT, true=5)
    forms = {40: "✗ horse 81.0 %   true dog", 24: "✗ horse   true dog", 13: "✗ horse", 3: "✗"}
    for room, said in forms.items():
        assert cells.text(maps_facts(wrong, examples.CIFAR10, room)) == said
        assert maps_facts(wrong, examples.CIFAR10, room)[0].ink == "error"


def test_labels() -> None:
    assert maps_label(EVENT) == "conv1  64×32×32"
    event = replace(EVENT, step=1212)
    said = "conv1  64×32×32  sees 3×3 px   image 4217   epoch 12.12"
    assert cells.text(maps_foot(event, "epoch 12.12", 60, 3)) == said
    assert (
        cells.text(maps_foot(event, "epoch 12", 50, 3)) == "conv1  64×32×32   image 4217   epoch 12"
    )
    assert cells.text(maps_foot(event, "epoch 12", 30, 3)) == "conv1   image 4217   epoch 12"
    assert cells.text(maps_foot(event, "epoch 12.12", 28, 3)) == "conv1   epoch 12.12"
    assert cells.text(maps_foot(event, "epoch 12.12", 9, 3)) == "epoch 12.12"
    for room, foot in (
        (60, "conv1, image 4217   waiting for fc, image 3 …"),
        (40, "conv1, image 4217 → fc, image 3 …"),
        (32, "conv1, image 4217   waiting …"),
        (20, "waiting …"),
    ):
        assert cells.text(waiting_foot(EVENT, "fc, image 3", room)) == foot
    assert (
        cells.text(waiting_foot(None, named("fc\x1b", 3), 60)) == "waiting for fc\\x1b, image 3 …"
    )
    assert cells.text(maps_foot(EVENT, "epoch 1", 60)) == "conv1  64×32×32   image 4217   epoch 1"


def test_a_layer_without_maps() -> None:
    assert drawn(maps_pane(None, (), 50, 1)) == [" feature maps come with the next validation"]
    assert maps_facts(None, (), 40) == maps_foot(None, "", 9) == ()


def test_a_network_without_maps_says_that_none_will_come() -> None:
    started = examples.run_started()
    closed, open_ = (examples.history([e]) for e in (replace(started, layers=()), started))
    found = [AvailableMaps(one, False).are_none for one in (closed, open_, History())]
    assert found == [True, False, False]
    said = [*maps_explanation.of_maps(None, (), (), never=True)]
    assert said[1].startswith("This network shows no feature maps: no layer has any, or it is Tor")
    assert drawn(maps_pane(None, (), 40, 1, none="none")) == [" none"]


def test_an_image_without_a_class_has_no_true_one() -> None:
    rows = drawn(maps_pane(replace(EVENT, true=-1), examples.CIFAR10, 80, 30))
    assert "true" in "".join(drawn(maps_pane(EVENT, examples.CIFAR10, 80, 30)))
    assert not [row for row in rows if "true" in row or "-1" in row or "✗" in row]
