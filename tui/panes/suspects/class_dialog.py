"""The dialog that asks for the right class of an image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from tui.drawing import cells
from tui.drawing.cells import Row, Span
from tui.drawing.choices import visible_range
from tui.drawing.mistakes import class_name
from tui.panes.suspects import suspects_pane_text
from tui.panes.suspects.listed_suspects import ListedImage
from tui.widgets.drawn import CellWidget
from tui.widgets.forms import FormDialog

# The classes that are shown at once.
SHOWN = 10


class ClassRows(CellWidget):
    """The classes whose names have a part, `▸` before the chosen one, if one is."""

    DEFAULT_CSS = f"ClassRows {{ height: {SHOWN}; margin-top: 1; }}"

    def __init__(self, classes: Sequence[str], image: ListedImage) -> None:
        """The class that the image is held for stands in front, and is chosen if it is likely."""
        super().__init__()
        self._names, self._given, self._held = classes, image.given, image.held
        self._order = sorted(range(len(classes)), key=lambda label: label != image.held)
        # Before the first row, none is chosen.
        self._first = 0 if image.likely else -1
        self._found, self._at = self._order, self._first

    @property
    def chosen(self) -> int | None:
        return self._found[self._at] if self._found and self._at >= 0 else None

    def filter(self, wanted: str) -> None:
        """Show the classes with this in their names, and choose one: a whole name before others."""
        part = wanted.casefold()
        names = {label: self._names[label].casefold() for label in self._order}
        found = [label for label, name in names.items() if part in name]
        self._found = sorted(found, key=lambda label: names[label] != part)
        self._at = 0 if part else self._first
        self.redraw()

    def move(self, rows: int) -> None:
        self._at = max(0, min(self._at + rows, len(self._found) - 1))
        self.redraw()

    def draw(self, width: int, height: int) -> list[Row]:
        if not self._found:
            return [(Span(f"  {suspects_pane_text.NO_CLASS}", "dim"),)]
        visible = visible_range(len(self._found), max(0, self._at), height)
        return [self._row(self._found[at], at == self._at, width) for at in visible]

    def _row(self, label: int, chosen: bool, width: int) -> Row:
        name = Span(class_name(self._names, label), "selected" if chosen else "plain")
        said = {self._given: suspects_pane_text.ITS_LABEL, self._held: suspects_pane_text.ITS_HELD}
        hint = Span(f"   {said[label]}" if label in said else "", "dim")
        room = max(0, width - 2 - cells.width((hint,)))
        mark = Span("▸ " if chosen else "  ", "selected")
        return cells.row(mark, *cells.shortened((name,), room), hint)


class ClassDialog(FormDialog[int]):
    """Asks for a class by a part of its name, or by the arrows; Escape gives no answer."""

    TITLE = suspects_pane_text.RELABEL_TITLE
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "move(1)", show=False),
        Binding("up", "move(-1)", show=False),
        Binding("pagedown", f"move({SHOWN})", show=False),
        Binding("pageup", f"move(-{SHOWN})", show=False),
    ]

    def __init__(self, classes: Sequence[str], image: ListedImage) -> None:
        super().__init__()
        self.sub_title = suspects_pane_text.relabel_hint(image.likely)
        self._rows = ClassRows(classes, image)

    def inside(self) -> ComposeResult:
        yield Input(placeholder=suspects_pane_text.PART_OF_NAME)
        yield self._rows

    def action_move(self, rows: int) -> None:
        self._rows.move(rows)

    def on_input_changed(self, event: Input.Changed) -> None:
        self._rows.filter(event.value.strip())

    def on_input_submitted(self) -> None:
        if self._rows.chosen is not None:
            self.dismiss(self._rows.chosen)
