"""The layers of the network and their health."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import ClassVar

from textual import events as textual_events
from textual.binding import Binding, BindingType

from engine.protocol import events
from engine.protocol.events import Event
from engine.run.history import History
from engine.run.layer_diagnosis import Diagnosis, problems
from tui import shared_text
from tui.drawing import cells, place_words
from tui.drawing.cells import Row, Span
from tui.drawing.wrapping import wrapped
from tui.panes.base.looking_inside import standing_inside, why_nothing_inside
from tui.panes.base.pane import Border, Pane, Standing
from tui.panes.layers import layer_rows, layers_explanation, layers_text, stage_tree
from tui.panes.layers.layer_columns import LayerTable, LayerView
from tui.widgets.key_group import KeyGroup

# A report changes every number of the table; without the focus, it is drawn only this often.
SECONDS = 10.0


class LayersPane(Pane):
    """Stages, blocks and layers: shapes, costs and live health.

    Arrows choose a row, Enter and Space fold it, `m` shows its feature maps.
    """

    LISTENS: ClassVar[frozenset[type[Event]]] = frozenset(
        {events.RunStarted, events.LayerHealth, events.RunEnded, events.Phase}
    )
    NAME = "layers"
    TITLE = layers_text.LAYERS_TITLE
    TAB = layers_text.LAYERS_TAB
    GO_TO = layers_text.GO_TO_LAYERS
    KEY_HELP = (KeyGroup(layers_text.LAYERS_TAB, layers_text.HELP_ROWS),)
    PAST_EPOCHS = True
    KEYS = (("↑↓ space", layers_text.KEY_FOLD), ("m", layers_text.KEY_ITS_MAPS))
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "move(1)", show=False),
        Binding("up,k", "move(-1)", show=False),
        Binding("pagedown", "move(10)", show=False),
        Binding("pageup", "move(-10)", show=False),
        Binding("home", "move(-1_000_000)", show=False),
        Binding("end", "move(1_000_000)", show=False),
        Binding("space", "fold", layers_text.FOLD_STAGE, show=False),
        Binding("enter", "fold_group", layers_text.FOLD_STAGE, show=False),
        Binding("right,l", "open(True)", layers_text.OPEN_STAGE, show=False),
        Binding("left,h", "open(False)", layers_text.CLOSE_STAGE, show=False),
        Binding("m", "maps", layers_text.SHOW_MAPS, show=False),
        Binding("escape", "deselect", show=False),
    ]

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self._table = LayerTable(())
        self._view = LayerView()
        self._diagnosis = Diagnosis(None)
        self._report: events.LayerHealth | None = None

    @classmethod
    def standing(cls, history: History) -> Standing:
        return standing_inside(history)

    def explain(self) -> Iterator[str]:
        if why := why_nothing_inside(self.history):
            return iter((why,))
        return layers_explanation.sentences(self._table, self._diagnosis)

    @property
    def epoch_shown(self) -> float | None:
        report = self._report
        return None if report is None else self.history.epoch_at(report.step)

    def show(self, history: History, kinds: frozenset[type[Event]] | None) -> None:
        self.history = history
        only_health = kinds is not None and kinds & self.LISTENS == {events.LayerHealth}
        if not (only_health and self._is_fresh and self._finds_the_same):
            super().show(history, kinds)

    @property
    def _is_fresh(self) -> bool:
        """Whether the table was drawn recently and does not have the focus."""
        if self._report is None or self.has_focus:
            return False
        return 0 <= self.history.last_time - self._report.time < SECONDS

    @property
    def _finds_the_same(self) -> bool:
        """Whether the newest report has the problems that are drawn; the header says them, too."""
        health = self.history.health
        drawn = {name: one.problem for name, one in self._diagnosis.verdicts.items()}
        return health is None or problems(health.layers) == drawn

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave Enter to the screen unless a group is chosen, and Escape unless any row is."""
        chosen = self._view.selected
        if action == "fold_group":
            return chosen is not None and self._table.tree[chosen].group
        return chosen is not None if action == "deselect" else True

    # Drawing

    def redraw(self) -> None:
        run = self.history.run
        table = run.layers if run else ()
        side = max(run.input[1:], default=0) if run else 0
        before = self._table
        if side != before.side or (table is not before.layers and table != before.layers):
            self._table = LayerTable(table, side)
            self._view = LayerView(stage_tree.opened_at_first(self._table.tree))
        if self.history.health is not self._report:
            self._report = self.history.health
            self._diagnosis = Diagnosis(self._report)
        super().redraw()

    def border(self, width: int, height: int, facts_room: int) -> Border:
        view, chosen = self._seen, self._seen.selected
        place = layer_rows.rows_shown(len(self._shown), view.first, height - 2)
        right = (Span(place, "dim"),) if place else ()
        if chosen is not None:
            words = layer_rows.explanation(self._table, self._diagnosis, chosen)
        else:
            room = max(0, width - 7 - cells.width(right))
            words = layer_rows.legend(self._table, self._shown, self._when, room)
        return Border(
            layer_rows.layer_facts(self.history.run, facts_room),
            words,
            right,
        )

    @property
    def _when(self) -> str:
        """`epoch 11`: when the report was made; empty without one, or where the title says it."""
        report = self._report
        if report is None or self.past_epoch is not None:
            return ""
        if self.history.counts_steps:
            return place_words.at_step(self.history, report.step)
        return shared_text.at_epoch(f"{math.ceil(report.step / self.history.steps_per_epoch)}")

    def inside(self, width: int, height: int) -> list[Row]:
        if why := why_nothing_inside(self.history):
            return [(Span(f" {row}", "dim"),) for row in wrapped(why, width - 2)]
        none = self._why_no_health
        return layer_rows.layer_pane(self._table, self._diagnosis, self._seen, width, height, none)

    @property
    def _why_no_health(self) -> str:
        """What stands instead of the first report; nothing where a framework tells none."""
        if self.history.watched is not None and self.history.is_past_first_epoch:
            return ""
        over = self.history.ended is not None
        return layers_text.NO_HEALTH_EVER if over else layers_text.NO_HEALTH

    @property
    def _shown(self) -> list[int]:
        return stage_tree.shown(self._table.tree, self._view.opened)

    @property
    def _seen(self) -> LayerView:
        """The view; the chosen row is marked only while keys act on it."""
        return self._view if self.has_focus else self._view._replace(selected=None)

    # Choosing a row

    def action_move(self, rows: int) -> None:
        shown = self._shown
        if not shown:
            return
        if self._view.selected in shown:
            at = shown.index(self._view.selected) + rows
        else:
            # The first step down chooses the first visible row.
            at = self._view.first + rows - (rows > 0)
        self._choose(shown[max(0, min(at, len(shown) - 1))])

    def _choose(self, node: int) -> None:
        """Choose a node that is shown, and scroll to it."""
        room = layer_rows.rows_room(self.size.height - 2)
        first = layer_rows.scrolled(self._view.first, self._shown.index(node), room)
        self._view = self._view._replace(selected=node, first=first)
        self.redraw()

    def action_deselect(self) -> None:
        self._view = self._view._replace(selected=None)
        self.redraw()

    def action_fold_group(self) -> None:
        self.action_fold()

    def action_fold(self) -> None:
        """Open or close the chosen group, or close the group of the chosen layer."""
        chosen = self._view.selected
        if chosen is None:
            self.action_move(0)
        else:
            group = self._table.tree[chosen].group
            self.action_open(group and chosen not in self._view.opened)

    def action_open(self, opened: bool) -> None:
        """Open the chosen group; or close it, or the group around it."""
        chosen = self._view.selected
        if chosen is None:
            return
        node = self._table.tree[chosen]
        if not opened and not (node.group and chosen in self._view.opened):
            chosen = stage_tree.above(self._table.tree, chosen)
        if self._table.tree[chosen].group:
            changed = self._view.opened | {chosen} if opened else self._view.opened - {chosen}
            self._view = self._view._replace(opened=changed)
        self._choose(chosen)

    def action_maps(self) -> None:
        """Show the feature maps of the chosen layer, or of the last convolution before it."""
        chosen = self._view.selected
        before = self._table.layers[: self._table.tree[chosen].end] if chosen is not None else ()
        found = [layer.name for layer in before if layer.macs and len(layer.output) == 3]
        if found:
            self.post_message(self.LayerSelected(found[-1]))

    def on_click(self, event: textual_events.Click | None = None) -> None:
        super().on_click()
        shown = self._shown
        room = layer_rows.rows_room(self.size.height - 2)
        row = event.y - 1 - (self.size.height >= 4) if event is not None else -1
        at = max(0, min(self._view.first, len(shown) - room)) + row
        if 0 <= row < room and at < len(shown):
            again = shown[at] == self._view.selected
            self._choose(shown[at])
            if again and self._table.tree[shown[at]].group:
                self.action_fold()

    def turn_wheel(self, rows: int) -> None:
        most = len(self._shown) - layer_rows.rows_room(self.size.height - 2)
        first = max(0, min(self._view.first + rows, most))
        self._view = self._view._replace(first=first)
        self.redraw()
