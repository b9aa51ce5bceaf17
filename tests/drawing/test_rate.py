from __future__ import annotations

import msgspec
import pytest
from msgspec.structs import replace

from engine.protocol import events
from engine.run.history import History
from tests.drawing import examples
from tests.drawing.examples import drawn
from tui.drawing import cells
from tui.drawing.learning_rate import (
    end_rate,
    next_rate,
    past_rates,
    peak_rate,
    planned_rates,
    rate_cursor_facts,
    rate_facts,
    rate_pane,
    rate_scale,
    rate_strip,
)


def test_the_past_is_bright_and_the_plan_dim() -> None:
    rows = rate_pane(examples.half_done(), 40, 4, window=(0.0, 16.0))
    assert drawn(rows) == [
        "  0.1┤             ⢀⣀⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⢄⣀⣀⣀",
        "     │         ⣀⠤⠔⠊⠁                 ⠉⠉⠑",
        "     │    ⢀⡠⠤⠒⠉",
        "    0┤⠒⠒⠊⠉⠁",
    ]
    inks = [span.ink for span in rows[0] if span.text.strip()]
    assert inks == ["dim", "rate", "dim"]
    assert [span.ink for span in rows[3] if span.text.strip()] == ["dim", "rate"]


def test_a_run_that_is_over_has_no_plan_left() -> None:
    rows = rate_pane(examples.done(), 40, 4, window=(0.0, 30.0))
    assert {span.ink for row in rows for span in row if span.text.strip(" 0.1┤│")} == {"rate"}


@pytest.mark.parametrize(
    ("room", "facts"),
    [
        (40, "now 0.0937   next epoch 0.0913"),
        (32, "now 0.0937   next epoch 0.0913"),
        (17, "now 0.0937"),
        (5, ""),
    ],
)
def test_facts_become_shorter(room: int, facts: str) -> None:
    assert cells.text(rate_facts(examples.half_done(), room)) == facts


def test_the_strip_is_the_schedule_as_a_progress_bar() -> None:
    history = examples.half_done()
    row = rate_strip(history, 60)
    assert cells.text(row) == " lr ▁▂▂▃▄▅▆▇██████┃▇▇▆▆▆▅▅▄▄▃▃▃▂▂▂▁▁▁▁   now 0.0937    41 % "
    inks = [span.ink for span in row if span.text.strip()]
    assert inks == ["dim", "rate", "key", "dim", "dim", "plain", "plain"]


def test_the_strip_begins_and_ends() -> None:
    assert (
        cells.text(rate_strip(examples.just_started(), 40))
        == " lr ┃▃▆███▇▆▄▃▂▁▁   now 0.00400     0 % "
    )
    assert cells.text(rate_strip(examples.done(), 40)).endswith("┃   last 4.00e-7   100 % ")


def test_strip_and_pane_name_one_rate() -> None:
    """A report may be some steps old; what a person made of the rate counts at once."""
    history = examples.half_done()
    history.fold([events.Phase("training", step=history.step + 50)])
    for named, steered in (("0.0937", None), ("0.0123", events.Steered(0.5, 30, 0.0123))):
        history.fold([replace(steered, step=history.step)] if steered is not None else [])
        strip = rate_strip(history, 60)
        assert f"   now {named}   " in cells.text(strip)
        assert cells.text(rate_facts(history, 60)).startswith(f"now {named}")


def test_the_strip_without_a_plan() -> None:
    assert cells.text(rate_strip(History(), 8)) == " lr     "


def test_limits_hold_the_plan_before_anything_is_measured() -> None:
    for history, highest in ((examples.just_started(), 0.1), (History(), 1.0)):
        window = (0.0, 30.0)
        lines = past_rates(history, window), planned_rates(history, window, 20)
        assert rate_scale(lines) == (0.0, highest, False)


def test_the_limits_are_those_of_what_is_drawn() -> None:
    """A steered rate stays below that of the recipe."""
    history = examples.just_started()
    history.fold([events.Steered(0.5, 30, 0.002, step=history.step, time=history.last_time)])
    window = (0.0, 30.0)
    lines = past_rates(history, window), planned_rates(history, window, 40)
    highest = max(rate for line in lines for rate in line.y)
    assert highest <= rate_scale(lines).high < 1.3 * highest


def test_before_the_run_starts_a_sentence_says_what_comes() -> None:
    rows = drawn(rate_pane(History(), 60, 3, window=(0.0, 1.0)))
    assert rows[1] == "     │     the schedule comes with the start of the run"


def test_what_a_plateau_and_a_person_made_of_the_plan_is_named() -> None:
    history = examples.half_done()
    half = events.Steered(factor=0.5, epochs=30, lr=0.0468, step=history.step)
    history.fold([half])
    assert (
        cells.text(rate_facts(history, 60))
        == "now 0.0468   next epoch 0.0456   one-cycle × you 0.5"
    )
    fifth = events.Steps(13, 0.3, 0.9, 0.00936, 5000.0, step=history.step + 1)
    history.fold([fifth])
    facts = cells.text(rate_facts(history, 60))
    assert facts == "now 0.00936   one-cycle × plateau 0.2 × you 0.5"
    assert max(planned_rates(history, (0.0, 30.0), 40).y) < 0.01


def test_a_warm_up_is_named() -> None:
    history = examples.half_done()
    assert history.run is not None
    assert history.recipe is not None
    recipe = msgspec.structs.replace(history.recipe, warmup=5.0, schedule="cosine")
    history.run = msgspec.structs.replace(history.run, recipe=recipe)
    assert "cosine after warm-up 5" in cells.text(rate_facts(history, 120))


@pytest.mark.parametrize(
    ("epoch", "room", "facts"),
    [
        (12.0, 60, "▲ epoch 12, step 1,176   0.095048"),
        (12.0, 22, "▲ epoch 12   0.095048"),
        (12.0, 12, "0.095048"),
        (20.0, 60, "▲ epoch 20, step 1,960   0.046264   planned"),
        (20.0, 18, "▲ 20  0.046264"),
        (31.0, 60, "▲ epoch 31, step 3,038   4.0000e-7   planned"),
    ],
)
def test_the_cursor_tells_the_rate_that_was_or_will_be(epoch: float, room: int, facts: str) -> None:
    assert cells.text(rate_cursor_facts(examples.half_done(), epoch, 0.1, room)) == facts


def test_the_strip_is_what_the_rate_was_and_what_the_steered_plan_will_be() -> None:
    history = examples.half_done()
    before = cells.text(rate_strip(history, 80))
    history.fold([events.Steered(0.5, 30, 0.0468, step=history.step)])
    after = cells.text(rate_strip(history, 80))
    past = before.index("┃")
    assert after[:past] == before[:past]
    ahead = [" ▁▂▃▄▅▆▇█".index(sign) for sign in after[past + 1 : past + 6]]
    assert max(ahead) <= 5, "half of the plan"


def test_the_peak_and_the_end_of_the_whole_plan_are_named() -> None:
    history = examples.half_done()
    peak = peak_rate(history)
    assert peak is not None
    assert (round(peak.epoch), f"{peak.rate:.3f}") == (9, "0.100")
    assert end_rate(history) == pytest.approx(4e-7, rel=0.01)
    assert next_rate(history) == pytest.approx(0.0913, rel=0.01)
    assert next_rate(examples.done()) is None
