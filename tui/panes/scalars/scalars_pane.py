"""Named numbers over the epochs: the speed, the gradient norm, and any other that a run has."""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Sequence
from typing import ClassVar

from textual import events as textual_events
from textual.binding import Binding, BindingType

from engine import numbers
from engine.protocol.events import Steps, known
from engine.run.fold import IMAGES_PER_SECOND
from engine.run.history import History
from engine.text import harmless
from tui.drawing import curve_facts, place_words, series
from tui.drawing.cells import Row, Span
from tui.drawing.frame import fitting
from tui.drawing.scale import Scale
from tui.drawing.series import Series
from tui.panes.base import pane_text
from tui.panes.base.pane import Border, Standing
from tui.panes.base.smoothed_chart import SmoothedChart
from tui.panes.scalars import scalar_drawing, scalars_explanation, scalars_text
from tui.panes.scalars.scalar_drawing import INKS, Scalar
from tui.panes.scalars.scalars_explanation import GRADIENT_NORM
from tui.widgets.key_group import KeyGroup

# The number of curves that are shown until the user chooses some.
SHOWN_AT_FIRST = 2


class ScalarsPane(SmoothedChart):
    """A list of names, and the curves of those that are shown, each on a scale of its own.

    The y-axis belongs to the selected name. A new name is listed; its curve is hidden until the
    user shows it.
    """

    NAME = "scalars"
    TITLE = scalars_text.SCALARS_TITLE
    TAB = scalars_text.SCALARS_TAB
    GO_TO = scalars_text.GO_TO_SCALARS
    KEYS = (
        ("↑↓", scalars_text.KEY_NAME),
        ("space", scalars_text.KEY_SHOW),
        *SmoothedChart.KEYS,
        ("L", pane_text.KEY_LOG_SCALE),
    )
    KEY_HELP = (KeyGroup(scalars_text.HELP_TITLE, scalars_text.HELP_ROWS), *SmoothedChart.KEY_HELP)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "select(1)", show=False),
        Binding("up,k", "select(-1)", show=False),
        Binding("space", "show_curve", scalars_text.SHOW_CURVE, show=False),
        Binding("L", "log_scale", scalars_text.SHOW_LOG_SCALE, show=False),
    ]

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self._selected = ""
        # The names of the chosen curves, in the order of the inks; None until the user chooses.
        self._chosen: list[str | None] | None = None
        self._scales: dict[str, Scale] = {}
        # The settings of the view that the scales were made for.
        self._scaled_for: tuple[object, ...] = ()

    @classmethod
    def standing(cls, history: History) -> Standing:
        known = history.watched is None or any(history.scalars.values())
        return "shown" if known else "absent"

    def explain(self) -> Iterator[str]:
        return scalars_explanation.sentences(self.history)

    def show(self, history: History, kinds: frozenset[type] | None) -> None:
        if history is not self.history:
            self._scales.clear()
        super().show(history, kinds)

    # Choosing

    @property
    def _names(self) -> list[str]:
        """The names that the run has; the speed is there from the start, unless a script trains.

        The numbers of a script come before those that are measured in every training.
        """
        scalars = self.history.scalars
        known = [name for name, curve in scalars.items() if curve]
        if not known or self.history.watched is None:
            return [*scalars]
        return sorted(known, key=lambda name: name in (IMAGES_PER_SECOND, GRADIENT_NORM))

    @property
    def _at(self) -> int:
        """The row of the selected name."""
        names = self._names
        return names.index(self._selected) if self._selected in names else 0

    @property
    def _shown(self) -> Sequence[str | None]:
        return self._chosen if self._chosen is not None else self._names[:SHOWN_AT_FIRST]

    def action_select(self, names: int) -> None:
        self._select(self._at + names)

    def _select(self, at: int) -> None:
        names = self._names
        self._selected = names[max(0, min(at, len(names) - 1))]
        self.redraw()

    def action_show_curve(self) -> None:
        """Show the curve of the selected name, or hide it."""
        name, slots = self._names[self._at], [*self._shown]
        slots += [None] * (len(INKS) - len(slots))
        if name in slots:
            slots[slots.index(name)] = None
        elif None in slots:
            slots[slots.index(None)] = name
        else:
            self.notify(scalars_text.most_curves(len(INKS)))
        self._chosen = slots
        self.redraw()

    def on_click(self, event: textual_events.Click | None = None) -> None:
        """A click on a name selects it; a second click shows or hides its curve."""
        super().on_click(event)
        if event is None or event.x <= self.plot_width(self.size.width):
            return
        row = event.y - 2 + scalar_drawing.first_row(self._at, self.size.height - 2)
        if event.y >= 2 and row < len(self._names):
            if row == self._at:
                self.action_show_curve()
            else:
                self._select(row)

    def turn_wheel(self, rows: int) -> None:
        self.action_select(rows)

    # Drawing

    def plot_width(self, width: int) -> int:
        return width - 2 - scalar_drawing.list_width(self._names, width - 2)

    def border(self, width: int, height: int, facts_room: int) -> Border:
        labels: Sequence[Row] = ()
        if self.cursor is not None:
            labels = curve_facts.cursor_labels(place_words.forms(self.history, self.cursor))
        if self.plot_width(width) < width - 2:
            return Border(fitting([*labels, *self._axis_facts], facts_room), self.ticks(width))
        name = self._names[self._at]
        value = Span(scalar_drawing.amount(self._value(name, self.reach(width))))
        named = (Span(f"{harmless(name)} ", "dim"), value)
        forms = [(*at, Span("  "), *named) for at in labels]
        return Border(fitting([*forms, named, (value,)], facts_room), self.ticks(width))

    @property
    def _axis_facts(self) -> Iterator[Row]:
        """The name that the y-axis belongs to, if several curves are shown."""
        shown = [name for name in self._shown if name]
        if len(shown) > 1:
            selected = self._names[self._at]
            named = scalars_text.axis_of(harmless(selected if selected in shown else shown[-1]))
            yield (Span(f"{named}   {scalars_text.OWN_RANGES}", "dim"),)
            yield (Span(scalars_text.OWN_RANGES, "dim"),)

    def plot(self, width: int, height: int) -> list[Row]:
        if self.settings != self._scaled_for:
            self._scales.clear()
            self._scaled_for = self.settings
        reach = self.reach(width + 2)
        return scalar_drawing.scalar_pane(
            [self._scalar(name, reach) for name in self._names],
            self._at,
            width,
            height,
            window=self.window,
            cursor=self.cursor,
        )

    def _scalar(self, name: str, reach: float) -> Scalar:
        value = self._value(name, reach)
        if name not in self._shown:
            return Scalar(name, value)
        drawn = self.as_viewed(self._series(name)).line
        scale = scalar_drawing.scale_for(drawn, log=self.log_scale, previous=self._scales.get(name))
        self._scales[name] = scale
        return Scalar(name, value, self._shown.index(name), drawn, scale)

    def _value(self, name: str, reach: float) -> float | None:
        """The newest value, or the newest one up to the cursor; None if the cursor is ahead."""
        if self.cursor is None:
            curve = self.history.scalars[name]
            return numbers.number(curve.last) if curve.bins() else None
        line = series.in_detail(self._series(name), self.history.steps_per_epoch).line
        known = bisect.bisect_right(line, self.cursor + reach, key=lambda point: point[0])
        is_ahead = self.cursor > series.epochs_done(self.history) + reach
        return line[known - 1][1] if known and not is_ahead else None

    def _series(self, name: str) -> Series:
        """The measured values of this name, whole and unsmoothed."""
        line = series.curve_line(self.history, self.history.scalars[name])
        known = ((report, _value_in(report, name)) for report in self.history.reports)
        recent = [(r.step, r.time, value) for r, value in known if value is not None]
        return Series(line, [], recent)


def _value_in(report: Steps, name: str) -> float | None:
    """The number of this name in a report: NaN if it was not finite, None if it is missing."""
    if name == IMAGES_PER_SECOND:
        return known(report.images_per_second)
    return numbers.number(report.scalars[name]) if name in report.scalars else None
