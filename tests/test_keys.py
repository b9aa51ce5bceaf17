"""Every key is told in the help, and everything that can be done stands in the palette."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from textual.binding import Binding
from textual.dom import DOMNode
from textual.screen import Screen

from tests import scripted
from tests.test_dashboard import app_of, screen
from tui import app, screens
from tui.drawing import cells
from tui.panes.base.pane import Pane
from tui.screens import help as help_screen
from tui.screens import screen_text
from tui.screens.dashboard import PANES, Dashboard
from tui.screens.launcher.launcher_screen import Launcher
from tui.widgets.chooser import Chooser
from tui.widgets.palette import Actions, key_sign, words_for
from tui.widgets.strips import keys_row

Kinds = Iterable[type[DOMNode]]


def all_screens() -> list[type[DOMNode]]:
    """Every screen of the program."""
    for module in pkgutil.walk_packages(screens.__path__, "tui.screens."):
        importlib.import_module(module.name)
    return [kind for kind in below(Screen) if kind.__module__.startswith("tui.")]


def below(kind: type[Any]) -> list[type[Any]]:
    """All that is built on this class."""
    return [one for child in kind.__subclasses__() for one in (child, *below(child))]


SCREENS = all_screens()
MODAL = [kind for kind in SCREENS if kind not in (Dashboard, Launcher)]
# For each list of keys in the help who has them, as far as they have any.
OF_RUN_AND_SCREEN: Kinds = [Dashboard, app.CnnTui]
GROUPS: dict[str, Kinds] = {
    screen_text.HELP_CURVES: [PANES[name] for name in ("loss", "accuracy", "rate")],
    screen_text.HELP_LAYERS: [PANES["layers"]],
    screen_text.HELP_CONFUSION: [PANES["confusion"]],
    screen_text.HELP_MAPS: [PANES["maps"]],
    screen_text.HELP_LOG: [PANES["log"]],
    screen_text.HELP_LAUNCHER: [Launcher, Chooser, app.CnnTui],
    screen_text.HELP_BOXES: MODAL,
}
# Keys of a box that only repeat the one that opened it.
OPENED_BY = {"e", "a", "?"}


def bindings_of(kind: type[DOMNode]) -> list[Binding]:
    """The keys of a screen or a pane and of what it builds on, as far as it is ours."""
    ours = (parent for parent in kind.__mro__ if parent.__module__.startswith("tui."))
    made = (binding for parent in ours for binding in vars(parent).get("BINDINGS", ()))
    return [binding for binding in made if isinstance(binding, Binding)]


def keys_of(*kinds: type[DOMNode]) -> set[str]:
    bindings = (binding for kind in kinds for binding in bindings_of(kind))
    return {key_sign(key) for binding in bindings for key in binding.key.split(",")}


def listed(*titles: str) -> set[str]:
    """The keys under these titles of the help; `1-8` are eight."""
    keys = {
        key for title in titles for said, _ in screen_text.HELP_KEYS[title] for key in said.split()
    }
    if screen_text.DIGITS in keys:
        first, last = screen_text.DIGITS.split("-")
        keys = keys - {screen_text.DIGITS} | {str(i) for i in range(int(first), int(last) + 1)}
    return keys


def test_the_help_knows_every_screen_and_pane() -> None:
    told = {kind for kinds in (OF_RUN_AND_SCREEN, *GROUPS.values()) for kind in kinds}
    with_keys = {kind for kind in (*SCREENS, *PANES.values()) if keys_of(kind)}
    assert with_keys - told == set()
    assert {name for name, kind in PANES.items() if keys_of(kind)} == set(screen_text.HELP_PANES)


def test_the_keys_of_run_and_screen_are_those_of_the_dashboard() -> None:
    assert listed(screen_text.HELP_RUN, screen_text.HELP_SCREEN) == keys_of(*OF_RUN_AND_SCREEN)


@pytest.mark.parametrize("title", sorted(set(GROUPS) - {screen_text.HELP_BOXES}))
def test_each_group_tells_exactly_the_keys_that_there_are(title: str) -> None:
    assert listed(title) == keys_of(*GROUPS[title])


def test_boxes_have_no_other_keys_than_the_help_tells() -> None:
    assert keys_of(*MODAL) - OPENED_BY <= listed(screen_text.HELP_BOXES)


@pytest.mark.parametrize("kind", list(PANES.values()))
def test_what_the_footer_offers_are_keys_of_the_pane(kind: type[Pane]) -> None:
    words = [word for keys, _ in kind.KEYS for word in keys.split()]
    assert {one for word in words for one in signs(word)} <= keys_of(kind)


def signs(word: str) -> list[str]:
    """The keys that a word of the footer names: `↑↓` are two, `space` is one."""
    return [word.capitalize()] if word.isascii() and len(word) > 1 else list(word)


def test_all_groups_are_shown_whoever_asks() -> None:
    of_dashboard = set(screen_text.HELP_KEYS) - {
        screen_text.HELP_LAUNCHER,
        screen_text.HELP_RECORDING,
    }
    for pane in PANES:
        shown = help_screen.groups(pane)
        assert (len(shown), set(shown)) == (len(of_dashboard), of_dashboard)
        assert [title for half in help_screen.halves(shown) for title in half] == list(shown)
    assert help_screen.groups("maps")[0] == screen_text.HELP_MAPS


def test_of_a_recording_only_the_keys_are_told_that_do_something() -> None:
    shown = help_screen.groups("maps", screen_text.HELP_RECORDING)
    assert set(shown) - set(help_screen.groups("maps")) == {screen_text.HELP_RECORDING}
    assert screen_text.HELP_RUN not in shown


async def test_side_by_side_the_columns_of_the_help_do_not_touch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = "what is as long as the column is wide"
    keys = {**screen_text.HELP_KEYS, screen_text.HELP_LAUNCHER: (("x", long),) * 3}
    monkeypatch.setattr(screen_text, "HELP_KEYS", keys)
    async with app.CnnTui(tmp_path / "runs").run_test(size=(120, 40)) as pilot:
        await pilot.press("question_mark")
        await pilot.pause()
        assert not re.search(" is wide ?[^ ]", screen(pilot))


def test_no_two_rows_of_a_group_say_the_same() -> None:
    for rows in screen_text.HELP_KEYS.values():
        assert len({said for _, said in rows}) == len(rows)


# Moving, and what only undoes: nobody looks for it by a name.
NOT_IN_PALETTE = re.compile(r"(move|scroll_rows|hide|deselect|back|scroll|page|app\.)")


@pytest.mark.parametrize("kind", [Dashboard, Launcher, app.CnnTui, *PANES.values()])
def test_every_action_has_its_words_in_the_palette(kind: type[DOMNode]) -> None:
    actions = {binding.action for binding in bindings_of(kind)} - {"command_palette"}
    assert {a for a in actions if not NOT_IN_PALETTE.match(a) and not words_for(a)} == set()


@pytest.mark.parametrize("name", PANES)
async def test_the_palette_offers_every_action_that_is_possible_now(
    tmp_path: Path, name: str
) -> None:
    run = scripted.run_dir(tmp_path / "runs", scripted.half_a_run())
    async with app_of(run).run_test(size=(200, 60)) as pilot:
        await pilot.pause()
        dashboard = pilot.app.screen
        assert isinstance(dashboard, Dashboard)
        dashboard.action_pane(name)
        await pilot.pause()
        offered = {one.action for one in Actions(dashboard).actions()}
        for node in (dashboard, dashboard.get_child_by_id(name)):
            for action in {binding.action for binding in bindings_of(type(node))}:
                possible = node.check_action(action.partition("(")[0], ()) is not False
                if words_for(action) and possible:
                    assert action in offered, action


async def test_the_palette_of_the_launcher_offers_its_actions(tmp_path: Path) -> None:
    async with app.CnnTui(tmp_path / "runs").run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        offered = {one.action for one in Actions(pilot.app.screen).actions()}
        assert {b.action for b in bindings_of(Launcher) if words_for(b.action)} <= offered


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (40, 12)])
async def test_the_help_says_the_keys_of_the_pane_first(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    run = scripted.run_dir(tmp_path / "runs", scripted.half_a_run())
    async with app_of(run).run_test(size=size) as pilot:
        await pilot.press("6", "question_mark")
        await pilot.pause()
        shown = screen(pilot)
        at = shown.index(f" {screen_text.HELP_MAPS} ")
        assert at < shown.index(" n N ")
        assert not any(f" {title} " in shown[:at] for title in screen_text.HELP_KEYS)
        if size[0] >= help_screen.WIDE:
            assert all(
                title in screen(pilot)
                for title in (screen_text.HELP_BOXES, screen_text.HELP_SCREEN)
            )


def test_a_row_of_keys_too_long_for_its_place_says_so() -> None:
    keys = (("p", "pause"), ("c", "checkpoint"), ("s", "steer"), ("q", "leave"), ("?", "help"))
    for width, row in (
        (60, " p pause   c checkpoint   s steer   q leave   ? help"),
        (45, " p pause c checkpoint s steer q leave ? help"),
        (43, " p pause c checkpoint … q leave ? help"),
        (37, " p pause … q leave ? help"),
        (24, " … q leave ? help"),
        (16, " q leave ? help"),
        (14, " q ?"),
        (3, ""),
    ):
        assert cells.text(keys_row(keys, width)) == row
    assert keys_row((), 80) == ()
