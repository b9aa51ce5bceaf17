"""The confusion pane driven by keys: selection, orders, and the images of a cell."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import msgspec
import pytest

from engine.protocol import commands, events
from engine.protocol.events import Cell, Event
from engine.run import run_lock
from engine.run.run_paths import RunDir
from tests import scripted
from tests.test_dashboard import app_of, notes, pane, screen, told
from tui.app import CnnTui
from tui.panes.confusion.confusion_pane import ConfusionPane
from tui.panes.confusion.images_dialog import ImagesDialog
from tui.screens.dashboard import Dashboard
from tui.viewer.run_follower import RunFollower

WHITE = events.Picture(1, 8, 8, base64.b64encode(b"\xff" * 64).decode())


def journal(classes: int = 10) -> list[Event]:
    """A run whose matrix keeps two images of the 4s that were taken for 5s."""
    said = scripted.half_a_run()
    said[1] = scripted.started(tuple(f"c{i:03d}" for i in range(classes)))
    matrix = scripted.confusion(2, classes)
    return [*said, msgspec.structs.replace(matrix, worst=(Cell(4, 5, (8, 31)),))]


@pytest.fixture
def live(tmp_path: Path) -> Iterator[RunDir]:
    """The run, its lock held as an engine would."""
    run = scripted.run_dir(tmp_path / "runs", journal())
    lock = run_lock.acquire(run)
    yield run
    os.close(lock)


async def test_arrows_select_a_cell_and_escape_lets_it_go(live: RunDir) -> None:
    async with app_of(live).run_test(size=(120, 40)) as pilot:
        await pilot.press("5", "down")
        assert "c000 → c001   1 of 10" in screen(pilot), "the worst pair comes first"
        await pilot.press("l", "j", "right", "up")
        assert "c000 → c003   0 of 10" in screen(pilot)
        await pilot.press("escape")
        assert "c000 → c003" not in screen(pilot)


async def test_enter_zooms_until_something_is_selected(live: RunDir) -> None:
    async with app_of(live).run_test(size=(120, 40)) as pilot:
        await pilot.press("5", "enter")
        assert pane(pilot, ConfusionPane).size.width == 120
        await pilot.press("down", "enter")
        assert pane(pilot, ConfusionPane).size.width == 120
        await pilot.press("escape", "escape")
        assert pane(pilot, ConfusionPane).size.width < 120


async def test_enter_asks_for_the_images_of_a_pair_and_shows_them(live: RunDir) -> None:
    async with app_of(live).run_test(size=(120, 40)) as pilot:
        await pilot.press("5", "m", *["down"] * 5, "enter")
        await pilot.pause()
        assert "waiting: c004 taken for c005, epoch 2 …" in screen(pilot)
        await pilot.press("down")
        assert "c004 taken for c005, epoch 2 …" in screen(pilot), "another pair is selected"
        await pilot.press("up")
        [asked] = told(live)
        assert isinstance(asked, commands.Inspect)
        assert (asked.kind, asked.images) == ("images", (8, 31))
        assert (asked.cell, asked.epoch) == ((4, 5), 2)
        shown = [events.Example(i, WHITE, 4, ((5, 0.8), (4, 0.2))) for i in asked.images]
        pane(pilot, ConfusionPane)._asked_for = 44
        pane(pilot, ConfusionPane).receive(events.Examples(tuple(shown)))
        await pilot.pause()
        assert isinstance(pilot.app.screen, ImagesDialog)
        for words in (
            "c004 taken for c005, epoch 2",
            "1-2 of 2   44 in all",
            "true c004",
            "#31",
            "c005 ▇",
            "✓ c004",
        ):
            assert words in screen(pilot), words
        await pilot.press("escape")
        assert "waiting" not in screen(pilot)


async def test_ascii_offers_enter_by_its_name(live: RunDir) -> None:
    app = CnnTui(live.path.parent, watch=partial(RunFollower, live), ascii_only=True)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("5", "enter", "down", *"jjjj", *"llll")
        await pilot.pause()
        assert "Enter images" in screen(pilot)


async def test_a_past_epoch_is_said_once(live: RunDir) -> None:
    async with app_of(live).run_test(size=(120, 40)) as pilot:
        await pilot.press("5", "enter", "comma")
        await pilot.pause()
        [border] = [row for row in screen(pilot).splitlines() if "(past)" in row]
        assert border.count("epoch 1") == 1
        assert "row = true, column = predicted, % ─" in border
        await pilot.press("full_stop")
        await pilot.pause()
        assert "column = predicted, %   epoch 2" in screen(pilot)


async def test_the_note_of_a_refusal_goes_with_the_pane_that_asked(live: RunDir) -> None:
    async with app_of(live).run_test(size=(120, 40)) as pilot:
        dashboard = pilot.app.screen
        assert isinstance(dashboard, Dashboard)
        await pilot.press("5")
        dashboard.inspection._hand_on(events.Alert("warning", "probe", "not known"))
        await pilot.pause()
        assert [note.message for note in pilot.app._notifications] == ["not known"]
        await pilot.press("4")
        await pilot.pause()
        assert not [*pilot.app._notifications]


async def test_a_refusal_ends_the_waiting(live: RunDir) -> None:
    async with app_of(live).run_test(size=(120, 40)) as pilot:
        await pilot.press("5", "m", *["down"] * 5, "enter")
        pane(pilot, ConfusionPane).receive(events.Alert("warning", "probe", "no"))
        await pilot.pause()
        assert isinstance(pilot.app.screen, Dashboard)
        assert "waiting" not in screen(pilot)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        (["down", "down", "down", "enter"], "There is no such image"),
    ],
)
async def test_a_cell_without_images_says_so(live: RunDir, keys: list[str], said: str) -> None:
    async with app_of(live).run_test(size=(120, 40)) as pilot:
        await pilot.press("5", *keys)
        assert notes(pilot)[-1].startswith(said)
        assert told(live) == []


async def test_r_reports_and_o_sorts(live: RunDir) -> None:
    async with app_of(live).run_test(size=(120, 40)) as pilot:
        await pilot.press("5", "r")
        assert "prec   rec    F1" in screen(pilot)
        assert "by recall" in screen(pilot)
        await pilot.press("o")
        assert "in class order" in screen(pilot)
        await pilot.press("down", "enter", "r")
        assert "row = true" in screen(pilot)


async def test_the_images_of_a_class_are_those_of_all_its_mistakes(live: RunDir) -> None:
    async with app_of(live).run_test(size=(120, 40)) as pilot:
        await pilot.press("5", "r", "o", *["j"] * 5, "enter")
        [asked] = told(live)
        assert isinstance(asked, commands.Inspect)
        assert asked.images == (8, 31)
        assert asked.cell == (4, commands.ANY_MISTAKE)


async def test_enter_on_the_diagonal_asks_for_the_right_ones(live: RunDir) -> None:
    async with app_of(live).run_test(size=(120, 40)) as pilot:
        await pilot.press("5", "down", "left", "enter")
        [asked] = told(live)
        assert isinstance(asked, commands.Inspect)
        assert (asked.images, asked.cell, asked.epoch) == ((), (0, 0), 2)
        right = events.Example(3, WHITE, 0, ((0, 0.8),))
        pane(pilot, ConfusionPane).receive(events.Examples((right,) * 9))
        await pilot.pause()
        assert "c000, recognised, epoch 2" in screen(pilot)
        assert "of 9 ─" in screen(pilot), "these are all"


async def test_a_filter_keeps_the_classes_that_fit(live: RunDir) -> None:
    async with app_of(live).run_test(size=(120, 40)) as pilot:
        await pilot.press("5", "r", "slash", *"c007", "enter")
        await pilot.pause()
        assert "/c007" in screen(pilot)
        assert "c006  " not in screen(pilot)
        await pilot.press("down", "escape")
        assert "/c007" in screen(pilot)
        await pilot.press("escape")
        assert "/c007" not in screen(pilot)


async def test_a_hundred_classes_scroll_in_the_matrix(tmp_path: Path) -> None:
    run = scripted.run_dir(tmp_path / "runs", journal(classes=100))
    async with app_of(run).run_test(size=(80, 24)) as pilot:
        await pilot.press("5", "z", "m", "down", *["pagedown"] * 9, *["right"] * 9)
        assert "c090 → c010" in screen(pilot)
        assert "[·]" in screen(pilot)


async def test_before_the_first_validation_keys_do_nothing(tmp_path: Path) -> None:
    run = scripted.run_dir(tmp_path / "runs", [scripted.started()])
    async with app_of(run).run_test(size=(120, 40)) as pilot:
        await pilot.press("5", "down", "m", "r", "o", "down")
        await pilot.pause()
        assert "the first validation fills this pane" in screen(pilot)
