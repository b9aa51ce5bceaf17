"""What the terminal shows, so that only the cells that differ from it are sent.

Textual draws the same screen several times while it opens, and whole lines where a digit changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from rich.color import ColorSystem
from textual.strip import Strip

from tui.terminal.pen import Pen, Run
from tui.terminal.styled_cells import Cell, cells_of

# Moving the cursor takes at least this many bytes.
JUMP = 4


class Piece(NamedTuple):
    """A part of a line of the screen, and where it begins."""

    y: int
    x: int
    strip: Strip


class ShownCells:
    """The cells, the style and the cursor of a terminal, as far as they are known."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Know nothing more: somebody else wrote to the terminal, or something was not written.

        A signal handler may call this in the middle of `changed_to`.
        """
        # The cells of each line, None where nothing is known.
        self._known: tuple[dict[int, list[Cell | None]], Pen] = {}, Pen()

    def changed_to(self, pieces: Iterable[Piece], width: int, colours: ColorSystem) -> str:
        """The bytes that make a terminal of this width show these pieces."""
        lines, pen = self._known
        pen.width = width
        runs = [
            run for y, x, strip in pieces for run in _update(lines, x, y, cells_of(strip, colours))
        ]
        return pen.draw_all(runs)

    def cursor_to(self, x: int, y: int) -> str:
        """The bytes that put the cursor there."""
        _, pen = self._known
        return pen.cursor_to(x, y)


def _update(lines: dict[int, list[Cell | None]], x: int, y: int, new: list[Cell]) -> Iterator[Run]:
    """Note that the terminal will show these cells; the runs of those that it does not show yet."""
    line = lines.setdefault(y, [])
    line += [None] * (x + len(new) + 1 - len(line))
    old = line[x : x + len(new)]
    if old == new:
        return
    if x and old[0] is not None and not old[0][0]:
        line[x - 1] = None  # half of a wide character is no longer shown
    line[x : x + len(new)] = new
    if (after := line[x + len(new)]) is not None and not after[0]:
        line[x + len(new)] = None
    for start, end in stretches(old, new):
        yield Run(x + start, y, new[start:end])


def stretches(old: Sequence[Cell | None], new: Sequence[Cell]) -> Iterator[tuple[int, int]]:
    """The stretches in which two lines differ, as (first cell, first cell after).

    Two changes are one stretch if the cells between them take fewer bytes than moving the cursor.
    """
    start = end = -1
    for x in [x for x, (a, b) in enumerate(zip(old, new, strict=True)) if a != b]:
        # Never split a wide character.
        first = x - 1 if x and not new[x][0] else x
        if end < 0 or not _is_bridge(new, end, first):
            if end >= 0:
                yield start, end
            start = first
        end = x + 2 if x + 1 < len(new) and not new[x + 1][0] else x + 1
    if end >= 0:
        yield start, end


def _is_bridge(cells: Sequence[Cell], end: int, start: int) -> bool:
    """Whether it is shorter to send the cells in between than to move the cursor."""
    if end >= start:
        return True
    between = cells[end:start]
    if len(between) >= JUMP or sum(len(letter.encode()) for letter, _ in between) >= JUMP:
        return False
    styles = {codes for letter, codes in between if letter != " "}
    backgrounds = {codes.background for _, codes in cells[end - 1 : start + 1]}
    return len(backgrounds) == 1 and styles <= {cells[end - 1][1], cells[start][1]}
