from __future__ import annotations

import math

import pytest
from msgspec.structs import replace

from engine.protocol import events
from engine.run.history import History
from tests.drawing import examples
from tests.drawing.examples import drawn
from tui.drawing import cells
from tui.panes.machine.machine_rows import bounds, machine_pane, rows_hidden
from tui.terminal.viewer_cost import ViewerCost

COST = ViewerCost(0.006, 0.9 * 1024)


def waiting(share: float | None, reports: int = 1) -> History:
    """Half a run whose newest reports waited so much of their time for images."""
    history = examples.half_done()
    assert history.steps is not None
    history.fold([replace(history.steps, waited=share)] * reports)
    return history


def test_gpus_processor_speed_and_disk() -> None:
    assert drawn(machine_pane(waiting(0.02), 50, 10, COST)) == [
        " cuda:1  ▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇ 97 %   64 °C   211 W",
        " memory  ▇▇▇▁▁▁▁▁▁▁▁▁▁▁▁▁ 4.1 of 24 GB",
        " others  0 98 %   2 idle",
        " cpu     ▇▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁  8 %   ram 3.1 GB",
        " img/s   ▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇ 5.14k   100 ms a step",
        " bound   by compute 91 %   validation 8 %",
        " epoch   9.8 s train + 0.8 s validation",
        " viewer  0.6 % of a core   0.9 KiB/s",
        " disk    212 GB free   checkpoint 90 MB, 40 ms",
        "",
    ]


def test_a_wide_pane_says_more_of_each() -> None:
    rows = drawn(machine_pane(waiting(0.02), 70, 9, COST))
    assert "8 % of 16 cores   ram 3.1 GB" in rows[3]
    assert rows[4].endswith(" 5.14k   100 ms a step   last 60 s")
    assert rows[5] == " bound   by compute 91 %   validation 8 %   input 2 %"


def test_a_narrow_pane_has_shorter_meters_and_a_sign_where_it_is_cut() -> None:
    rows = drawn(machine_pane(examples.half_done(), 38, 7))
    assert rows[0] == " cuda:1  ▇▇▇▇▇▇▇ 97 %   64 °C   211 W"
    assert rows[6] == " disk    212 GB free   checkpoint 90 …"


def test_a_zoomed_pane_has_longer_meters() -> None:
    row = machine_pane(examples.half_done(), 118, 9)[0]
    assert cells.text(row).count("▇") == 28


def test_what_does_not_fit_is_counted() -> None:
    assert rows_hidden(waiting(0.02), 48, 8, COST) == 1
    assert rows_hidden(waiting(0.02), 48, 9, COST) == 0


def gpu(index: int, ours: bool, *holders: events.Holder, load: float = 0.5) -> events.Gpu:
    return events.Gpu(
        index, "A5000", ours, load, 6_000_000_000, 24_000_000_000, 64.0, 211.0, holders
    )


def on(*gpus: events.Gpu) -> History:
    return examples.history([replace(examples.hardware(0.0), gpus=gpus)])


def test_who_holds_the_other_gpus_and_who_shares_ours() -> None:
    history = on(
        gpu(0, False, events.Holder("li.wei", 12_000_000_000), events.Holder("?", 0)),
        gpu(1, True, events.Holder("anna", 2_500_000_000)),
        gpu(2, False, events.Holder("me", 1_000_000_000)),
        gpu(3, False),
        gpu(4, False, load=0.0),
        gpu(5, False, load=0.0),
    )
    row = drawn(machine_pane(history, 100, 5, user="me"))[2]
    assert row == (
        " others  0 li.wei 12 GB, someone   1 anna 2.5 GB   2 you 1.0 GB   3 50 %   4 5 idle"
    )


def test_gpus_have_torchs_numbers_and_hidden_ones_stand_apart() -> None:
    history = on(
        gpu(0, False, events.Holder("li.wei", 12_000_000_000)),
        gpu(1, False, load=0.0),
        replace(gpu(2, False, load=0.0), cuda=1),
        replace(gpu(3, False, load=0.0), cuda=2),
        replace(gpu(4, True), cuda=0),
    )
    rows = drawn(machine_pane(history, 60, 5))
    assert rows[0].startswith(" cuda:0  ")
    assert rows[2:4] == [" others  1 2 idle", " hidden  0 li.wei 12 GB   1 idle"]


def test_rows_of_gpus_are_in_torchs_order() -> None:
    several = [replace(gpu(index, True), cuda=cuda) for index, cuda in enumerate((2, 0, 1))]
    rows = drawn(machine_pane(on(*several), 60, 6))
    assert [row.split()[0] for row in rows[:3]] == ["cuda:0", "cuda:1", "cuda:2"]


def test_a_users_name_is_harmless_and_short() -> None:
    history = on(gpu(0, True), gpu(1, False, events.Holder("\x1b[31m王小明的很长的名字", 1)))
    row = drawn(machine_pane(history, 60, 5))[2]
    assert row == " others  1 \\x1b[31m王… 1 B"


def test_many_gpus_have_a_row_each() -> None:
    rows = drawn(machine_pane(on(*(gpu(i, True) for i in range(3))), 60, 6))
    assert rows[:3] == [
        f" cuda:{i}  ▇▇▇▇▁▁▁▁ 50 %   64 °C   211 W   6.0 of 24 GB" for i in range(3)
    ]


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
    assert drawn(machine_pane(history, 60, 4)) == [
        " cpu     ▇▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁  8 % of 16 cores   engine 6 %",
        " memory  ▇▇▁▁▁▁▁▁▁▁▁▁▁▁▁▁ 20 of 128 GB   engine 3.1 GB",
        " disk    212 GB free",
        "",
    ]
    assert drawn(machine_pane(history, 46, 2)) == [
        " cpu     ▇▁▁▁▁▁▁▁▁▁▁▁▁▁▁  8 %   engine 6 %",
        " memory  ▇▇▁▁▁▁▁▁▁▁▁▁▁▁▁ 20 of 128 GB",
    ]


def test_what_bounds_the_speed_is_a_warning_where_it_is_the_input() -> None:
    history = waiting(0.6, reports=200)
    shares = bounds(history)
    assert [what for what, _ in shares] == ["input", "compute", "validation"]
    assert sum(share for _, share in shares) == pytest.approx(1.0)
    row = machine_pane(history, 60, 9)[5]
    assert cells.text(row).startswith(" bound   by input 55 %   compute 37 %   validation 8 %")
    assert next(span for span in row if "input" in span.text).ink == "warning"


def test_nothing_is_said_of_a_bound_that_nobody_measured() -> None:
    assert bounds(examples.half_done()) == []
    assert bounds(waiting(None)) == []
    assert bounds(History()) == []


def test_before_the_first_epoch_only_the_steps_are_known() -> None:
    history = examples.just_started()
    history.fold([events.Steps(1, 2.3, 0.1, 0.1, 5000.0, 0.25, step=1)])
    assert bounds(history) == [("compute", 0.75), ("input", 0.25), ("validation", 0.0)]


def inks(history: History, label: str) -> set[str]:
    row = next(r for r in machine_pane(history, 60, 9) if cells.text(r).startswith(f" {label}"))
    return {span.ink for span in row}


def test_what_is_nearly_full_is_a_warning() -> None:
    assert "warning" not in inks(examples.half_done(), "disk") | inks(on(gpu(0, True)), "memory")
    full = replace(gpu(0, True), memory_used=23_500_000_000)
    assert "warning" in inks(on(full), "memory")
    history = on(full)
    history.fold([replace(examples.hardware(0.0), disk_free=900_000_000)])
    assert "warning" in inks(history, "disk")


@pytest.mark.parametrize(
    ("width", "bound"),
    [
        (
            95,
            " bound   by compute 91 %   others take about 70 % of the cores"
            "   validation 8 %   input 2 %",
        ),
        (65, " bound   by compute 91 %   others take about 70 % of the cores"),
        (50, " bound   by compute 91 %   others take about 70 %"),
        (30, " bound   others about 70 %"),
    ],
)
def test_who_else_takes_the_cores_is_said_beside_what_bounds(width: int, bound: str) -> None:
    history = waiting(0.02)
    assert history.hardware is not None
    later = history.last_time + 60
    crowded = replace(history.hardware, cpu=1.0, engine_cpu=0.34, time=later)
    history.fold([crowded])
    assert bound in drawn(machine_pane(history, width, 12))


@pytest.mark.parametrize(("cpu", "engine"), [(0.8, 0.1), (1.0, 0.9)])
def test_where_cores_are_free_or_ours_nobody_takes_them(cpu: float, engine: float) -> None:
    history = waiting(0.02)
    assert history.hardware is not None
    later = history.last_time + 60
    history.fold([replace(history.hardware, cpu=cpu, engine_cpu=engine, time=later)])
    assert "others take" not in "".join(drawn(machine_pane(history, 90, 12)))


def test_while_the_run_is_paused_nothing_holds_it_up() -> None:
    history = waiting(0.9, 130)
    assert history.hardware is not None
    history.fold([replace(history.hardware, cpu=1.0, engine_cpu=0.05), events.Phase("paused")])
    [row] = [r for r in machine_pane(history, 90, 12) if cells.text(r).startswith(" bound")]
    assert "others take" not in cells.text(row)
    assert not any(span.ink == "warning" for span in row)


def test_memory_has_its_unit_where_that_is_not_the_unit_of_the_whole() -> None:
    history = History()
    sample = events.Hardware(2, 0.5, 0.4, 980_000_000, 25_000_000_000, 400_000_000, 10**11)
    history.fold([sample])
    assert " 980 MB of 25 GB   engine 400 MB" in drawn(machine_pane(history, 70, 4))[1]
    history.fold([replace(sample, memory_used=4_100_000_000)])
    assert " 4.1 of 25 GB   engine" in drawn(machine_pane(history, 70, 4))[1]
