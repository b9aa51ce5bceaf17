"""Whatever a run says, at any size: nothing raises, and what was mended is what a whole drawing is.

The dashboard refreshes only the cells that changed. Here it takes random events one after another,
in a terminal that is resized between them; then every cell with its colours
is compared with a drawing from nothing.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from textual.pilot import Pilot
from textual.widget import Widget

from engine.protocol import events
from engine.protocol.events import Event
from engine.run import run_lock
from engine.run.journal import Journal
from engine.run.run_paths import RunDir
from tests import idle, scripted
from tests.drawing.test_any_size import any_event
from tests.scripted import Clock
from tests.test_dashboard import app_of
from tui.panes.base.pane import Pane
from tui.panes.pane_list import PANES
from tui.screens.dashboard import Dashboard
from tui.widgets.drawn import CellWidget

Cells = list[list[tuple[str, str]]]
SIZES = st.tuples(st.integers(1, 210), st.integers(1, 64))
GROUPS = st.lists(st.tuples(SIZES, st.lists(any_event, min_size=1, max_size=3)), max_size=3)


def cells(pilot: Pilot[str]) -> Cells:
    """What stands on the terminal: each cell's character and style, row by row."""
    strips = pilot.app.screen._compositor.render_strips()
    return [
        [(character, str(style)) for text, style, _ in strip for character in text]
        for strip in strips
    ]


def differing(mended: Cells, whole: Cells) -> list[tuple[str, str]]:
    """The rows that are not the same, as text; where only a colour differs, with the colours."""
    pairs = [(a, b) for a, b in zip(mended, whole, strict=True) if a != b]
    texts = [("".join(c for c, _ in a), "".join(c for c, _ in b)) for a, b in pairs]
    return [(str(a), str(b)) if t[0] == t[1] else t for (a, b), t in zip(pairs, texts, strict=True)]


async def settled(pilot: Pilot[str]) -> Dashboard:
    """Let the dashboard read what was appended and mend what it shows."""
    dashboard = pilot.app.screen
    assert isinstance(dashboard, Dashboard)
    dashboard.read()
    await pilot.pause()
    return dashboard


async def mended_and_whole(
    run: RunDir, groups: list[tuple[tuple[int, int], list[Event]]], pane: str
) -> tuple[Cells, Cells]:
    """The screen after all this happened, and the same one with every widget drawn from nothing."""
    journal = Journal(run.journal, Clock())
    async with app_of(run).run_test(size=(120, 40)) as pilot:
        dashboard = await settled(pilot)
        dashboard.action_pane(pane)
        for size, new in groups:
            await pilot.resize_terminal(*size)
            for event in new:
                journal.append(event)
                await settled(pilot)
        # A speed waits for the next sample of the machine, and a paused run for no sample at all.
        dashboard.show_news(frozenset({events.Hardware}))
        await idle.settle(pilot)  # what is read in a thread
        # What changes much at once, or a little all the time, waits.
        for pane_ in dashboard.query(Pane):
            pane_.redraw()
        await pilot.pause()
        mended = cells(pilot)
        for widget in dashboard.query(CellWidget):
            widget.notify_style_update()  # with which it forgets what it has drawn
            widget.redraw()
            widget.refresh()
        await pilot.pause()
        return mended, cells(pilot)


@settings(
    max_examples=6,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(GROUPS, st.sampled_from([pane.NAME for pane in PANES]))
def test_mending_is_the_same_as_drawing_the_whole(
    groups: list[tuple[tuple[int, int], list[Event]]], pane: str
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        run = scripted.run_dir(Path(folder), scripted.half_a_run()[:8])
        lock = run_lock.acquire(run)
        try:
            mended, whole = asyncio.run(mended_and_whole(run, groups, pane))
        finally:
            os.close(lock)
    assert differing(mended, whole) == []


async def test_rows_reach_the_screen_as_textual_would_render_them(tmp_path: Path) -> None:
    """A border, padding or tint in the CSS of such a widget would be passed over."""
    run = scripted.run_dir(tmp_path, scripted.half_a_run())
    async with app_of(run).run_test(size=(170, 50)) as pilot:
        dashboard = await settled(pilot)
        widgets = [widget for widget in dashboard.query(CellWidget) if widget.size]
        assert len(widgets) > len(PANES) // 2
        for widget in widgets:
            inner = widget.size.region.shrink((0, 1, 0, 1))
            for crop in (widget.size.region, inner):
                strips = Widget.render_lines(widget, crop)
                assert [[*strip] for strip in widget.render_lines(crop)] == [[*s] for s in strips]
