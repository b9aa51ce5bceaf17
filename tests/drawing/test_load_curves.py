from __future__ import annotations

from engine.protocol import events
from engine.run.history import History
from tests import scripted
from tests.drawing.examples import drawn
from tui.panes.machine.load_curves import load_curves
from tui.panes.machine.machine_rows import machine_pane


def _sample(cpu: float, gpu: float | None = None) -> events.Hardware:
    card = events.Gpu(0, "A5000", True, gpu or 0.0, 6 * 10**9, 24 * 10**9)
    return events.Hardware(
        4, cpu, cpu / 2, 10**9, 10**10, 10**8, 10**12, (card,) if gpu is not None else ()
    )


def _history(*samples: events.Hardware) -> History:
    history = History()
    history.fold(scripted.stamped([scripted.started(), scripted.steps(1), *samples]))
    return history


def test_shares_and_speed_over_the_time_of_the_run() -> None:
    history = _history(*(_sample(cpu / 10) for cpu in range(10)))
    rows = drawn(load_curves(history, 60, 14))
    assert rows[0] == "   a cpu 90 %   b engine's cpu 45 %   c memory 10 %"
    assert rows[1].startswith("  100┤")
    assert rows[5].startswith("    0┤")
    assert rows[6] == "────── start ───────────────── 5.5 s ───────────────── 11 s"
    assert rows[7] == "   a 4.00k img/s"
    assert rows[13] == rows[6]


def test_a_run_on_a_gpu_has_its_use_and_its_memory() -> None:
    history = _history(_sample(0.1, 0.5), _sample(0.1, 0.97))
    legend = "   a gpu 97 %   b cpu 10 %   c engine's cpu 5 %   d memory 25 %"
    assert drawn(load_curves(history, 70, 14))[0] == legend


def test_a_low_pane_has_the_shares_alone_and_a_lower_or_narrow_one_no_curve() -> None:
    history = _history(_sample(0.1), _sample(0.2))
    assert len(load_curves(history, 60, 11)) == 11
    assert load_curves(history, 60, 5) == load_curves(history, 30, 20) == []
    assert load_curves(History(), 60, 20) == load_curves(_history(), 60, 20) == []


def test_the_zoomed_pane_has_them_below_its_numbers() -> None:
    history = _history(_sample(0.1), _sample(0.2))
    rows = drawn(machine_pane(history, 80, 30))
    assert any("engine's cpu" in row for row in rows)
    assert not any("engine's cpu" in row for row in drawn(machine_pane(history, 80, 8)))
