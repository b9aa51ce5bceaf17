"""What a start cost: timed by phase, told in the log and by the doctor."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.diagnosis import start_findings
from engine.machine import machine_text
from engine.process.start_cost import StartCost, process_start
from engine.protocol import events
from engine.protocol.events import Alert, Event, Phase, Steps
from engine.recipes.recipe import Recipe
from engine.run.journal import Journal
from engine.start import launch

STEPS = Steps(1, 2.3, 0.1, 0.01, 500.0, step=1)


def alerts_of(*timed: tuple[float, Event], began: float = 100.0) -> list[Event]:
    """The alerts about events at these seconds after the start."""
    times: Iterator[float] = iter([began + seconds for seconds, _ in timed])
    cost = StartCost(lambda: next(times), began)
    return [alert for _, event in timed for alert in cost.alerts(event)]


def test_each_phase_gets_its_time() -> None:
    (alert,) = alerts_of(
        (0.1, Phase("starting")),
        (0.3, Phase("loading", note="PyTorch")),
        (1.5, Phase("loading", note="digits")),
        (1.6, Phase("loading", 0.5, "digits")),
        (1.75, Phase("loading", note="model")),
        (1.85, Phase("loading", note=machine_text.MEASURES)),
        (1.95, Phase("loading", note="model")),
        (2.0, Phase("training")),
        (2.2, STEPS),
    )
    assert isinstance(alert, Alert)
    assert alert.code == events.START_COST
    assert alert.step == 1
    assert alert.values == {
        "Python": 0.3,
        "PyTorch": 1.2,
        "images": 0.25,
        "model": 0.15,
        "measuring": 0.1,
        "first step": 0.2,
    }
    assert alert.text == (
        "the first step came after 2.2 s: Python 0.3 s, PyTorch 1.2 s, images 0.2 s, "
        "model 0.1 s, measuring 0.1 s, first step 0.2 s"
    )


def test_to_wait_for_another_start_that_measures_is_not_to_load_images() -> None:
    (alert,) = alerts_of(
        (0.2, Phase("loading", note="model")),
        (0.3, Phase("loading", note=machine_text.WAITS)),
        (1.3, Phase("loading", note=machine_text.MEASURES)),
        (1.5, Phase("training")),
        (1.5, STEPS),
    )
    assert isinstance(alert, Alert)
    assert alert.values["measuring"] == pytest.approx(1.2)
    assert "images" not in alert.values


def test_short_phases_are_left_out_of_the_sentence() -> None:
    (alert,) = alerts_of((0.01, Phase("loading", note="PyTorch")), (1.01, STEPS))
    assert isinstance(alert, Alert)
    assert alert.text == "the first step came after 1.0 s: PyTorch 1.0 s"


def test_only_the_first_report_ends_a_start() -> None:
    assert len(alerts_of((0.5, Phase("training")), (1.0, STEPS), (1.5, STEPS))) == 1


def test_the_process_began_before_this_test_and_after_its_machine() -> None:
    began = process_start()
    assert 0 < time.monotonic() - began < time.clock_gettime(time.CLOCK_BOOTTIME)
    # A tick of the kernel's clock is 10 ms.
    assert process_start() == pytest.approx(began, abs=2 / os.sysconf("SC_CLK_TCK"))


def test_the_doctor_names_the_newest_start_that_got_to_a_step(tmp_path: Path) -> None:
    alerts = [Alert("info", events.START_COST, f"after {n} s") for n in (1, 2)]
    for told in (alerts[:1], alerts, []):
        claim = launch.create(Recipe(arch="lenet5", data="digits"), tmp_path)
        os.close(claim.lock)
        journal = Journal(claim.run.journal)
        for alert in told:
            journal.append(alert)
    (finding,) = start_findings.newest_start(tmp_path)
    assert finding.name == "run 2, the newest that got to a step"
    assert finding.value == "after 2 s"


def test_the_doctor_says_nothing_without_a_start(tmp_path: Path) -> None:
    assert [*start_findings.newest_start(tmp_path / "none")] == []
