"""The screen of a comparison, by keys and by mouse."""

from __future__ import annotations

import base64
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import pytest
from textual import events as textual_events
from textual.pilot import Pilot

from engine.catalog.user_folders import state_folder
from engine.protocol import events
from engine.protocol.commands import InspectionRequest
from engine.protocol.events import Event
from engine.run import run_lock
from engine.run.run_paths import RunDir
from tests import judged_runs
from tests.compared_runs import written
from tests.idle import wait_for_workers
from tests.test_dashboard import notes, screen
from tui.app import CnnTui
from tui.cli.compare_app import CompareApp
from tui.drawing import axis
from tui.panes.confusion.images_dialog import ImagesDialog
from tui.screens import inspection_router
from tui.screens.compare import compare_text
from tui.screens.compare.compare_screen import BREAK_SECONDS, CompareScreen
from tui.screens.compare.comparing import Comparing
from tui.screens.compare.curves_box import CurvesBox
from tui.screens.compare.pairs_screen import PairsScreen
from tui.screens.dashboard import Dashboard
from tui.viewer import source_opening
from tui.viewer.compared import Compared, ReadNews
from tui.viewer.inspection_requests import InspectionRequests

Opened = Callable[[], CompareApp]


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    """The app with two seeds of a recipe, and a run of another one."""
    written(tmp_path, 1, (0.1, 0.2, 0.3, 0.4), seed=0)
    written(tmp_path, 2, (0.2, 0.4, 0.6, 0.6), seed=1)
    written(tmp_path, 3, (0.7, 0.9), lr=0.3)
    return lambda: CompareApp(source_opening.open_all(tmp_path, ["1", "2", "3"]), tmp_path)


def comparing(pilot: Pilot[str]) -> Comparing:
    shown = pilot.app.screen
    assert isinstance(shown, CompareScreen)
    return shown.comparing


async def test_curves_and_table_are_there(opened: Opened) -> None:
    async with opened().run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        shown = screen(pilot)
        assert "Top-1 %" in shown
        assert "all read" in shown
        assert "▸a 1-lenet5-digits   40.0  40.0    40" in shown


async def test_keys_choose_what_is_drawn(opened: Opened) -> None:
    async with opened().run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        await pilot.press("m", "x", "plus", "L")
        shown = screen(pilot)
        assert "Loss  smoothed 0.6, log" in shown
        assert "╰ step ─" in shown
        await pilot.press("M", "minus", "L", "x", "f")
        assert "mean ± deviation of the seeds" in screen(pilot)
        assert "a lr=0.1 (2 seeds)" in screen(pilot)
        await pilot.press("f", "s")
        assert [row.split()[1:] for row in screen(pilot).split("\n") if "seed" in row] == [
            ["seed", "lr"]
        ]


async def test_the_cursor_reads_every_run_and_escape_takes_it_away(opened: Opened) -> None:
    async with opened().run_test(size=(80, 24)) as pilot:
        await pilot.press("left")
        assert "epoch 4" in screen(pilot)
        await pilot.press("h", "h", "shift+left", "escape")
        assert comparing(pilot).cursor is None
        assert pilot.app.is_running


async def test_a_baseline_gets_a_column(opened: Opened) -> None:
    async with opened().run_test(size=(80, 24)) as pilot:
        await pilot.press("j", "b")
        shown = screen(pilot)
        assert "− b" in shown
        assert "-20.0" in shown
        assert "baseline" in shown


async def test_zoom_by_keys(opened: Opened) -> None:
    async with opened().run_test(size=(80, 24)) as pilot:
        await pilot.press("z")
        assert comparing(pilot).window == (1.0, 3.0)
        assert "zoom ×2" in screen(pilot)
        await pilot.press("greater_than_sign")
        assert comparing(pilot).window == (1.5, 3.5)
        await pilot.press("less_than_sign", "Z")
        assert comparing(pilot).view.window is None
        await pilot.press("z", "z", "0")
        assert comparing(pilot).view.window is None


async def drag(pilot: Pilot[str], first: int, last: int) -> None:
    """Press the button in one column of the box of curves, and release it in another one."""
    box = pilot.app.screen.query_one(CurvesBox)
    await pilot.mouse_down(box, offset=(first, 5))
    await pilot._post_mouse_events([textual_events.MouseMove], box, (last, 5), button=1)
    await pilot.mouse_up(box, offset=(last, 5))
    await pilot.pause()


async def test_a_drag_zooms_and_a_click_puts_the_cursor(opened: Opened) -> None:
    async with opened().run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        left, columns = 1 + axis.gutter(78), pilot.app.screen.query_one(CurvesBox).columns
        await drag(pilot, left + columns // 4, left + columns // 2 - 1)
        assert comparing(pilot).window == (1.0, 2.0)
        assert comparing(pilot).cursor is None
        await drag(pilot, left, left)
        assert comparing(pilot).cursor == pytest.approx(1.0, abs=1 / columns)


async def test_a_click_selects_a_run_and_a_second_one_hides_it(opened: Opened) -> None:
    async with opened().run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.click("#runs", offset=(4, 2))
        assert comparing(pilot).selected == "b"
        await pilot.click("#runs", offset=(4, 2))
        assert "hidden" in screen(pilot)
        await pilot.press("space")
        assert "hidden" not in screen(pilot)


async def test_the_view_is_there_again(opened: Opened) -> None:
    async with opened().run_test(size=(80, 24)) as pilot:
        await pilot.press("m", "z")
    async with opened().run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "Loss  zoom ×2" in screen(pilot)


async def test_a_run_that_vanishes_is_said(opened: Opened, tmp_path: Path) -> None:
    async with opened().run_test(size=(120, 24)) as pilot:
        await pilot.pause()
        shutil.rmtree(tmp_path / "2-lenet5-digits")
        shown = pilot.app.screen
        assert isinstance(shown, CompareScreen)
        shown._read()
        await pilot.pause()
        assert "vanished" in notes(pilot)[0]
        assert "vanished" in screen(pilot)
        assert "60.0" in screen(pilot)


async def test_enter_opens_the_run_and_escape_comes_back(opened: Opened) -> None:
    async with opened().run_test(size=(80, 24)) as pilot:
        await pilot.press("j", "enter")
        dashboard = pilot.app.screen
        assert isinstance(dashboard, Dashboard)
        assert dashboard.source.label == "2-lenet5-digits"
        await pilot.press("escape")
        assert isinstance(pilot.app.screen, CompareScreen)


async def test_pairs_say_why_they_have_no_test(opened: Opened) -> None:
    async with opened().run_test(size=(80, 24)) as pilot:
        await pilot.press("p")
        assert isinstance(pilot.app.screen, PairsScreen)
        await pilot.app.workers.wait_for_complete()
        await pilot.pause()
        assert "▸ a – b" in screen(pilot)
        assert "no test" in screen(pilot)
        await pilot.press("j", "enter", "escape")
        assert isinstance(pilot.app.screen, CompareScreen)


def app_of_judged(folder: Path) -> CompareApp:
    """The app with a run without judgements, and two of which the second is far better."""
    judged_runs.run(folder, "1-none", lr=0.1)
    judged_runs.run(folder, "2-half", [True, False] * 20, lr=0.2)
    judged_runs.run(folder, "3-all", [True] * 40, lr=0.3)
    return CompareApp(source_opening.open_all(folder, ["1", "2", "3"]), folder)


async def verdict_of(pilot: Pilot[str]) -> str:
    await wait_for_workers(pilot.app)
    await pilot.pause()
    return str(screen(pilot).splitlines()[-2]).strip()


async def test_the_verdict_is_on_the_first_screen(tmp_path: Path) -> None:
    async with app_of_judged(tmp_path).run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        said = await verdict_of(pilot)
        assert said == "c is better than b by 50.0 points (p < 0.001). p: all pairs"
        assert "p pairs" in screen(pilot)


async def test_the_verdict_names_runs_that_folded_seeds_have_hidden(tmp_path: Path) -> None:
    for number, hits in enumerate(([True, False] * 20, [True] * 40), 1):
        judged_runs.run(tmp_path, f"{number}-plain", hits, lr=number / 10, seed=0)
        judged_runs.run(tmp_path, f"{number + 2}-other", lr=number / 10, seed=1)
    runs = source_opening.open_all(tmp_path, ["3", "4", "1", "2"])
    async with CompareApp(runs, tmp_path).run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        assert (await verdict_of(pilot)).startswith("d is better than c by 50.0 points")
        await pilot.press("f")
        assert "c " not in [row[1:3] for row in screen(pilot).splitlines()]
        assert (await verdict_of(pilot)).startswith("2-plain is better than 1-plain by 50.0 points")


async def test_while_a_run_trains_there_is_no_verdict(tmp_path: Path) -> None:
    app = app_of_judged(tmp_path)
    lock = run_lock.acquire(RunDir(tmp_path / "3-all"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "better" not in await verdict_of(pilot)
        os.close(lock)
        shown = pilot.app.screen
        assert isinstance(shown, CompareScreen)
        shown._read()
        assert "c is better than b" in await verdict_of(pilot)


async def until_tested(pilot: Pilot[str]) -> None:
    """Wait for the list of pairs, and until it takes keys."""
    while "▸" not in screen(pilot) or pilot.app.focused is None:
        await pilot.pause(0.01)


async def test_pairs_with_a_test_come_first(tmp_path: Path) -> None:
    async with app_of_judged(tmp_path).run_test(size=(80, 24)) as pilot:
        await pilot.press("p")
        await until_tested(pilot)
        shown = screen(pilot)
        assert "▸ b – c" in shown
        assert "b 2-half – c 3-all" in shown
        await pilot.press("j")
        await pilot.pause()
        assert "a 1-none – b 2-half" in screen(pilot)


async def test_q_leaves(opened: Opened) -> None:
    async with opened().run_test(size=(80, 24)) as pilot:
        await pilot.press("q")
    assert pilot.app.return_code == 0


@pytest.mark.parametrize("size", [(1, 1), (20, 5), (40, 12), (200, 60)])
async def test_any_size(opened: Opened, size: tuple[int, int]) -> None:
    async with opened().run_test(size=size) as pilot:
        await pilot.press("left", "b", "p")
        await pilot.app.workers.wait_for_complete()
        await pilot.press("escape", "f", "s")


def unread(folder: Path, *names: str) -> Compared:
    return Compared(source_opening.open_all(folder, names))


async def test_pairs_are_tested_once_all_is_read(tmp_path: Path) -> None:
    for number in (1, 2):
        written(tmp_path, number)
    runs = unread(tmp_path, "1", "2")
    async with CnnTui(tmp_path).run_test(size=(80, 24)) as pilot:
        shown = PairsScreen(runs)
        await pilot.app.push_screen(shown)
        await pilot.pause()
        assert "still being read" in screen(pilot)
        while runs.read().more:
            pass
        shown._compare_once_read()
        await pilot.app.workers.wait_for_complete()
        await pilot.pause()
        assert "▸ a – b" in screen(pilot)


class Answering(InspectionRequests):
    """An engine or a server that gives the images when it is let."""

    asked: ClassVar[list[tuple[str, InspectionRequest]]] = []
    may_answer = False

    def ask(self, request: InspectionRequest) -> None:
        self._wanted = request
        self.asked.append((self._run.label, request))

    def reply(self) -> Event | None:
        if self._wanted is None or not Answering.may_answer:
            return None
        images, self._wanted = self._wanted.images, None
        white = events.Picture(1, 2, 2, base64.b64encode(b"\xff" * 4).decode())
        return events.Examples(
            tuple(events.Example(i, white, 0, ((1, 0.9),)) for i in images), step=20
        )


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> type[Answering]:
    monkeypatch.setattr(inspection_router, "InspectionRequests", Answering)
    monkeypatch.setattr(Answering, "asked", [])
    monkeypatch.setattr(Answering, "may_answer", False)
    return Answering


async def until_images(pilot: Pilot[str]) -> str:
    """What the screen shows once a dialog with images is on it."""
    while not isinstance(pilot.app.screen, ImagesDialog):
        await pilot.pause(0.01)
    await pilot.pause()
    return screen(pilot)


async def test_images_that_only_one_has_right_stand_under_their_own_heading(
    tmp_path: Path, answering: type[Answering]
) -> None:
    """Both networks of a pair are asked before one of them replies."""
    judged_runs.run(tmp_path, "1-first", [True, True, False, True] * 10)
    judged_runs.run(tmp_path, "2-second", [True, False, True, True] * 10)
    runs = unread(tmp_path, "1", "2")
    while runs.read().more:
        pass
    async with CnnTui(tmp_path).run_test(size=(120, 40)) as pilot:
        await pilot.app.push_screen(PairsScreen(runs))
        await pilot.app.workers.wait_for_complete()
        await pilot.press("enter", "o")
        assert [(label, asked.images[:2]) for label, asked in answering.asked] == [
            ("2-second", (1, 5)),
            ("1-first", (2, 6)),
        ]
        answering.may_answer = True
        shown = {await until_images(pilot)}
        await pilot.press("escape")
        shown.add(await until_images(pilot))
    for right, wrong, first in (("1-first", "2-second", "#1"), ("2-second", "1-first", "#2")):
        [dialog] = [one for one in shown if f"Only {right} has these right; {wrong} says" in one]
        assert "as the model sees them at epoch 2" in dialog
        assert f"{first} " in dialog


async def test_a_pair_is_told_under_its_own_letters(tmp_path: Path) -> None:
    for number, lr in enumerate((0.1, 0.2, 0.3)):
        hits = [True, number > 0, number < 2, True] * 10
        judged_runs.run(tmp_path, f"{number + 1}-mine", hits, lr=lr)
    runs = unread(tmp_path, "1", "2", "3")
    while runs.read().more:
        pass
    async with CnnTui(tmp_path).run_test(size=(120, 40)) as pilot:
        await pilot.app.push_screen(PairsScreen(runs))
        await until_tested(pilot)
        await pilot.press("end")
        await pilot.pause()
        assert "▸ b – c" in screen(pilot)
        assert "b right %  c right %  b − c  Only b right  Only c right" in screen(pilot)


async def test_folding_says_where_there_are_no_seeds_to_fold(tmp_path: Path) -> None:
    written(tmp_path, 1, lr=0.1)
    written(tmp_path, 2, lr=0.3)
    app = CompareApp(source_opening.open_all(tmp_path, ["1", "2"]), tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("f")
        assert notes(pilot) == [compare_text.NOTHING_FOLDS]
        assert compare_text.FOLDED not in screen(pilot)


async def test_a_run_that_vanishes_before_the_screen_is_there_is_said(
    opened: Opened, tmp_path: Path
) -> None:
    app = opened()
    shutil.rmtree(tmp_path / "3-lenet5-digits")
    async with app.run_test(size=(120, 24)) as pilot:
        await pilot.pause()
        assert "vanished" in notes(pilot)[0]


async def test_the_view_is_written_once_on_leaving(opened: Opened) -> None:
    async with opened().run_test(size=(80, 24)) as pilot:
        await pilot.press("m", "z", "b")
        assert not [*state_folder().glob("compare/*")]
    assert len([*state_folder().glob("compare/*")]) == 1


async def test_a_dialog_above_is_no_screen_to_go_back_to(opened: Opened) -> None:
    async with opened().run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        shown = pilot.app.screen
        assert isinstance(shown, CompareScreen)
        await pilot.press("question_mark")
        assert pilot.app.screen is not shown
        assert not shown.is_above_another


async def test_escape_goes_back_and_q_leaves_from_the_pairs(opened: Opened) -> None:
    async with opened().run_test(size=(80, 24)) as pilot:
        await pilot.press("p", "escape", "escape")
        assert isinstance(pilot.app.screen, CompareScreen), "nothing is below it"
        await pilot.press("p", "q")
    assert pilot.app.return_code == 0


async def test_the_ends_of_the_list_of_runs(opened: Opened) -> None:
    async with opened().run_test(size=(80, 24)) as pilot:
        await pilot.press("end")
        assert "▸c" in screen(pilot)
        await pilot.press("pageup")
        assert "▸a" in screen(pilot)


async def test_while_there_is_more_to_read_one_timer_waits(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tick that finds more must not begin a second row of readings."""
    async with opened().run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        shown = pilot.app.screen
        assert isinstance(shown, CompareScreen)
        waiting: list[float] = []
        monkeypatch.setattr(shown, "set_timer", lambda seconds, then: waiting.append(seconds))
        monkeypatch.setattr(shown.comparing.compared, "read", lambda: ReadNews(True, more=True))
        shown._read()
        assert waiting == []
        shown._follow()
        assert waiting == [BREAK_SECONDS]
