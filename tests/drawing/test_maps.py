from __future__ import annotations

from msgspec.structs import replace

from engine import events
from tests.drawing import examples
from tests.drawing.examples import drawn
from tui.drawing import cells
from tui.drawing.maps import maps_facts, maps_foot, maps_label, maps_pane
from tui.drawing.shades import shades

EVENT = examples.feature_maps()
MAPS = {"conv1": EVENT}


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


def test_the_image_stands_beside_the_channels() -> None:
    assert drawn(maps_pane(MAPS, "conv1", examples.CIFAR10, 36, 5)) == [
        "    .:-:.   │ c03 █  c17 ▅  c05 ▃",
        "  .+%**#%=  │   -=:    :=:    :=-",
        "  =@=   +@: │  *=:*-  ++:++  -*:=*",
        "  :##=-=%#. │  #: +=  *= =*  =+ :#",
        "   .-++=:   │  .+*=   .+*+    =*+.",
    ]


def test_predictions_stand_below_the_image_where_there_is_room() -> None:
    rows = drawn(maps_pane(MAPS, "conv1", examples.CIFAR10, 78, 20))
    assert [row[:35].rstrip() for row in rows[16:20]] == [
        " true horse                       │",
        " horse ▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇     .81 │",
        " dog   ▇▇▇▌                   .15 │",
        " deer  ▌                      .02 │",
    ]


def test_a_narrow_high_pane_has_the_channels_below() -> None:
    rows = drawn(maps_pane(MAPS, "conv1", examples.CIFAR10, 48, 30))
    assert rows[1].endswith("true horse")
    assert rows[16] == ""
    assert rows[17].split() == ["c03", "█", "c17", "▅", "c05", "▃", "c41", "▃"]


def test_what_cannot_be_decoded_is_dark() -> None:
    broken = replace(EVENT, picture=events.Picture(1, 2, 2, "a"))
    assert drawn(maps_pane({"conv1": broken}, "conv1", (), 8, 2))[0][:6].strip(" │") == ""


def test_facts_say_what_the_image_is_taken_for() -> None:
    facts = maps_facts(EVENT, examples.CIFAR10, 40)
    assert cells.text(facts) == "horse → horse .81"
    assert facts[0].ink == "good"
    wrong = maps_facts(replace(EVENT, true=5), examples.CIFAR10, 13)
    assert cells.text(wrong) == "dog → horse"
    assert wrong[0].ink == "error"


def test_labels() -> None:
    assert maps_label(EVENT) == "conv1  64×32×32"
    assert cells.text(maps_foot(EVENT)) == "conv1  64×32×32   image 4217"


def test_a_layer_without_maps() -> None:
    assert drawn(maps_pane(MAPS, "fc", (), 50, 1)) == [
        " feature maps come with the next validation"
    ]
    assert maps_facts(None, (), 40) == maps_foot(None) == ()
