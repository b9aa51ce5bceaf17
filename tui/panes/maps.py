"""What a convolution makes of one image."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from engine import events
from engine.events import Event
from engine.history import History
from tui import text
from tui.drawing import maps
from tui.drawing.cells import Row, Span
from tui.panes.pane import Border, Pane


class MapsPane(Pane):
    """The image, what it is taken for, and the channels of one layer; `n` and `N` change it."""

    LISTENS: ClassVar[frozenset[type[Event]]] = frozenset({events.FeatureMaps, events.RunStarted})
    TITLE = text.MAPS_TITLE
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n,right", "layer(1)", show=False),
        Binding("N,left", "layer(-1)", show=False),
    ]

    def __init__(self, number: int, *, id: str) -> None:  # noqa: A002 (Textual's name)
        super().__init__(number, id=id)
        self._layer = ""

    def action_layer(self, step: int) -> None:
        names = list(self.history.maps)
        if names:
            at = names.index(self._shown) if self._shown in names else 0
            self._layer = names[(at + step) % len(names)]
            self.redraw()

    def point(self, layer: str) -> None:
        """Show this layer, if it has maps."""
        if layer in self.history.maps:
            self._layer = layer
            self.redraw()

    def show(self, history: History, kinds: frozenset[type[Event]] | None) -> None:
        if self._layer not in history.maps:
            self._layer = ""
        super().show(history, kinds)

    @property
    def _shown(self) -> str:
        return self._layer or next(iter(self.history.maps), "")

    def border(self, width: int, height: int, facts_room: int) -> Border:
        event = self.history.maps.get(self._shown)
        hint = (Span(text.MAPS_KEYS, "dim"),) if event else ()
        facts = maps.maps_facts(event, self.history.classes, facts_room)
        return Border(facts, maps.maps_foot(event), hint)

    def inside(self, width: int, height: int) -> list[Row]:
        return maps.maps_pane(self.history.maps, self._shown, self.history.classes, width, height)
