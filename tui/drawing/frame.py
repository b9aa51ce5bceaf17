"""The border of a pane, which holds the title and some numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tui.drawing import cells
from tui.drawing.cells import Ink, Row, Span


def frame(
    rows: Sequence[Row],
    width: int,
    height: int,
    *,
    title: Row,
    facts: Row = (),
    foot: Row = (),
    foot_right: Row = (),
    focused: bool = False,
) -> list[Row]:
    """The rows within a border; `width` and `height` include the border.

    Facts stand on the right of the upper border. They are left out if they do not fit, since half a
    number misleads. A foot as wide as the inside takes the whole lower border.
    """
    ink: Ink = "selected" if focused else "border"
    side = Span("│", ink)
    inside = [*rows[: max(0, height - 2)], *[()] * (height - 2 - len(rows))]
    lines = [
        (Span("╭", ink), *_edge(title, facts, width - 2, ink), Span("╮", ink)),
        *((side, *cells.fit(row, max(0, width - 2)), side) for row in inside),
        (Span("╰", ink), *_edge(foot, foot_right, width - 2, ink), Span("╯", ink)),
    ]
    # Each is as wide as the frame, unless that has no room for both of its sides.
    return lines[:height] if width >= 2 else [cells.fit(line, width) for line in lines[:height]]


def room(width: int, title: Row) -> int:
    """How many cells of facts fit beside this title in a frame of this outer width."""
    return max(0, width - 4 - cells.width(_padded(title)) - 3)


def fitting(forms: Iterable[Row], room: int) -> Row:
    """The first of these forms that fits; empty if none does."""
    return next((form for form in forms if cells.width(form) <= room), ())


def tabs(names: Sequence[str], active: int) -> Row:
    """The panes of a shelf as its title: `3 lr  [4 layers]  5 confusion`."""
    return _tabs(names, active, 0, len(names))


def fitting_tabs(names: Sequence[str], active: int, width: int) -> Row:
    """The tabs that fit, those near the active one; `…` stands for the others."""
    first, last = 0, len(names)
    while cells.width(row := _tabs(names, active, first, last)) > width and last - first > 1:
        if last - 1 > active:
            last -= 1
        else:
            first += 1
    return row


def _tabs(names: Sequence[str], active: int, first: int, last: int) -> Row:
    """The tabs from `first` up to, but not including, `last`."""
    spans = [Span("… ", "dim")] if first else []
    for i in range(first, last):
        spans.append(
            Span(f"[{names[i]}]", "title") if i == active else Span(f" {names[i]} ", "dim")
        )
        spans.append(Span(" "))
    return cells.row(*spans[:-1], Span("…" if last < len(names) else "", "dim"))


def _edge(left: Row, right: Row, width: int, ink: Ink) -> Row:
    """The upper or the lower border without its corners."""
    if width <= 0:
        return ()
    if cells.width(left) == width:
        return tuple(Span(s.text, ink) if s.ink == "border" else s for s in left)
    begin = (Span("─", ink), *cells.shortened(_padded(left), width - 2))
    end = (*_padded(right), Span("─", ink))
    if cells.width(begin) + cells.width(end) >= width:
        end = ()
    return (*begin, Span("─" * (width - cells.width(begin) - cells.width(end)), ink), *end)


def _padded(row: Row) -> Row:
    """The row with a space on either side, unless it has one already."""
    text = cells.text(row)
    if not text:
        return ()
    # The bracket of an active tab stands where the space of an inactive one would.
    before = "" if text[0] in " [" else " "
    after = "" if text[-1] in " ]" else " "
    return cells.row(before, *row, after)
