"""Prints rows of spans on a terminal, without the Textual app."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rich.console import Console
from rich.style import Style
from rich.text import Text

from tui.drawing import cells
from tui.drawing.cells import Ink, Row, Span
from tui.drawing.plain import to_ascii

# The colours of inks among the sixteen of every terminal; other inks have none.
STYLES: Mapping[Ink, str] = {
    "title": "bold",
    "dim": "dim",
    "train": "blue",
    "good": "green",
    "warning": "yellow",
    "error": "red",
    "hit": "blue",
    "miss": "yellow",
}
# The width of a pipe or a file.
WIDTH = 100


class RowPrinter:
    """Prints to standard output; with `ascii_only`, or where that has no UTF-8, in ASCII."""

    def __init__(self, *, ascii_only: bool) -> None:
        self._console = Console(highlight=False)
        self.is_terminal = self._console.is_terminal
        self._plain = ascii_only or not self._console.encoding.lower().startswith("utf")
        self.width = self._console.width if self.is_terminal else WIDTH
        self._console.width = self.width
        self.height = self._console.height

    @property
    def coloured(self) -> bool:
        """Whether pictures can have colours: more than sixteen are needed."""
        enough = self._console.color_system in ("256", "truecolor")
        return enough and not self._console.no_color and not self._plain

    def print(self, rows: Iterable[Row]) -> None:
        if not self.is_terminal:  # without styles, which take seven times as long
            self._console.file.writelines(f"{self._written(row).rstrip()}\n" for row in rows)
            return
        for row in rows:
            text = Text.assemble(*map(self._piece, row))
            if row and row[-1].colours is None:  # blanks of a picture have a colour
                text.rstrip()
            self._console.print(text, no_wrap=True, overflow="ignore", crop=False)

    def _written(self, row: Row) -> str:
        return self._drawable(cells.text(row))

    def _drawable(self, text: str) -> str:
        """The text in characters that standard output has."""
        plain = to_ascii(text) if self._plain else text
        encoding = self._console.encoding
        return plain.encode(encoding, "backslashreplace").decode(encoding)

    def _piece(self, span: Span) -> tuple[str, Style]:
        text = self._drawable(span.text)
        if span.colours is not None:
            foreground, background = span.colours
            return text, Style(color=foreground or None, bgcolor=background or None)
        return text, Style.parse(STYLES.get(span.ink, ""))
