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
from tui import app, panes, screens
from tui.drawing import cells
from tui.panes.base.pane import Pane
from tui.panes.maps import maps_text
from tui.panes.pane_list import PANES
from tui.screens import help as help_screen
from tui.screens import screen_text
from tui.screens.compare import compare_text, pairs_text
from tui.screens.compare.compare_screen import CompareScreen
from tui.screens.compare.pairs_screen import PairsScreen
from tui.screens.dashboard import Dashboard
from tui.screens.launcher.launcher_screen import Launcher
from tui.screens.logs import logs_screen_text
from tui.screens.logs.logs_screen import LogsScreen
from tui.screens.race import race_screen_text
from tui.screens.race.race_screen import RaceScreen
from tui.screens.runs import runs_screen_text
from tui.screens.runs.run_list_screen import RunListScreen
from tui.screens.runs.runs_screen import RunsScreen
from tui.screens.runs.trash_screen import TrashScreen
from tui.widgets.chooser import Chooser
from tui.widgets.key_group import KeyGroup
from tui.widgets.long_list import LongList
from tui.widgets.palette import Actions, key_sign
from tui.widgets.strips import keys_row

Kinds = Iterable[type[DOMNode]]


def all_screens() -> list[type[DOMNode]]:
    """Every screen of the program, the dialogs of panes among them."""
    for package in (screens, panes):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    return [kind for kind in below(Screen) if kind.__module__.startswith("tui.")]


def below(kind: type[Any]) -> list[type[Any]]:
    """All that is built on this class."""
    return [one for child in kind.__subclasses__() for one in (child, *below(child))]


SCREENS = all_screens()
# Screens with help of their own, by its groups, and the widgets whose keys these tell as well.
WITH_HELP: dict[tuple[KeyGroup, ...], Kinds] = {
    (screen_text.HELP_LAUNCHER,): [Launcher, Chooser, app.CnnTui],
    (logs_screen_text.HELP,): [LogsScreen, Chooser, app.CnnTui],
    (runs_screen_text.HELP,): [RunsScreen, LongList, app.CnnTui],
    (runs_screen_text.TRASH_HELP,): [TrashScreen, RunListScreen, LongList, app.CnnTui],
    (race_screen_text.HELP,): [RaceScreen, Chooser, app.CnnTui],
    compare_text.HELP: [CompareScreen, app.CnnTui],
    (pairs_text.HELP,): [PairsScreen, LongList, app.CnnTui],
}
MODAL = [
    kind
    for kind in SCREENS
    if kind is not Dashboard and all(kind not in kinds for kinds in WITH_HELP.values())
]
SCREEN_GROUP = screen_text.help_screen(len(PANES), {"0": "log"})
# For each group of keys in the help who has them, as far as they have any.
OF_RUN_AND_SCREEN: Kinds = [Dashboard, app.CnnTui]
OF_PANES = list(dict.fromkeys(group for pane in PANES for group in pane.KEY_HELP))
GROUPS: dict[KeyGroup, Kinds] = {
    **{group: kinds for groups, kinds in WITH_HELP.items() for group in groups},
    screen_text.HELP_BOXES: MODAL,
    **{group: [pane for pane in PANES if group in pane.KEY_HELP] for group in OF_PANES},
}
# Keys of a box that only repeat the one that opened it.
OPENED_BY = {"e", "a", "i", "p", "?"}


def bindings_of(kind: type[DOMNode]) -> list[Binding]:
    """The keys of a screen or a pane and of what it builds on, as far as it is ours."""
    ours = (parent for parent in kind.__mro__ if parent.__module__.startswith("tui."))
    made = (binding for parent in ours for binding in vars(parent).get("BINDINGS", ()))
    return [binding for binding in made if isinstance(binding, Binding)]


def keys_of(*kinds: type[DOMNode]) -> set[str]:
    bindings = (binding for kind in kinds for binding in bindings_of(kind))
    return {key_sign(key) for binding in bindings for key in binding.key.split(",")}


def listed(*groups: KeyGroup) -> set[str]:
    """The keys of these groups of the help; `1-9` are nine."""
    keys = {key for group in groups for said, _ in group.rows for key in said.split()}
    digits = screen_text.digits(len(PANES))
    if digits in keys:
        first, last = digits.split("-")
        keys = keys - {digits} | {str(i) for i in range(int(first), int(last) + 1)}
    return keys


def test_the_help_knows_every_screen_and_pane() -> None:
    told = {kind for kinds in (OF_RUN_AND_SCREEN, *GROUPS.values()) for kind in kinds}
    with_keys = {kind for kind in (*SCREENS, *PANES) if keys_of(kind)}
    assert with_keys - told == set()


def test_the_keys_of_run_and_screen_are_those_of_the_dashboard() -> None:
    # What has no pane is no key: the tenth digit is the shortcut of one.
    assert listed(screen_text.HELP_RUN, SCREEN_GROUP) == keys_of(*OF_RUN_AND_SCREEN) - UNUSED


UNUSED = {str(number) for number in range(len(PANES) + 1, 10)}


@pytest.mark.parametrize("group", [group for group in GROUPS if group != screen_text.HELP_BOXES])
def test_each_group_tells_only_keys_that_there_are(group: KeyGroup) -> None:
    assert listed(group) <= keys_of(*GROUPS[group])


@pytest.mark.parametrize("pane", PANES)
def test_the_groups_of_a_pane_tell_all_its_keys(pane: type[Pane]) -> None:
    assert keys_of(pane) <= listed(*pane.KEY_HELP)


@pytest.mark.parametrize("groups", WITH_HELP)
def test_the_help_of_a_screen_tells_all_its_keys(groups: tuple[KeyGroup, ...]) -> None:
    assert listed(*groups) == keys_of(*WITH_HELP[groups])


def test_boxes_have_no_other_keys_than_the_help_tells() -> None:
    assert keys_of(*MODAL) - OPENED_BY <= listed(screen_text.HELP_BOXES)


@pytest.mark.parametrize("kind", PANES)
def test_what_the_footer_offers_are_keys_of_the_pane(kind: type[Pane]) -> None:
    words = [word for keys, _ in kind.KEYS for word in keys.split()]
    assert {one for word in words for one in signs(word)} <= keys_of(kind)


def signs(word: str) -> list[str]:
    """The keys that a word of the footer names: `↑↓` are two, `space` is one."""
    return [word.capitalize()] if word.isascii() and len(word) > 1 else list(word)


def of_dashboard(focused: str, shown: KeyGroup = screen_text.HELP_RUN) -> list[KeyGroup]:
    return [*help_screen.of_dashboard(PANES, focused, shown)]


def test_all_groups_are_shown_whoever_asks() -> None:
    of_panes = set(OF_PANES)
    others = {screen_text.HELP_RUN, SCREEN_GROUP, screen_text.HELP_BOXES, screen_text.HELP_SIGNS}
    for pane in PANES:
        shown = of_dashboard(pane.NAME)
        assert (len(shown), set(shown)) == (len(of_panes | others), of_panes | others)
        assert [group for half in help_screen.halves(shown) for group in half] == shown
        assert tuple(shown[: len(pane.KEY_HELP)]) == pane.KEY_HELP


@pytest.mark.parametrize("only_shown", [screen_text.HELP_RECORDING, screen_text.HELP_LOG])
def test_of_what_is_only_shown_only_the_keys_are_told_that_do_something(
    only_shown: KeyGroup,
) -> None:
    run, other = set(of_dashboard("maps")), set(of_dashboard("maps", only_shown))
    assert other - run == {only_shown}
    assert run - other == {screen_text.HELP_RUN}


async def test_side_by_side_the_columns_of_the_help_do_not_touch(tmp_path: Path) -> None:
    long = KeyGroup("keys", (("x", "what is as long as the column is wide"),) * 3)
    launcher = app.CnnTui(tmp_path / "runs")
    async with launcher.run_test(size=(120, 40)) as pilot:
        await launcher.push_screen(help_screen.HelpScreen([long, screen_text.HELP_BOXES]))
        await pilot.pause()
        assert not re.search(" is wide ?[^ ]", screen(pilot))


def test_no_two_rows_of_a_group_say_the_same() -> None:
    of_shown = (screen_text.HELP_RUN, screen_text.HELP_RECORDING, screen_text.HELP_LOG)
    for group in (*GROUPS, SCREEN_GROUP, *of_shown):
        assert len({said for _, said in group.rows}) == len(group.rows)


# Moving, and what only undoes: nobody looks for it by a name.
NOT_IN_PALETTE = re.compile(
    r"(move|run\(|scroll_rows|hide|deselect|back|scroll|page|numbered|select|app\.)"
)


@pytest.mark.parametrize(
    "kind", [kind for kind in SCREENS if kind not in MODAL] + [app.CnnTui, *PANES]
)
def test_every_action_has_its_words_in_the_palette(kind: type[DOMNode]) -> None:
    unnamed = {binding.action for binding in bindings_of(kind) if not binding.description}
    assert {a for a in unnamed - {"command_palette"} if not NOT_IN_PALETTE.match(a)} == set()


@pytest.mark.parametrize("name", [pane.NAME for pane in PANES])
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
        offered |= dashboard.useless_actions()
        assert {f"pane('{pane.NAME}')" for pane in PANES} <= offered
        for node in (dashboard, dashboard.get_child_by_id(name)):
            for binding in bindings_of(type(node)):
                action = binding.action.partition("(")[0]
                if binding.description and node.check_action(action, ()) is not False:
                    assert binding.action in offered, binding.action


async def test_the_palette_of_the_launcher_offers_its_actions(tmp_path: Path) -> None:
    async with app.CnnTui(tmp_path / "runs").run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        offered = {one.action for one in Actions(pilot.app.screen).actions()}
        assert {b.action for b in bindings_of(Launcher) if b.description} <= offered
        assert "toggle_theme" in offered


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (40, 12)])
async def test_the_help_says_the_keys_of_the_pane_first(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    run = scripted.run_dir(tmp_path / "runs", scripted.half_a_run())
    async with app_of(run).run_test(size=size) as pilot:
        await pilot.press("6", "question_mark")
        await pilot.pause()
        shown = screen(pilot)
        at = shown.index(f" {maps_text.HELP_TITLE} ")
        assert at < shown.index(" n N ")
        others = [group.title for group in GROUPS if group.title != maps_text.HELP_TITLE]
        assert not any(f" {title} " in shown[:at] for title in (*others, SCREEN_GROUP.title))
        if size[0] >= help_screen.WIDE:
            assert all(
                group.title in screen(pilot) for group in (screen_text.HELP_BOXES, SCREEN_GROUP)
            )


def test_a_row_of_keys_too_long_for_its_place_says_so() -> None:
    keys = (("p", "pause"), ("c", "checkpoint"), ("s", "steer"), ("q", "leave"), ("?", "help"))
    for width, row in (
        (60, " p pause   c checkpoint   s steer   q leave   ? help"),
        (45, " p pause  c checkpoint  …  q leave  ? help"),
        (37, " p pause  …  q leave  ? help"),
        (24, " …  q leave  ? help"),
        (17, " q leave  ? help"),
        (14, " q ?"),
        (3, ""),
    ):
        assert cells.text(keys_row(keys, width)) == row
    long = (("p", "pause"), ("q", "leave (run goes on)"), ("?", "help"))
    assert cells.text(keys_row(long, 32)) == " q leave (run goes on)  ? help"
    assert cells.text(keys_row(long, 20)) == " q leave  ? help"
    assert keys_row((), 80) == ()
