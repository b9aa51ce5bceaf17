"""The layers pane driven by keys: choosing, folding, and pointing at a layer's maps."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from textual.message import Message

from engine.protocol import events
from engine.protocol.events import Event, Health, Layer
from engine.run import run_lock
from engine.run.journal import Journal
from engine.run.run_paths import RunDir
from tests import scripted
from tests.scripted import Clock
from tests.test_dashboard import app_of, pane, screen, settle, shown
from tui.drawing import cells
from tui.panes.layers.layers_pane import SECONDS, LayersPane

LAYERS = (
    Layer("conv1", "Conv2d", "3×3", (8, 32, 32), 80, 73_728, 3),
    *(
        Layer(f"layer{i}.{j}.{part}", "Conv2d", "3×3", (8, 32, 32), 576, 589_824, 40)
        for i in (1, 2)
        for j in range(8)
        for part in ("conv1", "conv2")
    ),
    Layer("fc", "Linear", "8→10", (10,), 90, 80),
)


def journal() -> list[Event]:
    said = scripted.half_a_run()
    said[1] = msgspec.structs.replace(scripted.started(), layers=LAYERS)
    return said


@pytest.fixture
def live(tmp_path: Path) -> Iterator[RunDir]:
    run = scripted.run_dir(tmp_path / "runs", journal())
    lock = run_lock.acquire(run)
    yield run
    os.close(lock)


def report(gradient: float, step: int) -> events.LayerHealth:
    health = (Health(layer.name, gradient, 1e-3, 0.0, 1.0, 0.0) for layer in LAYERS)
    return events.LayerHealth(tuple(health), step=step)


async def test_space_and_enter_fold_a_group(live: RunDir) -> None:
    async with app_of(live).run_test(size=(120, 40)) as pilot:
        await pilot.press("4", "down", "down")
        assert "›▾ layer1" in screen(pilot)
        await pilot.press("space")
        assert "›▸ layer1" in screen(pilot)
        await pilot.press("enter", "right", "down", "enter")
        assert "›  ▾ .0" in screen(pilot)
        assert "loss" in shown(pilot), "Enter folded a group and did not zoom"
        await pilot.press("down", "left")
        assert "›  ▸ .0" in screen(pilot), "the group around the layer is closed"
        await pilot.press("left")
        assert "›▸ layer1" in screen(pilot)


async def test_enter_zooms_where_there_is_nothing_to_fold(live: RunDir) -> None:
    async with app_of(live).run_test(size=(120, 40)) as pilot:
        await pilot.press("4", "enter")
        assert shown(pilot) == ["layers"]
        await pilot.press("end", "escape")
        assert shown(pilot) == ["layers"], "Escape lets the choice go first"
        await pilot.press("escape")
        assert "loss" in shown(pilot)


async def test_the_table_scrolls_with_the_choice(live: RunDir) -> None:
    async with app_of(live).run_test(size=(120, 40)) as pilot:
        await pilot.press("4")
        assert "1–" in screen(pilot)
        await pilot.press("end")
        assert "›fc" in screen(pilot)
        assert "of 20" in screen(pilot)
        await pilot.press("home")
        assert "›conv1" in screen(pilot)


async def test_m_points_at_the_last_convolution_of_what_is_chosen(live: RunDir) -> None:
    async with app_of(live).run_test(size=(120, 40)) as pilot:
        pointed: list[str] = []
        layers = pane(pilot, LayersPane)
        post = layers.post_message

        def overheard(message: Message) -> bool:
            if isinstance(message, LayersPane.LayerSelected):
                pointed.append(message.layer)
            return post(message)

        layers.post_message = overheard  # type: ignore[method-assign]
        await pilot.press("4", "m", "down", "m", "down", "m", "end", "m")
        assert pointed == ["conv1", "layer1.7.conv2", "layer2.7.conv2"]


async def test_a_report_changes_the_rows_of_its_numbers_alone(live: RunDir) -> None:
    async with app_of(live).run_test(size=(120, 40)) as pilot:
        await pilot.press("4")
        log = Journal(live.journal)
        log.append(report(0.021, 26))
        await settle(pilot)
        assert "healthy" in screen(pilot)
        refreshed: list[object] = []
        layers = pane(pilot, LayersPane)
        layers.refresh = lambda *regions, **options: refreshed.extend(regions)  # type: ignore
        log.append(report(0.022, 31))
        await settle(pilot)
        rows = {region.y for region in refreshed}  # type: ignore[attr-defined]
        numbered = {y for y, row in enumerate(layers._rows) if "0.022" in cells.text(row)}
        assert rows - numbered == {layers.size.height - 1}, "and the border with the epoch"
        assert numbered <= rows


async def test_where_nobody_is_at_them_the_numbers_are_seldom_renewed(live: RunDir) -> None:
    async with app_of(live).run_test(size=(120, 40)) as pilot:
        clock = Clock()
        log = Journal(live.journal, clock)
        for gradient, shown in ((0.021, ".021"), (0.022, ".021"), (0.023, ".023")):
            log.append(report(gradient, 26))
            await settle(pilot)
            assert shown in screen(pilot)
            clock.now += 0.6 * SECONDS
        log.append(report(0.024, 31))
        await settle(pilot)
        assert ".024" not in screen(pilot)
        await pilot.press("4")
        assert ".024" in screen(pilot)


async def test_a_problem_that_the_header_names_is_in_the_table_at_once(live: RunDir) -> None:
    async with app_of(live).run_test(size=(120, 40)) as pilot:
        log = Journal(live.journal, Clock())
        log.append(report(0.021, 26))
        await settle(pilot)
        dead = Health("layer1.0.conv1", 0.021, 1e-3, 0.0, 1.0, 0.9)
        health = report(0.021, 27).layers
        log.append(events.LayerHealth((health[0], dead, *health[2:]), step=27))
        await settle(pilot)
        assert "unhealthy: layer1.0.conv1 is dead" in screen(pilot)
        assert "! layer1.0.conv1 dead" in screen(pilot) or "! 1 dead" in screen(pilot)
