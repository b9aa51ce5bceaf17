"""Widgets that draw rows of spans and resend only the cells that changed.

Textual sends a widget's dirty lines whole, so a drawn widget compares its new rows with the
ones on the screen and refreshes the smallest stretch of each row that differs.
"""

from __future__ import annotations

from functools import lru_cache
from typing import ClassVar

from rich.cells import split_graphemes
from rich.segment import Segment
from rich.style import Style
from textual.app import App
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from tui.drawing import cells
from tui.drawing.cells import INKS, Colours, Ink, Row, Span
from tui.drawing.plain import to_ascii


class Drawn(Widget):
    """A widget whose content is `draw(width, height)`: one row of spans for each line."""

    DEFAULT_CSS = """
    Drawn { color: $foreground; background: $background; }
    Drawn > .ink--dim { color: $ink-dim; }
    Drawn > .ink--border { color: $ink-border; }
    Drawn > .ink--title { color: $foreground; text-style: bold; }
    Drawn > .ink--key { color: $ink-key; text-style: bold; }
    Drawn > .ink--train { color: $ink-train; }
    Drawn > .ink--validation { color: $ink-validation; }
    Drawn > .ink--rate { color: $ink-rate; }
    Drawn > .ink--good { color: $ink-good; }
    Drawn > .ink--warning { color: $ink-warning; }
    Drawn > .ink--error { color: $ink-error; text-style: bold; }
    Drawn > .ink--hit { color: $ink-train; }
    Drawn > .ink--miss1 { color: $ink-dim; }
    Drawn > .ink--miss2 { color: $ink-miss2; }
    Drawn > .ink--miss3 { color: $ink-miss3; }
    Drawn > .ink--miss4 { color: $ink-miss4; text-style: bold; }
    Drawn > .ink--selected { color: $ink-selected; }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"ink--{ink}" for ink in INKS}

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 (Textual's name)
        super().__init__(id=id)
        self._rows: list[Row] = []
        self._strips: dict[int, Strip] = {}
        self._styles: dict[Ink, Style] = {}

    def draw(self, width: int, height: int) -> list[Row]:
        """The rows of the widget, at most `height`, each at most `width` cells."""
        raise NotImplementedError

    def redraw(self) -> None:
        """Draw again and refresh the cells that differ from what is on the screen."""
        width, height = self.size
        if not width or not height:
            return
        new = [cells.fit(row, width) for row in self.draw(width, height)[:height]]
        new += [cells.fit((), width)] * (height - len(new))
        old, self._rows = self._rows, new
        if [cells.width(row) for row in old[:1]] != [width] or len(old) != height:
            self._strips.clear()
            self.refresh()
            return
        for y, (before, after) in enumerate(zip(old, new, strict=True)):
            if before != after:
                start, end = changed(before, after)
                self._strips.pop(y, None)
                self.refresh(Region(start, y, end - start, 1))

    def on_resize(self) -> None:
        self.redraw()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._strips.clear()
        self._styles.clear()

    def render_line(self, y: int) -> Strip:
        if y not in self._strips:
            self._strips[y] = self._strip(self._rows[y]) if y < len(self._rows) else Strip([])
        return self._strips[y]

    def _strip(self, row: Row) -> Strip:
        ascii_only = is_ascii(self.app)
        return Strip(
            [
                Segment(to_ascii(span.text) if ascii_only else span.text, self._style(span))
                for span in row
            ],
            cells.width(row),
        )

    def _style(self, span: Span) -> Style:
        ink = span.ink
        if span.colours is not None:
            return _coloured(span.colours)
        if ink not in self._styles:
            component = self.get_component_rich_style(f"ink--{ink}")
            self._styles[ink] = self.rich_style if ink == "plain" else component
        return self._styles[ink]


def changed(before: Row, after: Row) -> tuple[int, int]:
    """The first cell in which two rows of one width differ, and the one after the last."""
    alike = next((i for i, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), None)
    if alike is None:
        alike = min(len(before), len(after))
    # Most of a row is the same: only what follows is looked at cell by cell.
    left = cells.width(after[:alike])
    first, second = _cells(before[alike:]), _cells(after[alike:])
    width = len(first)
    start = next((x for x in range(width) if first[x] != second[x]), width)
    end = next((x for x in range(width, start, -1) if first[x - 1] != second[x - 1]), start)
    while end < width and "" in (first[end][0], second[end][0]):
        end += 1  # half of a wide character is none
    return left + start, left + end


def _cells(row: Row) -> list[tuple[str, Ink, Colours | None]]:
    """A row cell by cell; the second cell of a wide character is empty.

    What takes no cell, as an accent or a joiner, belongs to the character before.
    """
    spread: list[tuple[str, Ink, Colours | None]] = []
    for text, ink, colours in row:
        for start, end, size in split_graphemes(text)[0]:
            if size:
                spread.append((text[start:end], ink, colours))
                spread += [("", ink, colours)] * (size - 1)
    return spread


@lru_cache(4096)
def _coloured(colours: Colours) -> Style:
    foreground, background = colours
    return Style(color=foreground or None, bgcolor=background or None)


def is_ascii(app: App[object]) -> bool:
    """Whether this app draws with ASCII characters only."""
    return bool(getattr(app, "ascii_only", False))


def is_coloured(app: App[object]) -> bool:
    """Whether this app may draw pictures in colours; sixteen of them are too few."""
    enough = app.console.color_system in ("256", "truecolor")
    return enough and not app.no_color and not is_ascii(app)
