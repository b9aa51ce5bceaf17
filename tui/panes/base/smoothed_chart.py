"""A chart whose curves can be smoothed, and whose y-axis may be logarithmic."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from tui.drawing import curve_facts, series
from tui.drawing.cells import Row
from tui.drawing.series import Series
from tui.panes.base import pane_text
from tui.panes.base.chart import Chart
from tui.panes.base.pane import NARROW


class SmoothedChart(Chart):
    """Smooths its curves; a subclass with a logarithmic y-axis binds `log_scale` to a key."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("plus,equals_sign", "smooth(1)", pane_text.SMOOTH_MORE, show=False),
        Binding("minus", "smooth(-1)", pane_text.SMOOTH_LESS, show=False),
    ]
    KEYS = (*Chart.KEYS, ("+ -", pane_text.KEY_SMOOTH))

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.log_scale = False

    def title(self, width: int) -> Row:
        """The title with the settings of the view; at the cursor, a narrow border omits them."""
        narrow = width < NARROW
        if narrow and self.cursor is not None:
            return super().title(width)
        drawn = curve_facts.view_facts(self.view.smoothing, self.log_scale, short=narrow)
        return (*super().title(width), *drawn)

    @property
    def settings(self) -> tuple[object, ...]:
        """What the y-axis depends on, besides the measured values."""
        return self.view.recent, self.log_scale, self.view.smoothing

    def as_viewed(self, whole: Series) -> Series:
        """The part of these curves in the window: in detail if recent, and smoothed."""
        if self.view.recent:
            whole = series.in_detail(whole, self.history.steps_per_epoch)._replace(recent=[])
        return series.within(series.smoothed(whole, self.view.smoothing, self.window), self.window)

    def action_smooth(self, levels: int) -> None:
        self.view.smooth(levels)
        self.post_message(self.Viewed())

    def action_log_scale(self) -> None:
        self.log_scale = not self.log_scale
        self.redraw()
