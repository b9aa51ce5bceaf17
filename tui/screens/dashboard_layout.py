"""Puts the parts of the dashboard where `places` says; parts without a place are not shown."""

from __future__ import annotations

from textual.geometry import Offset, Region, Size, Spacing
from textual.layout import ArrangeResult, Layout, WidgetPlacement
from textual.widget import Widget

from tui.screens.dashboard_places import Box, places


class Placing(Layout):
    """A layout by name: the id of a widget is the name of its place."""

    name = "placing"

    def __init__(self) -> None:
        self.boxes: dict[str, Box] = {}

    def arrange_for(self, width: int, height: int, pane: str, shelf: str, zoomed: bool) -> None:
        """Decide what is shown where, for the next layout."""
        self.boxes = places(width, height, pane, shelf, zoomed)

    def arrange(
        self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True
    ) -> ArrangeResult:
        return [
            WidgetPlacement(Region(*self.boxes[child.id]), Offset(), Spacing(), child)
            for child in children
            if child.id in self.boxes
        ]
