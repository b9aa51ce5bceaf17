"""The gradient by depth."""

from __future__ import annotations

import pytest

from engine.protocol.events import Health, Layer, LayerHealth, Measured
from engine.run.layer_diagnosis import Diagnosis
from tests.drawing.examples import drawn
from tui.panes.layers.gradient_depth import amount, depth_line, gradient_scale

LAYERS = [
    Layer(name, "Conv2d", "3×3", (8, 8, 8), 10, 0 if "bn" in name else 10)
    for name in ("conv1", "bn1", "conv2", "conv3", "fc")
]


def diagnosis(gradients: list[Measured], dead: list[Measured] | None = None) -> Diagnosis:
    shares = dead or [0.0] * len(gradients)
    return Diagnosis(
        LayerHealth(
            tuple(
                Health(layer.name, gradient, 1e-3, 0.0, 1.0, share)
                for layer, gradient, share in zip(LAYERS, gradients, shares, strict=True)
            )
        )
    )


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0.0214, "0.021"),
        (0.0996, "0.10"),
        (0.994, "0.99"),
        (0.998, "1.0"),
        (9.96, "10"),
        (99.7, "100"),
        (120.4, "120"),
        (999.6, "1.0e3"),
        (8e-4, "8.0e-4"),
        (-0.13, "-0.13"),
        (3e-12, "3.0e-12"),
        (2e15, "2.0e15"),
        (0.0, "0"),
        (None, "nan"),
    ],
)
def test_amounts_are_short(value: Measured, written: str) -> None:
    assert amount(value) == written


def test_the_scale_ends_at_the_next_power_of_ten() -> None:
    assert gradient_scale([0.02, None, 0.3]) == (-3, 0)
    assert gradient_scale([]) == (-3, 0)
    blocks = [
        gradient_scale([0.3]).block(gradient) for gradient in (1.0, 0.1, 0.01, 1e-9, 0.0, None)
    ]
    assert blocks == ["█", "▆", "▃", "▁", "▁", " "]
    assert gradient_scale([0.3]).bar(0.1, 6) == "▇▇▇▇  "


def test_the_line_compares_the_layers_that_compute() -> None:
    well = diagnosis([0.02, 9.0, 0.03, 0.05, 0.09])
    assert drawn([depth_line(LAYERS, well, 60)]) == [
        " gradient by depth  ▆▇▇█  conv1 : fc = 0.22    healthy"
    ]
    assert drawn([depth_line(LAYERS, well, 45)]) == [" grad  ▆▇▇█  conv1 : fc = 0.22    healthy"]
    assert drawn([depth_line(LAYERS, well, 20)]) == [" ▆▇▇█  healthy"]
    assert depth_line(LAYERS, well, 7) == ()


def test_many_layers_share_a_block() -> None:
    deep = [Layer(str(i), "Conv2d", "", (1,), 1, 1) for i in range(1000)]
    report = LayerHealth(
        tuple(Health(str(i), 10 ** (i / 250 - 4), 1e-3, 0.0, 1.0) for i in range(1000))
    )
    assert drawn([depth_line(deep, Diagnosis(report), 60)]) == [
        " gradient by depth  ▁▁▁▁▂▃▄▄▅▆▇█  0 : 999 = 1.0e-4  healthy"
    ]


def test_what_is_wrong_is_named_and_counted() -> None:
    one = diagnosis([0.02, 0.02, 0.03, 0.05, 0.09], [0.0, None, 0.5, 0.0, None])
    assert drawn([depth_line(LAYERS, one, 78)]) == [
        " gradient by depth  ▆▇▇█  conv1 : fc = 0.22    ! conv2 dead"
    ]
    two = diagnosis([None, 0.02, 0.03, None, 0.09])
    assert drawn([depth_line(LAYERS, two, 90)]) == [
        " gradient by depth  ·▇·█  conv1 : fc = –       ! conv1 and 1 more exploding"
    ]
    assert drawn([depth_line(LAYERS, two, 50)]) == [
        " grad  ·▇·█  conv1 : fc = –       ! 2 exploding"
    ]


def test_without_a_report_there_is_no_line() -> None:
    assert depth_line(LAYERS, Diagnosis(None), 60) == ()
