"""The confusion matrix of the last validation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from textual.binding import Binding, BindingType

from engine.protocol import events
from engine.protocol.commands import ANY_MISTAKE, InspectionRequest
from engine.protocol.events import Event
from engine.run.history import History
from tui import shared_text
from tui.drawing import place_words
from tui.drawing.cells import Row
from tui.drawing.mistakes import class_name, counts
from tui.panes.base.pane import Border, Pane, Standing
from tui.panes.confusion import (
    confusion_border,
    confusion_drawing,
    confusion_explanation,
    confusion_text,
    selected_images,
)
from tui.panes.confusion.matrix_view import Kind, MatrixView, moved
from tui.widgets.drawn import has_shades
from tui.widgets.key_group import KeyGroup


class ConfusionPane(Pane):
    """A row is a true class; the user can select a cell, a pair or a class, and see its images.

    `m` changes between matrix and pairs, `r` shows precision, recall and F1, `o` sorts.
    """

    LISTENS: ClassVar[frozenset[type[Event]]] = frozenset({events.Confusion, events.RunStarted})
    NAME = "confusion"
    TITLE = confusion_text.CONFUSION_TITLE
    TAB = confusion_text.CONFUSION_TAB
    FIRST_TAB = True
    GO_TO = confusion_text.GO_TO_CONFUSION
    KEY_HELP = (KeyGroup(confusion_text.CONFUSION_TAB, confusion_text.HELP_ROWS),)
    PAST_EPOCHS = True
    KEYS: ClassVar[tuple[tuple[str, str], ...]] = (
        ("o", confusion_text.KEY_SORT),
        ("r", confusion_text.KEY_REPORT),
        ("m", confusion_text.KEY_MATRIX),
        ("%", confusion_text.KEY_PER_CENT),
        ("/", shared_text.KEY_FILTER),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("percent_sign", "toggle_counts", confusion_text.SHOW_COUNTS, show=False),
        Binding("o", "sort", confusion_text.SORT, show=False),
        Binding("m", "kind('matrix')", confusion_text.SHOW_MATRIX, show=False),
        Binding("r", "kind('report')", confusion_text.SHOW_REPORT, show=False),
        Binding("slash", "filter", shared_text.FILTER, show=False),
        Binding("down,j", "move(1, 0)", show=False),
        Binding("up,k", "move(-1, 0)", show=False),
        Binding("right,l", "move(0, 1)", show=False),
        Binding("left,h", "move(0, -1)", show=False),
        Binding("pagedown", "move(10, 0)", show=False),
        Binding("pageup", "move(-10, 0)", show=False),
        Binding("enter", "look", confusion_text.SHOW_IMAGES, show=False),
        Binding("escape", "let_go", confusion_text.SELECT_NOTHING, show=False),
    ]

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self._view = MatrixView()
        # The title of the requested images, and how many the matrix counts.
        self._heading, self._asked_for = "", 0

    @classmethod
    def standing(cls, history: History) -> Standing:
        if history.watched is None or history.confusion is not None:
            return "shown"
        # A script that has classes may have a matrix; its first epoch tells.
        return "shown" if history.classes and not history.is_past_first_epoch else "absent"

    def explain(self) -> Iterator[str]:
        matrix, classes = self.history.confusion, self.history.classes
        return confusion_explanation.sentences(matrix, classes, self._view)

    @property
    def epoch_shown(self) -> float | None:
        return self.history.confusion.epoch if self.history.confusion is not None else None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave Enter and Escape to the screen unless something is selected or filtered."""
        if action == "look":
            return self._view.selected is not None
        if action == "let_go":
            return self._view.selected is not None or bool(self._view.wanted)
        return True

    # The view

    @property
    def _kind(self) -> Kind:
        width, height = (max(0, side - 2) for side in self.size)
        history = self.history
        return confusion_drawing.kind_shown(
            history.confusion, history.classes, width, height, self._drawn_view
        )

    def _set_view(self, view: MatrixView) -> None:
        self._view = view
        self.redraw()

    def action_toggle_counts(self) -> None:
        self._set_view(self._view._replace(in_counts=not self._view.in_counts))

    def action_sort(self) -> None:
        self._set_view(self._view._replace(turn=self._view.turn + 1))

    def action_kind(self, wanted: Kind) -> None:
        """Show the matrix or the report. If it is shown already, show the pairs or the default."""
        shown = self._kind
        kind = wanted if shown != wanted else "pairs" if wanted == "matrix" else None
        true, predicted = self._view.selected or (0, 0)
        # A correct prediction is no pair.
        selected = self._view.selected if true != predicted else None
        self._set_view(self._view._replace(kind=kind, turn=0, selected=selected))

    def action_filter(self) -> None:
        from tui.panes.confusion.class_filter import ClassFilterScreen

        self.app.push_screen(ClassFilterScreen(self._view.wanted), self._filter)

    def _filter(self, wanted: str | None) -> None:
        if wanted is not None:
            self._set_view(self._view._replace(wanted=wanted, selected=None))

    # The selection

    def action_move(self, down: int, right: int) -> None:
        """Select the first cell, pair or class; if one is selected, go this many further."""
        if self.history.confusion is not None:
            counted, classes = counts(self.history.confusion), self.history.classes
            selected = moved(counted, classes, self._view, self._kind, down, right)
            self._set_view(self._view._replace(selected=selected))

    def turn_wheel(self, rows: int) -> None:
        self.action_move(rows, 0)

    def action_let_go(self) -> None:
        """Drop the selection; without one, drop the filter."""
        wanted = self._view.wanted if self._view.selected is not None else ""
        self._set_view(self._view._replace(selected=None, wanted=wanted))

    # The images

    def action_look(self) -> None:
        """Request the images of the selection, unless it has none."""
        matrix, selected, kind = self.history.confusion, self._view.selected, self._kind
        if matrix is None or selected is None:
            return
        self._asked_for = selected_images.images_in(counts(matrix), selected, kind)
        if not self._asked_for:
            self.notify(confusion_text.NO_SUCH_IMAGE)
            return
        images = selected_images.kept_images(matrix, selected, kind)
        cell = (selected[0], ANY_MISTAKE) if kind == "report" else selected
        request = InspectionRequest("images", images=images, cell=cell, epoch=matrix.epoch)
        self._heading = self._named(selected, kind, matrix.epoch)
        self._set_view(self._view._replace(waiting=self._heading))
        self.post_message(self.InspectionRequested(self, request))

    def _named(self, selected: tuple[int, int], kind: Kind, epoch: int) -> str:
        """`cat taken for dog, epoch 12`: the title of the images."""
        true, predicted = (class_name(self.history.classes, i) for i in selected)
        words = (
            confusion_text.mistaken(true)
            if kind == "report"
            else confusion_text.recognised(true)
            if true == predicted
            else confusion_text.taken_for(true, predicted)
        )
        return f"{words}, {shared_text.at_epoch(str(epoch))}"

    def receive(self, reply: Event) -> None:
        self._set_view(self._view._replace(waiting=""))
        if isinstance(reply, events.Examples) and self.screen.is_current:
            from tui.panes.confusion.images_dialog import ImagesDialog

            classes, count = self.history.classes, self._asked_for
            at = place_words.at_step(self.history, reply.step)
            shown = ImagesDialog(self._heading, reply.examples, classes, count, at)
            self.app.push_screen(shown)

    # Drawing

    @property
    def _drawn_view(self) -> MatrixView:
        return self._view._replace(coloured=has_shades(self.app))

    def border(self, width: int, height: int, facts_room: int) -> Border:
        matrix, classes = self.history.confusion, self.history.classes
        view, kind = self._drawn_view, self._kind
        # The title names a past epoch already.
        hint = confusion_border.confusion_hint(matrix, classes, width - 2, height - 2, view)
        epoch = shared_text.at_epoch(str(matrix.epoch)) if matrix and not self.past_epoch else ""
        return Border(
            confusion_border.confusion_facts(matrix, classes, facts_room, epoch, view, kind),
            confusion_border.confusion_foot(matrix, classes, width - 2, height - 2, view),
            tuple(span._replace(text=self.spelled(span.text)) for span in hint),
        )

    def inside(self, width: int, height: int) -> list[Row]:
        matrix, classes = self.history.confusion, self.history.classes
        return confusion_drawing.confusion_pane(matrix, classes, width, height, self._drawn_view)
