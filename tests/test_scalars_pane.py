"""The pane of named numbers on a scripted journal: what is listed, and which curves are shown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot

from engine.protocol import events
from engine.protocol.events import Event
from engine.run.history import History
from engine.run.journal import Journal
from engine.run.run_paths import RunDir
from tests import scripted
from tests.test_dashboard import app_of, notes, pane, screen, settle
from tests.test_dashboard import rows as drawn
from tui.panes.scalars.scalars_pane import ScalarsPane


def with_scalars(*more: str) -> list[Event]:
    """Half a run whose every second report brings the gradient norm, and all other names."""
    said: list[Event] = []
    for event in scripted.half_a_run():
        if isinstance(event, events.Steps) and event.step % 2:
            scalars = {"gradient_norm": 3.0 / event.step, **dict.fromkeys(more, float(event.step))}
            event = replace(event, scalars=scalars)
        said.append(event)
    return said


@pytest.fixture
def made(tmp_path: Path) -> Callable[..., RunDir]:
    return lambda *more: scripted.run_dir(tmp_path / "runs", with_scalars(*more))


def rows(pilot: Pilot[str]) -> list[str]:
    return [line.text for line in drawn(pane(pilot, ScalarsPane))]


def listed(pilot: Pilot[str]) -> list[str]:
    """The rows of the list, without the plot."""
    width = pilot.app.screen.size.width
    return [
        row[pane(pilot, ScalarsPane).plot_width(width) + 2 : -1].rstrip() for row in rows(pilot)
    ]


async def test_the_names_stand_beside_the_curves_with_their_last_values(
    made: Callable[..., RunDir],
) -> None:
    async with app_of(made("momentum")).run_test(size=(120, 40)) as pilot:
        await pilot.press("9")
        assert rows(pilot)[0].startswith("╭─ 9 Scalars ─")
        assert "─ y-axis: images/s   each on its own range ─╮" in rows(pilot)[0]
        assert [row.split() for row in listed(pilot)[1:5]] == [
            ["name", "last", "range"],
            ["›a", "images/s", "4000", "2000–6000"],
            ["b", "gradient_norm", "0.12", "0–3"],
            ["momentum", "25"],
        ]


async def test_space_shows_and_hides_the_selected_curve(made: Callable[..., RunDir]) -> None:
    async with app_of(made("momentum")).run_test(size=(120, 40)) as pilot:
        await pilot.press("9", "down", "down", "space")
        assert "›c momentum" in listed(pilot)[4]
        assert "y-axis: momentum" in rows(pilot)[0]
        await pilot.press("up", "space")
        assert "›  gradient_norm" in listed(pilot)[3]
        await pilot.press("up", "space", "down", "down", "space")
        assert any("Space shows the curve of a name" in row for row in rows(pilot))


async def test_four_curves_are_the_most(made: Callable[..., RunDir]) -> None:
    async with app_of(made("n1", "n2", "n3")).run_test(size=(120, 40)) as pilot:
        await pilot.press("9", "down", "down", "space", "down", "space", "down", "space")
        assert notes(pilot)[-1] == "4 curves fit at once: hide one first, with Space."
        await pilot.press("up", "space", "down", "space")
        assert "›d n3" in listed(pilot)[6]


async def test_the_cursor_reads_all_names(made: Callable[..., RunDir]) -> None:
    async with app_of(made()).run_test(size=(120, 40)) as pilot:
        await pilot.press("9", "left")
        assert "▲ epoch 2.5, step 25" in rows(pilot)[0]
        assert listed(pilot)[1].split() == ["name", "▲", "range"]
        assert listed(pilot)[3].split() == ["b", "gradient_norm", "0.12", "0–3"]
        await pilot.press("escape", "right", *["shift+right"] * 6)
        assert listed(pilot)[3].split()[2] == "–", "nothing is measured there yet"


async def test_a_logarithmic_axis_and_smoothing_are_said_in_the_title(
    made: Callable[..., RunDir],
) -> None:
    async with app_of(made()).run_test(size=(120, 40)) as pilot:
        await pilot.press("9", "L", "plus")
        assert "9 Scalars  log  smooth 0.6 " in rows(pilot)[0]
        await pilot.press("t")
        assert " 1.5 ─" in rows(pilot)[-1]


async def test_a_number_that_is_not_finite_is_nan(made: Callable[..., RunDir]) -> None:
    run = made()
    async with app_of(run).run_test(size=(120, 40)) as pilot:
        await pilot.press("9")
        broken = replace(scripted.steps(27), scalars={"gradient_norm": None}, time=2e9)
        Journal(run.journal).append(broken)
        await settle(pilot)
        assert listed(pilot)[3].split()[:3] == ["b", "gradient_norm", "nan"]


async def test_a_narrow_pane_has_no_list_but_the_selected_number(
    made: Callable[..., RunDir],
) -> None:
    async with app_of(made()).run_test(size=(40, 12)) as pilot:
        await pilot.press("9", "down")
        assert "9 Scalars" in screen(pilot)
        assert "─ gradient_norm 0.12 ─╮" in screen(pilot)


async def test_a_click_selects_a_name_and_another_one_shows_it(
    made: Callable[..., RunDir],
) -> None:
    async with app_of(made("momentum")).run_test(size=(120, 40)) as pilot:
        await pilot.press("9")
        await pilot.click("#scalars", offset=(100, 4))
        assert listed(pilot)[4].startswith("›  momentum")
        await pilot.click("#scalars", offset=(100, 4))
        assert listed(pilot)[4].startswith("›c momentum")


async def test_before_the_first_step_it_says_what_will_come(tmp_path: Path) -> None:
    run = scripted.run_dir(tmp_path / "runs", [scripted.started()])
    async with app_of(run).run_test(size=(120, 40)) as pilot:
        await pilot.press("9")
        assert "the first steps bring images/s and gradient_norm" in screen(pilot)


def explained(said: list[Event]) -> str:
    history = History()
    history.fold(scripted.stamped(said))
    pane = ScalarsPane(9)
    pane.show(history, None)
    return " ".join(pane.explain())


def test_the_explanation_compares_the_gradient_with_its_median() -> None:
    assert "0.12 now, 0.2308 as the median of the run" in explained(with_scalars())
    broken = replace(scripted.steps(26), scalars={"gradient_norm": None})
    assert "gradient_norm is not finite any more" in explained([*with_scalars(), broken])
    assert "gradient_norm" not in explained(scripted.half_a_run())
    assert explained([scripted.started()]).endswith("The first steps bring the first of them.")
