"""Boxes over a screen: what stands in their border, and which keys go where."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.containers import VerticalScroll
from textual.widgets import Input, OptionList

from engine.recipes.recipe import FIELDS, Recipe
from engine.recipes.recipe_building import build_recipe
from engine.run.history import History
from tests.test_dashboard import screen
from tui.app import CnnTui
from tui.panes.confusion.class_filter import ClassFilterScreen
from tui.screens.explain import ExplainScreen
from tui.screens.help import HelpScreen
from tui.screens.launcher.fields_dialog import SHOWN, FieldsDialog
from tui.screens.launcher.folder_dialog import FolderDialog
from tui.screens.launcher.new_run import NewRun
from tui.screens.leave import LeaveScreen
from tui.screens.steer import SteerScreen
from tui.widgets.forms import FormDialog


class Host(App[None]):
    """An app with the inks that boxes are drawn in, which may draw ASCII alone."""

    def __init__(self, ascii_only: bool = False) -> None:
        super().__init__()
        self.ascii_only = ascii_only

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return dict.fromkeys(("ink-selected", "ink-dim", "ink-border", "ink-error"), "white")


@pytest.mark.parametrize(("ascii_only", "foot"), [(False, "↑ ↓ scroll"), (True, "^ v scroll")])
async def test_titles_stand_in_the_border_in_characters_that_there_are(
    ascii_only: bool, foot: str
) -> None:
    async with Host(ascii_only).run_test() as pilot:
        await pilot.app.push_screen(HelpScreen())
        box = pilot.app.screen.query_one(".box")
        assert box.border_title == "Keys"
        assert str(box.border_subtitle).startswith(foot)


FORMS: Mapping[str, Callable[[], FormDialog[Any]]] = {
    "steer": lambda: SteerScreen(History(), str),
    "fields": lambda: FieldsDialog(Recipe(), {}, lambda fields: Recipe()),
    "folder": lambda: FolderDialog(NewRun()),
    "classes": ClassFilterScreen,
}


@pytest.mark.parametrize("name", FORMS)
async def test_forms_are_ascii_too(tmp_path: Path, name: str) -> None:
    async with CnnTui(tmp_path, ascii_only=True).run_test(size=(80, 24)) as pilot:
        await pilot.app.push_screen(FORMS[name]())
        await pilot.pause()
        assert screen(pilot).isascii()


async def test_arrows_go_round_the_fields_of_a_form_and_nowhere_else() -> None:
    async with Host().run_test() as pilot:
        await pilot.app.push_screen(FieldsDialog(Recipe(), {}, lambda fields: Recipe()))
        went = []
        for _ in range(len(SHOWN) + 3):
            assert pilot.app.focused is not None
            went.append(pilot.app.focused.id)
            await pilot.press("down")
    assert went == [*SHOWN, "search", None, SHOWN[0]]


@pytest.mark.parametrize(("searched", "fields"), [("labels", 1), ("lr", 2), ("nothing", 0)])
async def test_enter_goes_from_the_last_field_that_was_found_to_apply(
    searched: str, fields: int
) -> None:
    async with Host().run_test() as pilot:
        dialog = FieldsDialog(Recipe(), {}, lambda fields: Recipe())
        taken: list[Any] = []
        await pilot.app.push_screen(dialog, taken.append)
        dialog.query_one("#search", Input).focus()
        await pilot.press(*searched)
        shown = [row for row in dialog.query(".field") if row.display]
        for _ in range(len(shown) + 1):
            assert isinstance(dialog.focused, Input)
            await pilot.press("enter")
        assert len(shown) >= fields
        assert dialog.focused is dialog.query_one(".apply")
        await pilot.press("enter")
    assert len(taken) == 1


async def test_only_what_was_given_or_is_written_leaves_the_dialog_of_fields() -> None:
    """The batch that the images of a folder asked for would stay with another data set."""

    def draft(fields: Mapping[str, object]) -> Recipe:
        return build_recipe(settings={"batch": 16, **fields})

    async with Host().run_test() as pilot:
        dialog = FieldsDialog(Recipe(batch=16, epochs=7), {"epochs": 7}, draft)
        taken: list[Any] = []
        await pilot.app.push_screen(dialog, taken.append)
        dialog.query_one("#seed", Input).value = "3"
        dialog.query_one(".apply").focus()
        await pilot.press("enter")
    assert taken == [{"epochs": 7, "seed": 3}]


async def test_a_field_that_is_put_back_is_no_longer_given() -> None:
    def draft(fields: Mapping[str, object]) -> Recipe:
        return build_recipe(settings={"batch": 16, **fields})

    given = {"batch": 128, "epochs": 7}
    async with Host().run_test() as pilot:
        dialog = FieldsDialog(draft(given), given, draft)
        taken: list[Any] = []
        await pilot.app.push_screen(dialog, taken.append)
        dialog.query_one("#batch", Input).value = "16"
        dialog.query_one(".apply").focus()
        await pilot.press("enter")
    assert taken == [{"epochs": 7}]


def test_the_dialog_of_fields_has_each_field_once_that_no_list_chooses() -> None:
    chosen_in_lists = {"arch", "data", "data_dir", "preset", "device"}
    assert sorted([*SHOWN, *chosen_in_lists]) == sorted(FIELDS)


async def test_answers_have_the_keys_at_once() -> None:
    async with Host().run_test() as pilot:
        await pilot.app.push_screen(LeaveScreen("43 resnet18", paused=False))
        assert isinstance(pilot.app.focused, OptionList)
        await pilot.press("tab")
        assert isinstance(pilot.app.focused, OptionList)


async def test_an_explanation_says_how_to_leave_it() -> None:
    async with Host().run_test() as pilot:
        await pilot.app.push_screen(ExplainScreen("Loss", "One sentence."))
        assert "Esc back" in str(pilot.app.screen.query_one(".box").border_subtitle)


async def test_each_answer_says_its_key() -> None:
    async with Host().run_test(size=(80, 24)) as pilot:
        await pilot.app.push_screen(LeaveScreen("43 resnet18", paused=False))
        await pilot.pause()
        rows = [
            str(option.prompt).split()[0]
            for option in pilot.app.screen.query_one(OptionList).options
        ]
    assert rows == ["k", "s", "Esc"]


async def test_what_is_too_long_scrolls() -> None:
    async with Host().run_test(size=(40, 8)) as pilot:
        await pilot.app.push_screen(ExplainScreen("Loss", "One more sentence. " * 40))
        box = pilot.app.screen.query_one(".box", VerticalScroll)
        await pilot.press("end")
        await pilot.pause()
        assert box.scroll_offset.y == box.max_scroll_y > 0
