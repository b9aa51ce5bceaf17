"""Which pane has the focus, which tab is open on the shelf, and whether a pane is alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from textual.geometry import Region

from tui.drawing import frame
from tui.drawing.cells import Row
from tui.panes.base.pane import Pane, Standing
from tui.screens.dashboard_regions import STRIPS, beside_loss, layout_kind, regions

# The cells in the border of the shelf for the corners and the facts of the pane.
FACTS_ROOM = 18


class Arrangement(NamedTuple):
    """The pane with the focus, the open tab, and whether the pane is shown alone."""

    pane: str
    tab: str
    zoomed: bool


class PaneArrangement:
    """The arrangement that the user chose, adapted to the `size` of the terminal.

    The focused pane is always on the screen if any pane is: if it has no tile beside the others,
    it is shown alone until the user goes to another pane.
    """

    def __init__(self, panes: Sequence[type[Pane]]) -> None:
        self._panes = {pane.NAME: pane for pane in panes}
        # The place of each pane for what is shown.
        self._standing: Mapping[str, Standing] = dict.fromkeys(self._panes, "shown")
        tabs = [pane for pane in panes if pane.TAB]
        tabs.sort(key=lambda pane: not pane.FIRST_TAB)
        self.size = (0, 0)
        self._now = Arrangement(panes[0].NAME, tabs[0].NAME if tabs else "", zoomed=False)
        # The last focused pane that had a tile beside others.
        self._beside = self._now.pane
        # Whether the user has chosen a tab.
        self._tab_chosen = False
        # Whether the pane is alone only because it has no tile beside the others.
        self._forced = False
        # The arrangement before `show_before_start`; None if the user has chosen another one since.
        self._before_start: Arrangement | None = None

    @property
    def pane(self) -> str:
        return self._now.pane

    @property
    def names(self) -> list[str]:
        """The panes that have a place, in the order of their numbers."""
        return [name for name, standing in self._standing.items() if standing != "absent"]

    @property
    def _tabs(self) -> list[str]:
        """The panes on the shelf."""
        beside = beside_loss(self._tiles)
        return [name for name in self.names if self._panes[name].TAB and name != beside]

    @property
    def _tiles(self) -> frozenset[str]:
        return frozenset(name for name, place in self._standing.items() if place == "shown")

    def take(self, standing: Mapping[str, Standing]) -> bool:
        """Take another place for each pane; whether any has changed."""
        if standing == self._standing:
            return False
        self._standing = standing
        is_gone = standing.get(self._now.tab) != "shown" or self._now.tab not in self._tabs
        if is_gone or not self._tab_chosen:
            self._now = self._now._replace(tab=min(self._tabs, key=self._rank, default=""))
        if self._now.pane not in self.names:
            self._now = self._now._replace(pane=self.names[0])
        if not self._now.zoomed:
            self._focus_visible()
        return True

    def _rank(self, tab: str) -> tuple[bool, bool]:
        """What stands first on the shelf: what a training without an accuracy measures instead."""
        first = self._panes[tab].FIRST_TAB or (tab == "scalars" and "accuracy" not in self._tiles)
        return self._standing[tab] != "shown", not first

    @property
    def zoomed(self) -> bool:
        return self._now.zoomed

    @property
    def regions(self) -> Mapping[str, Region]:
        """The region of each visible part."""
        return self._regions(self._now)

    def numbered(self, digit: str) -> str:
        """The pane that this digit leads to, or an empty string."""
        panes = enumerate(self._panes.items(), start=1)
        found = next((name for at, (name, pane) in panes if pane.sign(at) == digit), "")
        return found if found in self.names else ""

    def go_to(self, name: str) -> None:
        """Focus this pane; if it has no tile beside the others, show it alone."""
        self._before_start = None
        tab = name if name in self._tabs else self._now.tab
        self._tab_chosen = self._tab_chosen or name in self._tabs
        self._now = Arrangement(name, tab, self._now.zoomed and not self._forced)
        self._forced = False
        self._make_visible()

    def step(self, panes: int) -> None:
        """Go this many panes on, or back if negative; the first follows the last."""
        names = self.names
        at = names.index(self._now.pane) + panes
        self.go_to(names[at % len(names)])

    def toggle_zoom(self) -> None:
        """Show the pane alone or with the others; without a tile there, another gets the focus."""
        self._before_start, self._forced = None, False
        self._now = self._now._replace(zoomed=not self._now.zoomed and self._fits_alone)
        if not self._now.zoomed:
            self._focus_visible()

    def resize(self, width: int, height: int) -> None:
        """Take another size; if the focused pane loses its tile, another one gets the focus."""
        self.size = width, height
        if not self._now.zoomed:
            self._focus_visible()

    def show_before_start(self) -> None:
        """Show only the pane that has something to show of a run that never began."""
        name = next((n for n, pane in self._panes.items() if pane.BEFORE_START), self._now.pane)
        self._before_start = self._before_start or self._now
        self._now, self._forced = Arrangement(name, name, zoomed=True), False

    def show_again(self) -> bool:
        """Undo `show_before_start`, unless the user has chosen since; whether it was undone."""
        if self._before_start is None:
            return False
        self._now, self._before_start = self._before_start, None
        return True

    def tabs_of(self, name: str) -> Row:
        """The title of this pane as a row of tabs; empty if it is not on the shelf."""
        width, height = self.size
        on_shelf = self._tabs
        if layout_kind(width, height) != "shelf" or self.zoomed or name not in on_shelf:
            return ()
        tabs = {
            other: f"{pane.sign(number)} {pane.TAB}"
            for number, (other, pane) in enumerate(self._panes.items(), start=1)
            if other in on_shelf
        }
        return frame.fitting_tabs([*tabs.values()], [*tabs].index(name), width - FACTS_ROOM)

    @property
    def _fits_alone(self) -> bool:
        return self._now.pane in self._regions(self._now._replace(zoomed=True))

    def _regions(self, now: Arrangement) -> Mapping[str, Region]:
        width, height = self.size
        return regions(width, height, now.pane, now.tab, now.zoomed, self._tiles)

    def _focus_visible(self) -> None:
        """Focus another pane if the focused one has no region."""
        shown = self.regions.keys() - STRIPS
        if shown and self._now.pane not in shown:
            seen = next(name for name in (self._beside, *self.names) if name in shown)
            self._now = self._now._replace(pane=seen)

    def _make_visible(self) -> None:
        """Remember the pane if it has a tile; otherwise show it alone if it fits."""
        if self._now.pane in self._regions(self._now._replace(zoomed=False)):
            self._beside = self._now.pane
        elif not self._now.zoomed and self._fits_alone:
            self._now, self._forced = self._now._replace(zoomed=True), True
