from __future__ import annotations

import math

from msgspec.structs import replace

from engine.history import History
from tests.drawing import examples
from tests.drawing.examples import drawn
from tui.drawing.machine import machine_pane


def test_gpus_processor_speed_and_disk() -> None:
    assert drawn(machine_pane(examples.half_done(), 50, 8)) == [
        " cuda:1  ▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇ 97 %   64 °C   211 W",
        " memory  ▇▇▇▁▁▁▁▁▁▁▁▁▁▁▁▁ 4.1 of 24 GB",
        " others  0 98 %   2 idle",
        " cpu     ▇▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁  8 %   ram 3.1 GB",
        " img/s   ▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇ 5.2k",
        " epoch   9.8 s train + 0.8 s validation",
        " disk    212 GB free   checkpoint 90 MB, 40 ms",
        "",
    ]


def test_a_wide_pane_says_how_many_cores() -> None:
    assert "8 % of 16 cores   ram 3.1 GB" in drawn(machine_pane(examples.half_done(), 70, 8))[3]


def test_a_narrow_pane_has_shorter_meters_and_a_sign_where_it_is_cut() -> None:
    rows = drawn(machine_pane(examples.half_done(), 38, 7))
    assert rows[0] == " cuda:1  ▇▇▇▇▇▇▇ 97 %   64 °C   211 W"
    assert rows[6] == " disk    212 GB free   checkpoint 90 …"


def test_sensors_that_are_missing_or_no_numbers() -> None:
    history = History()
    sample = examples.hardware(0.0)
    gpu = replace(sample.gpus[1], temperature=math.nan, power=None, utilisation=math.nan)
    history.fold([replace(sample, cpu=math.nan, gpus=(gpu,))])
    rows = drawn(machine_pane(history, 48, 4))
    assert rows[0] == " cuda:1  ▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁ nan %"
    assert rows[2].startswith(" cpu     ▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁ nan %")


def test_without_a_gpu_and_before_the_first_sample() -> None:
    history = History()
    assert drawn(machine_pane(history, 50, 1)) == [" the first sample of the machine is due"]
    history.fold([replace(examples.hardware(0.0), gpus=())])
    assert drawn(machine_pane(history, 50, 3)) == [
        " cpu   ▇▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁  8 %   ram 3.1 GB",
        " disk  212 GB free",
        "",
    ]
