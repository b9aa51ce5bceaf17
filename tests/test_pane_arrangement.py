"""Which panes are on the screen, by keys and sizes, for any list of panes."""

from __future__ import annotations

import pytest

from tui.panes.base.pane import Pane
from tui.panes.pane_list import PANES
from tui.screens.dashboard_regions import STRIPS, layout_kind
from tui.screens.pane_arrangement import PaneArrangement

WIDE, MEDIUM, SHELF, SINGLE, TINY = (200, 60), (120, 40), (80, 24), (70, 15), (40, 12)
SIZES = (WIDE, MEDIUM, SHELF, SINGLE, TINY)


class Tabbed(Pane):
    """A pane without a tile."""

    NAME = TITLE = TAB = GO_TO = "tabbed"


class Alone(Pane):
    """A pane that has neither a tile nor a tab."""

    NAME = TITLE = GO_TO = "alone"


MANY: tuple[type[Pane], ...] = (*PANES, Tabbed, Alone)


def arrangement(size: tuple[int, int], panes: tuple[type[Pane], ...] = MANY) -> PaneArrangement:
    made = PaneArrangement(panes)
    made.resize(*size)
    return made


def shown(seen: PaneArrangement) -> set[str]:
    return set(seen.regions) - STRIPS


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("pane", MANY)
def test_any_pane_is_seen_when_it_is_chosen(size: tuple[int, int], pane: type[Pane]) -> None:
    seen = arrangement(size)
    seen.go_to(pane.NAME)
    assert seen.pane == pane.NAME
    assert pane.NAME in shown(seen)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("pane", MANY)
def test_after_a_zoom_the_focus_is_on_a_pane_that_is_seen(
    size: tuple[int, int], pane: type[Pane]
) -> None:
    seen = arrangement(size)
    seen.go_to(pane.NAME)
    for _ in range(3):
        seen.toggle_zoom()
        assert seen.pane in shown(seen)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("zoomed", [False, True])
@pytest.mark.parametrize("pane", MANY)
def test_after_a_zoom_the_focus_is_where_it_was_before_a_pane_without_a_tile(
    size: tuple[int, int], zoomed: bool, pane: type[Pane]
) -> None:
    seen = arrangement(size)
    if zoomed:
        seen.toggle_zoom()
    seen.go_to(pane.NAME)
    had_a_tile = seen.zoomed == zoomed
    seen.go_to("alone")
    if zoomed or seen.zoomed:
        seen.toggle_zoom()
    if had_a_tile and "alone" not in shown(seen) and pane.NAME in shown(seen):
        assert seen.pane == pane.NAME


@pytest.mark.parametrize("size", SIZES)
def test_tab_reaches_all_panes_and_leaves_the_others_as_they_stood(size: tuple[int, int]) -> None:
    seen = arrangement(size)
    before, visited = shown(seen), []
    for _ in MANY:
        visited.append(seen.pane)
        assert seen.pane in shown(seen)
        seen.step(1)
    assert visited == [pane.NAME for pane in MANY]
    if layout_kind(*size) in ("wide", "medium"):
        assert shown(seen) == before


@pytest.mark.parametrize("pane", MANY)
@pytest.mark.parametrize("last", SIZES)
def test_a_pane_that_loses_its_place_gives_way(pane: type[Pane], last: tuple[int, int]) -> None:
    seen = arrangement(WIDE)
    seen.go_to(pane.NAME)
    seen.resize(*last)
    assert seen.pane in shown(seen)


def test_the_log_gives_way_to_tiles_when_the_terminal_shrinks() -> None:
    seen = arrangement(WIDE)
    seen.go_to("maps")
    seen.go_to("log")
    seen.resize(*MEDIUM)
    assert (seen.pane, seen.zoomed) == ("loss", False)


def test_digits_lead_to_nine_panes_and_to_the_one_with_a_shortcut() -> None:
    seen = arrangement(WIDE)
    assert [seen.numbered(digit) for digit in "123456789"] == [pane.NAME for pane in MANY[:9]]
    assert seen.numbered("0") == "log"
    assert arrangement(WIDE, PANES[:2]).numbered("3") == ""


def test_only_tabs_of_the_shelf_are_titles() -> None:
    seen = arrangement(SHELF)
    seen.go_to("tabbed")
    title = "".join(span.text for span in seen.tabs_of("tabbed"))
    assert title.endswith(f"[{len(PANES) + 1} tabbed]")
    assert title.startswith("…")
    assert seen.tabs_of("loss") == seen.tabs_of("alone") == ()
    assert arrangement(MEDIUM).tabs_of("rate") == ()


def test_a_run_that_never_began_shows_the_log_until_it_does() -> None:
    seen = arrangement(SHELF)
    seen.go_to("maps")
    seen.show_before_start()
    assert shown(seen) == {"log"}
    assert seen.show_again()
    assert (seen.pane, seen.zoomed) == ("maps", False)
    assert not seen.show_again()


def test_names_of_panes_are_unique() -> None:
    assert len({pane.NAME for pane in PANES}) == len(PANES)
    assert sum(pane.FIRST_TAB for pane in PANES) == 1
