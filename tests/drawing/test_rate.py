from __future__ import annotations

import pytest

from engine.history import History
from tests.drawing import examples
from tests.drawing.examples import drawn
from tui.drawing import cells
from tui.drawing.cells import Span
from tui.drawing.rate import rate_facts, rate_limits, rate_pane, rate_strip


def test_the_past_is_bright_and_the_plan_dim() -> None:
    rows = rate_pane(examples.half_done(), 40, 4, span=16)
    assert drawn(rows) == [
        " 0.1┤             ⣀⠤⠔⠒⠉⠉⠉⠉⠉⠉⠉⠉⠒⠒⠒⠒⠤⠤⠤⣀⣀",
        "    │         ⢀⡠⠒⠉                     ⠉",
        "    │     ⢀⡠⠔⠊⠁",
        "   0┤⠤⠤⠤⠒⠊⠁",
    ]
    inks = [span.ink for span in rows[0] if span.text.strip()]
    assert inks == ["dim", "rate", "dim"]
    assert [span.ink for span in rows[3] if span.text.strip()] == ["dim", "rate"]


def test_a_run_that_is_over_has_no_plan_left() -> None:
    rows = rate_pane(examples.done(), 40, 4, span=30)
    assert {span.ink for row in rows for span in row if span.text.strip(" 0.1┤│")} == {"rate"}


@pytest.mark.parametrize(
    ("room", "facts"),
    [
        (40, "0.0937   one-cycle, dim = planned"),
        (32, "0.0937   one-cycle"),
        (17, "0.0937"),
        (5, ""),
    ],
)
def test_facts_become_shorter(room: int, facts: str) -> None:
    assert cells.text(rate_facts(examples.half_done(), room)) == facts


def test_the_strip_is_the_schedule_as_a_progress_bar() -> None:
    history = examples.half_done()
    row = rate_strip(history.plan, history.step, 60)
    assert cells.text(row) == " lr ▁▂▂▃▄▄▅▆▇██████┃▇▇▇▇▆▆▅▅▅▄▄▃▃▃▂▂▂▁▁▁▁▁   0.0937    41 % "
    assert [span.ink for span in row if span.text.strip()] == ["dim", "rate", "key", "dim", "plain"]


def test_the_strip_begins_and_ends() -> None:
    plan = examples.half_done().plan
    assert plan is not None
    assert cells.text(rate_strip(plan, 0, 40)) == " lr ┃▃▅▇███▇▇▆▅▄▃▂▂▁▁   0.00400     0 % "
    assert cells.text(rate_strip(plan, plan.steps, 40)).endswith("┃   4.00e-7   100 % ")
    assert Span("┃", "key") in rate_strip(plan, plan.steps + 5, 40)


def test_the_strip_without_a_plan() -> None:
    assert cells.text(rate_strip(None, 0, 8)) == " lr     "


def test_limits_hold_the_plan_before_anything_is_measured() -> None:
    assert rate_limits(examples.just_started()) == (0.0, 0.1)
    assert rate_limits(History()) == (0.0, 1.0)
