"""The pane of the documentation: one file, and one line in the list of panes."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from engine.run.run_paths import RunDir
from tests import scripted
from tests.test_dashboard import app_of, screen
from tui.panes.base.pane import Pane
from tui.panes.pane_list import PANES
from tui.screens import dashboard
from tui.widgets.palette import Actions

EXAMPLE = Path(__file__).parent.parent / "docs" / "examples" / "speed_pane.py"


def speed_pane() -> type[Pane]:
    """The class in the example."""
    spec = importlib.util.spec_from_file_location("speed_pane", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    pane: type[Pane] = module.SpeedPane
    return pane


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunDir:
    """A run of two epochs, shown by a dashboard with one pane more."""
    monkeypatch.setattr(dashboard, "PANES", (*PANES, speed_pane()))
    return scripted.run_dir(tmp_path / "runs", scripted.half_a_run())


@pytest.mark.parametrize("size", [(200, 60), (120, 40), (80, 24), (60, 14)])
async def test_the_pane_is_reached_by_tab_from_the_one_before_the_first(
    run: RunDir, size: tuple[int, int]
) -> None:
    async with app_of(run).run_test(size=size) as pilot:
        await pilot.press("shift+tab")
        await pilot.pause()
        number = len(PANES) + 1
        assert f"{number} Speed" in screen(pilot) or f"[{number} speed]" in screen(pilot)
        assert "epoch 1       4000 ▇▇▇▇" in screen(pilot)


async def test_the_palette_and_its_explanation_know_the_pane(run: RunDir) -> None:
    app = app_of(run)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        go_to = next(a for a in Actions(app.screen).actions() if a.words == "Go to the speed")
        await app.run_action(go_to.action, go_to.node)
        await pilot.press("e")
        assert "Each bar is one epoch" in screen(pilot)
        assert "─ Speed ─" in screen(pilot)
