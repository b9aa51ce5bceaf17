"""Widgets that draw rows of spans, and refresh the rows that changed."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from functools import lru_cache

from rich.segment import Segment
from rich.style import Style
from textual.app import App
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from tui.drawing import cells
from tui.drawing.cells import Colours, Ink, Row, Span
from tui.drawing.plain import spelled, to_ascii
from tui.widgets.themes import letters_on

# Inks that share the colour of another one.
VARIABLES: Mapping[Ink, str] = {"hit": "train"}
# Without colours, bold numbers tell the hits of a matrix from its mistakes.
BOLD: frozenset[Ink] = frozenset({"key", "error", *cells.FILLS[True]})


class CellWidget(Widget):
    """A widget that shows the rows of `draw(width, height)`, one for each line."""

    DEFAULT_CSS = "CellWidget { color: $foreground; background: $background; }"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 (Textual's name)
        super().__init__(id=id)
        self._rows: list[Row] = []
        # The size that the rows were drawn for.
        self._drawn_for = Size(0, 0)
        self._strips: dict[int, Strip] = {}
        self._styles: dict[Ink, Style] = {}

    def draw(self, width: int, height: int) -> list[Row]:
        """The rows of the widget, at most `height`, each at most `width` cells."""
        raise NotImplementedError

    def spelled(self, keys: str) -> str:
        """A text with signs of keys; words replace the signs if the app draws with ASCII only."""
        return spelled(keys) if is_ascii(self.app) else keys

    def redraw(self) -> None:
        """Draw again, and refresh the rows that differ from the screen."""
        size = self.size
        if not size:
            return
        old, drawn = self._rows, self._drawn_for
        self._rows, self._drawn_for = self._fitted(*size), size
        if drawn != size:
            self._strips.clear()
            self.refresh()
            return
        changes: list[Region] = []
        for y, (before, after) in enumerate(zip(old, self._rows, strict=True)):
            if before != after:
                self._strips.pop(y, None)
                changes.append(Region(0, y, size.width, 1))
        if changes:
            self.refresh(*changes)

    def _fitted(self, width: int, height: int) -> list[Row]:
        """The drawing, fitted to this size."""
        return cells.filled(self.draw(width, height), width, height)

    def _size_updated(
        self, size: Size, virtual_size: Size, container_size: Size, layout: bool = True
    ) -> bool:
        """Draw a new widget at once: its `Resize` event would arrive after a blank frame."""
        updated = super()._size_updated(size, virtual_size, container_size, layout)
        if not self._rows and all(self.size):
            self._rows, self._drawn_for = self._fitted(*self.size), self.size
        return updated

    def on_resize(self) -> None:
        self.redraw()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._strips.clear()
        self._styles.clear()

    def render_lines(self, crop: Region) -> list[Strip]:
        """The rows themselves. Textual would look up every border, padding and tint for each."""
        if self._drawn_for != self.outer_size:
            return super().render_lines(crop)
        strips = [self.render_line(y) for y in crop.line_range]
        for line_filter in self.get_line_filters():
            background = self.background_colors[1]
            strips = [strip.apply_filter(line_filter, background) for strip in strips]
        return [strip.crop(*crop.column_span) for strip in strips]

    def render_line(self, y: int) -> Strip:
        if y not in self._strips:
            self._strips[y] = self._strip(self._rows[y]) if y < len(self._rows) else Strip([])
        return self._strips[y]

    def _strip(self, row: Row) -> Strip:
        segments = [Segment(drawable(self.app, span.text), self._style(span)) for span in row]
        return Strip(segments, self._drawn_for.width)

    def _style(self, span: Span) -> Style:
        ink = span.ink
        if span.colours is not None:
            return _coloured(span.colours)
        if ink not in self._styles:
            self._styles[ink] = self.rich_style + self._ink(ink)
        return self._styles[ink]

    def _ink(self, ink: Ink) -> Style:
        """The colour of this ink in the theme.

        Component classes would work too, but Textual resolves them for every widget before the
        first frame, which takes longer than everything else in that frame.
        """
        if ink in ("plain", "title"):
            return Style(bold=ink == "title")
        if ink in itertools.chain(*cells.FILLS):
            return self._fill(self.app.theme_variables[f"fill-{ink}"], bold=ink in BOLD)
        variable = f"ink-{VARIABLES.get(ink, ink)}"
        return Style(color=self.app.theme_variables[variable], bold=ink in BOLD)

    def _fill(self, background: str, *, bold: bool) -> Style:
        letters = letters_on(background, self.app.current_theme)
        return Style(color=letters, bgcolor=background, bold=bold)


@lru_cache(4096)
def _coloured(colours: Colours) -> Style:
    foreground, background = colours
    return Style(color=foreground or None, bgcolor=background or None)


def is_ascii(app: App[object]) -> bool:
    """Whether this app draws with ASCII characters only."""
    return bool(getattr(app, "ascii_only", False))


def drawable(app: App[object], text: str) -> str:
    """The text in characters that this app draws, one for each."""
    return to_ascii(text) if is_ascii(app) else text


def text_only(app: App[object]) -> bool:
    """Whether this app draws one frame as text, which has neither colours nor keys."""
    return bool(getattr(app, "text_only", False))


def has_shades(app: App[object]) -> bool:
    """Whether this app can fill areas with shades: colours, or greys if it has no other colours.

    This needs more than sixteen colours.
    """
    enough = app.console.color_system in ("256", "truecolor")
    return enough and not is_ascii(app) and not text_only(app)
