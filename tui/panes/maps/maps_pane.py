"""The feature maps of a layer: those in the journal, or those that the user requests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from textual import events as textual_events
from textual.binding import Binding, BindingType

from engine.protocol import events
from engine.protocol.commands import InspectionRequest
from engine.protocol.events import Event, FeatureMaps, Kernels
from engine.run.history import History
from tui.drawing import place_words
from tui.drawing.cells import Row, Span, width
from tui.drawing.wrapping import wrapped
from tui.panes.base.looking_inside import standing_inside, why_nothing_inside
from tui.panes.base.pane import Border, Pane, Standing
from tui.panes.maps import (
    kernel_rows,
    map_border,
    map_layout,
    map_rows,
    maps_explanation,
    maps_text,
)
from tui.panes.maps.available_maps import AvailableMaps
from tui.panes.maps.typed_number import TypedNumber
from tui.widgets.drawn import has_shades
from tui.widgets.key_group import KeyGroup

# Coloured pictures take the most bytes to draw, so they are drawn again only this often. In a young
# run, they are drawn again after this share of its age.
SECONDS = 10.0
YOUNG = 1 / 3


class MapsPane(Pane):
    """The image, its predictions, and the channels of one layer.

    At first these are the maps in the journal. Maps that the user requested are requested again
    when the journal gets maps of a later step.
    """

    LISTENS: ClassVar[frozenset[type[Event]]] = frozenset(
        {events.FeatureMaps, events.RunStarted, events.RunEnded}
    )
    KEYS: ClassVar[tuple[tuple[str, str], ...]] = (
        ("n N", maps_text.KEY_LAYER),
        ("←→", maps_text.KEY_IMAGE),
        ("g", maps_text.KEY_GO_TO),
        ("↑↓", maps_text.KEY_CHANNELS),
        ("o", maps_text.KEY_ORDER_MAPS),
        ("K", maps_text.KEY_KERNELS),
    )
    NAME = "maps"
    TITLE = maps_text.MAPS_TITLE
    TAB = maps_text.MAPS_TAB
    GO_TO = maps_text.GO_TO_MAPS
    KEY_HELP = (KeyGroup(maps_text.HELP_TITLE, maps_text.HELP_ROWS),)
    PAST_EPOCHS = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "layer(1)", maps_text.NEXT_LAYER, show=False),
        Binding("N", "layer(-1)", maps_text.PREVIOUS_LAYER, show=False),
        Binding("right,l", "image(1)", maps_text.NEXT_IMAGE, show=False),
        Binding("left,h", "image(-1)", maps_text.PREVIOUS_IMAGE, show=False),
        Binding("shift+right", "image(10)", maps_text.TEN_IMAGES_ON, show=False),
        Binding("shift+left", "image(-10)", maps_text.TEN_IMAGES_BACK, show=False),
        Binding("ctrl+right", "image(100)", maps_text.HUNDRED_IMAGES_ON, show=False),
        Binding("ctrl+left", "image(-100)", maps_text.HUNDRED_IMAGES_BACK, show=False),
        Binding("g", "go_to", maps_text.GO_TO_IMAGE, show=False),
        Binding("down,j,pagedown", "page(1)", show=False),
        Binding("up,k,pageup", "page(-1)", show=False),
        Binding("o", "order", maps_text.SORT, show=False),
        Binding("K", "kernels", maps_text.SHOW_KERNELS, show=False),
        Binding("b", "blocks", maps_text.SHOW_BLOCKS, show=False),
    ]

    def __init__(self, number: int) -> None:
        super().__init__(number)
        # The layer and the image that the user chose; until the reply comes, others may be shown.
        self._layer = ""
        self._image: int | None = None
        self._reply: FeatureMaps | None = None
        # The maps that were drawn last; those of the journal may be newer.
        self._drawn: FeatureMaps | None = None
        self._kernels: Kernels | None = None
        self._on_kernels = False
        self._waiting = False
        # Whether some news was not drawn yet, and the time in the journal of the last drawing.
        self._stale = False
        self._drawn_at = 0.0
        # Whether another pane selected a layer whose maps were not requested yet.
        self._selected_elsewhere = False
        # The step of the newest maps in the journal at the last request.
        self._requested_at = 0
        self._first = 0
        self._strongest = False
        self._blocks = True
        self._typed = TypedNumber()

    @classmethod
    def standing(cls, history: History) -> Standing:
        return standing_inside(history, images=True)

    def explain(self) -> Iterator[str]:
        if why := self._why_nothing:
            return iter((why,))
        if self._shown_kernels is not None:
            return maps_explanation.of_kernels(self._shown_kernels, self._at(self._shown_kernels))
        classes, layers = self.history.classes, self._available.layers()
        never = self._available.are_none
        at = self._at(self._drawn)
        return maps_explanation.of_maps(self._drawn, classes, layers, at, never=never)

    @property
    def _why_nothing(self) -> str:
        """What another program did not give, so that there are no maps; empty if there are some."""
        shown = self._drawn is not None or self._shown_kernels is not None
        return "" if shown else why_nothing_inside(self.history, images=True)

    def _at(self, shown: FeatureMaps | Kernels | None) -> str:
        """When the network was as it is shown."""
        return "" if shown is None else place_words.at_step(self.history, shown.step)

    @property
    def epoch_shown(self) -> float | None:
        event = self._shown_kernels or self._drawn
        return None if event is None else self.history.epoch_at(event.step)

    def go_to_epoch(self, epoch: int | None) -> None:
        """Show what the journal has of a past epoch, whose network cannot be inspected any more."""
        super().go_to_epoch(epoch)
        self._on_kernels = self._on_kernels and epoch is None
        replied = self._reply.layer if self._reply is not None else self._layer
        self._selected_elsewhere = self._selected_elsewhere or self._layer != replied

    # The maps that are shown

    def show(self, history: History, kinds: frozenset[type[Event]] | None) -> None:
        self.history = history
        self._stale = self._stale or kinds is None or bool(kinds & self.LISTENS)
        if not self._stale or not self._is_due(kinds):
            return
        self._stale, self._drawn_at = False, history.last_time
        requested = self._reply is not None or self._waiting
        news = self._selected_elsewhere or (
            requested and self._available.newest > self._requested_at
        )
        if news and self.past_epoch is None:
            self._request()
        else:
            self.redraw()

    def _is_due(self, kinds: frozenset[type[Event]] | None) -> bool:
        """Whether news may be drawn now; of a paused or ended run, they always are."""
        now = self.history.last_time
        if kinds is None or events.RunEnded in kinds or self.history.paused:
            return True
        seldom = min(SECONDS, YOUNG * self.history.elapsed(now))
        return not 0 <= now - self._drawn_at < seldom

    def receive(self, reply: Event) -> None:
        """Show the maps or the kernels; after a refusal, show what was there before."""
        self._waiting = False
        if isinstance(reply, Kernels):
            self._kernels = reply
        elif isinstance(reply, FeatureMaps):
            self._reply = reply
        elif self._shown is not None:
            self._layer, self._image = self._shown.layer, self._shown.image
        self._on_kernels = self._on_kernels and self._kernels is not None
        self.redraw()

    @property
    def _shown(self) -> FeatureMaps | None:
        """The last reply, or the maps of the layer in the journal; of a past epoch only those."""
        glimpse = self._available.recorded(self._layer)
        return glimpse if self.past_epoch is not None else self._reply or glimpse

    @property
    def _shown_kernels(self) -> Kernels | None:
        return self._kernels if self._on_kernels else None

    @property
    def _available(self) -> AvailableMaps:
        return AvailableMaps(self.history, self.past_epoch is not None)

    @property
    def _wanted(self) -> tuple[str, int]:
        """The layer and the image to show."""
        shown = self._shown
        if shown is not None and self.past_epoch is not None:
            return shown.layer, shown.image
        layer = self._layer or (shown.layer if shown else next(iter(self._available.names()), ""))
        image = self._image if self._image is not None else shown.image if shown else 0
        return layer, image

    # Requests

    def _request(self) -> None:
        """Request the maps or the kernels to show; those of a past epoch are there already."""
        layer, image = self._wanted
        if self.past_epoch is not None:
            self.redraw()
        if self.past_epoch is not None or layer not in self._available.names():
            return
        self._selected_elsewhere, self._waiting, self._requested_at = (
            False,
            True,
            self._available.newest,
        )
        request = InspectionRequest("maps", layer, (image,))
        if self._on_kernels:
            request = InspectionRequest("kernels")
        self.post_message(self.InspectionRequested(self, request))
        self.redraw()

    def _turn_to(self, layer: str, image: int) -> None:
        if layer != self._wanted[0]:
            self._first = 0
        if self.past_epoch is None:
            self._image = image
        elif image != self._wanted[1]:
            self.notify(maps_text.NOT_RECORDED)
        self._layer, self._on_kernels = layer, False
        self._request()

    def select_layer(self, layer: str) -> None:
        """Show this layer if it has maps; a hidden pane requests them once it is visible."""
        if layer not in self._available.names() or layer == self._wanted[0]:
            return
        if self.is_on_screen:
            self._turn_to(layer, self._wanted[1])
        else:
            self._layer, self._selected_elsewhere = layer, True
            self._first, self._on_kernels = 0, False

    def action_layer(self, step: int) -> None:
        names, (layer, image) = self._available.names(), self._wanted
        if names:
            at = names.index(layer) if layer in names else -1
            self._turn_to(names[(at + step) % len(names)], image)

    def action_image(self, step: int) -> None:
        layer, image = self._wanted
        self._turn_to(layer, (image + step) % self._available.images)

    def action_kernels(self) -> None:
        if self.past_epoch is not None:
            self.notify(maps_text.NOT_RECORDED)
            return
        self._on_kernels, self._first = not self._on_kernels, 0
        if self._on_kernels:
            self._request()
        else:
            self.redraw()

    def action_page(self, step: int) -> None:
        count, page = self._paged()
        last = max(0, count - 1) // max(1, page) * page
        self._first = max(0, min(self._first + step * page, last))
        self._complete()

    def turn_wheel(self, rows: int) -> None:
        self.action_page(rows)

    def action_order(self) -> None:
        self._strongest, self._first = not self._strongest, 0
        self._complete()

    def action_blocks(self) -> None:
        self._blocks = not self._blocks
        self.redraw()

    def _complete(self) -> None:
        """Draw; if only some of the channels have arrived, request all of them."""
        event = self._shown
        if event is None or self._on_kernels or len(event.maps) >= self._available.channels(event):
            self.redraw()
        else:
            self._request()

    def _paged(self) -> tuple[int, int]:
        """The number of channels or kernels, and how many of them a page shows."""
        inside = (max(0, self.size.width - 2), max(0, self.size.height - 2))
        if self._shown_kernels is not None:
            found = self._shown_kernels
            return len(found.kernels), kernel_rows.kernels_tiles(found, *inside).capacity
        event = self._shown
        if event is None:
            return 0, 0
        return self._available.channels(event), map_layout.maps_tiles(event, *inside).capacity

    # A number that is typed

    def action_go_to(self) -> None:
        self._typed.begin()
        self.redraw()

    def on_key(self, event: textual_events.Key) -> None:
        if self._typed.digits is None:
            return
        event.stop()
        event.prevent_default()
        if event.key != "enter":
            self._typed.edit(event, len(str(self._available.images)))
        elif (image := self._typed.take()) is not None:
            self._turn_to(self._wanted[0], min(image, self._available.images - 1))
        self.redraw()

    def on_blur(self) -> None:
        self._typed.give_up()

    # Drawing

    def redraw(self) -> None:
        self._drawn = self._shown
        super().redraw()

    @property
    def _coloured(self) -> bool:
        return self._blocks and has_shades(self.app)

    @property
    def _view(self) -> map_rows.MapView:
        return map_rows.MapView(self._first, self._strongest, self._coloured)

    def border(self, width: int, height: int, facts_room: int) -> Border:
        inside = max(0, width - 2), max(0, height - 2)
        found = self._shown_kernels
        if found is not None:
            facts = kernel_rows.kernels_facts(found, facts_room)
            foot = kernel_rows.kernels_foot(found, self._at(found))
            range_ = kernel_rows.kernels_range(found, *inside, self._first)
        else:
            facts = map_border.maps_facts(self._drawn, self.history.classes, facts_room)
            range_ = map_border.maps_range(self._drawn, *inside, self._view)
            foot = self._foot(width - 9, range_)
        if self._typed.digits is not None:
            words = maps_text.go_to_image(self._typed.digits, self._available.images)
            foot = (Span(words, "selected"),)
        return Border(facts, foot, range_)

    def _foot(self, room: int, range_: Row) -> Row:
        """The maps that are shown; while others are requested, both by name."""
        shown, (layer, image) = self._drawn, self._wanted
        if self.past_epoch is not None:
            return self._maps_foot(shown, room, range_)
        if self._waiting and self._on_kernels:
            return map_border.waiting_foot(shown, maps_text.KEY_KERNELS, room - width(range_))
        if self._waiting and (shown is None or (shown.layer, shown.image) != (layer, image)):
            wanted = map_border.named(layer, image)
            return map_border.waiting_foot(shown, wanted, room - width(range_))
        return self._maps_foot(shown, room, range_)

    def _maps_foot(self, shown: FeatureMaps | None, room: int, range_: Row) -> Row:
        sees = self._available.receptive_field(shown.layer) if shown is not None else 0
        return map_border.maps_foot(shown, self._at(shown), room - width(range_), sees)

    def inside(self, width: int, height: int) -> list[Row]:
        if why := self._why_nothing:
            return [(Span(f" {row}", "dim"),) for row in wrapped(why, width - 2)]
        found = self._shown_kernels
        if found is not None:
            return kernel_rows.kernels_pane(found, width, height, self._first, self._coloured)
        none = maps_text.NEVER_MAPS if self._available.are_none else maps_text.NO_MAPS
        classes = self.history.classes
        return map_rows.maps_pane(self._drawn, classes, width, height, self._view, none)
