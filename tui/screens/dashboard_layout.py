"""Lays out the parts of the dashboard; parts without a region are hidden."""

from __future__ import annotations

from collections.abc import Mapping

from textual.geometry import Offset, Region, Size, Spacing
from textual.layout import ArrangeResult, Layout, WidgetPlacement
from textual.widget import Widget


class DashboardLayout(Layout):
    """`regions` holds the region of each visible widget, by its id."""

    name = "dashboard"

    def __init__(self) -> None:
        self.regions: Mapping[str, Region] = {}

    def arrange(
        self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True
    ) -> ArrangeResult:
        return [
            WidgetPlacement(region, Offset(), Spacing(), child)
            for child in children
            if (region := self.regions.get(child.id or ""))
        ]
